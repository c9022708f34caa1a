"""One purchase of a pack for several people: each gets their own, and only who pays reads what it cost.

The order has one charge. Who it is for stands in it as typed, and gets records and packs when it is paid, so
that an order that came to nothing leaves nobody on record.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from kit.actors import Actor
from kit.database import insert_unless_there, require_transaction
from kit.ids import uuid7
from kit.states import change
from tenants.activity import events
from tenants.billing import by_link, checkout
from tenants.billing.attempts import TOO_SHORT_TO_PAY
from tenants.billing.models import Charge, PaymentAttempt
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.packs import offers
from tenants.packs.models import PackOffer
from tenants.packs.selling import NotOnOffer, OrderEnded
from tenants.paperwork.requirements import PaperworkMissing
from tenants.shop import packs_for_papers
from tenants.shop.models import Order, OrderKind, OrderStatus

PURPOSE = "packs_for"
MOST_PEOPLE = 12
BY_COACH = "coach"
# The pages to return to, for an order that may be made only now.
OrderLinks = Callable[[Order], checkout.Links]


class CannotBuyFor(Exception):
    """Nothing was ordered; the message says what to change about who it is for."""


class Twice(CannotBuyFor):
    """Two of them have one address."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who gets a pack. Without an e-mail of their own, who pays reads their mail.

    `is_payer`: the one who pays, too. `client_id` is of one whom the coach has chosen.
    """

    name: str = ""
    email: str = ""
    is_payer: bool = False
    client_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Gift:
    """What goes with it: some words, whether they read who gave it, and the day on which they are told."""

    message: str = ""
    names_payer: bool = True
    told_on: date | None = None


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays. Of a company `billing` has what stands on its papers: name, address, vat_number."""

    name: str
    email: str
    timezone: str = ""
    is_company: bool = False
    billing: dict[str, str] | None = None


# --- ordering ----------------------------------------------------------------------------------------


def buy(
    *,
    slug: str,
    offer_id: uuid.UUID,
    payer: Payer,
    people: Sequence[Person],
    gift: Gift,
    accepted: dict[str, Any],
    links: OrderLinks,
    now: datetime,
) -> tuple[Order, str]:
    """Use case: order the pack at this address for these people; the order, and where to pay for it.

    `accepted` is what was shown and agreed to. Whoever left the same order unpaid goes on with it, in the
    browser that made it. Where papers come first there is nowhere to pay yet: "". Raises CannotBuyFor,
    `selling.NotOnOffer`, `offers.OfferChanged`, `connect.accounts.CannotCharge`, `checkout.PageUnavailable`.
    """
    _refuse(people, payer.email)
    with transaction.atomic(durable=True):
        offer = offers.offered(slug)
        # In instalments it is sold to one person at a time, whose card is kept for them.
        if offer is None or offer.instalments > 1:
            raise NotOnOffer(slug)
        if offer.pk != offer_id:
            raise offers.OfferChanged(offer)
        client = _payer(payer, people, now)
        kept = {**accepted, "company": payer.billing or {}} if payer.is_company else accepted
        order = _begun(offer, client, people, gift, kept) or _new(offer, client, people, gift, kept, now)
        packs_for_papers.prepare(order=order, now=now)
    try:
        return order, pay(order_id=order.pk, links=links, now=now)
    except PaperworkMissing:
        return order, ""


def sell(
    *,
    order_id: uuid.UUID,
    offer_id: uuid.UUID,
    payer_id: uuid.UUID,
    people: Sequence[Person],
    gift: Gift,
    now: datetime,
    actor: Actor,
) -> Order:
    """Use case of the coach: an order that its payer is sent the link of. Pressed twice it is one order.

    The packs are there as soon as it is paid, by card or by hand. Raises CannotBuyFor.
    """
    with transaction.atomic(durable=True):
        offer, payer = PackOffer.objects.get(pk=offer_id), Client.objects.get(pk=payer_id)
        _refuse(people, payer.email)
        named = [_as_payer(each, payer) for each in people]
        order = _made(order_id, offer, payer, named, gift, {"by": BY_COACH}, now)
        if not insert_unless_there(order):
            return Order.objects.select_related("payer", "pack_offer").get(pk=order_id)
        checkout.open_charge(sale=sale_of(order))
        packs_for_papers.prepare(order=order, now=now, by_coach=True)
        tell(order=order, kind="packs.offered", now=now, actor=actor)
    return order


def _refuse(people: Sequence[Person], payers_email: str) -> None:
    if not people:
        raise CannotBuyFor("Nothing was ordered: write for whom it is.")
    if len(people) > MOST_PEOPLE:
        raise CannotBuyFor(f"Nothing was ordered: one order is for {MOST_PEOPLE} people at most.")
    addresses = [each.email.lower() for each in people if each.email]
    if any(each == payers_email.lower() for each in addresses):
        raise Twice(
            "One of them has the address of who pays. Leave theirs empty: mails for them then come to you."
        )
    chosen = [each.client_id for each in people if each.client_id]
    if len(set(addresses)) < len(addresses) or len(set(chosen)) < len(chosen):
        raise Twice("Two of them have the same address. Give each their own, or leave one empty.")
    if sum(each.is_payer for each in people) > 1:
        raise Twice("You are in the list twice.")


def _as_payer(person: Person, payer: Client) -> Person:
    return Person(is_payer=True) if person.client_id == payer.pk else person


