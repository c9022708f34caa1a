"""Charges: one try at a card each, and the balance transaction that follows a capture."""

from typing import Any

from connect.simulator import balance, events, fees, listing, money, rendering
from connect.simulator.cards import Decline
from connect.simulator.refusals import missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

SETTLE = "settle_charge"
AUTHORISATION_SECONDS = 7 * 24 * 3600


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def list_charges(call: Call) -> Document:
    return listing.page(call, "charge", url="/v1/charges", filters=("customer", "payment_intent"))


def found(store: Store, charge_id: str, *, account: str | None, param: str = "id") -> Document:
    charge = store.find(charge_id, account=account)
    if charge is None or charge["object"] != "charge":
        raise missing("charge", charge_id, param=param)
    return charge


def authorise(world: World, intent: Document, method: Document) -> Document:
    """The bank promised the money; none has moved. `paid` is true all the same, as Stripe has it."""
    until = world.store.now() + AUTHORISATION_SECONDS
    promise = {"amount_authorized": intent["amount"], "capture_before": until}
    return _new(world, intent, method, promise, paid=True, status="succeeded")


def decline(world: World, intent: Document, method: Document, why: Decline) -> Document:
    charge = _new(world, intent, method, {}, paid=False, status="failed")
    charge["outcome"].update(type="issuer_declined", network_status="declined_by_network")
    charge["outcome"]["reason"] = why.decline_code or why.code
    if why.advice_code:
        charge["outcome"]["advice_code"] = why.advice_code
    return world.store.save(charge, failure_code=why.code, failure_message=why.message)


def capture(world: World, charge_id: str, *, amount: int, fee: int) -> Document:
    charge = found(world.store, charge_id, account=None)
    account = world.store.owner_of(charge["id"])
    taken = fees.take(world, charge, amount=fee, account=account) if fee else None
    world.store.save(
        charge,
        captured=True,
        amount_captured=amount,
        application_fee=taken["id"] if taken else None,
        application_fee_amount=fee or None,
    )
    _settle_soon(world, charge)
    return charge


def give_back(world: World, charge_id: str, *, reason: str | None) -> Document:
    """Release the bank's promise. Stripe calls that refunded, with a Refund, though nothing was taken."""
    charge = found(world.store, charge_id, account=None)
    refund = {
        "id": world.store.new_id("re"),
        "object": "refund",
        "amount": charge["amount"],
        "charge": charge["id"],
        "created": world.store.now(),
        "currency": charge["currency"],
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "succeeded",
    }
    world.store.add(refund, account=world.store.owner_of(charge["id"]))
    return world.store.save(charge, refunded=True, amount_refunded=charge["amount"])


def settle(world: World, charge: Document) -> None:
    """Stripe has written the balance transaction; it comes later than the capture."""
    _write_balance(world, charge)
    events.emit(world, "charge.updated", charge, account=world.store.owner_of(charge["id"]))


def _settle_soon(world: World, charge: Document) -> None:
    delay = int(world.store.setting("settle_seconds", str(world.config.settle_seconds)))
    if delay:
        world.store.set_alarm(due_at=world.store.now() + delay, kind=SETTLE, object_id=charge["id"])
    else:
        _write_balance(world, charge)


def _write_balance(world: World, charge: Document) -> None:
    account = world.store.owner_of(charge["id"])
    into = balance.settled(world, account, charge["currency"])
    amount = into.amount(charge["amount_captured"])
    ours, stripes = into.amount(charge["application_fee_amount"] or 0), money.processor_fee(amount)
    entry = balance.write(
        world,
        account=account,
        kind="charge",
        category="charge",
        amount=amount,
        currency=into.currency,
        source=charge["id"],
        fee_details=_fee_details(into.currency, stripes, ours),
        available_on=balance.usual_day(world),
        description=charge["description"],
        exchange_rate=into.rate,
    )
    world.store.save(charge, balance_transaction=entry["id"])


def _fee_details(currency: str, stripes: int, ours: int) -> list[dict[str, Any]]:
    details: list[dict[str, Any]] = [
        {
            "amount": ours,
            "application": "ca_simulated",
            "currency": currency,
            "description": "Upfront application fee",
            "type": "application_fee",
        },
        {
            "amount": stripes,
            "application": None,
            "currency": currency,
            "description": "Stripe processing fees",
            "type": "stripe_fee",
        },
    ]
    return [detail for detail in details if detail["amount"]]


def _new(
    world: World, intent: Document, method: Document, promise: dict[str, int], *, paid: bool, status: str
) -> Document:
    card = {name: value for name, value in method["card"].items() if value is not None}
    charge = {
        "id": world.store.new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "application": intent["application"],
        "application_fee_amount": intent["application_fee_amount"],
        "billing_details": {"address": None, "email": intent["_email"], "name": None, "phone": None},
        "captured": False,
        "created": world.store.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": {"type": "authorized", "network_status": "approved_by_network", "risk_level": "normal"},
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"type": "card", "card": {**card, "network": card["brand"], **promise}},
        "refunded": False,
        "status": status,
    }
    return world.store.add(charge, account=world.store.owner_of(intent["id"]))
