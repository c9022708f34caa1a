"""Who pays for whom, and what each of the two may know of the other.

The payer reads amounts and receipts, and nothing of what a beneficiary writes, signs or attends; the
beneficiary reads units and dates, and no amount. Every page, mail and file asks `may_see_amounts`.
"""

import uuid
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from kit.database import insert_unless_there, require_transaction
from kit.states import change
from tenants.activity import events
from tenants.clients.models import Client, Relation


class PaysForThemselves(Exception):
    """Payer and beneficiary are one person: that is no relation, and nothing is kept secret."""


def may_see_amounts(viewer: Client | uuid.UUID | None, payer_id: uuid.UUID | None) -> bool:
    """Whether this client may read what the thing costs that `payer_id` paid, or is to pay.

    The only question about it that is asked anywhere: of who is not known, and of what nobody is known to
    pay, the answer is no. The coach is no client, and is not asked about.
    """
    viewer_id = viewer.pk if isinstance(viewer, Client) else viewer
    return viewer_id is not None and viewer_id == payer_id


def relate(
    *,
    payer: Client,
    beneficiary: Client,
    now: datetime,
    actor: Actor,
    label: str = "",
    names_payer: bool = True,
) -> Relation:
    """Step: from now on the one pays for the other; one that had ended begins anew.

    Once per pair: who pays again changes what the relation says of them. Raises PaysForThemselves.
    """
    require_transaction()
    if payer.pk == beneficiary.pk:
        raise PaysForThemselves(payer.name)
    said = {"label": label.strip()[:60], "names_payer": names_payer}
    fresh = Relation(payer=payer, beneficiary=beneficiary, created_at=now, **said)
    if insert_unless_there(fresh):
        _tell("client.relation_begun", fresh, now, actor)
        return fresh
    found = Relation.objects.select_for_update(no_key=True).get(payer=payer, beneficiary=beneficiary)
    if found.ended_at is not None:
        change(found, ended_at=None, shares_attendance=False, created_at=now, **said)
        _tell("client.relation_begun", found, now, actor)
    else:
        change(found, names_payer=names_payer, label=said["label"] or found.label)
    return found


def begin(
    *,
    payer_id: uuid.UUID,
    beneficiary_id: uuid.UUID,
    label: str,
    names_payer: bool,
    now: datetime,
    actor: Actor,
) -> Relation:
    """Use case of the coach: say who pays for whom. Raises PaysForThemselves."""
    with transaction.atomic(durable=True):
        people = Client.objects.in_bulk([payer_id, beneficiary_id])
        return relate(
            payer=people[payer_id],
            beneficiary=people[beneficiary_id],
            now=now,
            actor=actor,
            label=label,
            names_payer=names_payer,
        )


def end(*, relation_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case: the one does not pay for the other any more. What was given stays given, and private."""
    with transaction.atomic(durable=True):
        found = Relation.objects.select_for_update(no_key=True).get(pk=relation_id)
        if found.ended_at is None:
            change(found, ended_at=now, shares_attendance=False)
            _tell("client.relation_ended", found, now, actor)


def share_attendance(
    *, relation_id: uuid.UUID, beneficiary_id: uuid.UUID, share: bool, now: datetime
) -> None:
    """Use case of the beneficiary, and of nobody else: let the payer see which sessions were attended."""
    with transaction.atomic(durable=True):
        found = Relation.objects.select_for_update(no_key=True).get(
            pk=relation_id, beneficiary_id=beneficiary_id
        )
        if found.shares_attendance != share and not (share and found.ended_at):
            change(found, shares_attendance=share)
            _tell("client.attendance_shared", found, now, Actor("client", str(beneficiary_id)), share=share)


def beneficiaries_of(payer: Client) -> list[Relation]:
    """For whom this client pays now, each with its beneficiary, in the order of their names."""
    rows = Relation.objects.select_related("beneficiary").filter(payer=payer, ended_at=None)
    return list(rows.order_by("beneficiary__name", "pk"))


def payers_of(beneficiary: Client) -> list[Relation]:
    """Who pays for this client now, each with its payer, who has done so for longest first."""
    rows = Relation.objects.select_related("payer").filter(beneficiary=beneficiary, ended_at=None)
    return list(rows.order_by("created_at", "pk"))


def between(*, payer_id: uuid.UUID, beneficiary_id: uuid.UUID) -> Relation | None:
    """What the two are to each other, though it may have ended; None where they never were."""
    return Relation.objects.filter(payer_id=payer_id, beneficiary_id=beneficiary_id).first()


def names_payer(*, payer_id: uuid.UUID, beneficiary_id: uuid.UUID) -> bool:
    """Whether a beneficiary may read who gave it. Who pays without a relation on record is named."""
    found = between(payer_id=payer_id, beneficiary_id=beneficiary_id)
    return found is None or found.names_payer


def not_named(pairs: Collection[tuple[uuid.UUID, uuid.UUID]]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Those pairs of payer and beneficiary of which the payer is not named; nothing is asked of no pairs."""
    if not pairs:
        return set()
    rows = Relation.objects.filter(
        names_payer=False,
        payer__in=[payer for payer, _ in pairs],
        beneficiary__in=[beneficiary for _, beneficiary in pairs],
    )
    return set(rows.values_list("payer_id", "beneficiary_id")) & set(pairs)


def sees_attendance_of(*, payer_id: uuid.UUID, beneficiary_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of them who agreed that this payer sees which sessions they attended."""
    rows = Relation.objects.filter(
        payer_id=payer_id, beneficiary_id__in=beneficiary_ids, ended_at=None, shares_attendance=True
    )
    return set(rows.values_list("beneficiary_id", flat=True))


def _tell(kind: str, relation: Relation, now: datetime, actor: Actor, **data: object) -> None:
    events.record(
        kind=kind,
        subject_id=relation.pk,
        client_id=relation.beneficiary_id,
        actor=actor,
        now=now,
        data={"payer_id": str(relation.payer_id), **data},
    )


def mail_address_of(client: Client) -> str:
    """Where somebody's mail goes: to their own address; else to who has paid for them for longest.

    "" where there is nobody to write to. What goes to that payer then is the beneficiary's mail, without
    amounts.
    """
    return client.email or next((each.payer.email for each in payers_of(client) if each.payer.email), "")
