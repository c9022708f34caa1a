"""Payouts: made by Stripe when a working day begins, or by the coach by hand; arriving, or failing."""

from connect.simulator import accounts, balance, bankdays, events, listing, rendering
from connect.simulator.refusals import invalid, missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

SEND, ARRIVE = "send_payout", "arrive_payout"
UNTIL_SENT_SECONDS = 3600
FAILURES = {
    "account_closed": "The bank account has been closed.",
    "could_not_process": "The bank could not process this payout.",
    "no_account": "The bank account could not be located.",
    "insufficient_funds": "Your Stripe account has insufficient funds to cover the payout.",
}


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def list_payouts(call: Call) -> Document:
    return listing.page(call, "payout", url="/v1/payouts", filters=("status", "destination"))


def found(store: Store, payout_id: str, *, account: str | None) -> Document:
    payout = store.find(payout_id, account=account)
    if payout is None or payout["object"] != "payout":
        raise missing("payout", payout_id, param="payout")
    return payout


def set_schedule(world: World, account: str, interval: str) -> None:
    """`daily` or `manual`. Raises ValueError."""
    if interval not in ("daily", "manual"):
        raise ValueError(f"unknown payout schedule {interval!r}: daily or manual")
    world.store.set(f"payouts_{account}", interval)
    balance.look_again(world, account, world.store.now())


def make_due(world: World, account: Document) -> None:
    """What has become available is paid out, unless the coach does that by hand."""
    now, store = world.store.now(), world.store
    rows = store.sql(
        "SELECT id, currency, net FROM ledger WHERE account = ? AND payout = '' AND available_on <= ?",
        *(account["id"], now),
    )
    is_automatic = store.setting(f"payouts_{account['id']}", "daily") == "daily" and not account["closed"]
    for currency in sorted({row["currency"] for row in rows}):
        lines = [row["id"] for row in rows if row["currency"] == currency]
        total = sum(row["net"] for row in rows if row["currency"] == currency)
        payout = ""
        if is_automatic and total > 0 and not _is_closed_to_us(world, account["id"], currency):
            payout = _new(world, account["id"], total, currency, automatic=True)["id"]
        _note(world, lines, payout)


def make_by_hand(world: World, account: str, *, amount: int | None, currency: str, method: str) -> Document:
    """The coach pays out `amount`, or all that is there. Stripe does not know of which payments it is."""
    rows = world.store.sql(
        "SELECT COALESCE(SUM(net), 0) AS net FROM ledger WHERE account = ? AND currency = ? "
        "AND available_on <= ?",
        *(account, currency, world.store.now()),
    )
    amount = rows[0]["net"] if amount is None else amount
    if not 0 < amount <= rows[0]["net"]:
        message = "You have insufficient funds in your Stripe account for this transfer."
        raise invalid(message, code="balance_insufficient")
    return _new(world, account, amount, currency, automatic=False, method=method)


def send(world: World, payout: Document) -> None:
    """It leaves for the bank, and Stripe has worked out what it consists of."""
    if payout["status"] == "pending":
        world.store.save(payout, status="in_transit")
        _tell(world, payout, "payout.updated")
    if payout["automatic"]:
        world.store.save(payout, reconciliation_status="completed")
        _tell(world, payout, "payout.reconciliation_completed")


def arrive(world: World, payout: Document) -> None:
    if payout["status"] in ("pending", "in_transit"):
        world.store.save(payout, status="paid")
        _tell(world, payout, "payout.paid")


def fail(world: World, payout: Document, code: str) -> None:
    """The bank sent it back, even days after it was called paid. No more go there by themselves."""
    if payout["status"] in ("failed", "canceled"):
        raise invalid(f"This payout is {payout['status']} already.")
    entry = _given_back(world, payout, kind="payout_failure")
    bank = world.store.find(payout["destination"])
    assert bank is not None
    world.store.save(bank, status="errored")
    world.store.save(
        payout,
        status="failed",
        failure_code=code,
        failure_message=FAILURES.get(code, "The payout failed."),
        failure_balance_transaction=entry["id"],
    )
    _tell(world, payout, "payout.failed")


