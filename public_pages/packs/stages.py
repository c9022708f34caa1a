"""What a pack's page shows: one address for its whole life, by what it has come to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q, QuerySet

from tenants.billing.models import UNPAID, AttemptStatus, PaymentAttempt
from tenants.packs.models import Pack, PackStatus, Transfer
from tenants.packs.statements import PURPOSES
from tenants.scheduling.models import Booking, BookingStatus

MOST_AHEAD = 12
UNDER_WAY = (AttemptStatus.CAPTURING, AttemptStatus.RELEASING)
# Settled between our two looks: at the pack first, at its payment then.
JUST_PAID = AttemptStatus.CAPTURED


class Stage(StrEnum):
    CONFIRMING = "confirming"
    UNPAID = "unpaid"
    WITH_ITS_SESSION = "with_its_session"
    ACTIVE = "active"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Standing:
    """A pack with the latest try at paying for it, and what that amounts to."""

    pack: Pack
    attempt: PaymentAttempt | None
    stage: Stage

    @property
    def is_owed(self) -> bool:
        """Sold by the coach, and not paid yet."""
        return self.stage == Stage.ACTIVE and self.pack.paid_at is None

    @property
    def can_pass_on(self) -> bool:
        pack = self.pack
        return (
            self.stage == Stage.ACTIVE
            and pack.offer.transfer != Transfer.NOBODY
            and pack.paid_at is not None
            and pack.frozen_at is None
        )


def standing_of(pack: Pack, now: datetime, *, returned: bool = False) -> Standing:
    """Where a pack stands. `returned` is a browser that Stripe has just sent back as paid."""
    attempt = tries_at(pack).first() if pack.paid_at is None else None
    return Standing(pack, attempt, _stage(pack, attempt, now, returned=returned))


def tries_at(pack: Pack) -> QuerySet[PaymentAttempt]:
    """At paying for this pack, by itself or with its first session, the last first."""
    tries = PaymentAttempt.objects.filter(charge__purpose__in=PURPOSES, charge__reference=pack.pk)
    return tries.select_related("charge").order_by("-created_at", "-pk")


def _stage(pack: Pack, attempt: PaymentAttempt | None, now: datetime, *, returned: bool) -> Stage:
    if pack.status == PackStatus.VOID:
        return Stage.ENDED
    if attempt and _is_under_way(attempt, returned=returned):
        return Stage.CONFIRMING
    if attempt and attempt.status == JUST_PAID and pack.status == PackStatus.PENDING:
        return Stage.CONFIRMING
    if pack.status == PackStatus.ACTIVE:
        return Stage.ACTIVE
    return Stage.WITH_ITS_SESSION if pack.first_booking else Stage.UNPAID


def _is_under_way(attempt: PaymentAttempt, *, returned: bool) -> bool:
    """Paid as far as the payer can tell, and not settled yet."""
    payable = attempt.status in UNPAID and (returned or attempt.capture_before is not None)
    return attempt.status in UNDER_WAY or payable


def sessions_ahead(pack: Pack, now: datetime) -> list[Booking]:
    """What is booked with the pack and has not begun, or waits for the coach's answer; the next first."""
    asked = Q(status=BookingStatus.REQUESTED)
    booked = Q(status=BookingStatus.CONFIRMED)
    rows = Booking.objects.filter(asked | booked, pack=pack, session__starts_at__gt=now)
    return list(rows.select_related("session").order_by("session__starts_at")[:MOST_AHEAD])
