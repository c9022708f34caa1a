"""The ledger that says what money was really moved."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed
from kit.ledgers import InsertOnlyModel
from tenants.billing.models.by_hand import ManualPayment
from tenants.billing.models.payments import PaymentAttempt


class EntryKind(models.TextChoices):
    CAPTURE = "capture", "Payment"
    PLATFORM_FEE = "platform_fee", "Platform fee"
    PROCESSOR_FEE = "processor_fee", "Card processing"
    REFUND = "refund", "Refund"
    PLATFORM_FEE_RETURNED = "platform_fee_returned", "Platform fee returned"
    DISPUTE = "dispute", "Taken back by the card’s bank"
    DISPUTE_WON = "dispute_won", "Given back by the card’s bank"
    DISPUTE_FEE = "dispute_fee", "Stripe’s fee for a dispute"
    RECEIVED = "received", "Cash or bank transfer"


class LedgerEntry(Keyed, InsertOnlyModel):
    """Money that moved, from the coach's side: what came in is above 0, what went out below.

    By card, or by hand: of `attempt` and `manual` there is exactly one; only the former is at Stripe.
    """

    kind = models.CharField(max_length=24, choices=EntryKind.choices)
    reference = models.CharField(max_length=80)
    attempt = ForeignKey(PaymentAttempt, null=True, related_name="entries", db_index=True)
    manual = ForeignKey(ManualPayment, null=True, related_name="entries")
    client_id = models.UUIDField()
    sold_id = models.UUIDField(help_text="What the charge was for, by its reference: a booking, a pack.")
    amount_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "reference"], name="ledger_once"),
            models.CheckConstraint(
                condition=Q(attempt__isnull=False, manual__isnull=True)
                | Q(attempt__isnull=True, manual__isnull=False, kind="received"),
                name="ledger_of_one_payment",
            ),
        ]
        indexes = [models.Index(fields=["at"], name="ledger_at")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} {self.currency}"
