"""What people, banks and time do, to order: for tests, the demo and the panel.

Every command takes named texts or numbers and answers plain data. They are no part of Stripe's API.
"""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any

from connect.simulator import (
    accounts,
    alarms,
    charges,
    checkout,
    customers,
    delivery,
    intents,
    methods,
    refunds,
)
from connect.simulator.checkout_page import success_url
from connect.simulator.faults import Fault
from connect.simulator.hosted import answer_bank
from connect.simulator.store import Document
from connect.simulator.world import World

Fields = dict[str, Any]


def carry_out(world: World, path: str, fields: Fields) -> Any:
    """Do the command that `path` names, such as `intents/pi_1/capture`.

    Raises Refusal as the API would, and ValueError or KeyError for a command that cannot be understood.
    """
    noun, *rest = path.split("/")
    if not rest:
        return _ALONE[noun](world, fields)
    object_id, verb = rest if len(rest) == 2 else ("", rest[0])
    if not object_id:
        return _ALONE[f"{noun}/{verb}"](world, fields)
    with world.store.transaction():
        alarms.catch_up(world)
        return _ON_OBJECTS[noun, verb](world, object_id, fields)


def _pay(world: World, session_id: str, fields: Fields) -> Fields:
    session = checkout.found(world.store, session_id, account=None)
    try:
        status = checkout.pay(
            world, session, str(fields.get("card", "4242424242424242")), keeps=_is_yes(fields.get("keep"))
        )
        if status == "requires_action" and "authenticate" in fields:
            completed = _is_yes(fields["authenticate"])
            status = checkout.answer_authentication(world, session, completed=completed)
    except checkout.CannotPay as error:
        raise ValueError(str(error)) from error
    intent = checkout.payment_of(world, session) or {}
    return {
        "intent": intent.get("id", ""),
        "status": status,
        "success_url": success_url(session),
        "method": intent.get("payment_method") or "",
    }


def _is_yes(value: object) -> bool:
    return str(value).lower() in ("true", "yes", "1")


def _answer_bank(world: World, intent_id: str, fields: Fields) -> Fields:
    return {"url": answer_bank(world, intent_id, completed=_is_yes(fields.get("completed", "yes")))}


def _with_method(act: Callable[[World, Document, Fields], None]) -> Callable[[World, str, Fields], Fields]:
    def command(world: World, method_id: str, fields: Fields) -> Fields:
        act(world, methods.found(world.store, method_id, account=None), fields)
        return {"method": method_id}

    return command


def _decline_from_now_on(world: World, method: Document, fields: Fields) -> None:
    word = fields.get("decline_code") or "insufficient_funds"
    methods.decline_from_now_on(world, method, word, fields.get("advice_code"))


def _delete_customer(world: World, customer_id: str, fields: Fields) -> Fields:
    customers.delete_in_dashboard(world, customers.found(world.store, customer_id, account=None))
    return {"customer": customer_id}


def _capture(world: World, intent_id: str, fields: Fields) -> Fields:
    intent = intents.found(world.store, intent_id, account=None)
    intents.capture_in_dashboard(world, intent)
    return {"status": intent["status"]}


def _cancel(world: World, intent_id: str, fields: Fields) -> Fields:
    intent = intents.found(world.store, intent_id, account=None)
    intents.cancel_in_dashboard(world, intent)
    return {"status": intent["status"]}


def _refund(world: World, charge_id: str, fields: Fields) -> Fields:
    amount = int(fields["amount"]) if fields.get("amount") else None
    refund = refunds.make(world, charges.found(world.store, charge_id, account=None), amount)
    return {"refund": refund["id"], "amount": refund["amount"]}


def _with_account(act: Callable[[World, Document], None]) -> Callable[[World, str, Fields], Fields]:
    def command(world: World, account_id: str, fields: Fields) -> Fields:
        act(world, accounts.found(world.store, account_id))
        return {"account": account_id}

    return command


