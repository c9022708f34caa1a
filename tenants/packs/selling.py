"""Selling packs: an order, its payment, and a pack that the coach gives out before it is paid."""

import uuid
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from kit.actors import Actor
from kit.database import insert_unless_there
from kit.ids import uuid7
from kit.states import change, move
from tenants.activity import events
from tenants.billing import by_link, checkout
from tenants.billing.attempts import TOO_SHORT_TO_PAY, live_attempt
from tenants.billing.models import Charge, PaymentAttempt
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.offers import coupons
from tenants.packs import expiry, instalments, ledger, offers
from tenants.packs.models import Pack, PackOffer, PackStatus, UnitKind
from tenants.paperwork import requirements
from tenants.registry import wakeups

# The pages to return to, for a pack that may be ordered only now.
PackLinks = Callable[[Pack], checkout.Links]


class NotOnOffer(Exception):
    """Nothing is sold at this address any more."""


class OrderEnded(Exception):
    """The order was not paid in time, or the pack needs no payment of its own."""


# --- the order ---------------------------------------------------------------------------------------


def agreement(*, text: str, address: str, now: datetime) -> dict[str, Any]:
    """What a buyer agreed to, to be kept as it was shown: the words, their hash, the time, where from."""
    digest = sha256(text.encode()).hexdigest()
    return {"text": text, "sha256": digest, "at": now.isoformat(), "address": address}


def order(
    *,
    offer: PackOffer,
    client: Client,
    now: datetime,
    accepted: dict[str, Any],
    buyer: Client | None = None,
    first_booking: uuid.UUID | None = None,
) -> Pack:
    """Step: a pack that waits for its payment. `accepted` is what was shown and agreed to."""
    return Pack.objects.create(
        offer=offer,
        client=client,
        buyer=buyer or client,
        units=offer.units,
        price_minor=offer.price_minor,
        currency=offer.currency,
        instalments=offer.instalments,
        bought_at=now,
        first_booking=first_booking,
        accepted=accepted,
    )


def sale_of(pack: Pack, *, purpose: str = "pack", extras_minor: int = 0) -> checkout.Sale:
    """What the buyer is charged for, in the instalments that it was ordered in; it names nobody."""
    parts, mandate = instalments.sold_in(pack, extras_minor=extras_minor)
    return checkout.Sale(
        purpose=purpose,
        reference=pack.pk,
        client_id=pack.buyer_id,
        client_email=pack.buyer.email,
        description=pack.offer.name,
        amount_minor=pack.price_minor + extras_minor,
        currency=pack.currency,
        units=pack.units,
        extras_minor=extras_minor,
        parts=parts,
        mandate=mandate,
        tax_bp=pack.offer.tax_bp,
    )


def buy(
    *,
    slug: str,
    name: str,
    email: str,
    phone: str,
    timezone: str,
    accepted: dict[str, Any],
    links: PackLinks,
    now: datetime,
    offer_id: uuid.UUID | None = None,
    coupon: str = "",
) -> str:
    """Use case: order the pack at this address; answers where to pay, or the order's own page, where papers
    come first or it costs nothing.

    Whoever left an order of the same pack unpaid goes on with that one, in the browser that made it.
    `offer_id` is the version that was shown. Raises NotOnOffer, `offers.OfferChanged`,
    `coupons.CouponRefused`, `connect.accounts.CannotCharge`, `checkout.PageUnavailable`, and
    `checkout.AlreadyPaid` when that order turns out to be paid.
    """

    def order_it() -> PaymentAttempt | str:
        with transaction.atomic(durable=True):
            offer = _offered(slug, offer_id)
            client = find_or_add(name=name, email=email, phone=phone, timezone=timezone, now=now)
            pack = _begun(offer, client, accepted) or order(
                offer=offer, client=client, now=now, accepted=accepted
            )
            return _to_its_end(pack, links, now, coupon=coupon, name=name)

    return by_link.to_the_page(order_it, now=now)


def _to_its_end(
    pack: Pack, links: PackLinks, now: datetime, *, coupon: str | None, name: str = ""
) -> PaymentAttempt | str:
    """Step: the order waits for its papers, or is there for nothing, or is to be paid; with no `coupon`, not
    even an empty one, at the price that it has."""
    if _waits_for_papers(pack, now, coupon=coupon, name=name):
        return links(pack)(pack.pk)[1]
    if coupon is not None:
        _price(pack, coupon, now)
        change(pack, accepted={name: said for name, said in pack.accepted.items() if name != "coupon"})
    if not pack.price_minor:
        begin(pack=pack, now=now)
        return links(pack)(pack.pk)[1]
    return _open_attempt(pack, links, now)


