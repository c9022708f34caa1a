"""Payment methods: cards as they are entered, kept for a customer, replaced by their bank, and forgotten."""

from datetime import UTC, datetime
from typing import Any

from connect.simulator import customers, events, listing, rendering
from connect.simulator.cards import DECLINES, Card, Decline, card_of_method, card_with, decline_for
from connect.simulator.refusals import invalid, missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

LAST_MONTH, LAST_YEAR = 12, 2034
YEARS_OF_A_NEW_CARD = 4


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def list_methods(call: Call) -> Document:
    if "customer" not in call.params:
        raise invalid("Only the methods of a customer can be listed.", param="customer")
    return _page(call, call.params["customer"], "/v1/payment_methods")


def list_of_customer(call: Call) -> Document:
    return _page(call, call.ids[0], f"/v1/customers/{call.ids[0]}/payment_methods")


def attach_by_hand(call: Call) -> Document:
    """Keep a card without asking its bank, as only tests do."""
    method = named(call, call.ids[0])
    customers.found(call.store, call.params["customer"], account=call.account, param="customer")
    if method["customer"]:
        raise invalid("This PaymentMethod is attached to a customer already.", param="customer")
    attach(call.world, method, call.params["customer"], redisplay="unspecified")
    return rendering.render(method)


def detach(call: Call) -> Document:
    method = found(call.store, call.ids[0], account=call.account)
    if not method["customer"]:
        raise invalid(
            "The payment method you provided is not attached to a customer so detachment is impossible.",
            param="payment_method",
        )
    forget(call.world, method)
    return rendering.render(method)


def found(store: Store, method_id: str, *, account: str | None, param: str = "id") -> Document:
    method = store.find(method_id, account=account)
    if method is None or method["object"] != "payment_method":
        raise missing("PaymentMethod", method_id, param=param)
    return method


def named(call: Call, method_id: str) -> Document:
    """The method that a request names; one of Stripe's ready-made ones becomes a new one each time."""
    card = card_of_method(method_id) if method_id else None
    if card:
        return new(call.world, card, account=call.account)
    return found(call.store, method_id, account=call.account, param="payment_method")


def chargeable(call: Call, method_id: str, *, customer: str | None) -> Document:
    """The named method, if a payment of this customer may use it. Raises Refusal."""
    method = named(call, method_id)
    if method["customer"] and method["customer"] != customer:
        raise invalid(
            f"The PaymentMethod {method_id} does not belong to the Customer of this payment. Name its own.",
            param="payment_method",
        )
    if method["_was_used"] and not method["customer"]:
        raise invalid(
            f"The provided PaymentMethod {method_id} was previously used without being attached to a "
            "Customer, or was detached from one. It may not be used again.",
            param="payment_method",
        )
    return method


def new(world: World, card: Card, *, account: str, email: str | None = None) -> Document:
    method = {
        "id": world.store.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {"address": None, "email": email, "name": None, "phone": None, "tax_id": None},
        "card": {
            "brand": card.brand,
            "checks": {"cvc_check": "pass"},
            "country": "US",
            "exp_month": LAST_MONTH,
            "exp_year": LAST_YEAR,
            "funding": "credit",
            "last4": card.last4,
        },
        "created": world.store.now(),
        "customer": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
        "_number": card.number,
        "_was_used": False,
        "_is_set_up": False,
        "_decline": None,
    }
    return world.store.add(method, account=account)


def card_of(method: Document) -> Card:
    card = card_with(method["_number"])
    assert card is not None
    return card


def decline_of(world: World, method: Document) -> Decline | None:
    """Why its bank would refuse a payment now, or None."""
    if method["_decline"]:
        return Decline(**method["_decline"])
    today = datetime.fromtimestamp(world.store.now(), tz=UTC)
    if (method["card"]["exp_year"], method["card"]["exp_month"]) < (today.year, today.month):
        return DECLINES["expired_card"]
    return card_of(method).decline


def asks(method: Document, *, off_session: bool) -> bool:
    """Whether the bank wants to hear from the client. Who is away is not asked if they were asked before."""
    when = card_of(method).asks
    return when == "always" or (when == "unless_set_up" and not (off_session and method["_is_set_up"]))


def attach(world: World, method: Document, customer: str, *, redisplay: str) -> None:
    """Keep the card for a customer; `redisplay` says whether pages may offer it to them."""
    if redisplay == "always" or method["allow_redisplay"] != "always":
        world.store.save(method, allow_redisplay=redisplay)
    if method["customer"] == customer:
        return
    world.store.save(method, customer=customer)
    _tell(world, method, "payment_method.attached")


def forget(world: World, method: Document) -> None:
    """It stays readable, and can never be charged or kept again."""
    world.store.save(method, customer=None, _was_used=True)
    _tell(world, method, "payment_method.detached")


def kept(store: Store, customer: str | None) -> list[Document]:
    return store.linked("payment_method", "customer", customer) if customer else []


def offered(store: Store, customer: str | None) -> list[Document]:
    """The kept cards that a payment page shows to this customer."""
    return [method for method in kept(store, customer) if method["allow_redisplay"] == "always"]


def decline_from_now_on(world: World, method: Document, word: str, advice_code: str | None) -> None:
    decline = decline_for(word, advice_code=advice_code)
    world.store.save(method, _decline=vars(decline))


def accept_again(world: World, method: Document) -> None:
    world.store.save(method, _decline=None)


def expire(world: World, method: Document) -> None:
    """Its last month was the one before this."""
    today = datetime.fromtimestamp(world.store.now(), tz=UTC)
    year, month = (today.year, today.month - 1) if today.month > 1 else (today.year - 1, 12)
    world.store.save(method, card={**method["card"], "exp_year": year, "exp_month": month})


def replace(world: World, method: Document, *, last4: str) -> None:
    """The bank sent the client a new card, and the network told Stripe: the method goes on with it."""
    year = datetime.fromtimestamp(world.store.now(), tz=UTC).year + YEARS_OF_A_NEW_CARD
    card = {**method["card"], "last4": last4, "exp_year": max(year, method["card"]["exp_year"])}
    world.store.save(method, card=card, _number="4242424242424242", _decline=None)
    _tell(world, method, "payment_method.automatically_updated")


def _page(call: Call, customer: str, url: str) -> Document:
    customers.found(call.store, customer, account=call.account, param="customer")
    return listing.page(call, "payment_method", url=url, filters=("type",), customer=customer)


def _tell(world: World, method: Document, kind: str) -> None:
    events.emit(world, kind, method, account=world.store.owner_of(method["id"]))


def problem(decline: Decline, method: Document, **more: Any) -> dict[str, Any]:
    """A bank's no, as a payment or a setup remembers it."""
    said = {
        "type": "card_error",
        "code": decline.code,
        "message": decline.message,
        "decline_code": decline.decline_code or None,
        "advice_code": decline.advice_code or None,
        **more,
    }
    return {
        **{name: value for name, value in said.items() if value},
        "payment_method": rendering.render(method),
    }
