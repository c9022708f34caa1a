"""The platform's application fees, and giving them back."""

from connect.simulator import balance, events, listing, rendering
from connect.simulator.refusals import invalid, missing
from connect.simulator.store import PLATFORM, Document, Store
from connect.simulator.world import Call, World


def take(world: World, charge: Document, *, amount: int, account: str) -> Document:
    fee = {
        "id": world.store.new_id("fee"),
        "object": "application_fee",
        "account": account,
        "amount": amount,
        "amount_refunded": 0,
        "application": "ca_simulated",
        "charge": charge["id"],
        "created": world.store.now(),
        "currency": charge["currency"],
        "fee_source": {"charge": charge["id"], "type": "charge"},
        "livemode": False,
        "refunded": False,
    }
    fee["refunds"] = rendering.listed([], url=f"/v1/application_fees/{fee['id']}/refunds")
    entry = balance.write(
        world,
        account=PLATFORM,
        kind="application_fee",
        category="platform_earning",
        amount=amount,
        currency=fee["currency"],
        source=fee["id"],
        available_on=balance.usual_day(world),
    )
    world.store.add({**fee, "balance_transaction": entry["id"]}, account=PLATFORM)
    events.emit(world, "application_fee.created", fee, account=PLATFORM)
    return fee


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def list_fees(call: Call) -> Document:
    return listing.page(call, "application_fee", url="/v1/application_fees", filters=("charge",))


def create_refund(call: Call) -> Document:
    """What went back never comes back by itself, and never exceeds what was taken."""
    fee = found(call.store, call.ids[0], account=call.account)
    left = fee["amount"] - fee["amount_refunded"]
    if not left:
        raise invalid(f"Application fee {fee['id']} has already been refunded.", param="fee")
    amount = call.params.get("amount", left)
    if amount < 1:
        raise invalid("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on fee ({left})."
        raise invalid(message, param="amount")
    return rendering.render(_return(call.world, fee, amount, call.params.get("metadata") or {}))


def list_refunds(call: Call) -> Document:
    fee = found(call.store, call.ids[0], account=call.account)
    return listing.page(call, "fee_refund", url=f"/v1/application_fees/{fee['id']}/refunds", fee=fee["id"])


def found(store: Store, fee_id: str, *, account: str) -> Document:
    fee = store.find(fee_id, account=account)
    if fee is None or fee["object"] != "application_fee":
        raise missing("application_fee", fee_id)
    return fee


def _return(world: World, fee: Document, amount: int, metadata: dict[str, str]) -> Document:
    refund = {
        "id": world.store.new_id("fr"),
        "object": "fee_refund",
        "amount": amount,
        "created": world.store.now(),
        "currency": fee["currency"],
        "fee": fee["id"],
        "metadata": metadata,
    }
    refund["balance_transaction"] = _write_return(world, fee, refund)
    world.store.add(refund, account=PLATFORM)
    returned = fee["amount_refunded"] + amount
    given = [rendering.render(refund), *fee["refunds"]["data"]]
    fee["refunds"]["data"] = given
    world.store.save(fee, amount_refunded=returned, refunded=returned == fee["amount"])
    events.emit(world, "application_fee.refunded", fee, account=PLATFORM)
    return refund


def _write_return(world: World, fee: Document, refund: Document) -> str:
    """It leaves the platform's balance and comes to the coach's."""
    entry = balance.write(
        world,
        account=PLATFORM,
        kind="application_fee_refund",
        category="platform_earning_refund",
        amount=-refund["amount"],
        currency=refund["currency"],
        source=refund["id"],
    )
    into = balance.settled(world, fee["account"], refund["currency"])
    balance.write(
        world,
        account=fee["account"],
        kind="adjustment",
        category="fee",
        amount=into.amount(refund["amount"]),
        currency=into.currency,
        source=refund["id"],
        description="Application fee refund",
        exchange_rate=into.rate,
    )
    return entry["id"]
