"""The link to one booking: signed for this coach, this booking and this version of the link."""

import base64
import binascii
import uuid
from collections.abc import Callable

from django.utils.crypto import constant_time_compare, salted_hmac

from kit.database import current_schema, read
from tenants.clients.models import Client
from tenants.offers.models import SessionType
from tenants.registry.pages import coach_address
from tenants.scheduling.models import Booking, Session

SIGNATURE_BYTES = 16

# Written out, for every page of a booking begins with it.
BARE = "SELECT b.* FROM scheduling_booking b WHERE b.id = %(id)s"
WHOLE = """
    SELECT b.*, s.*, t.*, c.* FROM scheduling_booking b
    JOIN scheduling_session s ON s.id = b.session_id
    JOIN offers_sessiontype t ON t.id = s.session_type_id
    LEFT JOIN clients_client c ON c.id = b.client_id
    WHERE b.id = %(id)s"""


class BadLink(Exception):
    """Not a link of this coach's, or one that does not work any more."""


def token_of(booking: Booking) -> str:
    """The secret part of a booking's link. It opens nothing on another coach's host."""
    return _encode(booking.pk.bytes + _signature(booking.pk, booking.link_version))


def booking_by(token: str) -> Booking:
    """The booking that a link speaks of, with session, type and client. Raises BadLink."""
    return _checked(token, _whole)


def bare_booking_by(token: str) -> Booking:
    """As `booking_by`, but the booking alone: for what only needs to know which one it is."""
    return _checked(token, _bare)


def _checked(token: str, find: Callable[[uuid.UUID], Booking | None]) -> Booking:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadLink("unreadable") from error
    if len(raw) != 16 + SIGNATURE_BYTES:
        raise BadLink("unreadable")
    booking_id = uuid.UUID(bytes=raw[:16])
    booking = find(booking_id)
    if booking is None or not constant_time_compare(raw[16:], _signature(booking_id, booking.link_version)):
        raise BadLink("unknown")
    return booking


def _bare(booking_id: uuid.UUID) -> Booking | None:
    return next((booking for (booking,) in read(BARE, {"id": booking_id}, Booking)), None)


def _whole(booking_id: uuid.UUID) -> Booking | None:
    rows = read(WHOLE, {"id": booking_id}, Booking, Session, SessionType, Client)
    for booking, session, session_type, client in rows:
        session.session_type, booking.session, booking.client = session_type, session, client
    return rows[0][0] if rows else None


def address_of(booking: Booking, path: str = "") -> str:
    """The booking's page on the coach's own host, absolute, for mails and for Stripe."""
    return f"{coach_address(current_schema())}/b/{token_of(booking)}/{path}"


def _signature(booking_id: uuid.UUID, version: int) -> bytes:
    message = f"{current_schema()}:{booking_id}:{version}"
    return salted_hmac("upfront.booking-link", message, algorithm="sha256").digest()[:SIGNATURE_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
