"""Buying a product: an order, its payment, and going on with one that was left."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from kit.database import insert_unless_there
from kit.ids import uuid7
from kit.states import change
from tenants.activity import events
from tenants.billing import by_link, checkout
from tenants.billing.attempts import TOO_SHORT_TO_PAY
from tenants.billing.models import PaymentAttempt
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.offers import coupons
from tenants.offers.practice import practice as the_practice
from tenants.shop import fulfilment, order_papers, products
from tenants.shop.models import Order, OrderKind, OrderStatus
from tenants.shop.terms import Said, Shown, kept, shown_of

# The pages to return to, for an order that may be made only now.
OrderLinks = Callable[[Order], checkout.Links]


class NotOnOffer(Exception):
    """Nothing is sold at this address any more."""


class ProductChanged(Exception):
    """What was shown is not what is sold by now. Nothing was ordered."""


class OrderEnded(Exception):
    """The order came to nothing, or costs nothing: there is nothing to pay for it."""


@dataclass(frozen=True, slots=True)
class Bought:
    """An order, and where it is paid; "" where papers come first, there is nothing to pay, or it is paid."""

    order: Order
    pay_at: str = ""


def buy(
    *,
    slug: str,
    shown: str,
    name: str,
    email: str,
    timezone: str,
    said: Said,
    links: OrderLinks,
    now: datetime,
    order_id: uuid.UUID | None = None,
    coupon: str = "",
) -> Bought:
    """Use case: order the product at this address, whose text had the digest `shown` when it was agreed to.

    A product that costs nothing is the buyer's at once; one with forms or documents waits for them first.
    `order_id` was made by the form, so that a press that comes twice orders once; and whoever left an order
    of the same unpaid goes on with that one, in the browser that made it. Raises NotOnOffer, ProductChanged,
    `coupons.CouponRefused`, `connect.accounts.CannotCharge`, `checkout.PageUnavailable`, and
    `checkout.AlreadyPaid` when it turns out to be paid.
    """

    made: list[Order] = []

    def order_it() -> PaymentAttempt | str:
        with transaction.atomic(durable=True):
            sold = _sold(slug, shown, now)
            client = find_or_add(name=name, email=email, phone="", timezone=timezone, now=now)
            order = _begun(sold, client, said, order_id) or _ordered(sold, client, said, order_id, now)
            made[:] = [order]
            return _to_its_end(order, links, now, coupon=coupon, name=name)

    pay_at = by_link.to_the_page(order_it, now=now)
    return Bought(made[0], pay_at)


def _to_its_end(
    order: Order, links: OrderLinks, now: datetime, *, coupon: str, name: str = ""
) -> PaymentAttempt | str:
    """Step: a locked order waits for its papers, or is the buyer's for nothing, or is to be paid."""
    if order.status == OrderStatus.PAID:
        return ""
    found = _quoted(order, coupon, now)
    if order_papers.hand_out(order=order, coupon=coupon, name=name, now=now):
        return ""
    _price(order, found, now)
    if order.price_minor:
        return _open_attempt(order, links, now)
    fulfilment.complete(order=order, now=now)
    return ""


def _sold(slug: str, shown: str, now: datetime) -> Shown:
    product = products.offered(slug)
    if product is None:
        raise NotOnOffer(slug)
    sold = shown_of(product, practice=the_practice(), now=now)
    if sold.digest != shown:
        raise ProductChanged(product.name)
    return sold


def _begun(sold: Shown, client: Client, said: Said, order_id: uuid.UUID | None) -> Order | None:
    """The order of this very form; or one of the same that is not paid, made in the same browser.

    Anybody can type the client's address: what another browser has ordered is left to it.
    """
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    orders = Order.objects.select_for_update(of=("self",), no_key=True).select_related("payer", "product")
    same = orders.filter(product=sold.product, payer=client, agreed__browser=said.browser)
    if order_id and (found := same.filter(pk=order_id).first()):
        return found
    waiting = same.filter(status=OrderStatus.PENDING, agreed__sha256=sold.digest)
    return waiting.order_by("-created_at").first() if said.browser else None


