"""PaymentIntents, as the API makes, confirms, changes and ends them."""

from typing import Any

from connect.simulator import accounts, authorisations, customers, methods, money, rendering
from connect.simulator.cards import CARDS
from connect.simulator.refusals import card_error, invalid, missing, unexpected_state
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

CANCELABLE = "requires_payment_method, requires_capture, requires_confirmation, requires_action, processing"
CONFIRMABLE = ("requires_payment_method", "requires_confirmation")


def create(call: Call) -> Document:
    """A payment that no page asks for: made, and with `confirm` tried at once."""
    asked = call.params
    accounts.check_takes_cards(call.store, call.account)
    least = money.smallest_charge(asked["currency"])
    if asked["amount"] < least:
        raise invalid(f"Amount must be at least {least}.", code="amount_too_small", param="amount")
    if "application_fee_amount" in asked:
        authorisations.check_fee(
            asked["application_fee_amount"], asked["amount"], param="application_fee_amount"
        )
    if "customer" in asked:
        customers.found(call.store, asked["customer"], account=call.account, param="customer")
    _check_for_confirmation(asked)
    intent = new(call.world, asked, account=call.account)
    if "payment_method" in asked:
        method = methods.chargeable(call, asked["payment_method"], customer=intent["customer"])
        call.store.save(intent, payment_method=method["id"], status="requires_confirmation")
    if asked.get("confirm"):
        _confirm(call, intent)
    return rendering.render(intent)


def confirm(call: Call) -> Document:
    intent = found(call.store, call.ids[0], account=call.account)
    if intent["status"] not in CONFIRMABLE:
        raise unexpected_state("confirmed", intent["status"], ", ".join(CONFIRMABLE))
    accounts.check_takes_cards(call.store, call.account)
    if "payment_method" in call.params:
        method = methods.chargeable(call, call.params["payment_method"], customer=intent["customer"])
        call.store.save(intent, payment_method=method["id"])
    _confirm(call, intent)
    return rendering.render(intent)


def create_for_session(world: World, session: Document) -> Document:
    asked = {
        **session["_intent"],
        "amount": session["amount_total"],
        "currency": session["currency"],
        "customer": session["customer"],
        "allowed_payment_method_types": session["allowed_payment_method_types"],
    }
    intent = new(world, asked, account=world.store.owner_of(session["id"]))
    return world.store.save(intent, _session=session["id"], _email=session["customer_email"])


def new(world: World, asked: dict[str, Any], *, account: str) -> Document:
    intent = {
        "id": world.store.new_id("pi"),
        "object": "payment_intent",
        "allowed_payment_method_types": asked.get("allowed_payment_method_types"),
        "amount": asked["amount"],
        "amount_capturable": 0,
        "amount_received": 0,
        "application": "ca_simulated",
        "application_fee_amount": asked.get("application_fee_amount"),
        "capture_method": asked.get("capture_method", "automatic_async"),
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": world.store.now(),
        "currency": asked["currency"].lower(),
        "customer": asked.get("customer"),
        "description": asked.get("description"),
        "livemode": False,
        "metadata": asked.get("metadata", {}),
        "payment_method": None,
        "payment_method_types": ["card"],
        "setup_future_usage": asked.get("setup_future_usage"),
        "status": "requires_payment_method",
        "_session": "",
        "_email": None,
        "_redisplay": "limited",
    }
    return world.store.add(intent, account=account)


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def update(call: Call) -> Document:
    """Only the fee, the description and the metadata of a payment that is not over."""
    intent = found(call.store, call.ids[0], account=call.account)
    if intent["status"] in ("succeeded", "canceled") and "application_fee_amount" in call.params:
        raise unexpected_state("updated", intent["status"], CANCELABLE)
    changes = {name: call.params[name] or None for name in ("description",) if name in call.params}
    if "application_fee_amount" in call.params:
        changes["application_fee_amount"] = _checked_new_fee(call, intent)
    if "metadata" in call.params:
        changes["metadata"] = {**intent["metadata"], **(call.params["metadata"] or {})}
    return rendering.render(call.store.save(intent, **changes))


def capture(call: Call) -> Document:
    intent = found(call.store, call.ids[0], account=call.account)
    amount = call.params.get("amount_to_capture")
    fee = call.params.get("application_fee_amount")
    authorisations.capture(call.world, intent, amount=amount, fee=fee)
    return rendering.render(intent)


def capture_in_dashboard(world: World, intent: Document) -> None:
    authorisations.capture(world, intent, amount=None, fee=None)


def cancel(call: Call) -> Document:
    intent = found(call.store, call.ids[0], account=call.account)
    if intent["status"] in ("succeeded", "canceled"):
        raise unexpected_state("canceled", intent["status"], CANCELABLE)
    session = call.store.find(intent.get("_session", ""))
    if session and session["status"] == "open":
        raise invalid(
            "You cannot cancel a PaymentIntent that an open Checkout Session uses. Expire the session.",
            code="payment_intent_unexpected_state",
        )
    authorisations.cancel(call.world, intent, reason=call.params.get("cancellation_reason"))
    return rendering.render(intent)


def cancel_in_dashboard(world: World, intent: Document) -> None:
    if intent["status"] != "requires_capture":
        raise unexpected_state("canceled", intent["status"], "requires_capture")
    authorisations.cancel(world, intent, reason="requested_by_customer")


def sell_elsewhere(world: World, account: str, *, amount: int, currency: str, description: str) -> Document:
    """The coach takes a payment without the platform: in the dashboard, or by another program."""
    asked = {"amount": amount, "currency": currency, "description": description}
    intent = new(world, asked, account=account)
    world.store.save(intent, application=None)
    method = methods.new(world, CARDS[0], account=account)
    authorisations.try_method(world, intent, method)
    return intent


def found(store: Store, intent_id: str, *, account: str | None) -> Document:
    intent = store.find(intent_id, account=account)
    if intent is None or intent["object"] != "payment_intent":
        raise missing("payment_intent", intent_id, param="intent")
    return intent


def _check_for_confirmation(asked: dict[str, Any]) -> None:
    for name in ("off_session", "return_url"):
        if name in asked and not asked.get("confirm"):
            message = f"`{name}` cannot be passed when creating a PaymentIntent unless `confirm` is true."
            raise invalid(message, param=name)


def _confirm(call: Call, intent: Document) -> None:
    """Try the card. Raises Refusal (402) when the bank says no, or asks a client who is away."""
    if not intent["payment_method"]:
        raise invalid(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
        )
    authorisations.try_method(
        call.world,
        intent,
        methods.found(call.store, intent["payment_method"], account=call.account),
        off_session=bool(call.params.get("off_session")),
        return_url=call.params.get("return_url", ""),
    )
    if intent["status"] == "requires_payment_method":
        _refuse(intent)


def _refuse(intent: Document) -> None:
    problem = dict(intent["last_payment_error"])
    said = {name: value for name, value in problem.items() if name not in ("type", "message", "code")}
    raise card_error(
        problem["message"], code=problem["code"], payment_intent=rendering.render(intent), **said
    )


def _checked_new_fee(call: Call, intent: Document) -> int | None:
    fee = call.params["application_fee_amount"]
    if fee == "":
        return None
    authorisations.check_fee(fee, intent["amount"], param="application_fee_amount")
    return fee
