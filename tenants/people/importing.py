"""Bringing a list of clients from elsewhere: looked at first, then brought in one go, once.

Whoever is a client already stays as they are. What somebody had left becomes an entry that names the list,
what they owed an open charge. Nobody is mailed.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from django.db import transaction
from django.db.models.functions import Lower

from kit.actors import Actor
from kit.clock import zone
from kit.database import insert_later, insert_unless_there, new
from kit.words import day_in_words
from tenants.activity import events
from tenants.billing import brought
from tenants.clients.models import Client, Import, Note
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.packs import openings
from tenants.people import client_lists
from tenants.people.client_lists import Person, Problem, Table

MONTH_FIRST = ("en-us", "en_US")


class NothingToBring(Exception):
    """No row of the list is of somebody new, or a column has to be chosen first. The message says which."""


class BroughtAlready(Exception):
    """This very list was brought; `before` is that import."""

    def __init__(self, before: Import) -> None:
        super().__init__("This list was brought already. Nothing was brought a second time.")
        self.before = before


@dataclass(frozen=True, slots=True)
class Look:
    """What a list would do: whom it would bring, who is known and stays as they are, what is wrong."""

    table: Table
    missing: str
    fresh: tuple[Person, ...] = ()
    known: tuple[tuple[Person, Client], ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def units(self) -> int:
        return sum(each.units for each in self.fresh)

    @property
    def owed_minor(self) -> int:
        return sum(each.owed_minor for each in self.fresh)


def look(*, text: str, chosen: Mapping[int, str] | None, now: datetime) -> Look:
    """The dry run: nothing is kept. One query. Raises `client_lists.UnreadableList`."""
    return _look(text, chosen, practice(), now)


def _look(text: str, chosen: Mapping[int, str] | None, here: Practice, now: datetime) -> Look:
    table = client_lists.read(text, chosen=chosen)
    if missing := client_lists.missing(table):
        return Look(table, missing)
    people, problems = client_lists.people_of(
        table,
        currency=here.currency,
        today=now.astimezone(zone(here.timezone)).date(),
        month_first=here.locale in MONTH_FIRST,
    )
    there = _known(people)
    return Look(
        table,
        "",
        fresh=tuple(each for each in people if each.email not in there),
        known=tuple((each, there[each.email]) for each in people if each.email in there),
        problems=tuple(problems),
    )


def _known(people: Iterable[Person]) -> dict[str, Client]:
    rows = Client.objects.annotate(address=Lower("email")).exclude(email="")
    found = rows.filter(address__in=[each.email for each in people])
    return {each.email.lower(): each for each in found}


def digest_of(text: str) -> str:
    """The same for the same list, in whatever encoding it was sent."""
    return sha256(text.encode()).hexdigest()


def before_of(text: str) -> Import | None:
    """The import that has brought this very list, and was not undone."""
    return Import.objects.filter(digest=digest_of(text), undone_at=None).first()


def bring(
    *,
    text: str,
    chosen: Mapping[int, str] | None,
    file_name: str,
    list_of: date,
    pack_line: uuid.UUID | None,
    now: datetime,
    actor: Actor,
) -> Import:
    """Use case of the coach: the rows of new people, all or none; rows with mistakes are left out.

    `list_of` is the day on which the list was right: entries name it. `pack_line` is the pack on offer that
    sessions left are of; without one they are good for every session type. Raises BroughtAlready,
    NothingToBring, `client_lists.UnreadableList`, `packs.openings.NothingToBookWith`.
    """
    with transaction.atomic(durable=True):
        here = practice()
        made = Import(
            file_name=file_name[:140], digest=digest_of(text), actor_name=actor.name[:120], created_at=now
        )
        if not insert_unless_there(made):
            raise BroughtAlready(Import.objects.get(digest=made.digest, undone_at=None))
        found = _look(text, chosen, here, now)
        if not found.fresh:
            raise NothingToBring(found.missing or "Nobody in this list is new, so there is nothing to bring.")
        clients = _clients(found.fresh, made, now)
        ids = [each.pk for each in clients]
        packs = _packs(found.fresh, ids, pack_line, list_of, now, actor)
        owed = _owed(found.fresh, ids, here, list_of, now)
        notes = _notes(found.fresh, clients, actor, now)
        made.made = {
            "list_of": list_of.isoformat(),
            "count": len(clients),
            "packs": [str(each.pk) for each in packs],
            "charges": [str(each.pk) for each in owed],
            "notes": [str(each.pk) for each in notes],
        }
        made.save(update_fields=["made"])
        facts = {"count": len(clients), "known": len(found.known), "left_out": len(found.problems)}
        events.record(kind="client.imported", subject_id=made.pk, actor=actor, now=now, data=facts)
    return made


def _clients(people: Sequence[Person], made: Import, now: datetime) -> list[Client]:
    rows = [
        new(
            Client,
            name=each.name,
            email=each.email,
            phone=each.phone,
            timezone=each.timezone,
            brought_by=made.pk,
            created_at=now,
        )
        for each in people
    ]
    insert_later(*rows)
    return rows


def _packs(
    people: Sequence[Person],
    ids: Sequence[uuid.UUID],
    line: uuid.UUID | None,
    list_of: date,
    now: datetime,
    actor: Actor,
) -> list[openings.Pack]:
    left = [
        openings.Opening(pk, each.units, each.until)
        for each, pk in zip(people, ids, strict=True)
        if each.units
    ]
    return openings.bring(openings=left, line=line, list_of=list_of, now=now, actor=actor) if left else []


def _owed(
    people: Sequence[Person], ids: Sequence[uuid.UUID], here: Practice, list_of: date, now: datetime
) -> list[brought.Charge]:
    shown = day_in_words(list_of, here.locale, with_year=True)
    owed = [
        brought.Owed(pk, each.owed_minor) for each, pk in zip(people, ids, strict=True) if each.owed_minor
    ]
    return brought.bring(owed=owed, currency=here.currency, description=f"Open since before {shown}", now=now)


def _notes(people: Sequence[Person], clients: Sequence[Client], actor: Actor, now: datetime) -> list[Note]:
    rows = [
        new(Note, client=client, text=each.note, actor_name=actor.name[:120], created_at=now)
        for each, client in zip(people, clients, strict=True)
        if each.note
    ]
    insert_later(*rows)
    return rows


def imports() -> list[Import]:
    """All that were brought, the newest first."""
    return list(Import.objects.order_by("-created_at"))
