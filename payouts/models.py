"""What Stripe has paid out to the coach's bank, mirrored: read from Stripe, never made here."""

from django.db import models

from kit.clock import now
from kit.fields import ForeignKey, Keyed


class PayoutStatus(models.TextChoices):
    PENDING = "pending", "Being prepared"
    IN_TRANSIT = "in_transit", "On its way"
    PAID = "paid", "Arrived"
    FAILED = "failed", "Failed"
    CANCELED = "canceled", "Cancelled"


class Payout(Keyed):
    """One deposit to the coach's bank. What it is made of is known once Stripe has itemised it.

    A payout that the coach has started by hand is never itemised; its page says so.
    """

    payout_id = models.CharField(max_length=64)
    account_id = models.CharField(max_length=64)
    status = models.CharField(max_length=12, choices=PayoutStatus.choices)
    amount_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    arrives_on = models.DateField()
    is_automatic = models.BooleanField(default=True)
    itemised_at = models.DateTimeField(null=True, help_text="When its lines were read, all of them.")
    failure = models.CharField(max_length=60, blank=True)
    bank_last4 = models.CharField(max_length=4, blank=True)
    made_at = models.DateTimeField()
    asked_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["payout_id"], name="payout_once")]

    def __str__(self) -> str:
        return self.payout_id


class LineClass(models.TextChoices):
    """Every movement at Stripe falls in exactly one class."""

    PAYMENT = "payment", "Payment"
    REFUND = "refund", "Refund"
    DISPUTE = "dispute", "Dispute"
    FEE_RETURNED = "fee_returned", "Platform fee returned"
    STRIPE_COST = "stripe_cost", "Stripe's own costs"
    OUTSIDE = "outside", "Made outside Upfront"
    PAYOUT = "payout", "Paid out"


class BalanceLine(Keyed):
    """One movement of the coach's balance at Stripe, in the currency of that balance.

    `attempt_id` names the payment here that it belongs to. The payout it went out with is known later.
    """

    line_id = models.CharField(max_length=64)
    account_id = models.CharField(max_length=64)
    payout = ForeignKey(Payout, null=True, related_name="lines", db_index=True)
    kind = models.CharField(max_length=40, help_text="Stripe's word for it.")
    line_class = models.CharField(max_length=12, choices=LineClass.choices)
    amount_minor = models.IntegerField()
    fee_minor = models.IntegerField()
    net_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    source_id = models.CharField(max_length=64, blank=True)
    stripe_charge_id = models.CharField(max_length=64, blank=True)
    attempt_id = models.UUIDField(null=True)
    description = models.CharField(max_length=140, blank=True)
    at = models.DateTimeField()
    available_on = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["line_id"], name="balance_line_once"),
            models.CheckConstraint(
                condition=models.Q(net_minor=models.F("amount_minor") - models.F("fee_minor")),
                name="balance_line_adds_up",
            ),
        ]
        indexes = [models.Index(fields=["at"], name="balance_line_at")]

    def __str__(self) -> str:
        return self.line_id
