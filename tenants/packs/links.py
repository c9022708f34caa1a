"""The link to one pack: signed for this coach, this pack and this version of the link."""

import base64
import binascii
import uuid

from django.utils.crypto import constant_time_compare, salted_hmac

from kit.database import current_schema
from tenants.packs.models import Pack
from tenants.registry.pages import coach_address

SIGNATURE_BYTES = 16


class BadLink(Exception):
    """Not a link of this coach's, or one that does not work any more."""


def token_of(pack: Pack) -> str:
    """The secret part of a pack's link. It opens nothing on another coach's host."""
    raw = pack.pk.bytes + _signature(pack.pk, pack.link_version)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def pack_by(token: str) -> Pack:
    """The pack that a link speaks of, with its offer, its client and who paid. Raises BadLink."""
    pack_id, signature = _read(token)
    pack = Pack.objects.select_related("offer", "client", "buyer").filter(pk=pack_id).first()
    if pack is None or not constant_time_compare(signature, _signature(pack_id, pack.link_version)):
        raise BadLink("unknown")
    return pack


def _read(token: str) -> tuple[uuid.UUID, bytes]:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadLink("unreadable") from error
    if len(raw) != 16 + SIGNATURE_BYTES:
        raise BadLink("unreadable")
    return uuid.UUID(bytes=raw[:16]), raw[16:]


def address_of(pack: Pack, path: str = "") -> str:
    """The pack's page on the coach's own host, absolute, for mails and for Stripe."""
    return f"{coach_address(current_schema())}/p/{token_of(pack)}/{path}"


def _signature(pack_id: uuid.UUID, version: int) -> bytes:
    message = f"{current_schema()}:{pack_id}:{version}"
    return salted_hmac("upfront.pack-link", message, algorithm="sha256").digest()[:SIGNATURE_BYTES]
