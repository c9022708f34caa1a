"""Balance transactions: what each movement brought and cost, and what an account has because of them."""

import json
from dataclasses import dataclass
from typing import Any

from connect.simulator import accounts, bankdays, listing, money, rendering
from connect.simulator.refusals import invalid, missing
from connect.simulator.store import PLATFORM, Document
from connect.simulator.world import Call, World

AVAILABLE_AFTER_DAYS = 2
PAY_OUT = "pay_out"


@dataclass(frozen=True)
class Settled:
    """An amount as it reaches the balance: in the account's own currency, if it converts."""

    currency: str
    rate: float | None
    _from: str

    def amount(self, minor: int) -> int:
        if self.rate is None:
            return minor
        return money.converted(minor, self._from, self.currency, self.rate)


def retrieve(call: Call) -> Document:
    entry = call.store.find(call.ids[0], account=call.account)
    if entry is None or entry["object"] != "balance_transaction":
        raise missing("balance transaction", call.ids[0])
    return rendering.render(entry)


def list_entries(call: Call) -> Document:
    filters = ("source", "type", "currency")
    url = "/v1/balance_transactions"
    if "payout" not in call.params:
        return listing.page(call, "balance_transaction", url=url, filters=filters)
    payout = call.store.find(call.params["payout"], account=call.account)
    if payout is None or payout["object"] != "payout":
        raise missing("payout", call.params["payout"], param="payout")
    if not payout["automatic"]:
        message = "Balance transaction history can only be filtered on automatic payouts, not manual."
        raise invalid(message, param="payout")
    # Before it is reconciled, Stripe does not know yet.
    known = payout["id"] if payout["reconciliation_status"] == "completed" else "unknown"
    return listing.page(call, "balance_transaction", url=url, filters=filters, _payout=known)


def retrieve_balance(call: Call) -> Document:
    """What is there now, and what comes later, in every currency that ever moved."""
    now = call.store.now()
    sums = call.store.sql(
        "SELECT currency, SUM(CASE WHEN available_on <= ? THEN net ELSE 0 END) AS available, "
        "SUM(CASE WHEN available_on > ? THEN net ELSE 0 END) AS pending "
        "FROM ledger WHERE account = ? GROUP BY currency ORDER BY currency",
        *(now, now, call.account),
    )
    rows = [dict(row) for row in sums] or [{"currency": _own_currency(call), "available": 0, "pending": 0}]
    parts = {
        part: [
            {"amount": row[part], "currency": row["currency"], "source_types": {"card": row[part]}}
            for row in rows
        ]
        for part in ("available", "pending")
    }
    return rendering.render({"object": "balance", "livemode": False, **parts})


def settle_in(world: World, account: str, *, currency: str, rate: float) -> None:
    """From now on all other currencies are converted into this one, `rate` of it for one of theirs."""
    world.store.set(f"settlement_{account}", json.dumps({"currency": currency, "rate": rate}))


def settled(world: World, account: str, currency: str) -> Settled:
    terms = json.loads(world.store.setting(f"settlement_{account}", "{}"))
    if terms and terms["currency"] != currency:
        return Settled(terms["currency"], terms["rate"], currency)
    return Settled(currency, None, currency)


def write(
    world: World,
    *,
    account: str,
    kind: str,
    category: str,
    amount: int,
    currency: str,
    source: str | None,
    fee_details: list[dict[str, Any]] | None = None,
    available_on: int = 0,
    description: str | None = None,
    payout: str = "",
    exchange_rate: float | None = None,
) -> Document:
    """Put a movement on the books of `account`, which has `amount` and `currency` in its own money already.

    What is given out leaves at once; `available_on` is for what comes in later.
    """
    now = world.store.now()
    fee = sum(detail["amount"] for detail in fee_details or [])
    available_on = max(available_on, now)
    entry = {
        "id": world.store.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": description,
        "exchange_rate": exchange_rate,
        "fee": fee,
        "fee_details": fee_details or [],
        "net": amount - fee,
        "reporting_category": category,
        "source": source,
        "status": "available" if available_on <= now else "pending",
        "type": kind,
        "_payout": payout,
    }
    world.store.add(entry, account=account)
    values = (entry["id"], account, currency, amount - fee, available_on, payout)
    world.store.sql("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", *values)
    if account != PLATFORM and not payout:
        look_again(world, account, available_on)
    return entry


def available_from(world: World, charge: Document) -> int:
    """When what a charge brought can be paid out, or now."""
    entry = world.store.find(charge.get("balance_transaction") or "")
    return max(entry["available_on"] if entry else 0, world.store.now())


def usual_day(world: World) -> int:
    return bankdays.day_after(world.store.now(), AVAILABLE_AFTER_DAYS)


def look_again(world: World, account: str, available_on: int) -> None:
    """Automatic payouts are made when a working day begins."""
    begins = bankdays.day_after(max(available_on - 1, world.store.now()), 1)
    if not world.store.has_alarm(due_at=begins, kind=PAY_OUT, object_id=account):
        world.store.set_alarm(due_at=begins, kind=PAY_OUT, object_id=account)


def _own_currency(call: Call) -> str:
    if call.is_platform:
        return "usd"
    return accounts.found(call.store, call.account)["defaults"]["currency"] or "usd"
