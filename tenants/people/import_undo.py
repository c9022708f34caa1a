"""Taking a whole import back: balances by entries that reverse them, and records that nobody has touched.

Whom somebody has worked with since stays, and is named.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet

from kit.actors import Actor
from kit.database import require_transaction
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing import brought
from tenants.billing.models import Charge
from tenants.clients.models import Client, Import, Note
from tenants.files.models import StoredFile
from tenants.packs import openings
from tenants.packs.models import Pack
from tenants.people.overwriting import NOBODY

BECAUSE = "The list that it was brought with was taken back."

Ids = set[uuid.UUID]


@dataclass(frozen=True, slots=True)
class Undone:
    """How many records are gone, and who stays, since something has happened with them."""

    removed: int
    kept: tuple[Client, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """What an import has made, by whose it is, and what of it somebody has touched since."""

    packs: dict[uuid.UUID, uuid.UUID]
    charges: dict[uuid.UUID, uuid.UUID]
    notes: Ids
    touched_packs: Ids
    touched_charges: Ids

    @property
    def untouched(self) -> Ids:
        """All rows that are as the import made them."""
        return (
            (set(self.packs) - self.touched_packs) | (set(self.charges) - self.touched_charges) | self.notes
        )


def undo(*, import_id: uuid.UUID, now: datetime, actor: Actor) -> Undone:
    """Use case of the coach: as before the import, but for those with whom something has happened since.

    Unused sessions go by an entry, also of those who stay; what they owe is not asked for any more unless it
    was dealt with. Undone twice it is undone once.
    """
    with transaction.atomic(durable=True):
        made = Import.objects.select_for_update().get(pk=import_id)
        if made.undone_at is not None:
            return Undone(0, kept_of(made))
        # Whoever wants to refer to one of them waits, so that none is touched while it goes.
        clients = list(Client.objects.select_for_update().filter(brought_by=made.pk).order_by("pk"))
        thing = _made(made)
        kept = _touched(_people(made), thing)
        _reverse(made, thing, kept, now, actor)
        gone = [each for each in clients if each.pk not in kept]
        _remove(gone, thing, now)
        made.undone_at = now
        made.made = {**made.made, "kept": sorted(map(str, kept)), "removed": len(gone)}
        made.save(update_fields=["undone_at", "made"])
        facts = {"removed": len(gone), "kept": len(kept)}
        events.record(kind="client.import_undone", subject_id=made.pk, actor=actor, now=now, data=facts)
    return Undone(len(gone), tuple(each for each in clients if each.pk in kept))


def kept_of(made: Import) -> tuple[Client, ...]:
    """Who stayed when it was undone, by name."""
    return tuple(Client.objects.filter(pk__in=made.made.get("kept", [])).order_by("name"))


def _people(made: Import) -> QuerySet[Client]:
    return Client.objects.filter(brought_by=made.pk)


def _made(made: Import) -> _Made:
    """Asked for by whose it is, and not by thousands of ids."""
    own = {name: {uuid.UUID(each) for each in made.made[name]} for name in ("packs", "charges", "notes")}
    theirs = {"client__in": _people(made).values("pk")}
    packs, owed = Pack.objects.filter(**theirs), Charge.objects.filter(**theirs)
    notes = Note.objects.filter(**theirs, changed_at=None).values_list("pk", flat=True)
    return _Made(
        packs={pk: whose for pk, whose in packs.values_list("pk", "client_id") if pk in own["packs"]},
        charges={pk: whose for pk, whose in owed.values_list("pk", "client_id") if pk in own["charges"]},
        notes=own["notes"].intersection(notes),
        touched_packs=openings.happened_to(packs),
        touched_charges=brought.happened_to(owed),
    )


def _touched(people: QuerySet[Client], made: _Made) -> Ids:
    """Those of whom anything speaks that is not as the import has made it."""
    ids, own = people.values("pk"), made.untouched
    found: Ids = set()
    for relation in Client._meta.related_objects:
        field = relation.field
        rows = relation.related_model._default_manager.filter(**{f"{field.name}__in": ids})
        found |= {whose for pk, whose in rows.values_list("pk", field.attname) if pk not in own}
    return found | _named_in(Event, people) | _named_in(StoredFile, people)


def _named_in(model: type[Event] | type[StoredFile], people: QuerySet[Client]) -> Ids:
    found = model._default_manager.filter(client_id__in=people.values("pk")).values_list(
        "client_id", flat=True
    )
    return {each for each in found if each}


def _reverse(made: Import, thing: _Made, kept: Ids, now: datetime, actor: Actor) -> None:
    untouched = set(thing.packs) - thing.touched_packs
    openings.take_back(
        pack_ids=thing.packs,
        void=untouched,
        list_of=date.fromisoformat(made.made["list_of"]),
        now=now,
        actor=actor,
    )
    open_yet = set(thing.charges) - thing.touched_charges
    brought.remove(charge_ids={pk for pk in open_yet if thing.charges[pk] not in kept})
    of_kept = {pk for pk in open_yet if thing.charges[pk] in kept}
    brought.let_off(charge_ids=of_kept, because=BECAUSE, now=now, actor=actor)


def _remove(clients: Sequence[Client], thing: _Made, now: datetime) -> None:
    """Records go whole. Who had sessions stays in the ledger as nobody, for its entries stand for good."""
    require_transaction()
    ids = {each.pk for each in clients}
    Note.objects.filter(client__in=ids, pk__in=thing.notes).delete()
    in_the_books = ids & set(thing.packs.values())
    Client.objects.filter(pk__in=ids - in_the_books).delete()
    Client.objects.filter(pk__in=in_the_books).update(
        name=NOBODY, email="", phone="", timezone="", archived_at=now, erased_at=now
    )
