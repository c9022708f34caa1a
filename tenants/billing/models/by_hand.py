"""Money that does not pass through Stripe: cash and bank transfers, recorded by the coach."""

from django.db import models
from django.db.models import Q

from kit.clock import now
from kit.fields import Acted, ForeignKey, Keyed
from tenants.billing.models.payments import Charge


class Tender(models.TextChoices):
    CASH = "cash", "Cash"
    TRANSFER = "transfer", "Bank transfer"


class BankLineStatus(models.TextChoices):
    OPEN = "open"
    MATCHED = "matched"
    IGNORED = "ignored"


class BankLine(Keyed):
    """One incoming line of a bank statement that the coach has pasted; the same line is taken in once."""

    Status = BankLineStatus
    MOVES = {
        BankLineStatus.OPEN: frozenset({BankLineStatus.MATCHED, BankLineStatus.IGNORED}),
        BankLineStatus.MATCHED: frozenset({BankLineStatus.OPEN}),
        BankLineStatus.IGNORED: frozenset({BankLineStatus.OPEN}),
    }

    digest = models.CharField(
        max_length=64, help_text="Of day, amount, payer, text, and its count in a file."
    )
    booked_on = models.DateField()
    amount_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    payer = models.CharField(max_length=140, blank=True)
    text = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=8, choices=BankLineStatus.choices, default=BankLineStatus.OPEN)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="bank_line_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="bank_line_incoming"),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount_minor} {self.currency}"


class ManualPayment(Acted, Keyed):
    """Cash or a transfer for a charge, or, below 0, given back to the client. It bears no platform fee.

    A slip of the hand is taken back, not deleted: the row stays, with who took it back and why.
    """

    charge = ForeignKey(Charge, related_name="manual_payments", db_index=True)
    bank_line = ForeignKey(BankLine, null=True, related_name="payments")
    tender = models.CharField(max_length=8, choices=Tender.choices)
    amount_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    received_on = models.DateField(help_text="On the coach's wall.")
    reference = models.CharField(max_length=140, blank=True, help_text="As on the bank statement.")
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.CharField(max_length=120, blank=True)
    taken_back_because = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(amount_minor=0), name="manual_payment_amount"),
            models.CheckConstraint(
                condition=Q(taken_back_at__isnull=True) | ~Q(taken_back_because=""),
                name="manual_payment_taken_back_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tender} {self.amount_minor} {self.currency}"