def _move_clock(world: World, fields: Fields) -> Fields:
    """`seconds` forward from now, or to the moment `at`; what falls due happens at once."""
    with world.store.transaction():
        now, offset = world.store.now(), int(world.store.setting("clock_offset", "0"))
        if "at" in fields:
            seconds = int(datetime.fromisoformat(fields["at"]).timestamp()) - now
        else:
            seconds = int(fields["seconds"])
        world.store.set("clock_offset", str(offset + seconds))
        alarms.catch_up(world)
    world.wake_deliverer.set()
    return {"now": world.store.now()}


def _order_fault(world: World, fields: Fields) -> Fields:
    fault = Fault(
        pattern=fields["path"],
        kind=str(fields["kind"]),
        count=int(fields.get("count", 1)),
        code=fields.get("code", ""),
        seconds=float(fields.get("seconds", 0)),
    )
    world.faults.order(fault)
    return {"ordered": fault.count}


def _clear_faults(world: World, fields: Fields) -> Fields:
    world.faults.clear()
    return {}


def _set_delivery(world: World, fields: Fields) -> Fields:
    """The mode, the form (thin, snapshot, both), and where the two endpoints are."""
    if "mode" in fields:
        delivery.set_mode(world, fields["mode"])
    if "form" in fields:
        world.store.set("event_form", fields["form"])
    for endpoint in ("accounts", "self"):
        if endpoint in fields:
            world.store.set(f"endpoint_{endpoint}", fields[endpoint])
    return {"mode": delivery.mode(world)}


def _settling(world: World, fields: Fields) -> Fields:
    world.store.set("settle_seconds", str(int(fields["seconds"])))
    return {}


def _flush(world: World, fields: Fields) -> Fields:
    with world.store.transaction():
        alarms.catch_up(world)
    return dict(delivery.flush(world))


def _take(world: World, fields: Fields) -> list[Fields]:
    with world.store.transaction():
        alarms.catch_up(world)
        return [_as_fields(posting) for posting in delivery.take(world)]


def _peek(world: World, fields: Fields) -> list[Fields]:
    return [_as_fields(posting) for posting in delivery.undone(world)]


def _as_fields(posting: delivery.Posting) -> Fields:
    body = base64.b64encode(posting.body).decode()
    return {"endpoint": posting.endpoint, "body": body, "signature": posting.signature}


def _reset(world: World, fields: Fields) -> Fields:
    world.faults.clear()
    world.store.forget_everything()
    return {}


def _now(world: World, fields: Fields) -> Fields:
    return {"now": world.store.now()}


_ALONE: dict[str, Callable[[World, Fields], Any]] = {
    "clock": _move_clock,
    "now": _now,
    "faults": _order_fault,
    "faults/clear": _clear_faults,
    "delivery": _set_delivery,
    "settling": _settling,
    "events/flush": _flush,
    "events/take": _take,
    "events/peek": _peek,
    "reset": _reset,
}
_ON_OBJECTS: dict[tuple[str, str], Callable[[World, str, Fields], Any]] = {
    ("checkout", "pay"): _pay,
    ("intents", "capture"): _capture,
    ("intents", "cancel"): _cancel,
    ("intents", "bank"): _answer_bank,
    ("charges", "refund"): _refund,
    ("customers", "delete"): _delete_customer,
    ("methods", "decline"): _with_method(_decline_from_now_on),
    ("methods", "accept"): _with_method(lambda world, method, fields: methods.accept_again(world, method)),
    ("methods", "expire"): _with_method(lambda world, method, fields: methods.expire(world, method)),
    ("methods", "replace"): _with_method(
        lambda world, method, fields: methods.replace(world, method, last4=fields.get("last4") or "1881")
    ),
    ("methods", "detach"): _with_method(lambda world, method, fields: methods.forget(world, method)),
    ("accounts", "activate"): _with_account(accounts.activate),
    ("accounts", "restrict"): _with_account(accounts.restrict),
    ("accounts", "disconnect"): _with_account(accounts.disconnect),
    ("accounts", "close"): _with_account(accounts.close),
}
