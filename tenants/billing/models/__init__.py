"""Money: what is owed, how it was paid, what went back, and the ledger that says what was really moved."""

from tenants.billing.models.by_hand import BankLine, BankLineStatus, ManualPayment, Tender
from tenants.billing.models.cards import Mandate, MandatePurpose, SavedCard, StripeCustomer
from tenants.billing.models.disputes import UNDECIDED_DISPUTES, Dispute, DisputeStatus
from tenants.billing.models.documents import Document, DocumentKind, DocumentSeries
from tenants.billing.models.ledger import EntryKind, LedgerEntry
from tenants.billing.models.payments import (
    LIVE,
    OWED,
    UNFINISHED,
    UNPAID,
    AttemptStatus,
    Charge,
    ChargeStatus,
    Instalment,
    InstalmentKind,
    InstalmentStatus,
    PaymentAttempt,
    Refund,
    RefundStatus,
)

__all__ = [
    "LIVE",
    "OWED",
    "UNDECIDED_DISPUTES",
    "UNFINISHED",
    "UNPAID",
    "AttemptStatus",
    "BankLine",
    "BankLineStatus",
    "Charge",
    "ChargeStatus",
    "Dispute",
    "DisputeStatus",
    "Document",
    "DocumentKind",
    "DocumentSeries",
    "EntryKind",
    "Instalment",
    "InstalmentKind",
    "InstalmentStatus",
    "LedgerEntry",
    "Mandate",
    "MandatePurpose",
    "ManualPayment",
    "PaymentAttempt",
    "Refund",
    "RefundStatus",
    "SavedCard",
    "StripeCustomer",
    "Tender",
]
