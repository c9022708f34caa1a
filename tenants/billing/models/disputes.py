"""Payments that a cardholder has called in question at the bank, as Stripe tells of them."""

from django.db import models

from kit.clock import now
from kit.fields import ForeignKey, Keyed
from tenants.billing.models.payments import PaymentAttempt


class DisputeStatus(models.TextChoices):
    INQUIRY = "inquiry", "The bank asks"
    INQUIRY_CLOSED = "inquiry_closed", "The bank asked, and is content"
    OPEN = "open", "Waits for an answer"
    UNDER_REVIEW = "under_review", "The bank decides"
    WON = "won", "Won"
    LOST = "lost", "Lost"


UNDECIDED_DISPUTES = frozenset({DisputeStatus.OPEN, DisputeStatus.UNDER_REVIEW})


class Dispute(Keyed):
    """One dispute of one payment. It is the coach's to answer, at Stripe; an inquiry takes no money yet."""

    attempt = ForeignKey(PaymentAttempt, related_name="disputes")
    dispute_id = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=DisputeStatus.choices)
    reason = models.CharField(max_length=60)
    amount_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    evidence_due_by = models.DateTimeField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(default=now, help_text="How fresh Stripe's answer is.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dispute_id"], name="dispute_once")]

    def __str__(self) -> str:
        return f"{self.status} {self.dispute_id}"