def _waits_for_papers(pack: Pack, now: datetime, *, coupon: str | None, name: str) -> bool:
    """Step: what the offer requires is given to the buyer to be done first; the code is kept meanwhile."""
    if not _hand_out(pack, now, values=requirements.as_typed(name)):
        return False
    change(pack, accepted={**pack.accepted, "coupon": coupon})
    wakeups.ask(kind="pack_papers", reference=pack.pk, due_at=now + requirements.DONE_WITHIN, now=now)
    return True


def _hand_out(pack: Pack, now: datetime, *, values: dict[str, str] | None = None) -> bool:
    wanted: dict[str, Any] = {"lines": pack.offer.requires, "client": pack.buyer, "reference": pack.pk}
    refused = requirements.hand_out(**wanted, values=values, now=now)
    if refused is None:
        return False
    given = [str(each.pk) for each in refused.client_papers]
    papers = list(dict.fromkeys([*pack.accepted.get("papers", ()), *given]))
    change(pack, accepted={**pack.accepted, "papers": papers})
    return True


def ask_for_papers(*, pack_id: uuid.UUID, now: datetime) -> Pack | None:
    """Use case before a pack is paid that the coach sold unpaid: the pack, where papers come first.

    They are the buyer's from now on. None where nothing is missing, or something of it is paid already.
    """
    with transaction.atomic(durable=True):
        pack = _locked(pack_id)
        return pack if _is_sold_before_its_papers(pack, now) else None


def _is_sold_before_its_papers(pack: Pack, now: datetime) -> bool:
    if pack.status != PackStatus.ACTIVE or pack.paid_at is not None or not pack.offer.requires:
        return False
    begun = Charge.objects.filter(purpose="pack", reference=pack.pk, paid_minor__gt=0)
    return not begun.exists() and _hand_out(pack, now)


def papers_of(pack: Pack) -> list[uuid.UUID]:
    """The buyer's papers that this order waits for, or has waited for."""
    return [uuid.UUID(each) for each in pack.accepted.get("papers", ())]


def _price(pack: Pack, code: str, now: datetime) -> None:
    """Step: what a coupon makes of an order's price, or the whole price again."""
    offer, price_minor = pack.offer, pack.offer.price_minor
    if code:
        found = coupons.quote(
            code=code,
            thing=offer.line,
            full_minor=price_minor,
            currency=offer.currency,
            now=now,
            client_id=pack.buyer_id,
            reference=pack.pk,
        )
        coupons.use(found=found, client_id=pack.buyer_id, reference=pack.pk, now=now)
        price_minor = found.left_minor
    elif pack.price_minor != price_minor:
        coupons.give_back(reference=pack.pk, now=now)
    if pack.price_minor != price_minor:
        change(pack, price_minor=price_minor)


def _offered(slug: str, seen: uuid.UUID | None) -> PackOffer:
    offer = offers.offered(slug)
    if offer is None:
        raise NotOnOffer(slug)
    if seen not in (None, offer.pk):
        raise offers.OfferChanged(offer)
    return offer


def _begun(offer: PackOffer, client: Client, accepted: dict[str, Any]) -> Pack | None:
    """The client's order of this very version that is not paid: ordering twice at once meets here.

    Anybody can type the client's address: what another browser has ordered is left to it.
    """
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    orders = Pack.objects.select_for_update(of=("self",), no_key=True).select_related("offer")
    same = orders.filter(offer=offer, client=client, buyer=client, first_booking=None)
    if browser := accepted.get("browser"):
        same = same.filter(accepted__browser=browser)
    return same.filter(status=PackStatus.PENDING).order_by("-bought_at").first()


def pay(*, pack_id: uuid.UUID, links: PackLinks, now: datetime) -> str:
    """Use case: where to pay for an order that was left, or for a pack that the coach sold unpaid; as `buy`,
    the order's own page where there is nothing to pay yet, and "" for a sold pack whose papers come first.

    Raises `checkout.AlreadyPaid`, OrderEnded, and as `buy` does.
    """

    def open_it() -> PaymentAttempt | str:
        with transaction.atomic(durable=True):
            pack = _locked(pack_id)
            if pack.status == PackStatus.PENDING and pack.first_booking is None:
                # What was ordered before its papers were done has no price of its own yet.
                return _to_its_end(pack, links, now, coupon=pack.accepted.get("coupon"))
            if _is_sold_before_its_papers(pack, now):
                return ""
            return _open_attempt(pack, links, now)

    return by_link.to_the_page(open_it, now=now)


