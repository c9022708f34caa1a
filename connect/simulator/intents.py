"""PaymentIntents: from the first card that is tried to captured, cancelled or lapsed."""

from dataclasses import replace
from typing import Any

from connect.simulator import accounts, charges, events, money, rendering
from connect.simulator.cards import Card, card_of_method, card_with
from connect.simulator.refusals import card_error, invalid, missing, unexpected_state
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

LAPSE = "lapse_intent"
NOBODY_TO_ASK: dict[str, Any] = {
    "asks_for_authentication": False,
    "error_code": "authentication_required",
    "decline_code": "authentication_required",
    "message": "Your card was declined. This transaction requires authentication.",
}
CANCELABLE = "requires_payment_method, requires_capture, requires_confirmation, requires_action, processing"


def create(call: Call) -> Document:
    """A payment that no page asks for: made, and with `confirm` tried at once."""
    asked = call.params
    accounts.check_takes_cards(call.store, call.account)
    least = money.smallest_charge(asked["currency"])
    if asked["amount"] < least:
        raise invalid(f"Amount must be at least {least}.", code="amount_too_small", param="amount")
    if "application_fee_amount" in asked:
        check_fee(asked["application_fee_amount"], asked["amount"], param="application_fee_amount")
    intent = _new(call.world, asked, account=call.account)
    if asked.get("confirm"):
        _confirm(call, intent)
    return rendering.render(intent)


def confirm(call: Call) -> Document:
    intent = found(call.store, call.ids[0], account=call.account)
    if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise unexpected_state("confirmed", intent["status"], "requires_payment_method")
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
    intent = _new(world, asked, account=world.store.owner_of(session["id"]))
    return world.store.save(intent, _session=session["id"], _email=session["customer_email"])


def _new(world: World, asked: dict[str, Any], *, account: str) -> Document:
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
        "payment_method_types": ["card"],
        "setup_future_usage": asked.get("setup_future_usage"),
        "status": "requires_payment_method",
        "_session": "",
        "_email": None,
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
    _capture(call.world, intent, amount=amount, fee=call.params.get("application_fee_amount"))
    return rendering.render(intent)


def capture_in_dashboard(world: World, intent: Document) -> None:
    _capture(world, intent, amount=None, fee=None)


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
    _cancel(call.world, intent, reason=call.params.get("cancellation_reason"))
    return rendering.render(intent)


def cancel_in_dashboard(world: World, intent: Document) -> None:
    if intent["status"] != "requires_capture":
        raise unexpected_state("canceled", intent["status"], "requires_capture")
    _cancel(world, intent, reason="requested_by_customer")


def lapse(world: World, intent: Document) -> None:
    """The bank's promise has run out: nothing can be captured any more."""
    if intent["status"] != "requires_capture":
        return
    account = world.store.owner_of(intent["id"])
    charge = charges.give_back(world, intent["latest_charge"], reason="expired_uncaptured_charge")
    events.emit(world, "charge.expired", charge, account=account)
    _end(world, intent, reason="automatic")


def drop_unpaid(world: World, intent_id: str | None) -> None:
    """A payment page has expired; what was tried on it is over."""
    intent = world.store.find(intent_id) if intent_id else None
    if intent and intent["status"] in ("requires_payment_method", "requires_action"):
        _end(world, intent, reason="automatic")


def found(store: Store, intent_id: str, *, account: str | None) -> Document:
    intent = store.find(intent_id, account=account)
    if intent is None or intent["object"] != "payment_intent":
        raise missing("payment_intent", intent_id, param="intent")
    return intent


def try_card(world: World, intent: Document, card: Card) -> None:
    if card.asks_for_authentication:
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
        world.store.save(intent, status="requires_action", next_action=action, _card=card.number)
        _tell(world, intent, "payment_intent.requires_action")
    elif card.is_declined:
        charge = charges.decline(world, intent, card)
        _fail(world, intent, _card_problem(card, charge))
    else:
        _authorise(world, intent, card)


def finish_authentication(world: World, intent: Document, *, completed: bool) -> None:
    card = card_with(intent["_card"])
    assert card is not None
    if completed:
        _authorise(world, intent, card)
    else:
        _fail(
            world, intent, {"type": "invalid_request_error", "code": "payment_intent_authentication_failure"}
        )


