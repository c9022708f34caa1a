"""A client's own sessions: what comes, what was, and what can be done with each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from kit.clock import zone
from tenants.clients.models import Client
from tenants.offers.hosts import Coach
from tenants.scheduling import links, moving
from tenants.scheduling.models import (
    FUNDED,
    Booking,
    BookingStatus,
    Cancellation,
    CancellationStatus,
)

SHOWN_PAST = 24
ENDED = {
    BookingStatus.NO_SHOW: ("attention", "Missed"),
    BookingStatus.CANCELLED: ("neutral", "Cancelled"),
}


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One booking as its client sees it. No amount: who pays for it may be somebody else."""

    booking: Booking
    url: str
    tz: str
    move_url: str = ""
    cancel_url: str = ""
    again_url: str = ""

    @property
    def name(self) -> str:
        return str(self.booking.agreed["name"])

    @property
    def day(self) -> date:
        """On the clock that its times are shown by."""
        return self.booking.session.starts_at.astimezone(zone(self.tz)).date()

    @property
    def place(self) -> str:
        return str(self.booking.agreed.get("place_detail", ""))

    @property
    def place_is_link(self) -> bool:
        return self.place.startswith(("https://", "http://"))

    @property
    def waits(self) -> bool:
        return self.booking.status == BookingStatus.REQUESTED

    @property
    def ended(self) -> tuple[str, str] | None:
        """Meaning and words, where it did not simply take place."""
        return ENDED.get(BookingStatus(self.booking.status))


def coming(client: Client, coach: Coach) -> list[OwnSession]:
    """What is booked or asked for, the next first. One query."""
    live = _of(client).filter(
        status__in=(BookingStatus.CONFIRMED, BookingStatus.REQUESTED), session__ends_at__gt=coach.now
    )
    called_off = Cancellation.objects.filter(
        booking=OuterRef("pk"), status=CancellationStatus.PENDING, actor_kind="client"
    )
    rows = live.exclude(Exists(called_off)).order_by("session__starts_at")
    return [_own(each, coach) for each in rows]


def past(client: Client, coach: Coach, most: int = SHOWN_PAST) -> list[OwnSession]:
    """What has taken place, was missed or cancelled, the latest first. One query."""
    over = _of(client).filter(status__in=FUNDED, session__ends_at__lte=coach.now)
    off = _of(client).filter(status=BookingStatus.CANCELLED, confirmed_at__isnull=False)
    rows = (over | off).order_by("-session__starts_at")[:most]
    return [_own(each, coach, over=True) for each in rows]


def latest(rows: Sequence[OwnSession]) -> OwnSession | None:
    """The one to book again when nothing is booked."""
    return next((each for each in rows if each.again_url), None)


def kinds(rows: Iterable[OwnSession]) -> list[OwnSession]:
    """One of each type, in their order: what a client books again."""
    found: dict[object, OwnSession] = {}
    for each in rows:
        if each.again_url:
            found.setdefault(each.booking.session.session_type_id, each)
    return list(found.values())


def _of(client: Client) -> QuerySet[Booking]:
    return Booking.objects.select_related("session__session_type", "pack__offer", "client").filter(
        client=client
    )


def _own(booking: Booking, coach: Coach, *, over: bool = False) -> OwnSession:
    token, kind = links.token_of(booking), booking.session.session_type
    confirmed = booking.status == BookingStatus.CONFIRMED and booking.session.starts_at > coach.now
    can_move = not over and confirmed and not moving.refusal(booking=booking, now=coach.now)
    in_person = booking.agreed.get("place") == "in_person"
    return OwnSession(
        booking=booking,
        url=reverse("booking", args=[token]),
        tz=coach.tz if in_person else booking.client_timezone or coach.tz,
        move_url=reverse("booking_move", args=[token]) if can_move else "",
        cancel_url=reverse("booking_cancel", args=[token]) if not over and confirmed else "",
        again_url=reverse("session_type", args=[kind.slug]) if kind.is_active else "",
    )
