"""The coach's diary: bookings between two moments, each with what is paid and how it went."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import JSONObject

from kit.clock import zone
from kit.ledgers import OF_A_BOOKING
from tenants.billing.models import Charge, ChargeStatus
from tenants.offers.models import Place
from tenants.packs.models import PackEntry
from tenants.scheduling.models import (
    FUNDED,
    UNDECIDED,
    Booking,
    BookingStatus,
    Cancellation,
    CancellationStatus,
    Funding,
    Session,
)

_OF_PENDING = (
    "id",
    "booking_id",
    "cause",
    "status",
    "asked_at",
    "takes_effect_at",
    "outcome",
    "units_back",
    "money_back_minor",
    "reason",
    "actor_kind",
)


@dataclass(frozen=True, slots=True)
class Badge:
    """A state in a word, with one of the meanings and an icon of the components."""

    meaning: str
    words: str
    icon: str


@dataclass(frozen=True, slots=True)
class Link:
    words: str
    href: str
    icon: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One booking as the diary shows it."""

    booking: Booking
    payment: Badge
    attendance: Badge | None
    has_begun: bool
    pending: Cancellation | None = None
    """A cancellation that can still be undone, with the fields of `_OF_PENDING`."""

    @property
    def id(self) -> uuid.UUID:
        return self.booking.pk

    @property
    def session(self) -> Session:
        return self.booking.session

    @property
    def name(self) -> str:
        """The client's, or what stands in its place while somebody types it."""
        return self.booking.client.name if self.booking.client else "Somebody"

    @property
    def wall_date(self) -> date:
        """The date in the zone that was agreed."""
        return date.fromisoformat(self.session.wall_start[:10])

    @property
    def title(self) -> str:
        return str(self.booking.agreed.get("name", ""))

    @property
    def place(self) -> str:
        """Where, in as few words as a row has room for."""
        agreed = self.booking.agreed
        if agreed.get("place") == Place.IN_PERSON and agreed.get("place_detail"):
            return str(agreed["place_detail"])
        return _kind_of_place(agreed)

    @property
    def whole_place(self) -> str:
        """Where, as it was agreed: "Online, https://meet.example/anna"."""
        return ", ".join(
            filter(None, (_kind_of_place(self.booking.agreed), self.booking.agreed.get("place_detail")))
        )

    @property
    def link(self) -> Link | None:
        """The one tap that begins an online session or a call."""
        agreed, client = self.booking.agreed, self.booking.client
        if agreed.get("place") == Place.ONLINE and agreed.get("place_detail", "").startswith("https://"):
            return Link("Join", agreed["place_detail"], "video")
        if agreed.get("place") == Place.PHONE and client and client.phone:
            return Link("Call", f"tel:{client.phone}", "phone")
        return None

    @property
    def is_kept(self) -> bool:
        """Confirmed, so that the coach may say how it went once it has begun."""
        return self.booking.status in FUNDED

    @property
    def can_be_marked(self) -> bool:
        return self.is_kept and self.has_begun and not self.is_being_called_off

    @property
    def is_being_called_off(self) -> bool:
        return self.pending is not None

    @property
    def is_asked(self) -> bool:
        """A request that the coach has not answered."""
        return self.booking.status == BookingStatus.REQUESTED and self.booking.accepted_at is None

    @property
    def is_over(self) -> bool:
        return self.booking.status in (BookingStatus.COMPLETED, BookingStatus.NO_SHOW)


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    entries: list[Entry]


def entries(*, since: datetime, until: datetime, now: datetime, and_requests: bool = False) -> list[Entry]:
    """Everything that takes or took time between two moments, in order. One query.

    With `and_requests`, also what waits for the coach's answer, whenever it would be.
    """
    wanted = Q(session__starts_at__gte=since, session__starts_at__lt=until)
    if and_requests:
        wanted |= Q(status=BookingStatus.REQUESTED)
    rows = with_payment(Booking.objects.all()).filter(wanted)
    rows = rows.exclude(status=BookingStatus.EXPIRED).order_by("session__starts_at", "created_at")
    return [entry_of(row, now) for row in rows if _still_counts(row, now)]


def with_payment(rows: QuerySet[Booking]) -> QuerySet[Booking]:
    """The bookings with session and client, and what became of their payment: `charge_status`, `pack_left`
    of the pack that pays, `pack_takes` for this booking, and `pending`, a cancellation that can be undone."""
    charges = Charge.objects.filter(purpose="booking", reference=OuterRef("pk"))
    entries = PackEntry.objects.filter(pack=OuterRef("pack_id")).values("pack")
    own = PackEntry.objects.filter(booking_id=OuterRef("pk"), kind__in=OF_A_BOOKING).values("booking_id")
    pending = Cancellation.objects.filter(booking=OuterRef("pk"), status=CancellationStatus.PENDING)
    return rows.select_related("session", "client").annotate(
        charge_status=Subquery(charges.values("status")[:1]),
        disputed_at=Subquery(charges.values("disputed_at")[:1]),
        pack_left=Subquery(entries.annotate(left=Sum("units")).values("left")),
        pack_takes=Subquery(own.annotate(takes=Sum("units")).values("takes")),
        pending=Subquery(pending.values(fields=JSONObject(**{name: name for name in _OF_PENDING}))[:1]),
    )