def _payer(payer: Payer, people: Sequence[Person], now: datetime) -> Client:
    """The payer's record. What the coach has on record is not changed by who types somebody's address."""
    found = find_or_add(name=payer.name, email=payer.email, phone="", timezone=payer.timezone, now=now)
    if found.created_at == now:
        pays_only = not any(each.is_payer for each in people)
        change(found, pays_only=pays_only, is_company=payer.is_company)
    return found


def _new(
    offer: PackOffer,
    payer: Client,
    people: Sequence[Person],
    gift: Gift,
    accepted: dict[str, Any],
    now: datetime,
) -> Order:
    order = _made(uuid7(), offer, payer, people, gift, accepted, now)
    insert_unless_there(order)
    return order


def _made(
    order_id: uuid.UUID,
    offer: PackOffer,
    payer: Client,
    people: Sequence[Person],
    gift: Gift,
    agreed: dict[str, Any],
    now: datetime,
) -> Order:
    told_on = gift.told_on.isoformat() if gift.told_on else ""
    return Order(
        pk=order_id,
        kind=OrderKind.PACKS,
        payer=payer,
        pack_offer=offer,
        price_minor=offer.price_minor * len(people),
        currency=offer.currency,
        beneficiaries=[_entry(each, offer, payer, gift) for each in people],
        is_gift=not all(each.is_payer for each in people),
        agreed={**agreed, "names_payer": gift.names_payer, "told_on": told_on},
        created_at=now,
    )


def _entry(person: Person, offer: PackOffer, payer: Client, gift: Gift) -> dict[str, Any]:
    client_id = payer.pk if person.is_payer else person.client_id
    return {
        "client_id": str(client_id) if client_id else "",
        "name": "" if client_id else " ".join(person.name.split())[:120],
        "email": "" if client_id else person.email.lower(),
        "price_minor": offer.price_minor,
        "units": offer.units,
        "message": "" if person.is_payer else gift.message.strip()[:1000],
        "pack_id": "",
    }


def _begun(
    offer: PackOffer, payer: Client, people: Sequence[Person], gift: Gift, accepted: dict[str, Any]
) -> Order | None:
    """The same order of the same browser that is not paid: pressing twice meets here, at the payer's row."""
    Client.objects.select_for_update(no_key=True).get(pk=payer.pk)
    browser = accepted.get("browser")
    if not browser:
        return None
    rows = Order.objects.select_related("payer", "pack_offer").filter(
        kind=OrderKind.PACKS, payer=payer, pack_offer=offer, status=OrderStatus.PENDING
    )
    wanted = [_entry(each, offer, payer, gift) for each in people]
    told_on = gift.told_on.isoformat() if gift.told_on else ""
    same = rows.filter(agreed__browser=browser, agreed__names_payer=gift.names_payer, agreed__told_on=told_on)
    return next((each for each in same.order_by("-created_at") if each.beneficiaries == wanted), None)


# --- paying ------------------------------------------------------------------------------------------


def sale_of(order: Order) -> checkout.Sale:
    """What the payer is charged for all of it; it names nobody."""
    offer, count = order.pack_offer, len(order.beneficiaries)
    assert offer is not None
    return checkout.Sale(
        purpose=PURPOSE,
        reference=order.pk,
        client_id=order.payer_id,
        client_email=order.payer.email,
        description=described(order),
        amount_minor=order.price_minor,
        currency=order.currency,
        units=count * offer.units,
        tax_bp=offer.tax_bp,
    )


def described(order: Order) -> str:
    """ "5 × 10-session pack"."""
    assert order.pack_offer is not None
    count = len(order.beneficiaries)
    return f"{count} × {order.pack_offer.name}" if count > 1 else order.pack_offer.name


def pay(*, order_id: uuid.UUID, links: OrderLinks, now: datetime) -> str:
    """Use case: where to pay for an order. Its page is gone on with until it is too near its end.

    Raises `requirements.PaperworkMissing` where something is to be signed first, `checkout.AlreadyPaid`,
    `selling.OrderEnded`, `connect.accounts.CannotCharge`, `checkout.PageUnavailable`.
    """

    def open_it() -> PaymentAttempt:
        with transaction.atomic(durable=True):
            order = locked(order_id)
            if order.paid_at is not None:
                raise checkout.AlreadyPaid(described(order))
            if order.status != OrderStatus.PENDING:
                raise OrderEnded("There is nothing to pay for this order any more.")
            packs_for_papers.insist(order=order, now=now)
            attempt = checkout.open_attempt(sale=sale_of(order), links=links(order), now=now)
            if attempt.expires_at <= now + TOO_SHORT_TO_PAY:
                raise by_link.InTheWay(attempt)
            return attempt

    return by_link.to_the_page(open_it, now=now)


def locked(order_id: uuid.UUID) -> Order:
    """Step: an order with its offer and its payer, kept from other writers until the transaction ends."""
    require_transaction()
    rows = Order.objects.select_related("payer", "pack_offer")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=order_id)


def charge_of(order: Order) -> Charge | None:
    """What is owed for it, once that was asked for."""
    return Charge.objects.filter(purpose=PURPOSE, reference=order.pk).first()


def tell(*, order: Order, kind: str, now: datetime, actor: Actor, **data: object) -> None:
    """Step: an event of the payer's."""
    events.record(kind=kind, subject_id=order.pk, client_id=order.payer_id, actor=actor, now=now, data=data)
