"""The link to one booking: signed for this coach, this booking and this version of the link."""

import uuid
from collections.abc import Callable
from typing import Final

from kit.database import current_schema, read
from kit.signed_links import BadLink, SignedLinks
from tenants.clients.models import Client
from tenants.offers.models import SessionType
from tenants.registry.pages import coach_address
from tenants.scheduling.models import Booking, Session

__all__ = [
    "BadLink",
    "address_by",
    "address_of",
    "bare_booking_by",
    "booking_by",
    "named_by",
    "path_of",
    "require_opens",
    "token_of",
]

SIGNED: Final = SignedLinks("upfront.booking-link")

# Written out, for every page of a booking begins with it.
BARE = "SELECT b.* FROM scheduling_booking b WHERE b.id = %(id)s"
WHOLE = """
    SELECT b.*, s.*, t.*, c.* FROM scheduling_booking b
    JOIN scheduling_session s ON s.id = b.session_id
    JOIN offers_sessiontype t ON t.id = s.session_type_id
    LEFT JOIN clients_client c ON c.id = b.client_id
    WHERE b.id = %(id)s"""


def token_of(booking: Booking) -> str:
    """The secret part of a booking's link. It opens nothing on another coach's host."""
    return SIGNED.token(booking.pk, booking.link_version)


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
    return SIGNED.named_by(token)


def require_opens(token: str, booking: Booking) -> None:
    """Raise BadLink unless this is the booking's link, in its present version."""
    SIGNED.require_opens(token, booking.pk, booking.link_version)


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
