"""What a paid order of packs for several people gives out: a pack for each, with its own units."""

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from kit.actors import SYSTEM, Actor
from kit.clock import zone
from kit.states import change
from tenants.activity import events
from tenants.clients import paper_details, relations
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.offers.practice import practice
from tenants.packs import selling
from tenants.packs.models import Pack, PackStatus
from tenants.registry import wakeups
from tenants.shop import packs_for_papers
from tenants.shop.models import Order

TOLD_AT = time(8)
GIVEN, HANDED_OVER = "pack.given", "pack.handed_over"


def hand_out(*, order: Order, now: datetime) -> list[Pack]:
    """Step: everybody in a paid, locked order gets a record, a pack, and their version of the agreement."""
    actor = Actor("client", str(order.payer_id))
    _keep_company(order, now, actor)
    given, entries = [], []
    for entry in order.beneficiaries:
        client = _client_for(order, entry, now)
        pack = _pack_for(order, entry, client, now)
        _relate(order, client, now, actor)
        packs_for_papers.give_twins(order=order, beneficiary=client, now=now, actor=actor)
        _announce(order, pack, now, actor)
        given.append(pack)
        # Who it is for stands on record now, and is not kept twice.
        kept = {name: value for name, value in entry.items() if name not in ("name", "email")}
        entries.append({**kept, "client_id": str(client.pk), "pack_id": str(pack.pk)})
    change(order, beneficiaries=entries)
    return given


def hand_over(*, reference: uuid.UUID, now: datetime) -> None:
    """Use case of the wakeups: the day has come on which somebody is told of a pack that waits for them."""
    with transaction.atomic(durable=True):
        pack = Pack.objects.get(pk=reference)
        events.record(
            kind=HANDED_OVER,
            subject_id=pack.pk,
            client_id=pack.client_id,
            actor=SYSTEM,
            now=now,
        )


def packs_of(order: Order) -> list[Pack]:
    """What it gave out, in the order's own order, with offer, client and buyer."""
    ids = [uuid.UUID(each["pack_id"]) for each in order.beneficiaries if each.get("pack_id")]
    found = Pack.objects.select_related("offer", "client", "buyer").in_bulk(ids)
    return [found[each] for each in ids]


def order_of(pack_id: uuid.UUID) -> Order | None:
    """The order that a pack was given out by; None for one that was bought by itself."""
    rows = Order.objects.select_related("payer", "pack_offer")
    return rows.filter(beneficiaries__contains=[{"pack_id": str(pack_id)}]).first()


def message_of(order: Order, pack_id: uuid.UUID) -> str:
    """What the payer wrote to whoever has this pack."""
    return next((each["message"] for each in order.beneficiaries if each["pack_id"] == str(pack_id)), "")


def _client_for(order: Order, entry: dict[str, Any], now: datetime) -> Client:
    if entry["client_id"]:
        return Client.objects.get(pk=entry["client_id"])
    if entry["email"]:
        return find_or_add(name=entry["name"], email=entry["email"], phone="", timezone="", now=now)
    known = (each.beneficiary for each in relations.beneficiaries_of(order.payer))
    same = entry["name"].casefold()
    found = next((each for each in known if not each.email and each.name.casefold() == same), None)
    return found or Client.objects.create(name=entry["name"], email="", created_at=now)


def _pack_for(order: Order, entry: dict[str, Any], client: Client, now: datetime) -> Pack:
    assert order.pack_offer is not None
    is_payers = client.pk == order.payer_id
    pack = Pack.objects.create(
        offer=order.pack_offer,
        client=client,
        buyer=order.payer,
        status=PackStatus.ACTIVE,
        units=entry["units"],
        price_minor=entry["price_minor"],
        currency=order.currency,
        paid_at=now,
        # A gift is as long good as if it had been bought on the day on which it is handed over.
        bought_at=now if is_payers else max(told_at(order) or now, now),
        accepted={},
    )
    selling.grant(pack=pack, cause="bought", now=now, actor=Actor("client", str(order.payer_id)))
    return pack


def _relate(order: Order, client: Client, now: datetime, actor: Actor) -> None:
    if client.pk != order.payer_id:
        names_payer = bool(order.agreed.get("names_payer", True))
        relations.relate(payer=order.payer, beneficiary=client, now=now, actor=actor, names_payer=names_payer)


def _announce(order: Order, pack: Pack, now: datetime, actor: Actor) -> None:
    at = told_at(order)
    waits = at is not None and at > now and pack.client_id != order.payer_id
    selling.tell(pack=pack, kind=GIVEN, now=now, actor=actor, order=str(order.pk), waits=waits)
    if waits and at is not None:
        wakeups.ask(kind="gift", reference=pack.pk, due_at=at, now=now)


def told_at(order: Order) -> datetime | None:
    """When they are told, if not at once: in the morning of the day that the payer has chosen."""
    written = order.agreed.get("told_on", "")
    if not written:
        return None
    return datetime.combine(date.fromisoformat(written), TOLD_AT, zone(practice().timezone))


def latest_day(today: date) -> date:
    """Until when a gift may wait."""
    return today + timedelta(days=366)


def _keep_company(order: Order, now: datetime, actor: Actor) -> None:
    """What was typed for the papers, where nothing is on record: that is not changed by who types it."""
    details = order.agreed.get("company")
    if details and not order.payer.billing:
        said = {name: details.get(name, "") for name in paper_details.NAMES}
        paper_details.keep(client_id=order.payer_id, **said, now=now, actor=actor)
