"""Retainers: a price at a rhythm, sessions that each period includes, and a ledger that says what is left."""

from django.db import models
from django.db.models import F, Q

from kit.clock import now
from kit.fields import ForeignKey, Keyed
from kit.ledgers import SAYS_WHY, UnitEntry


class Every(models.TextChoices):
    WEEK = "week", "week"
    MONTH = "month", "month"


class RollOver(models.TextChoices):
    NONE = "none", "Unused sessions end with their period"
    CAPPED = "capped", "Some unused sessions go on to the next period"
    ALL = "all", "All unused sessions go on to the next period"


class RetainerPlan(Keyed):
    """What is offered. A retainer that was begun keeps the terms that it was begun with.

    `covers` maps the id of a session type to the units that one booking of it takes.
    """

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, db_index=False)
    description = models.TextField(max_length=2000, blank=True)
    position = models.SmallIntegerField(default=0)
    price_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    every_count = models.SmallIntegerField(default=1, help_text="Every so many weeks or months.")
    every = models.CharField(max_length=5, choices=Every.choices, default=Every.MONTH)
    included = models.SmallIntegerField(null=True, help_text="Sessions of a period; none means unlimited.")
    covers = models.JSONField(default=dict)
    rollover = models.CharField(max_length=6, choices=RollOver.choices, default=RollOver.NONE)
    rollover_cap = models.SmallIntegerField(default=0)
    cancel_window_hours = models.SmallIntegerField(default=24)
    charge_days_before = models.SmallIntegerField(
        default=3, help_text="Before a period, so it can be booked."
    )
    tax_bp = models.SmallIntegerField(default=0, help_text="Contained in the price.")
    requires = models.JSONField(default=list, help_text="Lines of papers to be done once, before the card.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug"], name="retainer_plan_address"),
            models.CheckConstraint(condition=Q(price_minor__gt=0), name="retainer_plan_price"),
            models.CheckConstraint(
                condition=Q(every_count__gte=1, every_count__lte=52), name="retainer_plan_every"
            ),
            models.CheckConstraint(
                condition=Q(included__isnull=True) | Q(included__gte=1, included__lte=200),
                name="retainer_plan_included",
            ),
            models.CheckConstraint(
                condition=Q(rollover_cap__gte=0, charge_days_before__gte=0, charge_days_before__lte=6),
                name="retainer_plan_rollover",
            ),
            models.CheckConstraint(condition=Q(tax_bp__gte=0, tax_bp__lte=5000), name="retainer_plan_tax"),
        ]

    def __str__(self) -> str:
        return self.name


class RetainerStatus(models.TextChoices):
    PENDING = "pending", "Waits for its first payment"
    ACTIVE = "active", "Active"
    PAST_DUE = "past_due", "A payment is late"
    PAUSED = "paused", "Paused"
    ENDED = "ended", "Ended"
    VOID = "void", "Came to nothing"


RUNNING = frozenset({RetainerStatus.ACTIVE, RetainerStatus.PAST_DUE})


