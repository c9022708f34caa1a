"""Money: what is owed, each try at paying it, and the ledger that says what was really moved."""

from django.db import models
from django.db.models import F, Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed
from kit.ledgers import InsertOnlyModel


class ChargeStatus(models.TextChoices):
    OPEN = "open"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOID = "void"


class Charge(Keyed):
    """What one client owes for one thing. `purpose` names who fulfils it, `reference` the row it is for."""

    Status = ChargeStatus
    MOVES = {
        ChargeStatus.PAID: frozenset({ChargeStatus.OPEN}),
        ChargeStatus.PARTIALLY_REFUNDED: frozenset({ChargeStatus.PAID, ChargeStatus.PARTIALLY_REFUNDED}),
        ChargeStatus.REFUNDED: frozenset({ChargeStatus.PAID, ChargeStatus.PARTIALLY_REFUNDED}),
        ChargeStatus.VOID: frozenset({ChargeStatus.OPEN}),
    }

    client = ForeignKey("clients.Client", db_index=True)
    purpose = models.CharField(max_length=20)
    reference = models.UUIDField()
    description = models.CharField(max_length=200)
    amount_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    units = models.SmallIntegerField(default=1, help_text="Paid session units, for the fee-free first ten.")
    extras_minor = models.IntegerField(default=0, help_text="Part of the amount; follows the first unit.")
    status = models.CharField(max_length=20, choices=ChargeStatus.choices, default=ChargeStatus.OPEN)
    # Fixed by the first capture of the order, for all its parts.
    rate_bp = models.IntegerField(null=True)
    free_units = models.SmallIntegerField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "reference"], name="charge_one_per_thing"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="charge_amount"),
            models.CheckConstraint(
                condition=Q(extras_minor__gte=0, extras_minor__lte=F("amount_minor")), name="charge_extras"
            ),
        ]

    def __str__(self) -> str:
        return self.description


class AttemptStatus(models.TextChoices):
    CREATED = "created"
    OPEN = "open"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    RELEASING = "releasing"
    RELEASED = "released"
    EXPIRED = "expired"
    CAPTURE_FAILED = "capture_failed"
    UNREACHABLE = "unreachable"


UNPAID = frozenset({AttemptStatus.CREATED, AttemptStatus.OPEN})
LIVE = UNPAID | {AttemptStatus.CAPTURING}
UNFINISHED = LIVE | {AttemptStatus.RELEASING}


