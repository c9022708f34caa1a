"""Payments: made without a page or by one, confirmed, fetched, captured, released."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from connect import shapes
from connect.gateway import calling, returns
from connect.gateway.calling import GatewayRefused
from connect.shapes import IntentView

INTENT_PARTS = ["latest_charge.balance_transaction", "latest_charge.refunds", "review"]
Usage = Literal["recurring", "installment", "unscheduled", ""]


def intent_params(
    *,
    amount_minor: int,
    currency: str,
    fee_minor: int,
    customer_id: str,
    method_id: str,
    description: str,
    metadata: Mapping[str, str],
    usage: Usage,
) -> dict[str, Any]:
    """Everything a payment with a kept card is made with. Compute once, store with the attempt.

    `usage` tells the bank why it is asked while the client is away; "" when the client is present. As on a
    page, `fee_minor` is what would be due now, and the words name nobody but the payer.
    """
    params: dict[str, Any] = {
        "amount": amount_minor,
        "currency": currency,
        "customer": customer_id,
        "payment_method": method_id,
        "allowed_payment_method_types": ["card"],
        "capture_method": "manual",
        "metadata": dict(metadata),
    }
    if description:
        params["description"] = description
    if fee_minor:
        params["application_fee_amount"] = fee_minor
    if usage:
        params["payment_method_options"] = {"card": {"stored_credential_usage": usage}}
    return params


def create_intent(*, account_id: str, key: str, params: Mapping[str, Any]) -> IntentView:
    """Make the payment that `params` (from intent_params) describe, without asking the bank yet.

    Commit its id, then confirm it: so a lost answer cannot charge twice.
    """
    with calling.failures():
        intents = calling.client().v1.payment_intents
        return shapes.read_intent(intents.create(_whole(params), calling.on(account_id, key)))


def confirm_intent(
    *, account_id: str, intent_id: str, key: str, off_session: bool, return_url: str = ""
) -> IntentView:
    """Ask the bank. Afterwards the payment is `requires_capture`, or `requires_action` with a `next_url`.

    `off_session`: the client is away, so a bank that wants to ask them declines. Otherwise the client is
    sent to `next_url` and comes back to `return_url`.

    Raises GatewayRefused when the bank declines: `code`, `decline_code` and `advice_code` say why, and
    whether another try with this card makes sense. `authentication_required` never does: send the client a
    page.
    """
    params: dict[str, Any] = {"off_session": True} if off_session else {}
    if return_url:
        params["return_url"] = return_url
    with calling.failures():
        intents = calling.client().v1.payment_intents
        return shapes.read_intent(intents.confirm(intent_id, _whole(params), calling.on(account_id, key)))


def fetch_intent(*, account_id: str, intent_id: str) -> IntentView:
    """The payment with its charge, processor's fee and refunds, in one call."""
    with calling.failures():
        intents = calling.client().v1.payment_intents
        return shapes.read_intent(intents.retrieve(intent_id, _whole(), calling.on(account_id)))


def capture(*, account_id: str, intent_id: str, fee_minor: int, key: str) -> IntentView:
    """Take the whole authorised amount, of which exactly `fee_minor` is the platform's.

    Stripe takes no fee of 0 at capture. So when none is due, a preset one is unset first; if Stripe refuses
    that, the payment is captured and the fee is returned at once (`{key}-fee`). Should the process die
    between those two, `charge.application_fee_minor` is above what was decided and the fee's own record says
    what went back: whoever settles the charge returns what is missing.

    A GatewayRefused is definite. After a GatewayUnavailable fetch the payment: what has moved is not captured
    again, and Stripe answers a key that met a fault with that fault for a day, so the next try takes another.
    """
    if fee_minor:
        return _capture(account_id, intent_id, {"application_fee_amount": fee_minor}, key)
    _unset_fee(account_id, intent_id, key)
    intent = _capture(account_id, intent_id, {}, key)
    _return_uninvited_fee(intent, key)
    return intent


def _capture(account_id: str, intent_id: str, fee: Mapping[str, Any], key: str) -> IntentView:
    with calling.failures():
        intents = calling.client().v1.payment_intents
        return shapes.read_intent(intents.capture(intent_id, _whole(fee), calling.on(account_id, key)))


def _unset_fee(account_id: str, intent_id: str, key: str) -> None:
    if not fetch_intent(account_id=account_id, intent_id=intent_id).application_fee_minor:
        return
    try:
        with calling.failures():
            nothing: Any = {"application_fee_amount": ""}
            options = calling.on(account_id, f"{key}-unset")
            calling.client().v1.payment_intents.update(intent_id, nothing, options)
    except GatewayRefused:
        return


def _return_uninvited_fee(intent: IntentView, key: str) -> None:
    charge = intent.charge
    if charge is None or charge.application_fee_id is None:
        return
    fee = returns.fetch_application_fee(fee_id=charge.application_fee_id)
    missing_minor = fee.amount_minor - fee.amount_refunded_minor
    if missing_minor > 0:
        returns.return_fee(fee_id=fee.id, missing_minor=missing_minor, key=f"{key}-fee")


def release(*, account_id: str, intent_id: str) -> IntentView:
    """Give an authorisation back. No money was taken, so this is no refund. Refused once captured.

    It bears no key of ours: what is cancelled cannot be cancelled twice, and a key that met a fault would
    be answered with it for a day, while the bank holds the payer's money.
    """
    with calling.failures():
        intents = calling.client().v1.payment_intents
        return shapes.read_intent(intents.cancel(intent_id, _whole(), calling.on(account_id)))


def _whole(params: Mapping[str, Any] | None = None) -> Any:
    return calling.sent({**(params or {}), "expand": list(INTENT_PARTS)})


def fetch_intent_id(*, account_id: str, object_id: str) -> str | None:
    """Which payment a charge, refund, dispute, review or fraud warning belongs to; None for anything else."""
    ask = _ASKED_BY_PREFIX.get(object_id.split("_", 1)[0])
    if ask is None:
        return None
    with calling.failures():
        found = ask(calling.client().v1, object_id, calling.on(account_id))
        return shapes.id_of(found.payment_intent)


_ASKED_BY_PREFIX: dict[str, Callable[[Any, str, Any], Any]] = {
    "ch": lambda v1, object_id, options: v1.charges.retrieve(object_id, None, options),
    "re": lambda v1, object_id, options: v1.refunds.retrieve(object_id, None, options),
    # A dispute's id began with dp_ once, and does with du_ now.
    "dp": lambda v1, object_id, options: v1.disputes.retrieve(object_id, None, options),
    "du": lambda v1, object_id, options: v1.disputes.retrieve(object_id, None, options),
    "prv": lambda v1, object_id, options: v1.reviews.retrieve(object_id, None, options),
    "issfr": lambda v1, object_id, options: v1.radar.early_fraud_warnings.retrieve(object_id, None, options),
}