class Retainer(Keyed):
    """One client's retainer, with the terms that were agreed. `next_at` is when its next period begins."""

    Status = RetainerStatus
    MOVES = {
        RetainerStatus.ACTIVE: frozenset(
            {RetainerStatus.PENDING, RetainerStatus.PAST_DUE, RetainerStatus.PAUSED}
        ),
        RetainerStatus.PAST_DUE: frozenset({RetainerStatus.ACTIVE}),
        RetainerStatus.PAUSED: RUNNING,
        RetainerStatus.ENDED: RUNNING | {RetainerStatus.PAUSED},
        RetainerStatus.VOID: frozenset({RetainerStatus.PENDING}),
    }

    plan = ForeignKey(RetainerPlan, related_name="retainers")
    client = ForeignKey("clients.Client", related_name="retainers", db_index=True)
    payer = ForeignKey("clients.Client", related_name="paid_retainers")
    status = models.CharField(max_length=8, choices=RetainerStatus.choices, default=RetainerStatus.PENDING)
    price_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    every_count = models.SmallIntegerField()
    every = models.CharField(max_length=5, choices=Every.choices)
    included = models.SmallIntegerField(null=True)
    covers = models.JSONField(default=dict)
    rollover = models.CharField(max_length=6, choices=RollOver.choices)
    rollover_cap = models.SmallIntegerField(default=0)
    cancel_window_hours = models.SmallIntegerField()
    charge_days_before = models.SmallIntegerField()
    tax_bp = models.SmallIntegerField(default=0)
    anchor_on = models.DateField(null=True, help_text="Periods begin on this day of the month or week.")
    started_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True)
    pause_wanted_at = models.DateTimeField(null=True, help_text="Paused when the paid period ends.")
    paused_because = models.CharField(max_length=12, blank=True, help_text="client, coach or unpaid")
    cancel_wanted_at = models.DateTimeField(null=True, help_text="Ends when the paid period ends.")
    ended_at = models.DateTimeField(null=True)
    ended_because = models.CharField(max_length=24, blank=True)
    new_price_minor = models.IntegerField(null=True, help_text="From `new_price_from` on; was announced.")
    new_price_from = models.DateTimeField(null=True)
    accepted = models.JSONField(default=dict, help_text="What was shown and agreed to: text, hash, time.")
    link_version = models.SmallIntegerField(default=1)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_minor__gt=0), name="retainer_price"),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(RUNNING)) | Q(anchor_on__isnull=False, next_at__isnull=False),
                name="retainer_runs_from_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"


class PeriodStatus(models.TextChoices):
    OPEN = "open", "Not paid yet"
    PAID = "paid", "Paid"
    UNPAID = "unpaid", "Was not paid"


class RetainerPeriod(Keyed):
    """One period: what it costs, what it includes, what came over from the one before."""

    Status = PeriodStatus
    MOVES = {
        PeriodStatus.PAID: frozenset({PeriodStatus.OPEN, PeriodStatus.UNPAID}),
        PeriodStatus.UNPAID: frozenset({PeriodStatus.OPEN}),
    }

    retainer = ForeignKey(Retainer, related_name="periods")
    number = models.SmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    price_minor = models.IntegerField()
    included = models.SmallIntegerField(null=True)
    status = models.CharField(max_length=8, choices=PeriodStatus.choices, default=PeriodStatus.OPEN)
    paid_at = models.DateTimeField(null=True)
    refunded_minor = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["retainer", "number"], name="retainer_period_number"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="retainer_period_not_empty"),
            models.CheckConstraint(
                condition=~Q(status="paid") | Q(paid_at__isnull=False), name="retainer_period_paid"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.status}"


class RetainerEntryKind(models.TextChoices):
    INCLUDED = "included"
    ROLLED_IN = "rolled_in"
    ROLLED_OUT = "rolled_out"
    LAPSED = "lapsed"
    SPENT = "spent"
    RETURNED = "returned"
    KEPT = "kept"
    REFUNDED = "refunded"


ADDS = frozenset({RetainerEntryKind.INCLUDED, RetainerEntryKind.ROLLED_IN, RetainerEntryKind.RETURNED})
TAKES = frozenset({RetainerEntryKind.ROLLED_OUT, RetainerEntryKind.LAPSED, RetainerEntryKind.SPENT})


class RetainerEntry(UnitEntry):
    """One change of one period's sessions, with its cause, rule and actor. The period is what funds a spend.

    Of an unlimited period `balance_after` counts what was spent, below 0; of any other it is what is left.
    """

    period = ForeignKey(RetainerPeriod, related_name="entries")
    kind = models.CharField(max_length=12, choices=RetainerEntryKind.choices)
    is_limited = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["booking_id"], condition=Q(booking_id__isnull=False), name="retainer_entry_of_booking"
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["period", "number"], name="retainer_entry_number"),
            models.UniqueConstraint(fields=["kind", "reference"], name="retainer_entry_once"),
            models.CheckConstraint(
                condition=Q(is_limited=False) | Q(balance_after__gte=0),
                name="retainer_entry_never_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=sorted(ADDS), units__gt=0)
                | Q(kind__in=sorted(TAKES), units__lt=0)
                | Q(kind="refunded", units__lte=0)
                | Q(kind="kept", units=0),
                name="retainer_entry_sign",
            ),
            models.CheckConstraint(condition=SAYS_WHY, name="retainer_entry_says_why"),
        ]
