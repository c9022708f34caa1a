"""Passing units on to somebody else: theirs from then on, valid as long, in the books of both."""

import uuid
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from tenants.activity import events
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.packs import expiry, ledger
from tenants.packs.models import Pack, PackStatus, Transfer, UnitKind


class CannotPassOn(Exception):
    """Nothing was passed on; the message says why."""


class Changed(Exception):
    """Something else is left than the giver was looking at: it may have been passed on already."""


def pass_on(
    *,
    pack_id: uuid.UUID,
    units: int,
    name: str,
    email: str,
    now: datetime,
    actor: Actor,
    seen: int | None = None,
) -> Pack:
    """Use case: give units of a pack to the person with this address; their new pack.

    It has the same rules and the same last day, and whoever paid stays its buyer. That "family" is
    family is the giver's word. `seen` is what was left when it was decided, so that a button that is
    pressed twice gives once. Raises CannotPassOn, Changed, and ledger.NotEnoughUnits when fewer are left.
    """
    with transaction.atomic(durable=True):
        receiver = find_or_add(name=name, email=email, phone="", timezone="", now=now)
        pack = ledger.locked(pack_id)
        _refuse(pack, units, receiver, now)
        if seen not in (None, ledger.balance_of(pack.pk)):
            raise Changed("Something else is left by now.")
        received = _new_pack(pack, units, receiver, now)
        _enter(pack, received, units, now, actor)
        _tell(pack, received, units, now, actor)
        expiry.watch(pack=received, now=now)
    return received


def _refuse(pack: Pack, units: int, receiver: Client, now: datetime) -> None:
    if pack.offer.transfer == Transfer.NOBODY:
        raise CannotPassOn("This pack cannot be passed on.")
    if pack.status != PackStatus.ACTIVE or pack.paid_at is None:
        raise CannotPassOn("This pack is not paid yet. It can be passed on when it is.")
    if pack.frozen_at is not None:
        raise CannotPassOn("This pack cannot be passed on while the bank looks into its payment.")
    if pack.expires_at is not None and pack.expires_at <= now:
        raise CannotPassOn("This pack is not valid any more, so nothing of it can be passed on.")
    if receiver.pk == pack.client_id:
        raise CannotPassOn("This pack is theirs already. Type the address of somebody else.")
    if units < 1:
        raise CannotPassOn("Type how many to pass on: at least one.")


def _new_pack(pack: Pack, units: int, receiver: Client, now: datetime) -> Pack:
    return Pack.objects.create(
        offer=pack.offer,
        client=receiver,
        buyer_id=pack.buyer_id,
        status=PackStatus.ACTIVE,
        units=units,
        price_minor=0,
        currency=pack.currency,
        paid_at=pack.paid_at,
        bought_at=now,
        expires_at=pack.expires_at,
        origin=pack,
    )


def _enter(pack: Pack, received: Pack, units: int, now: datetime, actor: Actor) -> None:
    """Each side names the other by the id of its client."""
    sides = (
        (pack, UnitKind.SENT, -units, received),
        (received, UnitKind.RECEIVED, units, pack),
    )
    for mine, kind, change, other in sides:
        ledger.enter(
            pack=mine,
            kind=kind,
            units=change,
            cause="passed_on",
            rule=f"transfer:{pack.offer.transfer}",
            actor=actor,
            reference=str(received.pk),
            now=now,
            data={"client": str(other.client_id), "pack": str(other.pk)},
        )


def _tell(pack: Pack, received: Pack, units: int, now: datetime, actor: Actor) -> None:
    for kind, mine, other in (("pack.sent", pack, received), ("pack.received", received, pack)):
        events.record(
            kind=kind,
            subject_id=mine.pk,
            client_id=mine.client_id,
            actor=actor,
            now=now,
            data={"units": units, "client": str(other.client_id), "pack": str(other.pk)},
        )
