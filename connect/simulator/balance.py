"""Balance transactions: what each movement brought and cost."""

from typing import Any

from connect.simulator import listing, rendering
from connect.simulator.refusals import missing
from connect.simulator.store import Document
from connect.simulator.world import Call, World

AVAILABLE_AFTER_SECONDS = 2 * 24 * 3600


def retrieve(call: Call) -> Document:
    entry = call.store.find(call.ids[0], account=call.account)
    if entry is None or entry["object"] != "balance_transaction":
        raise missing("balance transaction", call.ids[0])
    return rendering.render(entry)


def list_entries(call: Call) -> Document:
    filters = ("source", "type", "currency")
    return listing.page(call, "balance_transaction", url="/v1/balance_transactions", filters=filters)


def entry(
    world: World, source: Document, *, kind: str, amount: int, fee_details: list[dict[str, Any]]
) -> Document:
    now, fee = world.store.now(), sum(detail["amount"] for detail in fee_details)
    return {
        "id": world.store.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now + AVAILABLE_AFTER_SECONDS,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "fee": fee,
        "fee_details": fee_details,
        "net": amount - fee,
        "reporting_category": kind,
        "source": source["id"],
        "status": "pending",
        "type": kind,
    }
