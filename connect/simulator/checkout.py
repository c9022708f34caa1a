"""Checkout sessions: the hosted payment page, from the API's side and from the client's."""

from typing import Any

from connect.simulator import accounts, customers, events, intents, money, rendering
from connect.simulator.cards import Card
from connect.simulator.refusals import Refusal, invalid, missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

SHORTEST_SECONDS = 30 * 60
LONGEST_SECONDS = 24 * 3600
EXPIRE = "expire_checkout"


class CannotPay(Exception):
    """The page is not open any more, or the coach's account takes no cards now."""


def create(call: Call) -> Document:
    asked = call.params
    accounts.check_takes_cards(call.store, call.account)
    _check_mode(asked)
    expires_at = _checked_expiry(asked, call.store.now())
    items = [_line_item(call.store, item) for item in asked.get("line_items", [])]
    currency, total = _checked_total(items)
    _check_fee(asked, total)
    if "customer" in asked:
        customers.found(call.store, asked["customer"], account=call.account, param="customer")
    session = {
        **_constant_parts(),
        "id": call.store.new_id("cs_test"),
        "adaptive_pricing": asked.get("adaptive_pricing", {"enabled": True}),
        "allowed_payment_method_types": asked.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "created": call.store.now(),
        "currency": currency,
        "customer": asked.get("customer"),
        "customer_email": asked.get("customer_email"),
        "expires_at": expires_at,
        "metadata": asked.get("metadata", {}),
        "saved_payment_method_options": asked.get("saved_payment_method_options"),
        "submit_type": asked.get("submit_type"),
        "success_url": asked["success_url"],
        "_line_items": items,
        "_intent": asked.get("payment_intent_data", {}),
    }
    session["url"] = f"{call.world.config.base_url}/c/pay/{session['id']}"
    call.store.add(session, account=call.account)
    call.store.set_alarm(due_at=expires_at, kind=EXPIRE, object_id=session["id"])
    return rendering.render(session)


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def expire(call: Call) -> Document:
    session = found(call.store, call.ids[0], account=call.account)
    if session["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of `{session['status']}`."
        )
    _expire(call.world, session)
    return rendering.render(session)


def expire_by_clock(world: World, session: Document) -> None:
    if session["status"] == "open":
        _expire(world, session)


def found(store: Store, session_id: str, *, account: str | None) -> Document:
    session = store.find(session_id, account=account)
    if session is None or session["object"] != "checkout.session":
        raise missing("checkout.session", session_id)
    return session


def pay(world: World, session: Document, card: Card) -> str:
    """The client presses Pay. Returns the PaymentIntent's status afterwards. Raises CannotPay."""
    _check_payable(world, session)
    intent = _intent_of(world, session)
    intents.try_card(world, intent, card)
    return _after_a_try(world, session, intent)


def answer_authentication(world: World, session: Document, *, completed: bool) -> str:
    """The client has been to the bank's page. Raises CannotPay."""
    _check_payable(world, session)
    intent = _intent_of(world, session)
    if intent["status"] != "requires_action":
        raise CannotPay("There is nothing to confirm on this payment.")
    intents.finish_authentication(world, intent, completed=completed)
    return _after_a_try(world, session, intent)


def _after_a_try(world: World, session: Document, intent: Document) -> str:
    if intent["status"] in ("requires_capture", "succeeded"):
        _complete(world, session, intent)
    return intent["status"]


def _complete(world: World, session: Document, intent: Document) -> None:
    account = world.store.owner_of(session["id"])
    email = session["customer_email"]
    world.store.save(
        session,
        status="complete",
        url=None,
        payment_status="paid" if intent["status"] == "succeeded" else "unpaid",
        customer_details={"email": email, "name": None, "phone": None, "tax_exempt": "none", "tax_ids": []},
    )
    events.emit(world, "checkout.session.completed", session, account=account)


def _intent_of(world: World, session: Document) -> Document:
    """Made when the client first presses Pay, and used again for every further card."""
    if session.get("payment_intent"):
        return intents.found(world.store, session["payment_intent"], account=None)
    intent = intents.create_for_session(world, session)
    world.store.save(session, payment_intent=intent["id"])
    return intent


def _check_payable(world: World, session: Document) -> None:
    if session["status"] != "open":
        raise CannotPay("This payment page is no longer open.")
    if not accounts.takes_cards(accounts.found(world.store, world.store.owner_of(session["id"]))):
        raise CannotPay("This business cannot take card payments at the moment.")


def _expire(world: World, session: Document) -> None:
    world.store.save(session, status="expired", url=None)
    intents.drop_unpaid(world, session.get("payment_intent"))
    account = world.store.owner_of(session["id"])
    events.emit(world, "checkout.session.expired", session, account=account)


def _constant_parts() -> dict[str, Any]:
    return {
        "object": "checkout.session",
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer_creation": "if_required",
        "livemode": False,
        "mode": "payment",
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
    }


def _check_mode(asked: dict[str, Any]) -> None:
    if asked.get("mode") != "payment":
        raise Refusal(501, "api_error", "Only Checkout Sessions in payment mode are simulated.")
    if "success_url" not in asked:
        raise invalid("Missing required param: success_url.", code="parameter_missing", param="success_url")


def _checked_expiry(asked: dict[str, Any], now: int) -> int:
    expires_at = asked.get("expires_at", now + LONGEST_SECONDS)
    if not expires_at - now >= SHORTEST_SECONDS:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise invalid(message, param="expires_at")
    if expires_at - now > LONGEST_SECONDS:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise invalid(message, param="expires_at")
    return expires_at


def _line_item(store: Store, asked: dict[str, Any]) -> Document:
    price = asked.get("price_data", {})
    if "unit_amount" not in price or "product_data" not in price:
        raise Refusal(501, "api_error", "Only line items with price_data and product_data are simulated.")
    total = price["unit_amount"] * asked.get("quantity", 1)
    return {
        "id": store.new_id("li"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"].lower(),
        "description": price["product_data"]["name"],
        "quantity": asked.get("quantity", 1),
        "_detail": price["product_data"].get("description", ""),
    }


def _checked_total(items: list[Document]) -> tuple[str, int]:
    if not items:
        raise invalid("Missing required param: line_items.", code="parameter_missing", param="line_items")
    currency, total = items[0]["currency"], sum(item["amount_total"] for item in items)
    if total < money.smallest_charge(currency):
        least = money.smallest_charge(currency)
        message = f"The Checkout Session's total amount must be at least {least} {currency}."
        raise invalid(message, code="amount_too_small")
    return currency, total


def _check_fee(asked: dict[str, Any], total: int) -> None:
    fee = asked.get("payment_intent_data", {}).get("application_fee_amount")
    if fee is not None:
        intents.check_fee(fee, total, param="payment_intent_data[application_fee_amount]")
