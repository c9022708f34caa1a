"""The coach's answer to a request, the client's change of mind, and no answer at all."""

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from kit.actors import SYSTEM, Actor
from tenants.billing.decisions import settle
from tenants.scheduling import pack_bookings, units
from tenants.scheduling.bookings import confirm
from tenants.scheduling.holds import end_hold, tell_released
from tenants.scheduling.models import Booking, BookingStatus, Funding
from tenants.scheduling.paying import payment_of, sale_of


class AlreadyAnswered(Exception):
    """The request was answered, withdrawn or let go meanwhile."""


def accept(*, booking_id: uuid.UUID, now: datetime, actor: Actor) -> Booking:
    """Use case: yes. Confirmed at once, or as soon as the money is captured.

    Raises AlreadyAnswered, `packs.spending.CannotSpend` when the pack has too little left, and
    `connect.gateway.GatewayUnavailable` when Stripe cannot be asked: it is accepted then, and captured soon.
    """
    with transaction.atomic(durable=True):
        booking = _unanswered(booking_id, now)
        Booking.objects.filter(pk=booking_id).update(accepted_at=now)
        if not sale_of(booking).amount_minor:
            confirm_unpaid(booking=booking, now=now, actor=actor)
            return booking
    if attempt := payment_of(booking_id):
        settle(attempt_id=attempt.pk, now=now, actor=actor)
    return Booking.objects.get(pk=booking_id)


def confirm_unpaid(*, booking: Booking, now: datetime, actor: Actor) -> None:
    """Step: confirmed by a unit of the chosen pack or retainer, or because nothing is to be paid."""
    if units.pay_for(booking):
        pack_bookings.confirm_with_unit(booking=booking, now=now, actor=actor)
    else:
        confirm(booking=booking, funding=Funding.FREE, now=now, actor=actor)


def _unanswered(booking_id: uuid.UUID, now: datetime) -> Booking:
    requested = Booking.objects.select_for_update(of=("self",), no_key=True).select_related(
        "session__session_type"
    )
    booking = requested.get(pk=booking_id)
    over = booking.answer_by is None or booking.answer_by <= now
    if booking.status != BookingStatus.REQUESTED or booking.accepted_at or over:
        raise AlreadyAnswered("This request has been answered, or its time is over.")
    return booking


def decline(*, booking_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case: no. The time is free, the money is let go, the client is told. Raises AlreadyAnswered."""
    with transaction.atomic(durable=True):
        booking = _unanswered(booking_id, now)
        _let_go(booking, "request_declined", now, actor)
    _release_money(booking_id, now)


def withdraw(*, booking_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """Use case: the client does not want it any more. False when the coach has accepted meanwhile."""
    with transaction.atomic(durable=True):
        try:
            booking = _unanswered(booking_id, now)
        except AlreadyAnswered:
            return False
        _let_go(booking, "request_withdrawn", now, actor)
    _release_money(booking_id, now)
    return True


def lapse(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the sweeper: a request that nobody answered in time is let go."""
    unanswered = Q(status=BookingStatus.REQUESTED, accepted_at=None, deciding=False)
    booking = Booking.objects.filter(unanswered, pk=reference).first()
    if booking is None:
        return None
    if booking.answer_by and booking.answer_by > now:
        return booking.answer_by
    with transaction.atomic(durable=True):
        booking = Booking.objects.select_for_update(no_key=True).get(pk=reference)
        if booking.status == BookingStatus.REQUESTED and booking.accepted_at is None:
            _let_go(booking, "request_unanswered", now, SYSTEM)
    _release_money(reference, now)
    return None


def _let_go(booking: Booking, reason: str, now: datetime, actor: Actor) -> None:
    if end_hold(booking, reason=reason, now=now):
        tell_released(booking, reason=reason, now=now, actor=actor)


def _release_money(booking_id: uuid.UUID, now: datetime) -> None:
    """At once rather than when the bank's promise lapses: a debit card's money is away meanwhile."""
    if attempt := payment_of(booking_id):
        settle(attempt_id=attempt.pk, now=now)
