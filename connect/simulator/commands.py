"""What people and banks do to one object, to order: payments, cards, disputes, payouts, accounts."""

from collections.abc import Callable
from typing import Any

from connect.simulator import (
    accounts,
    balance,
    charges,
    checkout,
    customers,
    disputes,
    fraud_warnings,
    intents,
    methods,
    payouts,
    refunds,
    reviews,
)
from connect.simulator.checkout_page import success_url
from connect.simulator.hosted import answer_bank
from connect.simulator.store import Document
from connect.simulator.world import World

Fields = dict[str, Any]


def _pay(world: World, session_id: str, fields: Fields) -> Fields:
    session = checkout.found(world.store, session_id, account=None)
    try:
        status = checkout.pay(
            world, session, str(fields.get("card", "4242424242424242")), keeps=is_yes(fields.get("keep"))
        )
        if status == "requires_action" and "authenticate" in fields:
            completed = is_yes(fields["authenticate"])
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


def is_yes(value: object) -> bool:
    return str(value).lower() in ("true", "yes", "1")


def _answer_bank(world: World, intent_id: str, fields: Fields) -> Fields:
    return {"url": answer_bank(world, intent_id, completed=is_yes(fields.get("completed", "yes")))}


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
    refund = refunds.make(world, charges.found(world.store, charge_id, account=None), _amount(fields))
    return {"refund": refund["id"], "amount": refund["amount"]}


def _with_account(act: Callable[[World, Document], None]) -> Callable[[World, str, Fields], Fields]:
    def command(world: World, account_id: str, fields: Fields) -> Fields:
        act(world, accounts.found(world.store, account_id))
        return {"account": account_id}

    return command


def _dispute(world: World, charge_id: str, fields: Fields) -> Fields:
    charge = charges.found(world.store, charge_id, account=None)
    kind, reason = fields.get("kind") or "chargeback", fields.get("reason") or "fraudulent"
    dispute = disputes.open_for(world, charge, amount=_amount(fields), reason=reason, kind=kind)
    return {"dispute": dispute["id"], "status": dispute["status"]}


def _with_dispute(act: Callable[[World, Document], None]) -> Callable[[World, str, Fields], Fields]:
    def command(world: World, dispute_id: str, fields: Fields) -> Fields:
        dispute = disputes.found(world.store, dispute_id, account=None)
        act(world, dispute)
        return {"dispute": dispute_id, "status": dispute["status"]}

    return command


def _warn(world: World, charge_id: str, fields: Fields) -> Fields:
    charge = charges.found(world.store, charge_id, account=None)
    return {"warning": fraud_warnings.warn(world, charge)["id"]}


def _review(world: World, intent_id: str, fields: Fields) -> Fields:
    return {"review": reviews.begin(world, intents.found(world.store, intent_id, account=None))["id"]}


def _close_review(world: World, review_id: str, fields: Fields) -> Fields:
    review = reviews.found(world.store, review_id, account=None)
    reviews.close(world, review, reason=fields.get("reason") or "approved")
    return {"review": review_id}


def _with_refund(act: Callable[[World, Document, Fields], None]) -> Callable[[World, str, Fields], Fields]:
    def command(world: World, refund_id: str, fields: Fields) -> Fields:
        refund = refunds.found(world.store, refund_id, account=None)
        act(world, refund, fields)
        return {"refund": refund_id, "status": refund["status"]}

    return command


def _fail_refund(world: World, refund: Document, fields: Fields) -> None:
    refunds.fail(world, refund, fields.get("reason") or "expired_or_canceled_card")


def _with_payout(act: Callable[[World, Document, Fields], None]) -> Callable[[World, str, Fields], Fields]:
    def command(world: World, payout_id: str, fields: Fields) -> Fields:
        payout = payouts.found(world.store, payout_id, account=None)
        act(world, payout, fields)
        return {"payout": payout_id, "status": payout["status"]}

    return command


def _fail_payout(world: World, payout: Document, fields: Fields) -> None:
    payouts.fail(world, payout, fields.get("code") or "account_closed")


def _schedule(world: World, account_id: str, fields: Fields) -> Fields:
    payouts.set_schedule(world, accounts.found(world.store, account_id)["id"], fields["interval"])
    return {}


def _pay_out(world: World, account_id: str, fields: Fields) -> Fields:
    account = accounts.found(world.store, account_id)
    payout = payouts.make_by_hand(
        world,
        account_id,
        amount=_amount(fields),
        currency=fields.get("currency") or account["defaults"]["currency"] or "usd",
        method=fields.get("method") or "standard",
    )
    return {"payout": payout["id"], "amount": payout["amount"]}


def _mend_bank(world: World, account_id: str, fields: Fields) -> Fields:
    payouts.mend_bank_account(world, accounts.found(world.store, account_id)["id"])
    return {}


def _cost(world: World, account_id: str, fields: Fields) -> Fields:
    account = accounts.found(world.store, account_id)
    entry = balance.write(
        world,
        account=account_id,
        kind="stripe_fee",
        category="fee",
        amount=-int(fields["amount"]),
        currency=fields.get("currency") or account["defaults"]["currency"] or "usd",
        source=None,
        description=fields.get("description") or "Radar for Fraud Teams",
    )
    return {"entry": entry["id"]}


def _sale(world: World, account_id: str, fields: Fields) -> Fields:
    account = accounts.found(world.store, account_id)
    intent = intents.sell_elsewhere(
        world,
        account_id,
        amount=int(fields["amount"]),
        currency=fields.get("currency") or account["defaults"]["currency"] or "usd",
        description=fields.get("description") or "Sold elsewhere",
    )
    return {"intent": intent["id"], "charge": intent["latest_charge"]}


def _settlement(world: World, account_id: str, fields: Fields) -> Fields:
    account = accounts.found(world.store, account_id)
    balance.settle_in(world, account["id"], currency=fields["currency"], rate=float(fields["rate"]))
    return {}


def _amount(fields: Fields) -> int | None:
    return int(fields["amount"]) if fields.get("amount") else None


ON_OBJECTS: dict[tuple[str, str], Callable[[World, str, Fields], Any]] = {
    ("checkout", "pay"): _pay,
    ("intents", "capture"): _capture,
    ("intents", "cancel"): _cancel,
    ("intents", "bank"): _answer_bank,
    ("charges", "refund"): _refund,
    ("charges", "dispute"): _dispute,
    ("charges", "warn"): _warn,
    ("intents", "review"): _review,
    ("reviews", "close"): _close_review,
    ("disputes", "escalate"): _with_dispute(disputes.escalate),
    ("disputes", "answer"): _with_dispute(disputes.answer),
    ("disputes", "win"): _with_dispute(disputes.win),
    ("disputes", "lose"): _with_dispute(disputes.lose),
    ("refunds", "succeed"): _with_refund(lambda world, refund, fields: refunds.succeed(world, refund)),
    ("refunds", "fail"): _with_refund(_fail_refund),
    ("refunds", "cancel"): _with_refund(lambda world, refund, fields: refunds.cancel(world, refund)),
    ("payouts", "fail"): _with_payout(_fail_payout),
    ("payouts", "cancel"): _with_payout(lambda world, payout, fields: payouts.cancel(world, payout)),
    ("accounts", "schedule"): _schedule,
    ("accounts", "payout"): _pay_out,
    ("accounts", "bank"): _mend_bank,
    ("accounts", "cost"): _cost,
    ("accounts", "sale"): _sale,
    ("accounts", "settlement"): _settlement,
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
