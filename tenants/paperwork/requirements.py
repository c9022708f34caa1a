"""What a client has to have done before a card is asked for: required once, and not every time."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db.models import Exists, Max, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from kit.actors import Actor
from kit.database import require_transaction
from tenants.clients.models import Client
from tenants.paperwork.giving import give
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, Paper, PaperKind

T = TypeVar("T")
# What is done by itself. A packet that is required stands for the papers in it.
REQUIRABLE = (PaperKind.AGREEMENT, PaperKind.FORM, PaperKind.DOCUMENT)


DONE_WITHIN: Final = timedelta(days=7)
"""So long an order waits for its papers; then it is off. Nothing was charged."""


class PaperworkMissing(Exception):
    """Nothing was charged and nothing booked: these papers come first."""

    def __init__(self, papers: list[Paper], client_papers: list[ClientPaper] | None = None) -> None:
        super().__init__(", ".join(paper.name for paper in papers))
        self.papers = papers
        self.client_papers = client_papers or []


def missing(*, lines: Collection[str | uuid.UUID], client: Client | None) -> list[Paper]:
    """Papers of these lines that the client has not done, in the order of the lines; of nobody, all of them.

    A packet stands for the papers in it, each once. Any version that was done counts, from the last one that
    asks everybody again. What the coach has switched off is not required. Where nothing is required, nothing
    is asked of the database.
    """
    if not lines:
        return []
    found = _to_do([str(line) for line in lines], client)
    return list({paper.line: paper for each in found for paper in _unpacked(each, client)}.values())


def _unpacked(paper: Paper, client: Client | None) -> list[Paper]:
    return _to_do(paper.lines_inside, client) if paper.kind == PaperKind.PACKET else [paper]


def _to_do(lines: Sequence[str], client: Client | None) -> list[Paper]:
    papers = Paper.objects.filter(line__in=lines, is_current=True, is_active=True)
    if client is not None:
        papers = papers.exclude(Exists(_done_by(client)), kind__in=REQUIRABLE)
    return sorted(papers, key=lambda paper: lines.index(str(paper.line)))


def _done_by(client: Client) -> Any:
    again = Paper.objects.filter(line=OuterRef("paper__line"), ask_again=True).values("line")
    asked_again_in = again.annotate(last=Max("version")).values("last")
    return ClientPaper.objects.filter(
        client_id=client.pk,
        status=ClientPaperStatus.DONE,
        paper__line=OuterRef("line"),
        paper__version__gte=Coalesce(Subquery(asked_again_in), Value(0)),
    )


def insist(*, lines: Collection[str | uuid.UUID], client: Client | None, now: datetime) -> None:
    """Step before any card is asked for: raises PaperworkMissing, where something is missing."""
    require_transaction()
    if papers := missing(lines=lines, client=client):
        raise PaperworkMissing(papers)


def hand_out(
    *,
    lines: Collection[str | uuid.UUID],
    client: Client,
    reference: uuid.UUID | None,
    begun: Iterable[uuid.UUID] = (),
    values: Mapping[str, str] | None = None,
    now: datetime,
) -> PaperworkMissing | None:
    """Step before any card is asked for: what is missing is given to the client, to be done first.

    Answers what is to be raised when the transaction is committed, for what was given must be kept; None
    where nothing is missing. Anybody can type a client's address, so the papers belong to what they were
    required for, the `reference`, with a text and a draft of their own; None is for a client who is known by
    more. `begun` are earlier references of the same browser, whose open papers are gone on with.
    """
    require_transaction()
    papers = missing(lines=lines, client=client)
    if not papers:
        return None
    references = [each for each in (reference, *begun) if each]
    said: dict[str, Any] = {"client": client, "values": values, "now": now}
    said |= {"reference": reference, "actor": Actor("client", str(client.pk))}
    given = [
        _begun(paper, client, references) or give(paper=paper, position=place, **said)
        for place, paper in enumerate(papers)
    ]
    return PaperworkMissing(papers, given)


def or_refused(opened: T | PaperworkMissing) -> T:
    """What a transaction has answered; raises what `hand_out` answered in it, now that it is committed."""
    if isinstance(opened, PaperworkMissing):
        raise opened
    return opened


def as_typed(name: str) -> dict[str, str]:
    """Merge fields for who is known by what was typed: another name on record is nobody else's business."""
    return {"client_name": name, "client_first_name": name.split()[0]} if name.split() else {}


def to_do(given_ids: Collection[uuid.UUID], *, client_id: uuid.UUID | None = None) -> list["ToDo"]:
    """What was handed out, in order, while something of it is missing; empty when all of it is done.

    With a `client_id`, of what that client was given alone. Two queries, and none without ids.
    """
    rows = ClientPaper.objects.select_related("paper", "client").filter(pk__in=given_ids)
    rows = rows.filter(client_id=client_id) if client_id else rows
    ordered = rows.order_by("position", "pk") if given_ids else ()
    # Of one that was declined and handed out anew, the newer.
    given = list({each.paper.line: each for each in ordered}.values())
    if not given:
        return []
    left = {
        paper.line for paper in missing(lines=[each.paper.line for each in given], client=given[0].client)
    }
    return [ToDo(each, is_done=each.paper.line not in left) for each in given] if left else []


@dataclass(frozen=True, slots=True)
class ToDo:
    """One paper that comes before a payment."""

    given: ClientPaper
    is_done: bool

    @property
    def can_be_done(self) -> bool:
        """False for one that was declined or withdrawn: it is handed out anew, if it is wanted."""
        return self.given.status == ClientPaperStatus.OPEN


def _begun(paper: Paper, client: Client, references: Collection[uuid.UUID]) -> ClientPaper | None:
    """The paper as the client has it open for any of these; the newest."""
    rows = ClientPaper.objects.select_related("paper").filter(paper=paper, client=client)
    return rows.filter(status=ClientPaperStatus.OPEN, reference__in=references).order_by("given_at").last()
