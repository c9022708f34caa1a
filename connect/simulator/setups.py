"""SetupIntents: keeping a card without a payment."""

from typing import Any

from connect.simulator import customers, events, methods, rendering
from connect.simulator.refusals import card_error, invalid, missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World


def create(call: Call) -> Document:
    """With `confirm` its card is kept at once, as no page could."""
    asked = call.params
    if "customer" in asked:
        customers.found(call.store, asked["customer"], account=call.account, param="customer")
    intent = new(call.world, asked, account=call.account)
    if "payment_method" in asked:
        method = methods.chargeable(call, asked["payment_method"], customer=intent["customer"])
        call.store.save(intent, payment_method=method["id"], status="requires_confirmation")
    if asked.get("confirm"):
        _confirm(call, intent)
    return rendering.render(intent)


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def found(store: Store, intent_id: str, *, account: str | None) -> Document:
    intent = store.find(intent_id, account=account)
    if intent is None or intent["object"] != "setup_intent":
        raise missing("setupintent", intent_id, param="intent")
    return intent


def new(world: World, asked: dict[str, Any], *, account: str) -> Document:
    intent = {
        "id": world.store.new_id("seti"),
        "object": "setup_intent",
        "allowed_payment_method_types": asked.get("allowed_payment_method_types"),
        "application": "ca_simulated",
        "client_secret": None,
        "created": world.store.now(),
        "customer": asked.get("customer"),
        "description": asked.get("description"),
        "livemode": False,
        "metadata": asked.get("metadata", {}),
        "payment_method": None,
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": asked.get("usage", "off_session"),
    }
    return world.store.add(intent, account=account)


def try_method(world: World, intent: Document, method: Document) -> None:
    """The client is present: a bank that wants to hear from them can."""
    world.store.save(intent, payment_method=method["id"], _method=method["id"])
    if methods.card_of(method).asks:
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
        world.store.save(intent, status="requires_action", next_action=action)
    else:
        _ask_bank(world, intent, method)


def finish_authentication(world: World, intent: Document, *, completed: bool) -> None:
    method = methods.found(world.store, intent["_method"], account=None)
    if completed:
        _ask_bank(world, intent, method)
        return
    problem = {
        "type": "invalid_request_error",
        "code": "setup_intent_authentication_failure",
        "payment_method": rendering.render(method),
    }
    _fail(world, intent, problem)


def drop(world: World, intent: Document) -> None:
    """Its page has expired."""
    if intent["status"] != "succeeded":
        world.store.save(intent, status="canceled", next_action=None, cancellation_reason="abandoned")


def _confirm(call: Call, intent: Document) -> None:
    if not intent["payment_method"]:
        raise invalid("You cannot confirm this SetupIntent because it's missing a payment method.")
    method = methods.found(call.store, intent["payment_method"], account=call.account)
    try_method(call.world, intent, method)
    problem = intent.get("last_setup_error")
    if problem:
        said = {name: value for name, value in problem.items() if name not in ("type", "message", "code")}
        shown = rendering.render(intent)
        raise card_error(problem["message"], code=problem["code"], setup_intent=shown, **said)


def _ask_bank(world: World, intent: Document, method: Document) -> None:
    decline = methods.decline_of(world, method)
    if decline and not methods.card_of(method).is_kept:
        _fail(world, intent, methods.problem(decline, method))
        return
    if intent["customer"]:
        methods.attach(world, method, intent["customer"], redisplay="limited")
    world.store.save(method, _is_set_up=intent["usage"] == "off_session")
    world.store.save(intent, status="succeeded", next_action=None, last_setup_error=None)
    _tell(world, intent, "setup_intent.succeeded")


def _fail(world: World, intent: Document, problem: dict[str, Any]) -> None:
    changes = {"status": "requires_payment_method", "next_action": None, "last_setup_error": problem}
    world.store.save(intent, **changes, payment_method=None)
    _tell(world, intent, "setup_intent.setup_failed")


def _tell(world: World, intent: Document, kind: str) -> None:
    events.emit(world, kind, intent, account=world.store.owner_of(intent["id"]))
