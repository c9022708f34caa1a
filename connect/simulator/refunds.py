"""Refunds of captured charges: by the API as the account, or by the coach in Stripe's dashboard."""

from connect.simulator import balance, charges, events, intents, listing, rendering
from connect.simulator.refusals import invalid, missing
from connect.simulator.store import Document
from connect.simulator.world import Call, World


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
        "status": "succeeded",
    }
    entry = balance.entry(world, refund, kind="refund", amount=-amount, fee_details=[])
    world.store.add(entry, account=account)
    world.store.add({**refund, "balance_transaction": entry["id"]}, account=account)
    returned = charge["amount_refunded"] + amount
    world.store.save(charge, amount_refunded=returned, refunded=returned == charge["amount_captured"])
    events.emit(world, "refund.created", refund, account=account)
    events.emit(world, "charge.refunded", charge, account=account)
    return refund


def retrieve(call: Call) -> Document:
    refund = call.store.find(call.ids[0], account=call.account)
    if refund is None or refund["object"] != "refund":
        raise missing("refund", call.ids[0])
    return rendering.render(refund)


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
