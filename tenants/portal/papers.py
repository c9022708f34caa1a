"""A client's papers: what is to be read, filled in or agreed to, and what was."""

from dataclasses import dataclass

from tenants.clients.models import Client
from tenants.paperwork import links
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind

VERBS = {PaperKind.AGREEMENT: "Read and accept", PaperKind.FORM: "Fill in", PaperKind.DOCUMENT: "Read"}
DONE = {PaperKind.AGREEMENT: "Accepted", PaperKind.FORM: "Handed in", PaperKind.DOCUMENT: "Read"}


@dataclass(frozen=True, slots=True)
class OwnPaper:
    given: ClientPaper
    url: str

    @property
    def name(self) -> str:
        return str(self.given.paper.name)

    @property
    def verb(self) -> str:
        return VERBS[PaperKind(self.given.paper.kind)]

    @property
    def done(self) -> str:
        return DONE[PaperKind(self.given.paper.kind)]


def papers_of(client: Client) -> list[OwnPaper]:
    """All that the client was given and that still counts, in their order. One query."""
    counts = (ClientPaperStatus.OPEN, ClientPaperStatus.DONE)
    rows = ClientPaper.objects.filter(client=client, status__in=counts).select_related("paper")
    ordered = rows.exclude(paper__kind=PaperKind.PACKET).order_by("given_at", "position", "pk")
    return [OwnPaper(each, links.path_of(each)) for each in ordered]


def to_do(papers: list[OwnPaper]) -> list[OwnPaper]:
    return [each for each in papers if each.given.status == ClientPaperStatus.OPEN]


def done(papers: list[OwnPaper]) -> list[OwnPaper]:
    """The last one done first."""
    rows = [each for each in papers if each.given.status == ClientPaperStatus.DONE]
    return sorted(rows, key=lambda each: str(each.given.done_at), reverse=True)
