"""What Stripe itself has on its books for a coach: the balance, its lines, payouts and charges.

Read only: payouts are Stripe's and the coach's, never ours. Lists come the newest first, page by page as
they are consumed, and raise the gateway's errors on the way.
"""

from collections.abc import Iterator
from datetime import datetime

from connect import book_shapes, shapes
from connect.book_shapes import BalanceLineView, BalanceView, PayoutView
from connect.gateway import calling
from connect.shapes import ChargeView


def fetch_balance(*, account_id: str) -> BalanceView:
    """What the coach has at Stripe: `available` to be paid out, `pending` until a later day."""
    with calling.failures():
        balance = calling.client().v1.balance
        return book_shapes.read_balance(balance.retrieve(None, calling.on(account_id)))


def list_payouts(*, account_id: str, since: datetime | None = None) -> Iterator[PayoutView]:
    """With `since`, those made from then on."""
    asked = calling.page(since, expand=["data.destination"])
    yield from calling.every(
        lambda v1: v1.payouts.list(asked, calling.on(account_id)), book_shapes.read_payout
    )


def fetch_payout(*, account_id: str, payout_id: str) -> PayoutView:
    with calling.failures():
        payouts = calling.client().v1.payouts
        asked = calling.sent({"expand": ["destination"]})
        return book_shapes.read_payout(payouts.retrieve(payout_id, asked, calling.on(account_id)))


def list_balance_lines(
    *, account_id: str, payout_id: str = "", since: datetime | None = None
) -> Iterator[BalanceLineView]:
    """The lines of one payout, or of the whole account.

    Only an automatic payout has lines, and only once it is `reconciled`; Stripe refuses to say which a
    manual one paid out (GatewayRefused). Among them is the payout's own line, with its amount below 0.
    """
    of_payout = {"payout": payout_id} if payout_id else {}
    asked = calling.page(since, expand=["data.source"], **of_payout)
    yield from calling.every(
        lambda v1: v1.balance_transactions.list(asked, calling.on(account_id)), book_shapes.read_line
    )


def list_charges(*, account_id: str, since: datetime | None = None) -> Iterator[ChargeView]:
    """Every try at a card on the account, ours or not, with its refunds and what it settled as."""
    asked = calling.page(since, expand=["data.balance_transaction", "data.refunds"])
    yield from calling.every(lambda v1: v1.charges.list(asked, calling.on(account_id)), shapes.read_charge)
