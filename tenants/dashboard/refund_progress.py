"""How far refunds of several people have come: "3 of 4 refunded"."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from tenants.billing.coach_refunds import DONE_OTHERWISE, is_counted
from tenants.billing.models import Refund, RefundStatus
from tenants.dashboard.diary import Badge

DONE = Badge("paid", "Refunded", "check")
UNDER_WAY = Badge("neutral", "Being refunded", "clock")
REFUSED = Badge("problem", "Refund not made", "circle-alert")


@dataclass(frozen=True, slots=True)
class State:
    """The last refund of one payment."""

    booking_id: uuid.UUID
    attempt_id: uuid.UUID
    badge: Badge


@dataclass(frozen=True, slots=True)
class Progress:
    states: tuple[State, ...]

    @property
    def done(self) -> int:
        return self._count(DONE)

    @property
    def under_way(self) -> int:
        return self._count(UNDER_WAY)

    @property
    def refused(self) -> tuple[State, ...]:
        return tuple(each for each in self.states if each.badge is REFUSED)

    @property
    def total(self) -> int:
        return len(self.states)

    def of(self, booking_id: uuid.UUID) -> Badge | None:
        """The state of one booking's refund: what is worst of it, where it had several payments."""
        mine = [each.badge for each in self.states if each.booking_id == booking_id]
        return next((badge for badge in (REFUSED, UNDER_WAY, DONE) if badge in mine), None)

    def _count(self, badge: Badge) -> int:
        return sum(each.badge is badge for each in self.states)


def progress_of(booking_ids: Collection[uuid.UUID]) -> Progress:
    """The last refund that was decided here of each card payment of these bookings. One query."""
    rows = Refund.objects.filter(
        attempt__charge__purpose="booking", attempt__charge__reference__in=booking_ids
    )
    told = rows.select_related("attempt__charge").annotate(is_counted=is_counted())
    return Progress(tuple(_last_of_each(told.order_by("created_at", "pk"))))


def _last_of_each(rows: Iterable[Refund]) -> Iterable[State]:
    last = {row.attempt_id: row for row in rows}
    return [State(row.attempt.charge.reference, row.attempt_id, _badge(row)) for row in last.values()]


def _badge(refund: Refund) -> Badge:
    if refund.status == RefundStatus.REFUSED:
        return DONE if refund.note in DONE_OTHERWISE else REFUSED
    return DONE if getattr(refund, "is_counted", False) else UNDER_WAY
