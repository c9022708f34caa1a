"""What a retainer's page shows: one address for its whole life, by what it has come to."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet

from tenants.billing.models import UNPAID, AttemptStatus, PaymentAttempt
from tenants.retainers.charging import PURPOSE
from tenants.retainers.models import RUNNING, Retainer, RetainerStatus
from tenants.scheduling.models import Booking, BookingStatus

MOST_AHEAD = 12
# Captured counts: of a retainer that has not begun, it was settled between our two looks.
UNDER_WAY = (AttemptStatus.CAPTURING, AttemptStatus.CAPTURED, AttemptStatus.RELEASING)


class Stage(StrEnum):
    CONFIRMING = "confirming"
    TO_BEGIN = "to_begin"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"
    VOID = "void"


BY_STATUS = {
    RetainerStatus.PENDING: Stage.TO_BEGIN,
    RetainerStatus.PAUSED: Stage.PAUSED,
    RetainerStatus.ENDED: Stage.ENDED,
    RetainerStatus.VOID: Stage.VOID,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A retainer with the latest try at paying for it, and what that amounts to."""

    retainer: Retainer
    attempt: PaymentAttempt | None
    stage: Stage

    @property
    def wishes(self) -> bool:
        """Whether a pause or an end was asked for that can still be taken back."""
        retainer = self.retainer
        running = retainer.status in RUNNING
        return running and bool(retainer.pause_wanted_at or retainer.cancel_wanted_at)


def standing_of(retainer: Retainer, *, returned: bool = False) -> Standing:
    """Where a retainer stands. `returned` is a browser that Stripe has just sent back as paid."""
    begins = retainer.status == RetainerStatus.PENDING
    attempt = tries_at(retainer).first() if begins else None
    if attempt and (attempt.status in UNDER_WAY or (returned and attempt.status in UNPAID)):
        return Standing(retainer, attempt, Stage.CONFIRMING)
    return Standing(retainer, attempt, BY_STATUS.get(RetainerStatus(retainer.status), Stage.RUNNING))


def tries_at(retainer: Retainer) -> QuerySet[PaymentAttempt]:
    """At paying for any of its periods, the last first."""
    periods = retainer.periods.values_list("pk", flat=True)
    tries = PaymentAttempt.objects.filter(charge__purpose=PURPOSE, charge__reference__in=list(periods))
    return tries.select_related("charge").order_by("-created_at", "-pk")


def sessions_ahead(retainer: Retainer, now: object) -> list[Booking]:
    """Booked with it and still to come, or asked for."""
    ahead = Booking.objects.filter(
        retainer=retainer,
        status__in=[BookingStatus.CONFIRMED, BookingStatus.REQUESTED],
        session__starts_at__gt=now,
    )
    return list(ahead.select_related("session").order_by("session__starts_at")[:MOST_AHEAD])
