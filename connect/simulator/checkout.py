"""Checkout sessions: the hosted payment page, from the API's side and from the client's."""

from typing import Any

from connect.simulator import (
    accounts,
    authorisations,
    checkout_terms,
    events,
    intents,
    methods,
    rendering,
    setups,
)
from connect.simulator.cards import card_with
from connect.simulator.refusals import invalid, missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

EXPIRE = "expire_checkout"


class CannotPay(Exception):
    """The page is not open any more, or the coach's account takes no cards now."""


class UnknownCard(ValueError):
    """No test card has this number, and the payer keeps no such card."""


def create(call: Call) -> Document:
    asked = call.params
    accounts.check_takes_cards(call.store, call.account)
    checkout_terms.check_asked(call)
    expires_at = checkout_terms.checked_expiry(asked, call.store.now())
    session = {
        **checkout_terms.constant_parts(),
        "id": call.store.new_id("cs_test"),
        "allowed_payment_method_types": asked.get("allowed_payment_method_types"),
        "cancel_url": asked.get("cancel_url"),
        "client_reference_id": asked.get("client_reference_id"),
        "created": call.store.now(),
        "customer": asked.get("customer"),
        "customer_email": asked.get("customer_email"),
        "expires_at": expires_at,
        "metadata": asked.get("metadata", {}),
        "mode": asked["mode"],
        "saved_payment_method_options": asked.get("saved_payment_method_options"),
        "submit_type": asked.get("submit_type"),
        "success_url": asked["success_url"],
        **(_for_payment(call) if asked["mode"] == "payment" else _for_setup(call)),
    }
    session["url"] = f"{call.world.config.base_url}/c/pay/{session['id']}"
    call.store.add(session, account=call.account)
    call.store.set_alarm(due_at=expires_at, kind=EXPIRE, object_id=session["id"])
    return rendering.render(session)


def _for_payment(call: Call) -> Document:
    """Its PaymentIntent is made when somebody first presses Pay."""
    asked = call.params
    items = [checkout_terms.line_item(call.store, item) for item in asked.get("line_items", [])]
    currency, total = checkout_terms.checked_total(items)
    checkout_terms.check_fee(asked, total)
    return {
        "adaptive_pricing": asked.get("adaptive_pricing", {"enabled": True}),
        "amount_subtotal": total,
        "amount_total": total,
        "currency": currency,
        "payment_status": "unpaid",
        "_line_items": items,
        "_intent": asked.get("payment_intent_data", {}),
    }


def _for_setup(call: Call) -> Document:
    """Its SetupIntent is there from the beginning."""
    asked = call.params
    wanted = {**asked.get("setup_intent_data", {}), "customer": asked.get("customer")}
    intent = setups.new(call.world, wanted, account=call.account)
    return {
        "currency": asked["currency"].lower(),
        "payment_status": "no_payment_required",
        "setup_intent": intent["id"],
        "_line_items": [],
    }


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


def pay(world: World, session: Document, choice: str, *, keeps: bool = False) -> str:
    """The client presses the button with a test card's number or one of their kept cards.

    `keeps`: they ticked that the card may be offered to them again. Answers the status of the payment, or of
    what keeps the card. Raises CannotPay, and UnknownCard for a card that cannot be chosen here.
    """
    method = _chosen(world, session, choice)
    _check_payable(world, session)
    if session["mode"] == "setup":
        intent = setups.found(world.store, session["setup_intent"], account=None)
        setups.try_method(world, intent, method)
    else:
        intent = _intent_of(world, session)
        offers_again = keeps and asks_to_keep(session)
        world.store.save(intent, _redisplay="always" if offers_again else "limited")
        authorisations.try_method(world, intent, method)
    return _after_a_try(world, session, intent)


def answer_authentication(world: World, session: Document, *, completed: bool) -> str:
    """The client has been to the bank's page. Raises CannotPay."""
    _check_payable(world, session)
    rooms: Any = setups if session["mode"] == "setup" else authorisations
    intent = payment_of(world, session)
    if intent is None or intent["status"] != "requires_action":
        raise CannotPay("There is nothing to confirm on this payment.")
    rooms.finish_authentication(world, intent, completed=completed)
    return _after_a_try(world, session, intent)


def payment_of(world: World, session: Document) -> Document | None:
    """The PaymentIntent or SetupIntent behind the page, if there is one yet."""
    return world.store.find(session.get("payment_intent") or session.get("setup_intent") or "")


def keeps_card(session: Document) -> bool:
    """Whether the card is kept whatever the client chooses."""
    return session["mode"] == "setup" or bool(session["_intent"].get("setup_future_usage"))


def asks_to_keep(session: Document) -> bool:
    """Whether the client is asked if the card may be offered to them again."""
    options = session["saved_payment_method_options"] or {}
    return session["customer"] is not None and options.get("payment_method_save") == "enabled"


def offered_cards(world: World, session: Document) -> list[Document]:
    if session["mode"] == "setup":
        return []
    return methods.offered(world.store, session["customer"])


def _chosen(world: World, session: Document, choice: str) -> Document:
    for method in offered_cards(world, session):
        if method["id"] == choice:
            return method
    card = card_with(choice)
    if card is None:
        raise UnknownCard(f"There is no such card on this page: {choice}")
    account, email = world.store.owner_of(session["id"]), session["customer_email"]
    return methods.new(world, card, account=account, email=email)


def _after_a_try(world: World, session: Document, intent: Document) -> str:
    if intent["status"] in ("requires_capture", "succeeded"):
        _complete(world, session, intent)
    return intent["status"]


def _complete(world: World, session: Document, intent: Document) -> None:
    account = world.store.owner_of(session["id"])
    customer = world.store.find(intent["customer"] or "") or {}
    email = session["customer_email"] or customer.get("email")
    paid = {"payment_status": "paid" if intent["status"] == "succeeded" else "unpaid"}
    world.store.save(
        session,
        status="complete",
        url=None,
        customer=intent["customer"],
        customer_details={"email": email, "name": None, "phone": None, "tax_exempt": "none", "tax_ids": []},
        **(paid if session["mode"] == "payment" else {}),
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
    if session["mode"] == "setup":
        setups.drop(world, setups.found(world.store, session["setup_intent"], account=None))
    authorisations.drop_unpaid(world, session.get("payment_intent"))
    account = world.store.owner_of(session["id"])
    events.emit(world, "checkout.session.expired", session, account=account)
