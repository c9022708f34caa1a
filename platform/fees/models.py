"""The platform's own fee: what each coach is charged, and the first sessions that carry none."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import Keyed
from kit.ledgers import InsertOnlyModel
from kit.money import Money


class FeeAccount(Keyed):
    """A coach's terms. The row is also the lock under which fee-free units are claimed."""

    schema_name = models.CharField(max_length=63, unique=True)
    rate_bp = models.IntegerField(default=1000)
    free_units = models.SmallIntegerField(default=10)
    unit_cap_minor = models.IntegerField(null=True, help_text="What one free unit frees at most.")
    unit_cap_currency = models.CharField(
        max_length=3, blank=True, help_text="Amounts in any other currency are not capped."
    )
    locked_at = models.DateTimeField(null=True, help_text="Written only to hold the row's lock.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate_bp__gte=0, rate_bp__lte=10000), name="fee_account_rate"),
            models.CheckConstraint(condition=Q(free_units__gte=0), name="fee_account_free_units"),
            models.CheckConstraint(
                condition=Q(unit_cap_minor__isnull=True, unit_cap_currency="")
                | Q(~Q(unit_cap_currency=""), unit_cap_minor__isnull=False, unit_cap_minor__gt=0),
                name="fee_account_unit_cap",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.rate_bp} bp"

    @property
    def unit_cap(self) -> Money | None:
        """What one free unit frees at most, of amounts in its currency; None where it frees all."""
        return None if self.unit_cap_minor is None else Money(self.unit_cap_minor, self.unit_cap_currency)

    def unit_cap_in(self, currency: str) -> int | None:
        """The cap for an order in `currency`, in minor units: one that is set in another does not count."""
        return self.unit_cap_minor if currency == self.unit_cap_currency else None


class FeeEntryKind(models.TextChoices):
    UNIT_CLAIMED = "unit_claimed"
    UNIT_RETURNED = "unit_returned"
    CHARGED = "charged"
    RETURNED = "returned"
    UNCOLLECTED = "uncollected"


class FeeEntry(Keyed, InsertOnlyModel):
    """One change of a coach's fees: a fee-free unit with its number, or an amount in minor units."""

    schema_name = models.CharField(max_length=63)
    kind = models.CharField(max_length=16, choices=FeeEntryKind.choices)
    reference = models.CharField(max_length=80)
    number = models.SmallIntegerField(default=0, help_text="Of the fee-free unit; 0 for amounts.")
    amount_minor = models.IntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["schema_name", "kind", "reference", "number"], name="fee_entry_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number or self.amount_minor}"


class FeeStatement(Keyed, InsertOnlyModel):
    """What the platform charged a coach in one month of UTC, in one currency. The numbers have no gaps."""

    schema_name = models.CharField(max_length=63)
    number = models.IntegerField(help_text="Counted for each coach, from 1.")
    month = models.DateField(help_text="Its first day.")
    currency = models.CharField(max_length=3)
    charged_minor = models.IntegerField()
    returned_minor = models.IntegerField()
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema_name", "number"], name="fee_statement_number"),
            models.UniqueConstraint(fields=["schema_name", "month", "currency"], name="fee_statement_once"),
        ]

    def __str__(self) -> str:
        return f"{self.number} of {self.month:%Y-%m}"

    @property
    def net_minor(self) -> int:
        """Below 0 where more came back than was charged that month."""
        return self.charged_minor - self.returned_minor
