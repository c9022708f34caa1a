"""What the gateway answers of a coach's balance at Stripe: its lines, payouts, disputes.

Amounts are integers in the minor unit of the currency that stands beside them, with the sign that they have
on the coach's balance. Times are aware, in UTC.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from connect.shapes import given, id_of, moment, moment_or_none

RECONCILED = "completed"


@dataclass(frozen=True)
class BalanceLineView:
    """One movement on the balance: `amount − fee = net`, and `fee` is the sum of `fee_details`.

    `source_id` is what moved it (`ch_`, `re_`, `du_`, `po_`, …), None for a cost of Stripe's own. `charge_id`
    is the charge that it belongs to, of a charge itself, a refund or a dispute. `fee_details` are (type,
    amount, currency), such as ("stripe_fee", 161, "usd").
    """

    id: str
    type: str
    reporting_category: str
    amount_minor: int
    fee_minor: int
    net_minor: int
    currency: str
    source_id: str | None
    charge_id: str | None
    created: datetime
    available_on: datetime
    description: str
    fee_details: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True)
class BalanceView:
    """By currency. Either may be below 0."""

    available: dict[str, int]
    pending: dict[str, int]


@dataclass(frozen=True)
class PayoutView:
    """Money on its way to the coach's bank: `pending`, `in_transit`, `paid`, `failed` or `canceled`.

    `reconciled`: its lines can be listed now. Those of a payout that is not `automatic` never can.
    """

    id: str
    status: str
    amount_minor: int
    currency: str
    arrival_on: datetime
    created: datetime
    automatic: bool
    reconciled: bool
    failure_code: str | None
    method: str
    destination_last4: str


@dataclass(frozen=True)
class DisputeView:
    """A payer's bank takes a payment back, or asks about it first.

    `status` is Stripe's: `needs_response`, `under_review`, `won`, `lost`, or with `warning_` before it while
    it is only an inquiry, which moves no money (`warning_closed`: it came to nothing).
    """

    id: str
    status: str
    reason: str
    amount_minor: int
    currency: str
    charge_id: str
    intent_id: str | None
    created: datetime
    evidence_due_by: datetime | None
    lines: tuple[BalanceLineView, ...]

    @property
    def is_inquiry(self) -> bool:
        return self.status.startswith("warning_")


@dataclass(frozen=True)
class FraudWarningView:
    """A bank believes a charge to be fraudulent. `actionable`: giving it back now may avoid a dispute."""

    id: str
    charge_id: str
    intent_id: str | None
    fraud_type: str
    actionable: bool
    created: datetime


def read_line(entry: Any) -> BalanceLineView:
    return BalanceLineView(
        id=entry.id,
        type=entry.type,
        reporting_category=entry.reporting_category,
        amount_minor=entry.amount,
        fee_minor=entry.fee,
        net_minor=entry.net,
        currency=entry.currency,
        source_id=id_of(entry.source),
        charge_id=_charge_of(entry.source),
        created=moment(entry.created),
        available_on=moment(entry.available_on),
        description=given(entry, "description") or "",
        fee_details=tuple((part.type, part.amount, part.currency) for part in entry.fee_details),
    )


def _charge_of(source: Any) -> str | None:
    """Of an expanded source, or of a charge's mere id."""
    own = id_of(source) or ""
    return own if own.startswith(("ch_", "py_")) else id_of(given(source, "charge"))


def read_balance(balance: Any) -> BalanceView:
    return BalanceView(available=_by_currency(balance.available), pending=_by_currency(balance.pending))


def _by_currency(parts: Any) -> dict[str, int]:
    return {part.currency: part.amount for part in parts}


def read_payout(payout: Any) -> PayoutView:
    return PayoutView(
        id=payout.id,
        status=payout.status,
        amount_minor=payout.amount,
        currency=payout.currency,
        arrival_on=moment(payout.arrival_date),
        created=moment(payout.created),
        automatic=payout.automatic,
        reconciled=payout.reconciliation_status == RECONCILED,
        failure_code=given(payout, "failure_code"),
        method=payout.method,
        destination_last4=given(payout, "destination", "last4") or "",
    )


def read_dispute(dispute: Any) -> DisputeView:
    return DisputeView(
        id=dispute.id,
        status=dispute.status,
        reason=dispute.reason,
        amount_minor=dispute.amount,
        currency=dispute.currency,
        charge_id=id_of(dispute.charge) or "",
        intent_id=id_of(dispute.payment_intent),
        created=moment(dispute.created),
        evidence_due_by=moment_or_none(given(dispute, "evidence_details", "due_by")),
        lines=tuple(_line_of(dispute, entry) for entry in dispute.balance_transactions),
    )


def _line_of(dispute: Any, entry: Any) -> BalanceLineView:
    """A dispute's own lines name it by its id; what it belongs to is known here."""
    line = read_line(entry)
    return replace(line, charge_id=id_of(dispute.charge))


def read_fraud_warning(warning: Any) -> FraudWarningView:
    return FraudWarningView(
        id=warning.id,
        charge_id=id_of(warning.charge) or "",
        intent_id=id_of(given(warning, "payment_intent")),
        fraud_type=warning.fraud_type,
        actionable=warning.actionable,
        created=moment(warning.created),
    )
