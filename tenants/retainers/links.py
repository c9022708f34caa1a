"""The links to one retainer, signed: one for who uses it, and another, with amounts, for who pays it."""

from dataclasses import dataclass
from typing import Final

from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.registry.pages import coach_address
from tenants.retainers.models import Retainer

__all__ = ["BadLink", "Opened", "address_of", "opened_by", "token_of"]

OF_CLIENT: Final = SignedLinks("upfront.retainer-link")
OF_PAYER: Final = SignedLinks("upfront.retainer-payer-link")


@dataclass(frozen=True, slots=True)
class Opened:
    """The retainer that a link opened, and whether for who pays it."""

    retainer: Retainer
    is_payer: bool


def token_of(retainer: Retainer, *, for_payer: bool) -> str:
    """The secret part of a retainer's link. Who pays for oneself has the payer's."""
    kind = OF_PAYER if for_payer or retainer.payer_id == retainer.client_id else OF_CLIENT
    return kind.token(retainer.pk, _version(retainer))


def opened_by(token: str) -> Opened:
    """The retainer that a link speaks of, with plan, client and payer. Raises BadLink."""
    retainer_id = OF_PAYER.named_by(token)
    rows = Retainer.objects.select_related("plan", "client", "payer")
    retainer = rows.filter(pk=retainer_id).first()
    if retainer is None:
        raise BadLink("unknown")
    try:
        OF_PAYER.require_opens(token, retainer.pk, _version(retainer))
    except BadLink:
        OF_CLIENT.require_opens(token, retainer.pk, _version(retainer))
        return Opened(retainer, is_payer=False)
    return Opened(retainer, is_payer=True)


def address_of(retainer: Retainer, path: str = "", *, for_payer: bool) -> str:
    """The retainer's page on the coach's own host, absolute, for mails and for Stripe."""
    return f"{coach_address(current_schema())}/r/{token_of(retainer, for_payer=for_payer)}/{path}"


def _version(retainer: Retainer) -> int:
    """One number for the payer and the version: another payer ends the links of the one before."""
    return (retainer.payer_id.int << 16) + retainer.link_version
