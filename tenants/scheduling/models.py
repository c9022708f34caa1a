"""Time: when the coach works, the blocks that are taken, and who has a place in them."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q

from kit.clock import now
from kit.fields import Acted, ForeignKey, Keyed


class WeeklyHours(Keyed):
    """Bookable wall time on one weekday (0 is Monday) in the practice's zone; 00:00 as end is midnight."""

    weekday = models.SmallIntegerField()
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__gte=0, weekday__lte=6), name="weekly_hours_weekday")
        ]


class DateHours(Keyed):
    """Replaces the weekly hours on one date; without times the date is closed."""

    date = models.DateField()
    starts = models.TimeField(null=True)
    ends = models.TimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts__isnull=True, ends__isnull=True)
                | Q(starts__isnull=False, ends__isnull=False),
                name="date_hours_both_or_none",
            )
        ]


class TimeOff(Keyed):
    """A stretch in which nothing can be booked, whatever the hours say."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=120, blank=True)
    extends_packs = models.BooleanField(default=False, help_text="Packs stay valid this much longer.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="time_off_not_empty")
        ]


class SessionStatus(models.TextChoices):
    LIVE = "live"
    RELEASED = "released"
    CANCELLED = "cancelled"


class Session(Keyed):
    """One block of the coach's time. `period` is the block with its buffers, half open."""

    Status = SessionStatus
    MOVES = {
        SessionStatus.RELEASED: frozenset({SessionStatus.LIVE}),
        SessionStatus.CANCELLED: frozenset({SessionStatus.LIVE}),
    }

    session_type = ForeignKey("offers.SessionType")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    period = DateTimeRangeField()
    timezone = models.CharField(max_length=64)
    wall_start = models.CharField(max_length=16, help_text="The agreed wall time, 2026-06-10T17:00.")
    seats = models.SmallIntegerField(default=1)
    status = models.CharField(max_length=12, choices=SessionStatus.choices, default=SessionStatus.LIVE)

    class Meta:
        indexes = [models.Index(fields=["starts_at"], name="session_starts")]
        constraints = [
            # One coach, one place, one time: no two live blocks overlap, buffers counted.
            ExclusionConstraint(
                name="session_no_overlap",
                expressions=[("period", RangeOperators.OVERLAPS)],
                condition=Q(status="live"),
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_not_empty"),
            models.CheckConstraint(condition=Q(seats__gte=1), name="session_seats"),
        ]

    def __str__(self) -> str:
        return self.wall_start


class BookingStatus(models.TextChoices):
    HELD = "held"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


TAKES_A_SEAT = frozenset(
    {
        BookingStatus.HELD,
        BookingStatus.REQUESTED,
        BookingStatus.CONFIRMED,
        BookingStatus.COMPLETED,
        BookingStatus.NO_SHOW,
    }
)
FUNDED = frozenset({BookingStatus.CONFIRMED, BookingStatus.COMPLETED, BookingStatus.NO_SHOW})
UNDECIDED = frozenset({BookingStatus.HELD, BookingStatus.REQUESTED})


class Funding(models.TextChoices):
    NONE = ""
    FREE = "free"
    CARD = "card"
    COMP = "comp"
    PACK = "pack"
    RETAINER = "retainer"
    RECEIVED = "received"


class Booking(Keyed):
    """One client's place in a session, from hold to completion, with what was agreed when it was sold."""

    Status = BookingStatus
    MOVES = {
        BookingStatus.REQUESTED: frozenset({BookingStatus.HELD}),
        BookingStatus.CONFIRMED: UNDECIDED,
        BookingStatus.EXPIRED: UNDECIDED,
        BookingStatus.CANCELLED: UNDECIDED | FUNDED,
        BookingStatus.COMPLETED: frozenset({BookingStatus.CONFIRMED, BookingStatus.NO_SHOW}),
        BookingStatus.NO_SHOW: frozenset({BookingStatus.CONFIRMED, BookingStatus.COMPLETED}),
    }

    session = ForeignKey(Session, related_name="bookings", db_index=True)
    client = ForeignKey("clients.Client", null=True, related_name="bookings", db_index=True)
    status = models.CharField(max_length=12, choices=BookingStatus.choices, default=BookingStatus.HELD)
    seat = models.SmallIntegerField(default=1)
    holder = models.CharField(max_length=64, help_text="Digest of the browser's holder secret.")
    hold_expires_at = models.DateTimeField()
    renewals = models.SmallIntegerField(default=0)
    deciding = models.BooleanField(default=False, help_text="A capture is under way: no job may expire it.")
    price_minor = models.IntegerField()
    currency = models.CharField(max_length=3)
    agreed = models.JSONField(default=dict, help_text="What was sold: wording, place, policy, zone.")
    client_timezone = models.CharField(max_length=64, blank=True)
    message = models.CharField(max_length=1000, blank=True)
    funding = models.CharField(max_length=8, choices=Funding.choices, default=Funding.NONE, blank=True)
    funded_by = models.UUIDField(
        null=True, help_text="The captured attempt, the unit's entry, or the payment by hand."
    )
    comp_reason = models.CharField(max_length=200, blank=True)
    pack = ForeignKey("packs.Pack", null=True, related_name="bookings", help_text="Whose units pay for it.")
    pack_units = models.SmallIntegerField(default=1, help_text="Units of a pack that it takes.")
    retainer = ForeignKey("retainers.Retainer", null=True, help_text="Whose period pays for it.")
    extras_minor = models.IntegerField(default=0, help_text="Paid beside the price or the unit.")
    extras_paid_by = models.UUIDField(null=True, help_text="The attempt that paid extras beside a unit.")
    answer_by = models.DateTimeField(null=True, help_text="Until when the coach may accept a request.")
    accepted_at = models.DateTimeField(null=True)
    series = models.UUIDField(null=True, help_text="The same for sessions that were booked in one go.")
    moved_from = models.DateTimeField(null=True, help_text="Where it stood before the coach moved it.")
    confirmed_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=60, blank=True)
    link_version = models.SmallIntegerField(default=1)
    calendar_sequence = models.SmallIntegerField(default=0)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "seat"],
                condition=Q(status__in=sorted(TAKES_A_SEAT)),
                name="booking_one_per_seat",
            ),
            # No session is confirmed before it is funded.
            models.CheckConstraint(
                condition=~Q(status__in=sorted(FUNDED))
                | Q(funding="free", price_minor=0, extras_minor=0)
                | Q(funding="card", funded_by__isnull=False)
                | (
                    Q(funding="pack", funded_by__isnull=False, pack__isnull=False)
                    & (Q(extras_minor=0) | Q(extras_paid_by__isnull=False))
                )
                | (
                    Q(funding="retainer", funded_by__isnull=False, retainer__isnull=False)
                    & (Q(extras_minor=0) | Q(extras_paid_by__isnull=False))
                )
                | Q(funding="received", funded_by__isnull=False)
                | (Q(funding="comp") & ~Q(comp_reason="")),
                name="booking_funded_before_confirmed",
            ),
            models.CheckConstraint(condition=Q(renewals__gte=0, renewals__lte=2), name="booking_renewals"),
        ]
        indexes = [
            models.Index(fields=["hold_expires_at"], condition=Q(status="held"), name="booking_open_holds")
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"


REST_UNPAID = "rest_unpaid"
"""The reason of a booking that ended because what was due after its deposit was not paid."""


class Cause(models.TextChoices):
    """Why a session does not take place, or counts although it did not."""

    CLIENT = "client", "Cancelled by the client"
    LATE = "late", "Cancelled too late"
    COACH = "coach", "Cancelled by the coach"
    WEATHER = "weather", "Weather or venue closed"
    DECLINED_MOVE = "declined_move", "The new time was declined"
    NO_SHOW = "no_show", "Did not come"


class CancellationStatus(models.TextChoices):
    PENDING = "pending"
    DONE = "done"
    UNDONE = "undone"
    OVERTAKEN = "overtaken"


class Cancellation(Acted, Keyed):
    """One decision to call a booking off: decided when asked for, of effect a minute later unless undone.

    The outcome is written down as it was shown; whoever asks later why reads it here.
    """

    Status = CancellationStatus
    MOVES = {
        CancellationStatus.DONE: frozenset({CancellationStatus.PENDING}),
        CancellationStatus.UNDONE: frozenset({CancellationStatus.PENDING}),
        CancellationStatus.OVERTAKEN: frozenset({CancellationStatus.PENDING}),
    }

    booking = ForeignKey(Booking, related_name="cancellations", db_index=True)
    cause = models.CharField(max_length=16, choices=Cause.choices)
    status = models.CharField(
        max_length=12, choices=CancellationStatus.choices, default=CancellationStatus.PENDING
    )
    asked_at = models.DateTimeField(default=now)
    takes_effect_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, help_text="returned, used or waived")
    units_back = models.SmallIntegerField(default=0)
    money_back_minor = models.IntegerField(default=0)
    window_hours = models.SmallIntegerField()
    reason = models.CharField(max_length=300, help_text="The rule's sentence, as it was shown.")
    note = models.CharField(max_length=300, blank=True, help_text="Why the coach decided otherwise.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["booking"], condition=Q(status="pending"), name="cancellation_one_pending"
            ),
            models.CheckConstraint(
                condition=Q(units_back__gte=0, money_back_minor__gte=0), name="cancellation_gives_back"
            ),
            models.CheckConstraint(
                condition=~Q(outcome="waived") | ~Q(note=""), name="cancellation_waived_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause} {self.outcome}"
