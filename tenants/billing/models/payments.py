"""What is owed, in how many parts, each try at paying it by card, and what was decided to go back."""

from django.db import models
from django.db.models import F, Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed


class ChargeStatus(models.TextChoices):
    OPEN = "open"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOID = "void"


SETTLED_IN_PART = frozenset(
    {ChargeStatus.PARTIALLY_PAID, ChargeStatus.PAID, ChargeStatus.PARTIALLY_REFUNDED, ChargeStatus.REFUNDED}
)


class Charge(Keyed):
    """What one client owes for one thing. `purpose` names who fulfils it, `reference` the row it is for.

    The status follows from the amounts beside it: paid by any tender, given back, and waived. What is owed
    yet is `amount − waived − paid`; money that went back is not owed again.
    """

    Status = ChargeStatus
    MOVES = {
        ChargeStatus.OPEN: SETTLED_IN_PART,  # A receipt that was typed by mistake was taken back.
        ChargeStatus.PARTIALLY_PAID: frozenset({ChargeStatus.OPEN}) | SETTLED_IN_PART,
        ChargeStatus.PAID: frozenset({ChargeStatus.OPEN}) | SETTLED_IN_PART,
        ChargeStatus.PARTIALLY_REFUNDED: SETTLED_IN_PART,
        ChargeStatus.REFUNDED: SETTLED_IN_PART,
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
    paid_minor = models.IntegerField(default=0, help_text="By card, in cash and by transfer.")
    refunded_minor = models.IntegerField(default=0, help_text="Of what was paid, however it was paid.")
    waived_minor = models.IntegerField(default=0, help_text="Of the amount; nobody asks for it any more.")
    tax_bp = models.SmallIntegerField(default=0, help_text="Contained in the amount.")
    disputed_at = models.DateTimeField(null=True, help_text="While a dispute of a payment of it is open.")
    # Fixed by the first capture of the order, for all its parts.
    rate_bp = models.IntegerField(null=True)
    free_units = models.SmallIntegerField(null=True)
    unit_cap_minor = models.IntegerField(null=True, help_text="What one of these frees at most.")
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "reference"], name="charge_one_per_thing"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="charge_amount"),
            models.CheckConstraint(
                condition=Q(extras_minor__gte=0, extras_minor__lte=F("amount_minor")), name="charge_extras"
            ),
            models.CheckConstraint(
                condition=Q(
                    paid_minor__gte=0,
                    refunded_minor__gte=0,
                    refunded_minor__lte=F("paid_minor"),
                    waived_minor__gte=0,
                    waived_minor__lte=F("amount_minor"),
                ),
                name="charge_paid",
            ),
            models.CheckConstraint(condition=Q(tax_bp__gte=0, tax_bp__lte=5000), name="charge_tax"),
            models.CheckConstraint(
                condition=Q(unit_cap_minor__isnull=True) | Q(unit_cap_minor__gt=0, rate_bp__isnull=False),
                name="charge_unit_cap",
            ),
        ]

    def __str__(self) -> str:
        return self.description


class InstalmentKind(models.TextChoices):
    DEPOSIT = "deposit", "Deposit"
    REST = "rest", "Rest"
    INSTALMENT = "instalment", "Instalment"
    PERIOD = "period", "Period"


class InstalmentStatus(models.TextChoices):
    OPEN = "open"
    PAID = "paid"
    FAILED = "failed"
    WAIVED = "waived"
    VOID = "void"


OWED = frozenset({InstalmentStatus.OPEN, InstalmentStatus.FAILED})


class Instalment(Keyed):
    """One part of a charge, with the day on which it is due. A charge that is paid in one go has none.

    FAILED: the saved card was tried for the last time; it is still owed, and can be paid by link or by hand.
    """

    Status = InstalmentStatus
    MOVES = {
        InstalmentStatus.OPEN: frozenset({InstalmentStatus.PAID, InstalmentStatus.FAILED}),
        InstalmentStatus.PAID: OWED,
        InstalmentStatus.FAILED: frozenset({InstalmentStatus.OPEN}),
        InstalmentStatus.WAIVED: OWED,
        InstalmentStatus.VOID: OWED,
    }

    charge = ForeignKey(Charge, related_name="instalments")
    number = models.SmallIntegerField()
    kind = models.CharField(max_length=12, choices=InstalmentKind.choices)
    amount_minor = models.IntegerField()
    paid_minor = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    by_card = models.BooleanField(default=False, help_text="The saved card is charged when it is due.")
    status = models.CharField(max_length=8, choices=InstalmentStatus.choices, default=InstalmentStatus.OPEN)
    tries = models.SmallIntegerField(default=0, help_text="At the saved card.")
    first_try_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    decline = models.CharField(max_length=60, blank=True, help_text="What the bank said last.")
    asks_client = models.BooleanField(default=False, help_text="The bank wants the client: a link was sent.")
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["charge", "number"], name="instalment_number"),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, paid_minor__gte=0, paid_minor__lte=F("amount_minor")),
                name="instalment_amount",
            ),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(paid_at__isnull=False), name="instalment_paid_once"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(status="open"), name="instalment_due")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class AttemptStatus(models.TextChoices):
    CREATED = "created"
    OPEN = "open"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    RELEASING = "releasing"
    RELEASED = "released"
    EXPIRED = "expired"
    DECLINED = "declined"
    CAPTURE_FAILED = "capture_failed"
    UNREACHABLE = "unreachable"


UNPAID = frozenset({AttemptStatus.CREATED, AttemptStatus.OPEN})
LIVE = UNPAID | {AttemptStatus.CAPTURING}
UNFINISHED = LIVE | {AttemptStatus.RELEASING}


class PaymentAttempt(Keyed):
    """One try at paying a charge, or a part of it, by card: authorised by Stripe, decided here, then captured
    or released. With a page where the payer types a card, or with a saved card and none."""

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
        AttemptStatus.DECLINED: UNPAID,
        AttemptStatus.CAPTURE_FAILED: frozenset({AttemptStatus.CAPTURING}),
        AttemptStatus.UNREACHABLE: UNFINISHED,
    }

    charge = ForeignKey(Charge, related_name="attempts", db_index=True)
    status = models.CharField(max_length=16, choices=AttemptStatus.choices, default=AttemptStatus.CREATED)
    instalment = ForeignKey(Instalment, null=True, related_name="attempts")
    saved_card = ForeignKey(
        "billing.SavedCard", null=True, related_name="attempts", help_text="Charged without a page."
    )
    off_session = models.BooleanField(default=False, help_text="The client is not there to be asked.")
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
    advice = models.CharField(max_length=24, blank=True, help_text="The bank's word on trying again.")
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
    lost_minor = models.IntegerField(default=0, help_text="In disputes that were decided for the cardholder.")
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