class PaymentAttempt(Keyed):
    """One try at paying a charge by card: authorised by Stripe, decided here, then captured or released."""

    Status = AttemptStatus
    MOVES = {
        AttemptStatus.OPEN: frozenset({AttemptStatus.CREATED}),
        # From the later ones only when somebody captured in Stripe's dashboard.
        AttemptStatus.CAPTURING: UNPAID
        | {AttemptStatus.RELEASING, AttemptStatus.EXPIRED, AttemptStatus.UNREACHABLE},
        AttemptStatus.CAPTURED: frozenset({AttemptStatus.CAPTURING}),
        AttemptStatus.RELEASING: LIVE | {AttemptStatus.UNREACHABLE},
        AttemptStatus.RELEASED: UNFINISHED | {AttemptStatus.UNREACHABLE},
        AttemptStatus.EXPIRED: UNPAID,
        AttemptStatus.CAPTURE_FAILED: frozenset({AttemptStatus.CAPTURING}),
        AttemptStatus.UNREACHABLE: UNFINISHED,
    }

    charge = ForeignKey(Charge, related_name="attempts", db_index=True)
    status = models.CharField(max_length=16, choices=AttemptStatus.choices, default=AttemptStatus.CREATED)
    account_id = models.CharField(max_length=64)
    amount_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    parameters = models.JSONField(
        help_text="Of the keyed call, computed once: the same key, the same values."
    )
    expires_at = models.DateTimeField()
    checkout_id = models.CharField(max_length=120, blank=True)
    checkout_url = models.TextField(blank=True)
    intent_id = models.CharField(max_length=64, blank=True)
    stripe_charge_id = models.CharField(max_length=64, blank=True)
    card = models.CharField(max_length=40, blank=True, help_text="Brand and last four digits.")
    decline = models.CharField(max_length=60, blank=True)
    capture_before = models.DateTimeField(null=True)
    # The decision: fixed before the capture is asked for.
    decision = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    fee_minor = models.IntegerField(null=True)
    free_numbers = models.JSONField(default=list, help_text="The fee-free sessions this payment claimed.")
    capture_round = models.SmallIntegerField(default=1)
    reason = models.CharField(max_length=40, blank=True)
    # What Stripe says happened.
    captured_at = models.DateTimeField(null=True)
    captured_minor = models.IntegerField(default=0)
    application_fee_id = models.CharField(max_length=64, blank=True)
    application_fee_minor = models.IntegerField(default=0)
    fee_returned_minor = models.IntegerField(default=0)
    refunded_minor = models.IntegerField(default=0)
    processor_fee_minor = models.IntegerField(null=True)
    settlement_currency = models.CharField(max_length=3, blank=True)
    settlement_net_minor = models.IntegerField(null=True)
    available_on = models.DateTimeField(null=True)
    # Who works on it, and how fresh the applied answer is.
    asked_at = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            # One payable page per thing that is owed.
            models.UniqueConstraint(
                fields=["charge"], condition=Q(status__in=sorted(UNPAID)), name="attempt_one_open_per_charge"
            ),
            models.UniqueConstraint(
                fields=["intent_id"], condition=~Q(intent_id=""), name="attempt_intent_once"
            ),
            models.CheckConstraint(
                condition=~Q(status="captured") | Q(captured_minor__gt=0, captured_at__isnull=False),
                name="attempt_captured_is_money",
            ),
        ]
        indexes = [
            models.Index(fields=["checkout_id"], condition=~Q(checkout_id=""), name="attempt_checkout")
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"

    @property
    def is_final(self) -> bool:
        return self.status not in UNFINISHED


class RefundStatus(models.TextChoices):
    ASKED = "asked"
    SENT = "sent"
    REFUSED = "refused"


class Refund(Keyed):
    """Money that we decided to give back: decided in one transaction, asked of Stripe afterwards.

    What really moved is read from Stripe and stands in the ledger, with refunds that others made.
    """

    Status = RefundStatus
    MOVES = {
        RefundStatus.SENT: frozenset({RefundStatus.ASKED}),
        # From the later one when a bank gave it back to the coach.
        RefundStatus.REFUSED: frozenset({RefundStatus.ASKED, RefundStatus.SENT}),
    }

    attempt = ForeignKey(PaymentAttempt, related_name="refunds", db_index=True)
    reference = models.UUIDField(unique=True, help_text="The decision that it follows.")
    amount_minor = models.IntegerField()
    cause = models.CharField(max_length=24)
    status = models.CharField(max_length=8, choices=RefundStatus.choices, default=RefundStatus.ASKED)
    round = models.SmallIntegerField(default=1)
    refund_id = models.CharField(max_length=64, blank=True, help_text="What Stripe calls it.")
    note = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount")]

    def __str__(self) -> str:
        return f"{self.status} {self.amount_minor}"


class EntryKind(models.TextChoices):
    CAPTURE = "capture", "Payment"
    PLATFORM_FEE = "platform_fee", "Platform fee"
    PROCESSOR_FEE = "processor_fee", "Card processing"
    REFUND = "refund", "Refund"
    PLATFORM_FEE_RETURNED = "platform_fee_returned", "Platform fee returned"


class LedgerEntry(Keyed, InsertOnlyModel):
    """Money that moved, from the coach's side: what came in is above 0, what went out below."""

    kind = models.CharField(max_length=24, choices=EntryKind.choices)
    reference = models.CharField(max_length=80)
    attempt = ForeignKey(PaymentAttempt, related_name="entries", db_index=True)
    client_id = models.UUIDField()
    sold_id = models.UUIDField(help_text="What the charge was for, by its reference: a booking, a pack.")
    amount_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "reference"], name="ledger_once")]
        indexes = [models.Index(fields=["at"], name="ledger_at")]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount_minor} {self.currency}"
