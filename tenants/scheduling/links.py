"""The link to one booking: signed for this coach, this booking and this version of the link."""

import base64
import binascii
import uuid

from django.utils.crypto import constant_time_compare, salted_hmac

from kit.database import current_schema
from tenants.registry.pages import coach_address
from tenants.scheduling.models import Booking

SIGNATURE_BYTES = 16


class BadLink(Exception):
    """Not a link of this coach's, or one that does not work any more."""


def token_of(booking: Booking) -> str:
    """The secret part of a booking's link. It opens nothing on another coach's host."""
    return _encode(booking.pk.bytes + _signature(booking.pk, booking.link_version))


def booking_by(token: str) -> Booking:
    """The booking that a link speaks of, with session, type and client. Raises BadLink."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadLink("unreadable") from error
    if len(raw) != 16 + SIGNATURE_BYTES:
        raise BadLink("unreadable")
    booking_id = uuid.UUID(bytes=raw[:16])
    rows = Booking.objects.select_related("session__session_type", "client")
    booking = rows.filter(pk=booking_id).first()
    if booking is None or not constant_time_compare(raw[16:], _signature(booking_id, booking.link_version)):
        raise BadLink("unknown")
    return booking


def address_of(booking: Booking, path: str = "") -> str:
    """The booking's page on the coach's own host, absolute, for mails and for Stripe."""
    return f"{coach_address(current_schema())}/b/{token_of(booking)}/{path}"


def _signature(booking_id: uuid.UUID, version: int) -> bytes:
    message = f"{current_schema()}:{booking_id}:{version}"
    return salted_hmac("upfront.booking-link", message, algorithm="sha256").digest()[:SIGNATURE_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