def _ordered(sold: Shown, client: Client, said: Said, order_id: uuid.UUID | None, now: datetime) -> Order:
    order = Order(
        pk=order_id or uuid7(),
        kind=OrderKind.PRODUCT,
        payer=client,
        product=sold.product,
        price_minor=sold.product.price_minor,
        currency=sold.product.currency,
        agreed=kept(sold, said, is_new=client.created_at == now, now=now),
        created_at=now,
    )
    if not insert_unless_there(order):
        # Somebody else's order has this id: the form was tampered with, or copied.
        order.pk = uuid7()
        order.save(force_insert=True)
    return order


def _quoted(order: Order, code: str, now: datetime) -> coupons.Discount | None:
    """Step: what a code takes off an order. Raises `coupons.CouponRefused`."""
    if not code or not order.product_id:
        return None
    return coupons.quote(
        code=code,
        thing=order.product_id,
        full_minor=order.agreed["full_minor"],
        currency=order.currency,
        now=now,
        client_id=order.payer_id,
        reference=order.pk,
    )


def _price(order: Order, found: coupons.Discount | None, now: datetime) -> None:
    """Step: what a coupon makes of an order's price, or the whole price again."""
    full_minor = price_minor = order.agreed["full_minor"]
    if found:
        coupons.use(found=found, client_id=order.payer_id, reference=order.pk, now=now)
        price_minor = found.left_minor
    elif order.price_minor != full_minor:
        coupons.give_back(reference=order.pk, now=now)
    if order.price_minor != price_minor:
        change(order, price_minor=price_minor)


# --- the payment -------------------------------------------------------------------------------------


def pay(*, order_id: uuid.UUID, links: OrderLinks, now: datetime) -> str:
    """Use case: where to pay for an order, also for one that was left; "" where papers come first, or there
    is nothing to pay.

    Raises `checkout.AlreadyPaid`, OrderEnded, and as `buy` does.
    """

    def open_it() -> PaymentAttempt | str:
        with transaction.atomic(durable=True):
            order = fulfilment.locked(order_id)
            if order.status == OrderStatus.PENDING and order_papers.papers_of(order):
                # What was ordered before its papers were done has no price of its own yet.
                return _to_its_end(order, links, now, coupon=order.agreed.get("coupon", ""))
            return _open_attempt(order, links, now)

    return by_link.to_the_page(open_it, now=now)


def _open_attempt(order: Order, links: OrderLinks, now: datetime) -> PaymentAttempt:
    """Step: the live attempt at paying for a locked order. Raises `InTheWay` for one that is of no use."""
    if order.paid_at is not None:
        raise checkout.AlreadyPaid(order.agreed["name"])
    if order.status == OrderStatus.VOID or not order.price_minor:
        raise OrderEnded("There is nothing to pay for this order.")
    attempt = checkout.open_attempt(sale=sale_of(order), links=links(order), now=now)
    if attempt.amount_minor != order.price_minor or attempt.expires_at <= now + TOO_SHORT_TO_PAY:
        raise by_link.InTheWay(attempt)
    return attempt


def sale_of(order: Order) -> checkout.Sale:
    """What the buyer is charged for. Included sessions are units; a product without any bears the fee."""
    return checkout.Sale(
        purpose=fulfilment.PURPOSE,
        reference=order.pk,
        client_id=order.payer_id,
        client_email=order.payer.email,
        description=order.agreed["name"],
        amount_minor=order.price_minor,
        currency=order.currency,
        units=order.agreed.get("units", 0),
        tax_bp=order.agreed.get("tax_bp", 0),
    )


# --- links that were lost ----------------------------------------------------------------------------


def ask_for_link(*, order_id: uuid.UUID, now: datetime) -> None:
    """Use case: the order's link goes to its payer's address once more, and nowhere else."""
    with transaction.atomic(durable=True):
        order = Order.objects.select_related("payer").get(pk=order_id)
        if order.status == OrderStatus.PAID:
            events.record(
                kind="order.link_asked",
                subject_id=order.pk,
                client_id=order.payer_id,
                actor=fulfilment.buyer_of(order),
                now=now,
            )


def orders_of(client: Client) -> list[Order]:
    """The products that a client has bought and may use, the newest first."""
    paid = Order.objects.filter(payer=client, status=OrderStatus.PAID, kind=OrderKind.PRODUCT)
    return list(paid.select_related("product").order_by("-paid_at"))
