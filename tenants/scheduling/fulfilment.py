"""What a payment for a booking leads to. Named in `config.wiring`; called inside billing's transactions."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from kit.actors import SYSTEM, Actor
from kit.states import try_move
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing import charges, coach_refunds
from tenants.billing.fulfilment import StandsOnIt
from tenants.billing.models import Dispute, DisputeStatus, Refund, RefundStatus
from tenants.billing.refund_preview import Units
from tenants.offers.models import IfRestFails
from tenants.packs import spending
from tenants.packs.models import PackStatus
from tenants.scheduling import requests, units
from tenants.scheduling.bookings import confirm
from tenants.scheduling.cancelling import locked
from tenants.scheduling.holds import end_hold, tell_released
from tenants.scheduling.models import (
    FUNDED,
    REST_UNPAID,
    UNDECIDED,
    Booking,
    BookingStatus,
    Funding,
    Session,
    SessionStatus,
)

# Whoever ended a request has told so: that its money was let go is no other news.
ANSWERED = frozenset({"request_declined", "request_withdrawn", "request_unanswered"})

# Why a session stands of which all money went back.
REFUNDED_AND_KEPT = "All that was paid was refunded, and the session was kept."


def still_wanted(*, reference: uuid.UUID, now: datetime) -> bool:
    """Pin the slot for this payment. A hold that ran out still counts while nobody else took the time.

    Where a pack or a retainer pays beside it, the unit is taken now: nothing may be captured without it.
    """
    booking = locked(reference)
    # A request comes here when it was accepted, or when the coach has captured it in Stripe's dashboard.
    accepted = booking.status == BookingStatus.REQUESTED or not booking.agreed.get("needs_approval")
    if booking.status not in UNDECIDED or booking.deciding or not accepted:
        return False
    if booking.retainer_id or (booking.pack and booking.pack.status != PackStatus.PENDING):
        try:
            client = Actor("client", str(booking.client_id))
            booking.funded_by = units.take(booking=booking, now=now, actor=client)
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


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, whole: bool, now: datetime, actor: Actor) -> None:
    """The money is captured: the session is confirmed, by it or by the unit that was taken beside it.

    A deposit confirms it too: what is owed yet is a matter of money.
    """
    booking = Booking.objects.get(pk=reference)
    if booking.status in FUNDED:
        return
    paid: dict[str, Any]
    if units.pay_for(booking):
        by_unit = {"funding": units.funding_of(booking), "funded_by": booking.funded_by}
        paid = {**by_unit, "extras_paid_by": attempt_id}
    else:
        paid = {"funding": Funding.CARD, "funded_by": attempt_id}
    confirm(booking=booking, now=now, actor=actor, **paid)


def still_owed(*, reference: uuid.UUID, now: datetime) -> bool:
    """The session stands, or took place: the rest of its price is owed."""
    return locked(reference).status in FUNDED


def settled(*, reference: uuid.UUID, now: datetime, actor: Actor) -> None:
    """The session was confirmed by the first money; nothing about it changes with the last."""


def unsettled(*, reference: uuid.UUID, payment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Owed again is only what did not confirm the session: no session stands without what funds it."""
    booking = locked(reference)
    if booking.status in FUNDED and booking.funded_by == payment_id:
        raise StandsOnIt(
            "Nothing was changed: this payment is what confirms the session. Call the session off first; then"
            " take the payment back."
        )


def unpaid(*, reference: uuid.UUID, instalment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """The rest was not paid a day after the client was told: where that was agreed, the session is off.

    Else it stands, and the rest is owed. One that has begun stands too.
    """
    booking = locked(reference)
    agreed = booking.agreed.get("deposit", {}).get("if_rest_fails", IfRestFails.KEEP)
    if agreed == IfRestFails.CANCEL and booking.session.starts_at > now:
        _call_off(booking, REST_UNPAID, actor, now)


def disputed(*, reference: uuid.UUID, is_open: bool, now: datetime, actor: Actor) -> None:
    """The session stands: the charge says that it is disputed, and whether it is held the coach decides."""


def on_called_off(*, event: Event, now: datetime) -> None:
    """Step of an announcement: of a session that is off, what was not paid yet is not owed any more."""
    charges.void_rest(purpose="booking", reference=event.subject_id, now=now, actor=SYSTEM)


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
    if units.pay_for(booking) and booking.funded_by:
        units.give_back(booking=booking, cause="payment_failed", rule="payment_failed", now=now, actor=SYSTEM)


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
    pack pays for: that is then about money only. One that the coach refunded here stays too, as a gift; of
    one whose payment was lost in a dispute the coach decides.
    """
    booking = Booking.objects.select_related("session").get(pk=reference)
    about_money_only = refunded_minor < captured_minor or booking.funding != Funding.CARD
    if about_money_only or booking.session.starts_at <= now:
        return
    if _was_lost(booking) or _kept_as_a_gift(booking):
        return
    _call_off(booking, "refunded", actor, now)


def _call_off(booking: Booking, reason: str, actor: Actor, now: datetime) -> None:
    off = {"ended_reason": reason, "calendar_sequence": booking.calendar_sequence + 1}
    if try_move(booking, BookingStatus.CANCELLED, **off):
        Session.objects.filter(pk=booking.session_id).update(status=SessionStatus.CANCELLED)
        events.record(
            kind="booking.cancelled",
            subject_id=booking.pk,
            client_id=booking.client_id,
            actor=actor,
            now=now,
            data={"reason": reason},
        )


def _was_lost(booking: Booking) -> bool:
    of_booking = Dispute.objects.filter(
        attempt__charge__purpose="booking", attempt__charge__reference=booking.pk
    )
    return of_booking.filter(status=DisputeStatus.LOST).exists()


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
