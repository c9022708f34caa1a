"""The link to one proposal: signed for this coach, this proposal and this version of the link."""

from typing import Final

from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.registry.pages import coach_address
from tenants.shop.models import Proposal

__all__ = ["BadLink", "address_of", "proposal_by", "token_of"]

SIGNED: Final = SignedLinks("upfront.proposal-link")


def token_of(proposal: Proposal) -> str:
    """The secret part of the mailed link. It opens nothing on another coach's host."""
    return SIGNED.token(proposal.pk, proposal.link_version)


def proposal_by(token: str) -> Proposal:
    """The proposal that a mailed link speaks of, with its people, agreement and pack. Raises BadLink."""
    rows = Proposal.objects.select_related("payer", "client", "agreement__paper", "pack")
    return SIGNED.row_by(token, rows)


def address_of(proposal: Proposal, path: str = "") -> str:
    """The proposal's page on the coach's own host, absolute, for its payer's mails."""
    return f"{coach_address(current_schema())}/proposal/{token_of(proposal)}/{path}"
