"""The platform's own fee: what each coach is charged, and the first sessions that carry none."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import Keyed
from kit.ledgers import InsertOnlyModel


class FeeAccount(Keyed):
    """A coach's terms. The row is also the lock under which fee-free units are claimed."""

    schema_name = models.CharField(max_length=63, unique=True)
    rate_bp = models.IntegerField(default=1000)
    free_units = models.SmallIntegerField(default=10)
    locked_at = models.DateTimeField(null=True, help_text="Written only to hold the row's lock.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(rate_bp__gte=0, rate_bp__lte=10000), name="fee_account_rate"),
            models.CheckConstraint(condition=Q(free_units__gte=0), name="fee_account_free_units"),
        ]

    def __str__(self) -> str:
        return f"{self.schema_name} {self.rate_bp} bp"


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
