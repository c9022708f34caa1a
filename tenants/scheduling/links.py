"""The link to one booking: signed for this coach, this booking and this version of the link."""

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.utils.crypto import constant_time_compare

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
    return base64.urlsafe_b64encode(_raw(booking)).rstrip(b"=").decode()


def path_of(token: str, path: str = "") -> str:
    """The booking's page, or what is below it, on the coach's own host."""
    return f"/b/{token}/{path}"


def booking_by(token: str) -> Booking:
    """The booking that a link speaks of, with session, type and client. Raises BadLink."""
    return _checked(token, _whole)


def bare_booking_by(token: str) -> Booking:
    """As `booking_by`, but the booking alone: for what only needs to know which one it is."""
    return _checked(token, _bare)


def _checked(token: str, find: Callable[[uuid.UUID], Booking | None]) -> Booking:
    booking = find(named_by(token))
    if booking is None:
        raise BadLink("unknown")
    require_opens(token, booking)
    return booking


def named_by(token: str) -> uuid.UUID:
    """The booking that a link says it is for, which is a claim until `require_opens`. Raises BadLink."""
    return uuid.UUID(bytes=_decode(token)[:16])


def require_opens(token: str, booking: Booking) -> None:
    """Raise BadLink unless this is the booking's link, in its present version."""
    if not constant_time_compare(_decode(token), _raw(booking)):
        raise BadLink("unknown")


def _decode(token: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadLink("unreadable") from error
    if len(raw) != 16 + SIGNATURE_BYTES:
        raise BadLink("unreadable")
    return raw


def _bare(booking_id: uuid.UUID) -> Booking | None:
    return next((booking for (booking,) in read(BARE, {"id": booking_id}, Booking)), None)


def _whole(booking_id: uuid.UUID) -> Booking | None:
    rows = read(WHOLE, {"id": booking_id}, Booking, Session, SessionType, Client)
    for booking, session, session_type, client in rows:
        session.session_type, booking.session, booking.client = session_type, session, client
    return rows[0][0] if rows else None


def address_of(booking: Booking, path: str = "") -> str:
    """The booking's page on the coach's own host, absolute, for mails and for Stripe."""
    return address_by(token_of(booking), path)


def address_by(token: str, path: str = "") -> str:
    """As `address_of`, for who has the link already."""
    return f"{coach_address(current_schema())}{path_of(token, path)}"


def _raw(booking: Booking) -> bytes:
    """The booking's key and the signature of it."""
    message = f"{current_schema()}:{booking.pk}:{booking.link_version}"
    return booking.pk.bytes + hmac.digest(_key(), message.encode(), "sha256")[:SIGNATURE_BYTES]


def _key() -> bytes:
    """As Django derives the keys of its signatures."""
    return _derived(settings.SECRET_KEY)


@cache
def _derived(secret: str) -> bytes:
    return hashlib.sha256(b"upfront.booking-link" + secret.encode()).digest()
