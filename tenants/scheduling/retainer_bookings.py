"""Sessions that a retainer pays for, out of the period in which they begin."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from tenants.billing import checkout
from tenants.clients.models import Client
from tenants.packs.spending import CannotSpend
from tenants.retainers import spending
from tenants.retainers.models import Retainer
from tenants.retainers.refusals import Refusal
from tenants.scheduling import bookings, paperwork, paying
from tenants.scheduling.models import Booking
from tenants.scheduling.pack_bookings import to_its_end


def book_with_retainer(
    *,
    booking_id: uuid.UUID,
    client: Client,
    retainer_id: uuid.UUID,
    extras: Collection[str] = (),
    message: str = "",
    timezone: str,
    links: checkout.Links,
    now: datetime,
) -> str | None:
    """Use case: the client's own retainer pays. Confirmed at once, unless extras are to be paid or the coach
    decides first; answers where to pay, or None.

    `client` must be known by more than a typed address. Raises `packs.spending.CannotSpend`, and as
    `bookings.book` does.
    """

    def book_it() -> paying.Opened:
        with transaction.atomic(durable=True):
            booking = bookings.live_hold(booking_id=booking_id, now=now)
            paying.require_no_other(booking, purpose="booking")
            said = {"message": message, **bookings.agreed_with(booking, extras)}
            asked: dict[str, Any] = {"said": said, "now": now}
            if refused := paperwork.hand_out(booking=booking, client=client, **asked):
                return refused
            bookings.before_coupon(booking, now=now)
            usable = _usable(booking, client, retainer_id, now)
            _choose(booking, client, usable, timezone, message, extras)
            return to_its_end(booking, links, now)

    return paying.to_the_page(book_it, now=now)


def _usable(booking: Booking, client: Client, retainer_id: uuid.UUID, now: datetime) -> spending.Usable:
    """Before anything is asked of a card: it is there. It is taken when the booking is confirmed."""
    session = booking.session
    found = spending.usable(
        client_id=client.pk,
        session_type_id=session.session_type_id,
        starts_at=session.starts_at,
        now=now,
    )
    chosen = next((each for each in found if each.retainer.pk == retainer_id), None)
    if chosen is None:
        raise CannotSpend(Refusal.USED_UP)
    return chosen


def _choose(
    booking: Booking,
    client: Client,
    usable: spending.Usable,
    timezone: str,
    message: str,
    extras: Collection[str],
) -> None:
    """Step: who comes, and that a retainer pays, by whose rule the session can be cancelled."""
    bookings.allow(booking, client)
    retainer: Retainer = usable.retainer
    bookings.note(
        booking,
        client=client,
        client_timezone=timezone,
        message=message,
        price_minor=booking.price_minor,
        pack=None,
        pack_units=usable.takes,
        retainer=retainer,
        **bookings.agreed_with(booking, extras, pack_window_hours=retainer.cancel_window_hours),
    )
