"""The link to one pack: signed for this coach, this pack and this version of the link."""

from typing import Final

from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.packs.models import Pack
from tenants.registry.pages import coach_address

__all__ = ["BadLink", "address_of", "pack_by", "token_of"]

SIGNED: Final = SignedLinks("upfront.pack-link")


def token_of(pack: Pack) -> str:
    """The secret part of a pack's link. It opens nothing on another coach's host."""
    return SIGNED.token(pack.pk, pack.link_version)


def pack_by(token: str) -> Pack:
    """The pack that a link speaks of, with its offer, its client and who paid. Raises BadLink."""
    return SIGNED.row_by(token, Pack.objects.select_related("offer", "client", "buyer"))


def address_of(pack: Pack, path: str = "") -> str:
    """The pack's page on the coach's own host, absolute, for mails and for Stripe."""
    return f"{coach_address(current_schema())}/p/{token_of(pack)}/{path}"