def mend_bank_account(world: World, account: str) -> None:
    """The coach gives Stripe an account that works; what waited goes there when a working day begins."""
    for row in world.store.sql("SELECT DISTINCT currency FROM ledger WHERE account = ?", account):
        bank = world.store.find(_bank_id(account, row["currency"]))
        if bank:
            world.store.save(bank, status="new")
    balance.look_again(world, account, world.store.now())


def cancel(world: World, payout: Document) -> None:
    if payout["status"] != "pending":
        raise invalid("Only a payout that is pending can be canceled.")
    entry = _given_back(world, payout, kind="payout_cancel")
    world.store.save(payout, status="canceled", failure_balance_transaction=entry["id"])
    _tell(world, payout, "payout.canceled")


def _new(
    world: World, account: str, amount: int, currency: str, *, automatic: bool, method: str = "standard"
) -> Document:
    now = world.store.now()
    payout: Document = {
        "id": world.store.new_id("po"),
        "object": "payout",
        "amount": amount,
        "arrival_date": bankdays.day_after(now, 1),
        "automatic": automatic,
        "created": now,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": _bank_account(world, account, currency),
        "livemode": False,
        "metadata": {},
        "method": method,
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "source_type": "card",
        "status": "pending",
        "type": "bank_account",
    }
    entry = balance.write(
        world,
        account=account,
        kind="payout",
        category="payout",
        amount=-amount,
        currency=currency,
        source=payout["id"],
        description="STRIPE PAYOUT",
        payout=payout["id"] if automatic else "",
    )
    world.store.add({**payout, "balance_transaction": entry["id"]}, account=account)
    world.store.set_alarm(due_at=now + UNTIL_SENT_SECONDS, kind=SEND, object_id=payout["id"])
    world.store.set_alarm(due_at=payout["arrival_date"], kind=ARRIVE, object_id=payout["id"])
    _tell(world, found(world.store, payout["id"], account=account), "payout.created")
    return payout


def _note(world: World, lines: list[str], payout: str) -> None:
    for line in lines:
        entry = world.store.find(line)
        assert entry is not None
        if payout or entry["status"] == "pending":
            world.store.save(entry, status="available", _payout=payout)
    if payout:
        statement = "UPDATE ledger SET payout = ? WHERE id = ?"
        for line in lines:
            world.store.sql(statement, payout, line)


def _given_back(world: World, payout: Document, *, kind: str) -> Document:
    return balance.write(
        world,
        account=world.store.owner_of(payout["id"]),
        kind=kind,
        category="payout_reversal",
        amount=payout["amount"],
        currency=payout["currency"],
        source=payout["id"],
        description="STRIPE PAYOUT",
    )


def _bank_id(account: str, currency: str) -> str:
    return f"ba_{account.removeprefix('acct_')}{currency}"


def _is_closed_to_us(world: World, account: str, currency: str) -> bool:
    bank = world.store.find(_bank_id(account, currency))
    return bank is not None and bank["status"] == "errored"


def _bank_account(world: World, account: str, currency: str) -> str:
    bank_id = _bank_id(account, currency)
    if world.store.find(bank_id) is None:
        country = accounts.found(world.store, account)["identity"]["country"] or "us"
        bank: Document = {
            "id": bank_id,
            "object": "bank_account",
            "account": account,
            "bank_name": "STRIPE TEST BANK",
            "country": country.upper(),
            "currency": currency,
            "last4": "6789",
            "metadata": {},
            "status": "new",
        }
        world.store.add(bank, account=account)
    return bank_id


def _tell(world: World, payout: Document, kind: str) -> None:
    events.emit(world, kind, payout, account=world.store.owner_of(payout["id"]))
