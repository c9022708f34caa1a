"""What a payment for a booking leads to. Named in `config.wiring`; called inside billing's transactions."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from kit.actors import SYSTEM, Actor
from kit.states import try_move
from tenants.activity import events
from tenants.billing import coach_refunds
from tenants.billing.models import Refund, RefundStatus
from tenants.billing.refund_preview import Units
from tenants.packs import spending
from tenants.packs.models import PackStatus
from tenants.scheduling import requests
from tenants.scheduling.bookings import confirm
from tenants.scheduling.cancelling import locked
from tenants.scheduling.holds import end_hold, tell_released
from tenants.scheduling.models import (
    FUNDED,
    UNDECIDED,
    Booking,
    BookingStatus,
    Funding,
    Session,
    SessionStatus,
)
from tenants.scheduling.pack_bookings import take_unit

# Whoever ended a request has told so: that its money was let go is no other news.
ANSWERED = frozenset({"request_declined", "request_withdrawn", "request_unanswered"})

# Why a session stands of which all money went back.
REFUNDED_AND_KEPT = "All that was paid was refunded, and the session was kept."


def still_wanted(*, reference: uuid.UUID, now: datetime) -> bool:
    """Pin the slot for this payment. A hold that ran out still counts while nobody else took the time.

    Where a pack pays beside it, its unit is taken now, since nothing may be captured without it.
    """
    booking = locked(reference)
    # A request comes here when it was accepted, or when the coach has captured it in Stripe's dashboard.
    accepted = booking.status == BookingStatus.REQUESTED or not booking.agreed.get("needs_approval")
    if booking.status not in UNDECIDED or booking.deciding or not accepted:
        return False
    if booking.pack and booking.pack.status != PackStatus.PENDING:
        try:
            booking.funded_by = take_unit(
                booking=booking, now=now, actor=Actor("client", str(booking.client_id))
            )
        except spending.CannotSpend:
            return False
    booking.deciding = True
    booking.save(update_fields=["deciding", "funded_by"])
    return True


def awaits(*, reference: uuid.UUID, intent_capture_before: datetime | None, now: datetime) -> datetime | None:
    """Until when the coach may accept the request that a promised payment has made of this hold."""
    booking = locked(reference)
    if not booking.agreed.get("needs_approval") or booking.accepted_at or booking.deciding:
        return None
    if booking.status == BookingStatus.HELD:
        return requests.request(booking=booking, promised_until=intent_capture_before, now=now)
    return booking.answer_by if booking.status == BookingStatus.REQUESTED else None


def keep(*, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
    """The payment is being checked, or the coach is asked: the slot stays this booking's, but no nearer to
    its start than the notice that the coach asks for."""
    booking = Booking.objects.select_related("session__session_type").get(pk=reference)
    notice = timedelta(minutes=booking.session.session_type.minimum_notice_min)
    last_moment = min(until, booking.session.starts_at - notice)
    if booking.status not in UNDECIDED or last_moment <= now:
        return False
    Booking.objects.filter(pk=reference, hold_expires_at__lt=last_moment).update(hold_expires_at=last_moment)
    return True


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """The money is captured: the session is confirmed, by it or by the unit that was taken beside it."""
    booking = Booking.objects.get(pk=reference)
    paid: dict[str, Any]
    if booking.pack_id:
        paid = {"funding": Funding.PACK, "funded_by": booking.funded_by, "extras_paid_by": attempt_id}
    else:
        paid = {"funding": Funding.CARD, "funded_by": attempt_id}
    confirm(booking=booking, now=now, actor=actor, **paid)


def release(*, reference: uuid.UUID, reason: str, now: datetime) -> None:
    """No money will come for this booking: its time is free again, and the client is told."""
    booking = locked(reference)
    if booking.status == BookingStatus.REQUESTED and not booking.accepted_at:
        reason = "request_unanswered"
    if booking.status in UNDECIDED:
        _give_unit_back(booking, now)
        booking.deciding, booking.funded_by = False, None
        booking.save(update_fields=["deciding", "funded_by"])
    freed = end_hold(booking, reason=reason, now=now)
    if freed or (reason == "payment_released" and booking.ended_reason not in ANSWERED):
        tell_released(booking, reason=reason, now=now, actor=SYSTEM)


def _give_unit_back(booking: Booking, now: datetime) -> None:
    if booking.pack_id and booking.funded_by:
        spending.give_back(
            booking_id=booking.pk, cause="payment_failed", rule="payment_failed", now=now, actor=SYSTEM
        )


def refunded(
    *,
    reference: uuid.UUID,
    captured_minor: int,
    refunded_minor: int,
    key: str,
    now: datetime,
    actor: Actor,
) -> None:
    """All money went back before the session took place: the session is off, and both are told.

    A session that has begun stays as it was, and so does one of which a part was refunded, or one that a
    pack pays for: that is then about money only. One that the coach refunded here stays too, as a gift.
    """
    booking = Booking.objects.select_related("session").get(pk=reference)
    about_money_only = refunded_minor < captured_minor or booking.funding != Funding.CARD
    if about_money_only or booking.session.starts_at <= now or _kept_as_a_gift(booking):
        return
    off = {"ended_reason": "refunded", "calendar_sequence": booking.calendar_sequence + 1}
    if try_move(booking, BookingStatus.CANCELLED, **off):
        Session.objects.filter(pk=booking.session_id).update(status=SessionStatus.CANCELLED)
        events.record(
            kind="booking.cancelled",
            subject_id=booking.pk,
            client_id=booking.client_id,
            actor=actor,
            now=now,
            data={"reason": "refunded"},
        )


def _kept_as_a_gift(booking: Booking) -> bool:
    """Whoever gives money back here decides about money only: to call a session off is another press."""
    decided = Refund.objects.filter(
        attempt__charge__purpose="booking",
        attempt__charge__reference=booking.pk,
        cause__in=coach_refunds.Because.values,
    )
    if not decided.exclude(status=RefundStatus.REFUSED).exists():
        return False
    standing = Booking.objects.filter(pk=booking.pk, status__in=FUNDED, funding=Funding.CARD)
    return standing.update(funding=Funding.COMP, comp_reason=REFUNDED_AND_KEPT) == 1


def units_of(*, reference: uuid.UUID) -> Units | None:
    """A booking is one session: nothing of it can go with a part of its price."""
    return None