def _confirm(call: Call, intent: Document) -> None:
    """Try the named card. Raises Refusal (402) when the bank says no, or asks a client who is away."""
    method = call.params.get("payment_method", "")
    card = card_of_method(method)
    if card is None:
        raise missing("PaymentMethod", method, param="payment_method")
    if card.asks_for_authentication and call.params.get("off_session"):
        card = replace(card, **NOBODY_TO_ASK)
    try_card(call.world, intent, card)
    problem = intent["last_payment_error"] if card.is_declined else None
    if problem:
        said = {name: problem[name] for name in ("charge", "decline_code") if name in problem}
        payment = rendering.render(intent)
        raise card_error(card.message, code=card.error_code, payment_intent=payment, **said)


def check_fee(fee: int, amount: int, *, param: str) -> None:
    if fee < 1:
        raise invalid("Invalid integer: must be at least 1.", code="parameter_invalid_integer", param=param)
    if fee > amount:
        raise invalid("The application fee cannot be more than the amount.", param=param)


def _checked_new_fee(call: Call, intent: Document) -> int | None:
    fee = call.params["application_fee_amount"]
    if fee == "":
        return None
    check_fee(fee, intent["amount"], param="application_fee_amount")
    return fee


def _authorise(world: World, intent: Document, card: Card) -> None:
    charge = charges.authorise(world, intent, card)
    world.store.save(
        intent,
        status="requires_capture",
        next_action=None,
        last_payment_error=None,
        amount_capturable=intent["amount"],
        latest_charge=charge["id"],
        payment_method=charge["payment_method"],
    )
    account = world.store.owner_of(intent["id"])
    events.emit(world, "charge.succeeded", charge, account=account)
    if intent["capture_method"] != "manual":
        _capture(world, intent, amount=None, fee=None)
        return
    before = charge["payment_method_details"]["card"]["capture_before"]
    world.store.set_alarm(due_at=before, kind=LAPSE, object_id=intent["id"])
    _tell(world, intent, "payment_intent.amount_capturable_updated")


def _capture(world: World, intent: Document, *, amount: int | None, fee: int | None) -> None:
    if intent["status"] != "requires_capture":
        raise unexpected_state("captured", intent["status"], "requires_capture")
    amount = intent["amount_capturable"] if amount is None else amount
    if amount > intent["amount_capturable"]:
        raise invalid("The amount is more than can be captured.", code="amount_too_large")
    if fee is not None:
        check_fee(fee, amount, param="application_fee_amount")
    fee = intent["application_fee_amount"] if fee is None else fee
    charge = charges.capture(world, intent["latest_charge"], amount=amount, fee=min(fee or 0, amount))
    world.store.save(
        intent, status="succeeded", amount_capturable=0, amount_received=amount, application_fee_amount=fee
    )
    _note_on_page(world, intent)
    events.emit(world, "charge.captured", charge, account=world.store.owner_of(intent["id"]))
    _tell(world, intent, "payment_intent.succeeded")


def _note_on_page(world: World, intent: Document) -> None:
    session = world.store.find(intent.get("_session", ""))
    if session and session["status"] == "complete":
        world.store.save(session, payment_status="paid")


def _cancel(world: World, intent: Document, *, reason: str | None) -> None:
    if intent["status"] == "requires_capture":
        charge = charges.give_back(world, intent["latest_charge"], reason=None)
        events.emit(world, "charge.refunded", charge, account=world.store.owner_of(intent["id"]))
    _end(world, intent, reason=reason)


def _end(world: World, intent: Document, *, reason: str | None) -> None:
    now = world.store.now()
    changes = {"status": "canceled", "amount_capturable": 0, "canceled_at": now, "next_action": None}
    world.store.save(intent, **changes, cancellation_reason=reason)
    _tell(world, intent, "payment_intent.canceled")


def _fail(world: World, intent: Document, problem: dict[str, Any]) -> None:
    changes = {"status": "requires_payment_method", "next_action": None, "last_payment_error": problem}
    world.store.save(intent, **changes, latest_charge=problem.get("charge"))
    _tell(world, intent, "payment_intent.payment_failed")


def _card_problem(card: Card, charge: Document) -> dict[str, Any]:
    problem = {"type": "card_error", "code": card.error_code, "message": card.message, "charge": charge["id"]}
    return {**problem, "decline_code": card.decline_code} if card.decline_code else problem


def _tell(world: World, intent: Document, kind: str) -> None:
    events.emit(world, kind, intent, account=world.store.owner_of(intent["id"]))
