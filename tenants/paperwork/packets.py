"""Welcome packets: what a new client is given at once, once, and how far they have come with it."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from kit.actors import SYSTEM, Actor
from kit.database import require_transaction
from kit.states import move
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.paperwork import links, papers
from tenants.paperwork.giving import give, tell
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, Paper, PaperKind
from tenants.paperwork.requirements import missing

MOST_ITEMS: Final = 30
# What the client does with each, said short.
TO_DO: Final = {"agreement": "Read and sign", "form": "Fill in", "document": "Read", "file": "Download"}


class EmptyPacket(ValueError):
    """A packet with nothing in it, or too much. The message is for the coach."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in a client's packet: a paper of theirs, or a file or link that is just there."""

    kind: str
    name: str
    given: ClientPaper | None = None
    file_id: uuid.UUID | None = None
    address: str = ""

    @property
    def is_done(self) -> bool:
        return self.given is not None and self.given.status == ClientPaperStatus.DONE

    @property
    def path(self) -> str:
        """Its own page on the coach's host; empty for a file or a link."""
        return links.path_of(self.given) if self.given else ""

    @property
    def to_do(self) -> str:
        return TO_DO.get(self.kind, "Open")


@dataclass(frozen=True, slots=True)
class Progress:
    """A client's packet and what is in it, in the coach's order."""

    packet: ClientPaper
    items: Sequence[Item]

    @property
    def papers(self) -> list[Item]:
        """What is to be done; files and links are not."""
        return [item for item in self.items if item.given]

    @property
    def done(self) -> int:
        return sum(item.is_done for item in self.papers)

    @property
    def of(self) -> int:
        return len(self.papers)

    @property
    def is_done(self) -> bool:
        return self.done == self.of

    @property
    def words(self) -> str:
        """Such as "2 of 4 done"."""
        return f"{self.done} of {self.of} done" if self.of else "Nothing to do"

    @property
    def next(self) -> Item | None:
        return next((item for item in self.papers if not item.is_done), None)


def written(items: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is in a packet, as a version keeps it: each a `line` of a paper, or a `name` with `file_id` or
    `address`. Raises EmptyPacket."""
    if not items:
        raise EmptyPacket("Put at least one thing into the packet.")
    if len(items) > MOST_ITEMS:
        raise EmptyPacket(f"A packet can hold up to {MOST_ITEMS} things. Make a second one.")
    return [{name: str(value) for name, value in item.items() if value} for item in items]


def give_packet(*, line: uuid.UUID, client: Client, now: datetime, actor: Actor) -> list[ClientPaper]:
    """Step: the packet and all papers in it, once per client; the packet's own row first.

    What the client has done already, such as before a payment, is not asked again. Nothing is given of what
    is switched off, and nothing at all where the packet is.
    """
    require_transaction()
    packet = papers.current(line=line)
    if not packet.is_active:
        return []
    own = give(paper=packet, client=client, now=now, actor=actor, packet=line)
    if own.status == ClientPaperStatus.DONE:
        return [own]
    wanted = missing(lines=own.paper.lines_inside, client=client)
    given = [_given(paper, own, client, now, actor) for paper in wanted]
    if not wanted:
        _finish(client, now)
    return [own, *given]


def give_required(*, lines: Collection[str], client: Client, now: datetime, actor: Actor) -> None:
    """Step after a sale: the packets among what it required. Their papers were done before it; what is just
    there, such as a file or a link, is the client's from now on."""
    for paper in papers.current_of(lines=[uuid.UUID(str(line)) for line in lines]).values():
        if paper.kind == PaperKind.PACKET:
            give_packet(line=paper.line, client=client, now=now, actor=actor)


def _given(paper: Paper, own: ClientPaper, client: Client, now: datetime, actor: Actor) -> ClientPaper:
    place = own.paper.lines_inside.index(str(paper.line)) + 1
    return give(paper=paper, client=client, now=now, actor=actor, packet=own.paper.line, position=place)


def progress(client: Client) -> list[Progress]:
    """The client's packets, the newest first, each with what is in it. At most two queries."""
    rows = ClientPaper.objects.select_related("paper").exclude(status=ClientPaperStatus.WITHDRAWN)
    packets = list(
        rows.filter(client_id=client.pk, paper__kind=PaperKind.PACKET).order_by("-given_at", "-pk")
    )
    wanted = {line for packet in packets for line in packet.paper.lines_inside}
    own = (
        rows.filter(client_id=client.pk, paper__line__in=wanted).order_by("given_at", "pk") if wanted else ()
    )
    by_line = _latest(own)
    return [Progress(packet, _items(packet, by_line)) for packet in packets]


def progress_of(packet: ClientPaper) -> Progress:
    """How far one packet is."""
    return next(each for each in progress(packet.client) if each.packet.pk == packet.pk)


def _latest(given: Iterable[ClientPaper]) -> dict[str, ClientPaper]:
    """By line: the newest version that the client has, and of that what is done before what is not."""
    found: dict[str, ClientPaper] = {}
    for each in given:
        line = str(each.paper.line)
        if line not in found or _counts(each) >= _counts(found[line]):
            found[line] = each
    return found


def _counts(given: ClientPaper) -> tuple[int, bool]:
    return given.paper.version, given.status == ClientPaperStatus.DONE


def _items(packet: ClientPaper, by_line: dict[str, ClientPaper]) -> list[Item]:
    items = []
    for part in packet.paper.parts:
        if given := by_line.get(part.get("line", "")):
            items.append(Item(given.paper.kind, given.paper.name, given=given))
        elif "file_id" in part:
            items.append(Item("file", part["name"], file_id=uuid.UUID(part["file_id"])))
        elif "address" in part:
            items.append(Item("link", part["name"], address=part["address"]))
    return items


def follow(*, event: Event, now: datetime) -> None:
    """Step: a paper is done or accepted; a packet of which it was the last is done too."""
    require_transaction()
    if event.client_id is None:
        return
    _finish(Client.objects.get(pk=event.client_id), now)


def _finish(client: Client, now: datetime) -> None:
    for each in progress(client):
        if each.packet.status == ClientPaperStatus.OPEN and each.of and each.is_done:
            move(each.packet, ClientPaperStatus.DONE, done_at=now)
            tell(each.packet, "packet.done", now, SYSTEM)