def entry_of(booking: Booking, now: datetime) -> Entry:
    """`booking` must come from `with_payment`."""
    pending = _pending(booking)
    called_off = pending is not None and booking.status in FUNDED
    return Entry(
        booking=booking,
        payment=_payment(booking),
        attendance=_BEING_CALLED_OFF if called_off else _ATTENDANCE.get(BookingStatus(booking.status)),
        has_begun=booking.session.starts_at <= now,
        pending=pending,
    )


def _pending(booking: Booking) -> Cancellation | None:
    fields = getattr(booking, "pending", None)
    if fields is None:
        return None
    moments = {name: datetime.fromisoformat(fields[name]) for name in ("asked_at", "takes_effect_at")}
    return Cancellation(**{**fields, **moments})


def by_day(every: Iterable[Entry], tz: str) -> list[Day]:
    """Entries under the date that they have in a zone; days without any are left out."""
    days: dict[date, Day] = {}
    for entry in every:
        day = entry.session.starts_at.astimezone(zone(tz)).date()
        days.setdefault(day, Day(day, [])).entries.append(entry)
    return list(days.values())


def _kind_of_place(agreed: dict[str, str]) -> str:
    place = agreed.get("place", "")
    return str(Place(place).label) if place in Place.values else ""


_ATTENDANCE = {
    BookingStatus.COMPLETED: Badge("paid", "Done", "check"),
    BookingStatus.NO_SHOW: Badge("attention", "No-show", "user-x"),
    BookingStatus.CANCELLED: Badge("neutral", "Cancelled", "calendar-x"),
}
_BEING_CALLED_OFF = Badge("attention", "Being called off", "calendar-x")
_FUNDING = {
    Funding.FREE: Badge("neutral", "Free", "gift"),
    Funding.CARD: Badge("paid", "Paid", "credit-card"),
    Funding.COMP: Badge("neutral", "Comped", "gift"),
    Funding.RECEIVED: Badge("paid", "Paid", "wallet"),
    Funding.RETAINER: Badge("paid", "Retainer", "repeat"),
}
_IN_PART = Badge("attention", "Partly paid", "circle")
_RETURNED = {
    ChargeStatus.REFUNDED: Badge("neutral", "Refunded", "undo-2"),
    ChargeStatus.PARTIALLY_REFUNDED: Badge("attention", "Partly refunded", "undo-2"),
}


def _payment(booking: Booking) -> Badge:
    if booking.deciding:
        return Badge("neutral", "Payment being checked", "clock")
    if booking.status in UNDECIDED:
        return _undecided(booking)
    if booking.funding == Funding.PACK:
        return _by_pack(booking)
    if getattr(booking, "disputed_at", None):
        return Badge("problem", "Disputed", "gavel")
    charge_status = getattr(booking, "charge_status", None)
    if charge_status in _RETURNED:
        return _RETURNED[ChargeStatus(charge_status)]
    if charge_status == ChargeStatus.PARTIALLY_PAID:
        return _IN_PART
    return _FUNDING.get(Funding(booking.funding), Badge("neutral", "Not paid", "circle"))


def _by_pack(booking: Booking) -> Badge:
    """What is left is news of a session that is still to come; of another, what became of its unit."""
    if booking.status == BookingStatus.CONFIRMED:
        return Badge("paid", f"Pack, {getattr(booking, 'pack_left', 0)} left", "layers")
    if getattr(booking, "pack_takes", 0):
        return Badge("paid", "Pack", "layers")
    return Badge("neutral", "Returned to pack", "undo-2")


def _undecided(booking: Booking) -> Badge:
    if booking.status == BookingStatus.REQUESTED:
        return Badge("attention", "Accepted" if booking.accepted_at else "Requested", "clock")
    # Whoever has nothing to pay is confirmed, or asks, in the moment in which they say who they are.
    words = "Being paid" if booking.client_id else "Being booked"
    return Badge("attention", words, "clock")


def _still_counts(booking: Booking, now: datetime) -> bool:
    """A hold that ran out takes no time any more, though nobody has swept it up yet."""
    return booking.status != BookingStatus.HELD or booking.deciding or booking.hold_expires_at > now
