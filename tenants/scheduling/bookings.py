"""A booking's way from held to confirmed: the client's details, then a payment or nothing to pay."""

import uuid
from datetime import datetime, timedelta
from typing import Any, cast

from django.db import transaction
from django.db.models import Q

from kit.actors import Actor
from kit.database import read
from kit.states import move
from tenants.activity import events
from tenants.billing import checkout
from tenants.billing.attempts import live_attempt
from tenants.billing.decisions import settle
from tenants.billing.models import AttemptStatus, Charge, PaymentAttempt
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.scheduling.holds import HoldLapsed, end_hold
from tenants.scheduling.models import FUNDED, Booking, BookingStatus, Funding

# A page that Stripe could not be asked about frees its slot this long after its end.
UNASKED = timedelta(minutes=10)
TOO_SHORT_TO_PAY = timedelta(seconds=30)

LOCKED = "SELECT b.* FROM scheduling_booking b WHERE b.id = %(id)s FOR UPDATE"


class OncePerClient(Exception):
    """This session is offered once to each client, and this one has had it."""


def booking_of(*, booking_id: uuid.UUID) -> Booking:
    """The booking with its session, type and client."""
    return Booking.objects.select_related("session__session_type", "client").get(pk=booking_id)


def book(
    *,
    booking_id: uuid.UUID,
    name: str,
    email: str,
    phone: str,
    message: str,
    timezone: str,
    links: checkout.Links,
    now: datetime,
) -> str | None:
    """Use case: the client's details make the hold a booking: confirmed at once when it costs nothing.

    Answers where to pay, or None when nothing is to be paid. Raises HoldLapsed, OncePerClient,
    `connect.accounts.CannotCharge`, `checkout.AlreadyPaid` and `checkout.PageUnavailable`; the details and
    the time are kept.
    """
    attempt = None
    with transaction.atomic(durable=True):
        booking = _live_hold(booking_id, now)
        client = find_or_add(name=name, email=email, phone=phone, timezone=timezone, now=now)
        _allow(booking, client)
        said: dict[str, Any] = {"client": client, "client_timezone": timezone, "message": message}
        if booking.price_minor == 0:
            by = Actor("client", str(client.pk))
            confirm(booking=booking, funding=Funding.FREE, now=now, actor=by, **said)
        else:
            _note(booking, **said)
            attempt = _open_attempt(booking, links, now)
    return checkout.payment_page(attempt, now=now) if attempt else None


def _live_hold(booking_id: uuid.UUID, now: datetime) -> Booking:
    """Step: the booking, locked, still held and not run out."""
    [(booking,)] = read(LOCKED, {"id": booking_id}, Booking)
    if booking.status != BookingStatus.HELD or booking.hold_expires_at <= now:
        raise HoldLapsed("the hold ran out")
    return cast(Booking, booking)


def _note(booking: Booking, **said: Any) -> None:
    for name, value in said.items():
        setattr(booking, name, value)
    booking.save(update_fields=list(said))


def _allow(booking: Booking, client: Client) -> None:
    if not booking.agreed.get("once_per_client"):
        return
    # The client's row is the lock: two bookings of one person wait for each other here.
    Client.objects.select_for_update().get(pk=client.pk)
    others = Booking.objects.filter(
        client=client, session__session_type_id=booking.session.session_type_id
    ).exclude(pk=booking.pk)
    if others.filter(Q(status__in=FUNDED)).exists():
        raise OncePerClient("once per client")


def _open_attempt(booking: Booking, links: checkout.Links, now: datetime) -> PaymentAttempt:
    """Step: the charge and its live attempt; the slot is kept for as long as the page can be paid on."""
    client = booking.client
    assert client is not None
    sale = checkout.Sale(
        purpose="booking",
        reference=booking.pk,
        client_id=client.pk,
        client_email=client.email,
        description=booking.agreed["name"],
        amount_minor=booking.price_minor,
        currency=booking.currency,
        units=1,
    )
    attempt = checkout.open_attempt(sale=sale, links=links, now=now)
    booking.hold_expires_at = attempt.expires_at + UNASKED
    booking.save(update_fields=["hold_expires_at"])
    return attempt


def resume(*, booking_id: uuid.UUID, links: checkout.Links, now: datetime) -> str | None:
    """Use case: back to the payment that was left, the same one while it lives; None when none is due.

    A page at its end is settled first: it may have been paid on. Raises as `book` does, and
    `connect.gateway.GatewayUnavailable`.
    """
    attempt = payment_of(booking_id)
    if attempt and attempt.expires_at <= now + TOO_SHORT_TO_PAY:
        settle(attempt_id=attempt.pk, now=now)
    with transaction.atomic(durable=True):
        booking = Booking.objects.select_for_update().get(pk=booking_id)
        if booking.status != BookingStatus.HELD or booking.client_id is None or booking.price_minor == 0:
            return None
        attempt = _open_attempt(booking, links, now)
    return checkout.payment_page(attempt, now=now)


def give_up(*, booking_id: uuid.UUID, now: datetime) -> bool:
    """Use case: the client wants another time. False when it was paid meanwhile, and then it stands.

    Nobody must pay for a slot that was given up, so the page is closed first. Raises
    `gateway.GatewayUnavailable`; nothing has changed then.
    """
    attempt = payment_of(booking_id)
    if attempt and attempt.status == AttemptStatus.CAPTURING:
        return False
    if attempt and not checkout.close_page(attempt):
        return False
    with transaction.atomic(durable=True):
        return end_hold(Booking.objects.get(pk=booking_id), reason="given_up", now=now)


def payment_of(booking_id: uuid.UUID) -> PaymentAttempt | None:
    """The attempt that could still pay for the booking."""
    charge = Charge.objects.filter(purpose="booking", reference=booking_id).first()
    return live_attempt(charge.pk) if charge else None


def confirm(
    *,
    booking: Booking,
    funding: Funding,
    now: datetime,
    actor: Actor,
    funded_by: uuid.UUID | None = None,
    **said: Any,
) -> None:
    """Step: the one way to a confirmed booking. The database refuses it without funding (law 1).

    `said` are fields of the booking that are written with it.
    """
    move(
        booking,
        BookingStatus.CONFIRMED,
        **said,
        funding=funding,
        funded_by=funded_by,
        confirmed_at=now,
        deciding=False,
    )
    events.record(
        kind="booking.confirmed",
        subject_id=booking.pk,
        client_id=booking.client_id,
        actor=actor,
        now=now,
        data={"funding": funding.value},
    )


def record_attendance(*, booking_id: uuid.UUID, came: bool, now: datetime, actor: Actor) -> None:
    """Use case: how a session went, after its start; may be corrected. Raises `kit.states.IllegalMove`."""
    with transaction.atomic(durable=True):
        booking = Booking.objects.get(pk=booking_id, session__starts_at__lte=now)
        status = BookingStatus.COMPLETED if came else BookingStatus.NO_SHOW
        if booking.status == status:
            return
        move(booking, status)
        events.record(
            kind=f"booking.{status.value}",
            subject_id=booking.pk,
            client_id=booking.client_id,
            actor=actor,
            now=now,
        )
