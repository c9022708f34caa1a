"""The link to one client's paper: signed for this coach, this paper and this version of its link."""

from typing import Final

from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.paperwork.models import ClientPaper, PaperKind
from tenants.registry.pages import coach_address

__all__ = ["BadLink", "address_of", "paper_by", "path_of", "token_of"]

SIGNED: Final = SignedLinks("upfront.client-paper-link")
PLACES: Final = {
    PaperKind.AGREEMENT: "sign",
    PaperKind.FORM: "form",
    PaperKind.DOCUMENT: "read",
    PaperKind.PACKET: "packet",
}


def token_of(client_paper: ClientPaper) -> str:
    """The secret part of the link. It opens nothing on another coach's host."""
    return SIGNED.token(client_paper.pk, client_paper.link_version)


def paper_by(token: str) -> ClientPaper:
    """The client's paper that a link is for, with its paper, client and acceptance. Raises BadLink."""
    return SIGNED.row_by(token, ClientPaper.objects.select_related("paper", "client", "acceptance"))


def path_of(client_paper: ClientPaper, path: str = "") -> str:
    """Its page, or what is below it, on the coach's own host: to sign, to fill in, or to read."""
    place = PLACES[PaperKind(client_paper.paper.kind)]
    return f"/{place}/{token_of(client_paper)}/{path}"


def address_of(client_paper: ClientPaper, path: str = "") -> str:
    """The same, absolute, for mails."""
    return f"{coach_address(current_schema())}{path_of(client_paper, path)}"
