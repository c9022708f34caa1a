"""Cards that a payer lets the coach keep, at Stripe, and what each may be charged for."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed
from kit.ledgers import InsertOnlyModel


class StripeCustomer(Keyed):
    """What a payer is called on the coach's Stripe account; never somebody who is paid for."""

    client = ForeignKey("clients.Client", related_name="stripe_customers")
    account_id = models.CharField(max_length=64)
    customer_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "account_id"], name="stripe_customer_once")]

    def __str__(self) -> str:
        return self.customer_id


class SavedCard(Keyed):
    """A card at Stripe: here are only its brand, last digits and end; `method_id` is Stripe's name for it."""

    client = ForeignKey("clients.Client", related_name="cards", db_index=True)
    account_id = models.CharField(max_length=64)
    method_id = models.CharField(max_length=64)
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    exp_month = models.SmallIntegerField()
    exp_year = models.SmallIntegerField()
    refused = models.CharField(
        max_length=60, blank=True, help_text="Why the bank will not have it charged again."
    )
    tries_in_a_row = models.SmallIntegerField(default=0, help_text="Declined since it last paid.")
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account_id", "method_id"],
                condition=Q(removed_at__isnull=True),
                name="saved_card_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.brand} {self.last4}"


class MandatePurpose(models.TextChoices):
    REST = "rest", "The rest of a session"
    INSTALMENT = "instalment", "Instalments of a pack"
    RETAINER = "retainer", "A retainer"
    ONE_TAP = "one_tap", "Bookings that you confirm yourself"


class Mandate(Keyed, InsertOnlyModel):
    """What a payer agreed to have charged, word for word: what, how often, how much, how to end it."""

    client = ForeignKey("clients.Client", related_name="mandates", db_index=True)
    purpose = models.CharField(max_length=12, choices=MandatePurpose.choices)
    reference = models.UUIDField(help_text="The charge, the pack, the retainer; for one tap the client.")
    text = models.TextField(max_length=2000)
    sha256 = models.CharField(max_length=64)
    address = models.CharField(max_length=64, blank=True, help_text="Where from it was agreed to.")
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "reference", "sha256"], name="mandate_once")
        ]

    def __str__(self) -> str:
        return self.purpose
