"""Refunds of captured charges: by the API as the account, or by the coach in Stripe's dashboard."""

from connect.simulator import (
    balance,
    charges,
    disputes,
    events,
    fraud_warnings,
    intents,
    listing,
    methods,
    rendering,
)
from connect.simulator.refusals import invalid, missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

SUCCEED, FAIL = "succeed_refund", "fail_refund"
UNTIL_KNOWN_SECONDS = 60


def create(call: Call) -> Document:
    charge = _charge_to_refund(call)
    if call.params.get("refund_application_fee") and not charge.get("application_fee"):
        raise invalid("There is no application fee on this charge to refund.", param="refund_application_fee")
    amount = call.params.get("amount")
    return rendering.render(
        make(
            call.world, charge, amount, reason=call.params.get("reason"), metadata=call.params.get("metadata")
        )
    )


def make(
    world: World,
    charge: Document,
    amount: int | None,
    *,
    reason: str | None = None,
    metadata: dict[str, str] | None = None,
) -> Document:
    """Give `amount` back (None: all that is left). Fees, Stripe's and the platform's, stay where they are."""
    disputes.forbid_refund(world.store, charge)
    amount = _checked_amount(charge, amount)
    account = world.store.owner_of(charge["id"])
    refund = {
        "id": world.store.new_id("re"),
        "object": "refund",
        "amount": amount,
        "charge": charge["id"],
        "created": world.store.now(),
        "currency": charge["currency"],
        "metadata": metadata or {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "pending",
    }
    world.store.add(refund, account=account)
    _take_on(world, charge, amount)
    _begin(world, refund, charge)
    events.emit(world, "refund.created", refund, account=account)
    events.emit(world, "charge.refunded", charge, account=account)
    fraud_warnings.note_answered(world, charge)
    return refund


def stay_pending(world: World, *, wanted: bool) -> None:
    """Refunds from now on wait, as when the coach's balance is short, until their end is ordered."""
    world.store.set("refunds_stay_pending", "yes" if wanted else "")


def succeed(world: World, refund: Document) -> None:
    _must_be(refund, ("pending", "requires_action"))
    _write_balance(world, refund)
    _tell(world, refund, "refund.updated")


def fail(world: World, refund: Document, reason: str = "expired_or_canceled_card") -> None:
    """The payer's bank did not take it; the money is the coach's again."""
    _must_be(refund, ("pending", "requires_action", "succeeded"))
    _undo(world, refund, status="failed", failure_reason=reason)
    _tell(world, refund, "refund.updated")
    _tell(world, refund, "refund.failed")


def cancel(world: World, refund: Document) -> None:
    _must_be(refund, ("pending", "requires_action"))
    _undo(world, refund, status="canceled")
    _tell(world, refund, "refund.updated")


def found(store: Store, refund_id: str, *, account: str | None) -> Document:
    refund = store.find(refund_id, account=account)
    if refund is None or refund["object"] != "refund":
        raise missing("refund", refund_id)
    return refund


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def _begin(world: World, refund: Document, charge: Document) -> None:
    """As a rule it is done at once; a card of that kind, or an order, has it wait or fail."""
    method = world.store.find(charge["payment_method"])
    kind = methods.card_of(method).refund if method else ""
    soon = world.store.now() + UNTIL_KNOWN_SECONDS
    if world.store.setting("refunds_stay_pending", ""):
        return
    if kind == "pending":
        world.store.set_alarm(due_at=soon, kind=SUCCEED, object_id=refund["id"])
        return
    _write_balance(world, refund)
    if kind == "failing":
        world.store.set_alarm(due_at=soon, kind=FAIL, object_id=refund["id"])


def _write_balance(world: World, refund: Document) -> None:
    charge = charges.found(world.store, refund["charge"], account=None)
    available_on = balance.available_from(world, charge)
    entry = _move(world, refund, -1, kind="refund", available_on=available_on)
    world.store.save(refund, status="succeeded", balance_transaction=entry["id"])


def _undo(world: World, refund: Document, **changes: str) -> None:
    charge = charges.found(world.store, refund["charge"], account=None)
    if refund["status"] == "succeeded":
        entry = _move(world, refund, 1, kind="refund_failure", available_on=0)
        changes["failure_balance_transaction"] = entry["id"]
    world.store.save(refund, **changes)
    _take_on(world, charge, -refund["amount"])


def _move(world: World, refund: Document, sign: int, *, kind: str, available_on: int) -> Document:
    account = world.store.owner_of(refund["id"])
    into = balance.settled(world, account, refund["currency"])
    return balance.write(
        world,
        account=account,
        kind=kind,
        category=kind,
        amount=sign * into.amount(refund["amount"]),
        currency=into.currency,
        source=refund["id"],
        available_on=available_on,
        description="REFUND FOR CHARGE" if sign < 0 else "REFUND FAILURE",
        exchange_rate=into.rate,
    )


def _take_on(world: World, charge: Document, amount: int) -> None:
    returned = charge["amount_refunded"] + amount
    world.store.save(charge, amount_refunded=returned, refunded=returned == charge["amount_captured"])


def _must_be(refund: Document, statuses: tuple[str, ...]) -> None:
    if refund["status"] not in statuses:
        raise invalid(f"This refund is {refund['status']} already.")


def _tell(world: World, refund: Document, kind: str) -> None:
    events.emit(world, kind, refund, account=world.store.owner_of(refund["id"]))


def list_refunds(call: Call) -> Document:
    return listing.page(call, "refund", url="/v1/refunds", filters=("charge", "payment_intent"))


def _charge_to_refund(call: Call) -> Document:
    if "payment_intent" in call.params:
        intent = intents.found(call.store, call.params["payment_intent"], account=call.account)
        charge_id = intent.get("latest_charge") or ""
        return charges.found(call.store, charge_id, account=call.account, param="charge")
    if "charge" not in call.params:
        raise invalid("One of charge or payment_intent is required.", code="parameter_missing")
    return charges.found(call.store, call.params["charge"], account=call.account, param="charge")


def _checked_amount(charge: Document, amount: int | None) -> int:
    if not charge["captured"]:
        message = "This charge was not captured. Cancel its PaymentIntent instead."
        raise invalid(message, code="charge_not_refundable", param="charge")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if not left:
        message = f"Charge {charge['id']} has already been refunded."
        raise invalid(message, code="charge_already_refunded", param="charge")
    amount = left if amount is None else amount
    if not 1 <= amount <= left:
        message = f"Refund amount ({amount}) must be between 1 and the unrefunded amount on charge ({left})."
        raise invalid(message, param="amount")
    return amount
