"""Giving back: refunds to whoever paid, and the platform's fee to the coach."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connect import shapes
from connect.gateway import calling
from connect.shapes import FeeReturnView, FeeView, RefundView


def refund(
    *,
    account_id: str,
    intent_id: str,
    key: str,
    amount_minor: int | None = None,
    metadata: Mapping[str, str] | None = None,
) -> RefundView:
    """Give `amount_minor` of a captured payment back to the payer, or all of it, from the coach's balance.

    A part can be given back twice: by `metadata`, which Stripe keeps with the refund, it is found again.
    """
    params: dict[str, Any] = {"payment_intent": intent_id}
    if amount_minor is not None:
        params["amount"] = amount_minor
    if metadata:
        params["metadata"] = dict(metadata)
    with calling.failures():
        return shapes.read_refund(
            calling.client().v1.refunds.create(calling.sent(params), calling.on(account_id, key))
        )


def fetch_application_fee(*, fee_id: str) -> FeeView:
    """What Stripe says the platform took of a charge and gave back, in the charge's minor units."""
    with calling.failures():
        return shapes.read_fee(calling.client().v1.application_fees.retrieve(fee_id))


def return_fee(*, fee_id: str, missing_minor: int, key: str) -> FeeReturnView:
    """Give `missing_minor` of the platform's fee back to the coach: the one way a fee ever returns.

    The caller holds the charge's lock and computes what is missing from fetch_application_fee.
    """
    with calling.failures():
        refunds = calling.client().v1.application_fees.refunds
        returned = refunds.create(fee_id, {"amount": missing_minor}, {"idempotency_key": key})
        return shapes.read_fee_return(returned)


def list_application_fees(*, since: datetime | None = None) -> Iterator[FeeView]:
    """The platform's own fees on all accounts, the newest first; with `since`, those taken from then on."""
    yield from calling.every(lambda v1: v1.application_fees.list(calling.page(since)), shapes.read_fee)