def _locked(pack_id: uuid.UUID) -> Pack:
    """Step: the pack, and its buyer before it, as where one is ordered: papers are given under that lock."""
    buyer_id = Pack.objects.values_list("buyer_id", flat=True).get(pk=pack_id)
    Client.objects.select_for_update(no_key=True).get(pk=buyer_id)
    return ledger.locked(pack_id)


def _open_attempt(pack: Pack, links: PackLinks, now: datetime) -> PaymentAttempt:
    """Step: the live attempt at paying for a locked pack. Raises `InTheWay` for one that is of no use."""
    if pack.paid_at is not None:
        raise checkout.AlreadyPaid(pack.offer.name)
    if pack.status == PackStatus.VOID or not pack.price_minor or _is_paid_with_its_booking(pack):
        raise OrderEnded("There is nothing to pay for this pack by itself.")
    sale = sale_of(pack)
    attempt = checkout.open_attempt(sale=sale, links=links(pack), now=now)
    is_another = pack.status == PackStatus.PENDING and attempt.amount_minor != sale.due_now_minor
    if is_another or attempt.expires_at <= now + TOO_SHORT_TO_PAY:
        raise by_link.InTheWay(attempt)
    return attempt


def _is_paid_with_its_booking(pack: Pack) -> bool:
    return pack.status == PackStatus.PENDING and pack.first_booking is not None


def payment_of(pack_id: uuid.UUID) -> PaymentAttempt | None:
    """The attempt that could still pay for the pack by itself."""
    charge = Charge.objects.filter(purpose="pack", reference=pack_id).first()
    return live_attempt(charge.pk) if charge else None


# --- what it leads to --------------------------------------------------------------------------------


def sell(
    *,
    offer_id: uuid.UUID,
    client_id: uuid.UUID,
    now: datetime,
    actor: Actor,
    pack_id: uuid.UUID | None = None,
) -> Pack:
    """Use case of the coach: a pack that is paid later. Its units are there, and count as the offer says.

    With `pack_id`, made by the form, a button that is pressed twice sells once.
    """
    with transaction.atomic(durable=True):
        offer, client = PackOffer.objects.get(pk=offer_id), Client.objects.get(pk=client_id)
        pack = Pack(
            pk=pack_id or uuid7(),
            offer=offer,
            client=client,
            buyer=client,
            status=PackStatus.ACTIVE,
            units=offer.units,
            price_minor=offer.price_minor,
            currency=offer.currency,
            bought_at=now,
        )
        if not insert_unless_there(pack):
            return Pack.objects.select_related("offer").get(pk=pack.pk)
        grant(pack=pack, cause="sold_unpaid", now=now, actor=actor)
        # Owed from now on, by card or by hand.
        checkout.open_charge(sale=sale_of(pack))
        tell(pack=pack, kind="pack.sold", now=now, actor=actor)
    return pack


def begin(*, pack: Pack, now: datetime, is_paid: bool = True) -> None:
    """Step: an order is a pack with all its units from now on; not `is_paid`, more of it is owed."""
    buyer = Actor("client", str(pack.buyer_id))
    move(pack, PackStatus.ACTIVE, paid_at=now if is_paid else None, bought_at=now)
    grant(pack=pack, cause="bought", now=now, actor=buyer)
    tell(pack=pack, kind="pack.bought", now=now, actor=buyer)


def grant(*, pack: Pack, cause: str, now: datetime, actor: Actor) -> None:
    """Step: what was sold is there, and valid from when it was bought. Once per pack."""
    expiry.start(pack=pack, now=now)
    ledger.enter(
        pack=pack,
        kind=UnitKind.BOUGHT,
        units=pack.units,
        cause=cause,
        rule="sale",
        actor=actor,
        reference=str(pack.pk),
        now=now,
    )


def tell(*, pack: Pack, kind: str, now: datetime, actor: Actor, **data: object) -> None:
    """Step: an event of the pack's holder."""
    events.record(kind=kind, subject_id=pack.pk, client_id=pack.client_id, actor=actor, now=now, data=data)
