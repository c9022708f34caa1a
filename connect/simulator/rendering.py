"""From a stored document to an answer: nulls for what is not set, expansions, and a check of the shape.

Nothing leaves the simulator unchecked. A shape that the SDK's types do not know is a fault of the simulator
and answers 500, so that the test which met it fails.
"""

from collections.abc import Callable
from typing import Any

from connect.simulator import fitting, schemas
from connect.simulator.refusals import invalid
from connect.simulator.store import Document, Store

SDK_TYPES = {
    "v2.core.account": "stripe.v2.core._account.Account",
    "v2.core.account_link": "stripe.v2.core._account_link.AccountLink",
    "customer": "stripe._customer.Customer",
    "checkout.session": "stripe.checkout._session.Session",
    "item": "stripe._line_item.LineItem",
    "payment_intent": "stripe._payment_intent.PaymentIntent",
    "payment_method": "stripe._payment_method.PaymentMethod",
    "setup_intent": "stripe._setup_intent.SetupIntent",
    "charge": "stripe._charge.Charge",
    "balance_transaction": "stripe._balance_transaction.BalanceTransaction",
    "application_fee": "stripe._application_fee.ApplicationFee",
    "fee_refund": "stripe._application_fee_refund.ApplicationFeeRefund",
    "refund": "stripe._refund.Refund",
    "event": "stripe._event.Event",
    "balance": "stripe._balance.Balance",
    "bank_account": "stripe._bank_account.BankAccount",
    "dispute": "stripe._dispute.Dispute",
    "payout": "stripe._payout.Payout",
    "radar.early_fraud_warning": "stripe.radar._early_fraud_warning.EarlyFraudWarning",
    "review": "stripe._review.Review",
}
# Left out of an answer unless it is asked for, or unless it applies: never a null.
ABSENT_UNLESS_SET = {
    "charge": {"refunds", "level3"},
    "checkout.session": {"line_items"},
    "customer": {"deleted", "sources", "subscriptions", "tax_ids", "cash_balance", "tax"},
    "balance": None,
    "bank_account": {"deleted"},
    "payment_method": None,  # the details of every other kind of method
}
# Lists that belong to an object and are given when expanded: (object, field) → how to find them.
INCLUDABLE: dict[tuple[str, str], Callable[[Store, Document], list[Document]]] = {
    ("charge", "refunds"): lambda store, charge: store.linked("refund", "charge", charge["id"]),
    ("checkout.session", "line_items"): lambda store, session: session["_line_items"],
}


class WrongShape(Exception):
    """The simulator was about to answer what Stripe would not."""


def render(document: Document, *, sdk_type: str | None = None) -> Document:
    """What the API says of a stored object. Names with an underscore are the simulator's own."""
    known = sdk_type or SDK_TYPES[document["object"]]
    members = schemas.resolve(schemas.schema(known), schemas.schema(known))["properties"]
    absent = ABSENT_UNLESS_SET.get(document["object"], set())
    fill = {} if absent is None else {name: None for name in members if name not in absent}
    said = {**fill, **{name: value for name, value in document.items() if not name.startswith("_")}}
    check(said, known)
    return said


def check(said: Document, sdk_type: str) -> None:
    if fitting.fits(sdk_type)(said):
        return
    problem = next(schemas.validator(sdk_type).iter_errors(said), None)
    if problem:
        place = ".".join(str(part) for part in problem.absolute_path)
        raise WrongShape(f"{sdk_type}: {place or 'itself'}: {problem.message}")


def expanded(store: Store, said: Document, paths: list[str]) -> Document:
    for path in paths:
        _expand(store, said, path.removeprefix("data."), path)
    return said


def _expand(store: Store, said: Document, path: str, asked: str) -> None:
    head, _, rest = path.partition(".")
    if said.get("object") == "list":
        for item in said["data"]:
            _expand(store, item, path, asked)
        return
    includable = INCLUDABLE.get((said["object"], head))
    if includable and head not in said:
        stored = store.find(said["id"]) or said
        said[head] = listed([render(item) for item in includable(store, stored)], url="/v1/" + head)
    if head not in said:
        raise invalid(f"This property cannot be expanded ({asked}).", param="expand")
    if isinstance(said[head], str):
        said[head] = _found(store, said[head])
    if rest and said[head] is not None:
        _expand(store, said[head], rest, asked)


def _found(store: Store, object_id: str) -> Any:
    document = store.find(object_id)
    return render(document) if document else object_id


def listed(items: list[Document], *, url: str, has_more: bool = False) -> Document:
    return {"object": "list", "data": items, "has_more": has_more, "url": url}
