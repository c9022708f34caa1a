"""Sessions that a pack pays for: with a unit that is there, or with the first unit of a pack bought now."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from kit.actors import Actor
from tenants.billing import checkout
from tenants.billing.models import PaymentAttempt
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.packs import selling, spending
from tenants.packs.models import Pack, PackOffer
from tenants.scheduling import bookings, paperwork, paying, requests, units
from tenants.scheduling.models import Booking


class NotCovered(Exception):
    """The pack is not good for this session type."""


def book_with_unit(
    *,
    booking_id: uuid.UUID,
    client: Client,
    pack_id: uuid.UUID,
    extras: Collection[str] = (),
    message: str = "",
    timezone: str,
    links: checkout.Links,
    now: datetime,
) -> str | None:
    """Use case: the client's own pack pays. Confirmed at once, unless extras are to be paid or the coach
    decides first; answers where to pay, or None.

    `client` must be known by more than a typed address. Raises `spending.CannotSpend`, and as
    `bookings.book` does.
    """

    def book_it() -> paying.Opened:
        with transaction.atomic(durable=True):
            booking = bookings.live_hold(booking_id=booking_id, now=now)
            paying.require_no_other(booking, purpose="booking")
            said = {"message": message, **bookings.agreed_with(booking, extras)}
            lines, begun = paperwork.asked_by_packs(pack_ids=[pack_id], client=client)
            asked: dict[str, Any] = {"said": said, "now": now, "lines": lines, "begun": begun}
            if refused := paperwork.hand_out(booking=booking, client=client, **asked):
                return refused
            offer = PackOffer.objects.get(packs=pack_id)
            bookings.before_coupon(booking, now=now)
            _choose(booking, client, offer, timezone, message, extras)
            booking.pack = _with_units(booking, pack_id, now)
            booking.save(update_fields=["pack"])
            return to_its_end(booking, links, now)

    return paying.to_the_page(book_it, now=now)


def _choose(
    booking: Booking,
    client: Client,
    offer: PackOffer,
    timezone: str,
    message: str,
    extras: Collection[str],
) -> None:
    """Step: who comes, and that a pack pays, by whose rule the session can be cancelled."""
    bookings.allow(booking, client)
    bookings.note(
        booking,
        client=client,
        client_timezone=timezone,
        message=message,
        price_minor=booking.price_minor,
        retainer=None,
        pack_units=_units(offer, booking),
        **bookings.agreed_with(booking, extras, pack_window_hours=offer.cancel_window_hours),
    )


def to_its_end(booking: Booking, links: checkout.Links, now: datetime) -> PaymentAttempt | None:
    """Step: confirmed, requested, or waiting for the extras to be paid."""
    if paying.sale_of(booking).amount_minor:
        return paying.open_attempt(booking, links, now)
    if booking.agreed.get("needs_approval"):
        requests.request(booking=booking, promised_until=None, now=now)
    else:
        confirm_with_unit(booking=booking, now=now, actor=Actor("client", str(booking.client_id)))
    return None


def _units(offer: PackOffer, booking: Booking) -> int:
    units = offer.units_for(booking.session.session_type_id)
    if units is None:
        raise NotCovered(f"{offer.name} is not good for this session.")
    return units


def _with_units(booking: Booking, pack_id: uuid.UUID, now: datetime) -> Pack:
    """Before anything is asked of a card: the unit is there. It is taken when the booking is confirmed."""
    session = booking.session
    assert booking.client_id is not None
    packs = spending.usable(
        client_id=booking.client_id,
        session_type_id=session.session_type_id,
        starts_at=session.starts_at,
        now=now,
    )
    found = next((each.pack for each in packs if each.pack.pk == pack_id), None)
    if found is None:
        raise spending.CannotSpend(spending.Refusal.USED_UP)
    return found


def confirm_with_unit(
    *, booking: Booking, now: datetime, actor: Actor, extras_paid_by: uuid.UUID | None = None, **said: Any
) -> None:
    """Step: take the unit and confirm, in one transaction. Raises `spending.CannotSpend`."""
    entry = units.take(booking=booking, now=now, actor=actor)
    bookings.confirm(
        booking=booking,
        funding=units.funding_of(booking),
        funded_by=entry,
        extras_paid_by=extras_paid_by,
        now=now,
        actor=actor,
        **said,
    )


def book_and_buy(
    *,
    booking_id: uuid.UUID,
    offer: PackOffer,
    accepted: dict[str, Any],
    name: str,
    email: str,
    phone: str,
    message: str,
    timezone: str,
    extras: Collection[str] = (),
    links: checkout.Links,
    now: datetime,
) -> str | None:
    """Use case: buy the pack and use its first unit for this session, in one payment.

    Answers where to pay. Raises NotCovered, and as `bookings.book` does.
    """

    def book_it() -> paying.Opened:
        with transaction.atomic(durable=True):
            booking = bookings.live_hold(booking_id=booking_id, now=now)
            paying.require_no_other(booking, purpose="pack_and_booking")
            client = find_or_add(name=name, email=email, phone=phone, timezone=timezone, now=now)
            said = {"message": message, **bookings.agreed_with(booking, extras)}
            asked: dict[str, Any] = {"said": said, "now": now}
            asked |= {"name": name, "lines": offer.requires}
            if refused := paperwork.hand_out(booking=booking, client=client, **asked):
                return refused
            bookings.before_coupon(booking, now=now)
            _choose(booking, client, offer, timezone, message, extras)
            booking.pack = _pack_for(booking, offer, client, accepted, now)
            booking.save(update_fields=["pack"])
            return paying.open_attempt(booking, links, now)

    return paying.to_the_page(book_it, now=now)


def _pack_for(
    booking: Booking, offer: PackOffer, client: Client, accepted: dict[str, Any], now: datetime
) -> Pack:
    """The order that this booking has already made, or a new one."""
    begun = Pack.objects.filter(first_booking=booking.pk, offer=offer, client=client).first()
    return begun or selling.order(
        offer=offer, client=client, now=now, accepted=accepted, first_booking=booking.pk
    )
