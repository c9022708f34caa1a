"""What was called off or missed lately, as a changed rule would be asked about it. Read, never written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenants.dashboard.desk import Desk
from tenants.packs.wording import Clock, SessionTime
from tenants.scheduling.cancellation import Facts
from tenants.scheduling.means import Means, means_of
from tenants.scheduling.models import (
    Booking,
    BookingStatus,
    Cancellation,
    CancellationStatus,
    Cause,
    Funding,
)
from tenants.scheduling.replay import Past

DAYS = 90
MISSED = "Nobody came, and a missed session counts as used."


@dataclass(frozen=True, slots=True)
class Decided:
    """One session that was called off or missed, and the decision about it."""

    booking: Booking
    past: Past


def lately(desk: Desk) -> list[Decided]:
    """The last 90 days, the latest first. At most four queries, however much there was."""
    since = desk.now - timedelta(days=DAYS)
    rows = _last_of_each(_cancellations(since))
    missed = list(_missed(since))
    means = means_of([*(row.booking for row in rows), *missed])
    decided = [Decided(row.booking, _called_off(desk, row, means[row.booking_id])) for row in rows]
    decided += [Decided(each, _not_come(desk, each, means[each.pk])) for each in missed]
    return sorted(decided, key=lambda each: each.past.facts.at, reverse=True)


def _cancellations(since: datetime) -> Iterable[Cancellation]:
    done = Cancellation.objects.filter(status=CancellationStatus.DONE, asked_at__gte=since)
    return done.select_related("booking__session", "booking__client").order_by("asked_at", "pk")


def _last_of_each(rows: Iterable[Cancellation]) -> list[Cancellation]:
    """What was waived afterwards is one case, not two."""
    return list({row.booking_id: row for row in rows}.values())


def _missed(since: datetime) -> Iterable[Booking]:
    rows = Booking.objects.filter(status=BookingStatus.NO_SHOW, session__starts_at__gte=since)
    return rows.select_related("session", "client")


def _called_off(desk: Desk, row: Cancellation, means: Means) -> Past:
    """What went back is told by the decision; what stayed, by the books."""
    facts = _facts(
        row.booking,
        at=row.asked_at,
        cause=row.cause,
        units=row.units_back or means.units,
        paid_minor=row.money_back_minor or means.paid.minor,
        waived_because=row.note if row.outcome == "waived" else "",
    )
    return Past(facts=facts, kind=row.outcome, reason=row.reason, label=_label(desk, row.booking))  # type: ignore[arg-type]


def _not_come(desk: Desk, booking: Booking, means: Means) -> Past:
    facts = _facts(
        booking,
        at=booking.session.starts_at,
        cause=Cause.NO_SHOW,
        units=means.units,
        paid_minor=means.paid.minor,
        waived_because="",
    )
    return Past(facts=facts, kind="used", reason=MISSED, label=_label(desk, booking))


def _facts(
    booking: Booking, *, at: datetime, cause: str, units: int, paid_minor: int, waived_because: str
) -> Facts:
    return Facts(
        starts_at=booking.session.starts_at,
        at=at,
        cause=cause,
        pays_with=booking.funding,
        units=units if booking.funding == Funding.PACK else 0,
        paid_minor=paid_minor,
        currency=booking.currency,
        waived_because=waived_because,
    )


def _label(desk: Desk, booking: Booking) -> str:
    """ "Cleo, Tue 10 June 17:00"."""
    clock = Clock(desk.tz, desk.practice.locale, desk.now)
    name = booking.client.name if booking.client else "Somebody"
    return f"{name}, {clock.start(SessionTime(booking.session.starts_at, booking.session.wall_start))}"
