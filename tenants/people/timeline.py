"""All that happened with one client in one stream, the newest first: sessions, payments, balances, papers,
mails and private notes. For the coach: a client's own pages never show it.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import QuerySet

from tenants.activity.models import Event
from tenants.billing.models import Charge
from tenants.clients.models import Client, Note
from tenants.messaging.models import Audience, Mail, MailStatus
from tenants.packs.models import PackEntry, UnitKind
from tenants.packs.sentences import sentence as of_units
from tenants.packs.statements import entry_of, others, takes_one_each
from tenants.packs.wording import SESSIONS, UNITS, Clock, SessionTime
from tenants.paperwork.models import ClientPaper
from tenants.people import timeline_words as words
from tenants.scheduling.models import Booking
from tenants.shop.models import Order

A_PAGE = 30
_MAILED = {
    MailStatus.SENT: ("was sent", ""),
    MailStatus.WAITING: ("is on its way", ""),
    MailStatus.FAILED: ("could not be delivered", "problem"),
    MailStatus.DROPPED: ("was not needed any more", ""),
}

M = TypeVar("M", bound=Any)


@dataclass(frozen=True, slots=True)
class Link:
    """Where more of it is: `to` is booking, pack, payments, note, or the kind of a paper."""

    to: str
    id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened. `note` says who did it."""

    at: datetime
    text: str
    icon: str
    note: str = ""
    meaning: str = ""
    link: Link | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the stream; `before` is where the next one goes on, None at its end."""

    rows: tuple[Row, ...]
    before: datetime | None


def page(
    *, client: Client, clock: Clock, before: datetime | None = None, size: int = A_PAGE, mails: bool = True
) -> Page:
    """The newest rows, or those before a moment. At most nine questions, however much there is."""
    sources = [_events(client, clock, before, size), _units(client, clock, before, size)]
    sources.append(_notes(client, before, size))
    if mails:
        sources.append(_mails(client, before, size))
    rows = sorted((row for source in sources for row in source), key=lambda row: row.at, reverse=True)
    if len(rows) <= size:
        return Page(tuple(rows), None)
    # What happened in the same moment stays on one page, so that none of it falls between two.
    first_left_out = rows[size].at
    shown = tuple(row for row in rows if row.at > first_left_out) or tuple(rows)
    return Page(shown, shown[-1].at)


def _cut(rows: QuerySet[M], before: datetime | None, size: int, at: str) -> list[M]:
    if before is not None:
        rows = rows.filter(**{f"{at}__lt": before})
    return list(rows.order_by(f"-{at}", "-pk")[: size + 1])


# --- events -------------------------------------------------------------------------------------------


def _events(client: Client, clock: Clock, before: datetime | None, size: int) -> list[Row]:
    wanted = Event.objects.filter(client_id=client.pk, kind__in=words.KINDS)
    found = _cut(wanted, before, size, "at")
    names = _Names(found, clock)
    return [_event(each, names, clock) for each in found]


def _event(event: Event, names: "_Names", clock: Clock) -> Row:
    _, icon, meaning = words.KINDS[event.kind]
    return Row(
        at=event.at,
        text=words.sentence(event.kind, event.data, names.of(event), clock.locale),
        icon=icon,
        note=words.by(event.actor_kind, event.actor_name),
        meaning=meaning,
        link=_link(event, names),
    )


def _link(event: Event, names: "_Names") -> Link | None:
    room = event.kind.partition(".")[0]
    if room == "booking":
        return Link(room, event.subject_id)
    if paper := names.papers.get(str(event.subject_id)):
        return Link(paper.paper.kind, event.subject_id)
    if room in ("payment", "charge"):
        return Link("payments", event.subject_id)
    return None


class _Names:
    """What the events are about, asked for all at once, and only where one speaks of it."""

    def __init__(self, events: Sequence[Event], clock: Clock) -> None:
        self.clock = clock
        self.bookings = _by_pk(
            Booking.objects.select_related("session"), (e.subject_id for e in events if _is(e, "booking"))
        )
        self.papers = _by_pk(
            ClientPaper.objects.select_related("paper").defer("text"),
            (e.subject_id for e in events if _is(e, "paper")),
        )
        self.charges = _by_pk(Charge.objects.all(), (e.data["charge"] for e in events if "charge" in e.data))
        self.orders = _by_pk(
            Order.objects.select_related("product", "pack_offer"),
            (e.subject_id for e in events if _is(e, "order")),
        )

    def of(self, event: Event) -> dict[str, str]:
        said: dict[str, str] = {}
        if booking := self.bookings.get(str(event.subject_id)):
            said["session"] = self._session(booking)
        if paper := self.papers.get(str(event.subject_id)):
            said["paper"] = paper.paper.name
        if charge := self.charges.get(str(event.data.get("charge"))):
            said["thing"] = charge.description
        if order := self.orders.get(str(event.subject_id)):
            bought = order.product or order.pack_offer
            said["order"] = bought.name if bought else "something"
        return said

    def _session(self, booking: Booking) -> str:
        when = SessionTime(booking.session.starts_at, booking.session.wall_start)
        return f"{booking.agreed.get('name', 'a session')}, {self.clock.session(when)}"


def _is(event: Event, room: str) -> bool:
    return event.kind.startswith(f"{room}.")


def _by_pk(rows: QuerySet[M], ids: Iterable[object]) -> dict[str, M]:
    wanted = {str(each) for each in ids}
    return {str(each.pk): each for each in rows.filter(pk__in=wanted)} if wanted else {}


# --- balances, mails, notes ---------------------------------------------------------------------------


def _units(client: Client, clock: Clock, before: datetime | None, size: int) -> list[Row]:
    """What changed a pack's balance. That a session took place is told by the session itself."""
    entries = PackEntry.objects.filter(pack__client=client).exclude(kind=UnitKind.KEPT)
    found = _cut(entries.select_related("pack__offer", "note"), before, size, "at")
    names = others([found])
    return [_entry(each, names, clock) for each in found]


def _entry(row: PackEntry, names: dict[str, str], clock: Clock) -> Row:
    noun = SESSIONS if takes_one_each(row.pack) else UNITS
    said = of_units(entry_of(row, names), clock=clock, noun=noun)
    left = f"{noun.count(row.balance_after)} left"
    return Row(row.at, f"{row.pack.offer.name}: {said}", "layers", note=left, link=Link("pack", row.pack_id))


def _mails(client: Client, before: datetime | None, size: int) -> list[Row]:
    about = Event.objects.filter(client_id=client.pk).values("pk")
    mails = Mail.objects.filter(event_id__in=about).exclude(audience=Audience.COACH)
    return [_mail(each) for each in _cut(mails, before, size, "created_at")]


def _mail(mail: Mail) -> Row:
    became, meaning = _MAILED[MailStatus(mail.status)]
    if mail.bounced_at:
        became, meaning = "came back", "problem"
    about = mail.kind.replace("_", " ")
    return Row(mail.created_at, f"A mail {became}: {about}.", "mail", meaning=meaning)


def _notes(client: Client, before: datetime | None, size: int) -> list[Row]:
    found = _cut(Note.objects.filter(client=client), before, size, "created_at")
    return [
        Row(each.created_at, each.text, "pencil", note="private note", link=Link("note", each.pk))
        for each in found
    ]
