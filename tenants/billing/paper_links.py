"""The link to one paper: signed for this coach, this paper and this version of its payer's links."""

from typing import Final

from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.billing.models import Document
from tenants.clients.models import Client
from tenants.registry.pages import coach_address

__all__ = ["BadLink", "address_of", "paper_by", "payer_of", "token_of"]

SIGNED: Final = SignedLinks("upfront.paper-link")


def token_of(document: Document) -> str:
    """The secret part of a paper's link, for its payer alone. It ends when all links of the payer end."""
    return SIGNED.token(document.pk, payer_of(document).link_version)


def payer_of(document: Document) -> Client:
    """Whom it was issued to, even where somebody else is to pay its charge by now."""
    client = document.charge.client
    return client if client.pk == document.client_id else Client.objects.get(pk=document.client_id)


def paper_by(token: str) -> Document:
    """The paper that a link is for, with its charge and payer. Raises BadLink."""
    rows = Document.objects.select_related("charge__client", "corrects")
    return SIGNED.row_by(token, rows, version=lambda document: payer_of(document).link_version)


def address_of(document: Document, path: str = "") -> str:
    """The paper's page on the coach's own host, absolute, for mails."""
    return f"{coach_address(current_schema())}/paper/{token_of(document)}/{path}"
