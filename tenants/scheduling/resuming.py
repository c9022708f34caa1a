"""Back to a booking that was left: to its payment, or, when its papers are done, to its end."""

import uuid
from datetime import datetime

from django.db import transaction

from tenants.billing import checkout
from tenants.scheduling import bookings, paperwork, paying
from tenants.scheduling.models import Booking, BookingStatus


def resume(
    *, booking_id: uuid.UUID, links: checkout.Links, now: datetime, another_card: bool = False
) -> str | None:
    """Use case: back to the payment that was left, the same one while it lives; None when none is due.

    What costs nothing and only waited for its papers is booked or asked for, as it would have been. A page
    at its end is settled first; with `another_card` a kept one that waits for its bank is left, and the card
    page opened. Raises as `bookings.book` does, and `connect.gateway.GatewayUnavailable`.
    """
    paying.look_at_the_last(booking_id=booking_id, now=now, another_card=another_card)

    def resume_it() -> paying.Opened:
        with transaction.atomic(durable=True):
            booking = Booking.objects.select_for_update(no_key=True).get(pk=booking_id)
            if booking.status != BookingStatus.HELD or booking.client is None:
                return None
            if refused := paperwork.hand_out(booking=booking, client=booking.client, now=now):
                return refused
            if paying.sale_of(booking).amount_minor:
                return paying.open_attempt(booking, links, now)
            if paperwork.handed_out(booking) and booking.hold_expires_at > now:
                said = {"client": booking.client}
                return bookings.to_its_end(booking=booking, said=said, links=links, now=now)
            return None

    return paying.to_the_page(resume_it, now=now)
