"""A client's papers on their page, and where the coach reads each."""

import uuid

from tenants.clients.models import Client
from tenants.dashboard.agreement_words import GivenRow, row_of
from tenants.dashboard.desk import Desk
from tenants.paperwork.models import PaperKind
from tenants.paperwork.overview import papers_of

_PAGES = {
    PaperKind.AGREEMENT: "agreement_given",
    PaperKind.FORM: "paper_given",
    PaperKind.DOCUMENT: "paper_given",
}


def of_client(desk: Desk, client: Client) -> list[GivenRow]:
    """Those that stand, what is to be done first; a packet shows by what is in it. One query."""
    papers = papers_of(client_id=client.pk)
    return [row_of(each, desk) for each in papers if each.paper.kind != PaperKind.PACKET]


def href(desk: Desk, kind: str, client_paper_id: uuid.UUID) -> str:
    """Where the coach reads a paper of this kind; "" where there is no such page."""
    page = _PAGES.get(PaperKind(kind))
    return desk.address(page, client_paper_id) if page else ""
