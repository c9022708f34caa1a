"""Asking the bank for a payment, and what becomes of its promise: captured, cancelled or lapsed."""

from typing import Any

from connect.simulator import (
    charges,
    customers,
    disputes,
    events,
    fraud_warnings,
    methods,
    rendering,
    reviews,
)
from connect.simulator.cards import DECLINES, Decline
from connect.simulator.refusals import invalid, unexpected_state
from connect.simulator.store import Document
from connect.simulator.world import World

LAPSE = "lapse_intent"


def try_method(
    world: World, intent: Document, method: Document, *, off_session: bool = False, return_url: str = ""
) -> None:
    """Ask the bank, which may say yes or no, or want to hear from the client first."""
    world.store.save(intent, payment_method=method["id"], _method=method["id"])
    if not methods.asks(method, off_session=off_session):
        _ask_bank(world, intent, method)
    elif off_session:
        refuse(world, intent, method, DECLINES["authentication_required"])
    else:
        action = _next_action(world, intent["id"], return_url)
        world.store.save(intent, status="requires_action", next_action=action)
        tell(world, intent, "payment_intent.requires_action")


def finish_authentication(world: World, intent: Document, *, completed: bool) -> None:
    method = methods.found(world.store, intent["_method"], account=None)
    if completed:
        _ask_bank(world, intent, method)
        return
    problem = {
        "type": "invalid_request_error",
        "code": "payment_intent_authentication_failure",
        "payment_method": rendering.render(method),
    }
    _fail(world, intent, problem)


def refuse(world: World, intent: Document, method: Document, decline: Decline) -> None:
    charge = charges.decline(world, intent, method, decline)
    _fail(world, intent, methods.problem(decline, method, charge=charge["id"]))


def capture(world: World, intent: Document, *, amount: int | None, fee: int | None) -> None:
    """Take `amount` (None: all) with `fee` (None: the preset one). Raises Refusal."""
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
    tell(world, intent, "payment_intent.succeeded")
    _suffer(world, charge)


def cancel(world: World, intent: Document, *, reason: str | None) -> None:
    if intent["status"] == "requires_capture":
        charge = charges.give_back(world, intent["latest_charge"], reason=None)
        fraud_warnings.note_answered(world, charge)
        events.emit(world, "charge.refunded", charge, account=world.store.owner_of(intent["id"]))
    _end(world, intent, reason=reason)


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


def check_fee(fee: int, amount: int, *, param: str) -> None:
    if fee < 1:
        raise invalid("Invalid integer: must be at least 1.", code="parameter_invalid_integer", param=param)
    if fee > amount:
        raise invalid("The application fee cannot be more than the amount.", param=param)


def tell(world: World, intent: Document, kind: str) -> None:
    events.emit(world, kind, intent, account=world.store.owner_of(intent["id"]))


def _next_action(world: World, intent_id: str, return_url: str) -> dict[str, Any]:
    """With somewhere to come back to, the bank's own page; otherwise what a script on a page would do."""
    if not return_url:
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
    url = f"{world.config.base_url}/c/bank/{intent_id}"
    return {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}


def _ask_bank(world: World, intent: Document, method: Document) -> None:
    decline = methods.decline_of(world, method)
    if decline:
        refuse(world, intent, method, decline)
    else:
        _authorise(world, intent, method)


def _authorise(world: World, intent: Document, method: Document) -> None:
    _keep_card(world, intent, method)
    charge = charges.authorise(world, intent, method)
    world.store.save(
        intent,
        status="requires_capture",
        next_action=None,
        last_payment_error=None,
        amount_capturable=intent["amount"],
        latest_charge=charge["id"],
    )
    account = world.store.owner_of(intent["id"])
    events.emit(world, "charge.succeeded", charge, account=account)
    if methods.card_of(method).is_reviewed:
        reviews.begin(world, intent)
    if intent["capture_method"] != "manual":
        capture(world, intent, amount=None, fee=None)
        return
    before = charge["payment_method_details"]["card"]["capture_before"]
    world.store.set_alarm(due_at=before, kind=LAPSE, object_id=intent["id"])
    tell(world, intent, "payment_intent.amount_capturable_updated")


def _keep_card(world: World, intent: Document, method: Document) -> None:
    """As the payment asks for it, or as the client chose on the page. A page makes up a missing customer."""
    for_later = intent["setup_future_usage"]
    if not for_later and intent["_redisplay"] != "always":
        world.store.save(method, _was_used=True)
        return
    if not intent["customer"] and intent["_session"]:
        account = world.store.owner_of(intent["id"])
        customer = customers.new(world.store, account=account, email=intent["_email"])
        world.store.save(intent, customer=customer["id"])
    if intent["customer"]:
        methods.attach(world, method, intent["customer"], redisplay=intent["_redisplay"])
    world.store.save(method, _was_used=True, _is_set_up=method["_is_set_up"] or for_later == "off_session")


def _note_on_page(world: World, intent: Document) -> None:
    session = world.store.find(intent.get("_session", ""))
    if session and session["status"] == "complete":
        world.store.save(session, payment_status="paid")


def _suffer(world: World, charge: Document) -> None:
    """Some test cards bring trouble as soon as they are charged."""
    card = methods.card_of(methods.found(world.store, charge["payment_method"], account=None))
    if card.is_warned_of:
        fraud_warnings.warn(world, charge)
    if card.dispute == "inquiry":
        disputes.open_for(world, charge, kind="inquiry")
    elif card.dispute:
        disputes.open_for(world, charge, reason=card.dispute, kind="chargeback")


def _end(world: World, intent: Document, *, reason: str | None) -> None:
    now = world.store.now()
    changes = {"status": "canceled", "amount_capturable": 0, "canceled_at": now, "next_action": None}
    world.store.save(intent, **changes, cancellation_reason=reason)
    reviews.close_of(world, intent, reason="canceled")
    tell(world, intent, "payment_intent.canceled")


def _fail(world: World, intent: Document, problem: dict[str, Any]) -> None:
    changes = {"status": "requires_payment_method", "next_action": None, "last_payment_error": problem}
    world.store.save(intent, **changes, latest_charge=problem.get("charge"), payment_method=None)
    tell(world, intent, "payment_intent.payment_failed")
