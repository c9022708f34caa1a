"""Disputes in words: what the card's bank asks or has decided, and until when it can be answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from kit.money import format_money
from tenants.billing.models import UNDECIDED_DISPUTES, Dispute, DisputeStatus, EntryKind, LedgerEntry
from tenants.dashboard.desk import Desk
from tenants.messaging.disputes import reason_in_words

STATES = {
    DisputeStatus.INQUIRY: ("attention", "The bank asks"),
    DisputeStatus.INQUIRY_CLOSED: ("paid", "The bank is content"),
    DisputeStatus.OPEN: ("problem", "Waits for your answer"),
    DisputeStatus.UNDER_REVIEW: ("attention", "The bank decides"),
    DisputeStatus.WON: ("paid", "Won"),
    DisputeStatus.LOST: ("problem", "Lost"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One dispute for the payment's page. `answer_by` is set while an answer counts."""

    dispute: Dispute
    meaning: str
    state: str
    reason: str
    text: str
    answer_by: datetime | None
    stripe_page: str

    @property
    def takes_the_money(self) -> bool:
        """Open: the bank has the money until it has decided, so nothing can be refunded."""
        return self.dispute.status in UNDECIDED_DISPUTES


def shown(desk: Desk, dispute: Dispute, entries: Iterable[LedgerEntry]) -> Shown:
    meaning, state = STATES[DisputeStatus(dispute.status)]
    waits = dispute.status in (DisputeStatus.OPEN, DisputeStatus.INQUIRY)
    return Shown(
        dispute=dispute,
        meaning=meaning,
        state=state,
        reason=reason_in_words(dispute.reason),
        text=_text(desk, dispute, list(entries)),
        answer_by=dispute.evidence_due_by if waits else None,
        stripe_page=stripe_page(dispute),
    )


def _text(desk: Desk, dispute: Dispute, entries: list[LedgerEntry]) -> str:
    amount = format_money(dispute.amount_minor, dispute.currency, desk.practice.locale)
    if dispute.status == DisputeStatus.INQUIRY:
        return (
            f"No money has moved. The bank asks about {amount}, and may take it if you do not answer. "
            "A refund ends it too."
        )
    if dispute.status == DisputeStatus.INQUIRY_CLOSED:
        return "The bank has asked, and nothing came of it. No money has moved."
    if dispute.status == DisputeStatus.WON:
        return f"The bank has given you {amount} back."
    fee = format_money(_fee_minor(entries), dispute.currency, desk.practice.locale)
    if dispute.status == DisputeStatus.LOST:
        return (
            f"{amount} stays with the client, as after a refund: the platform’s fee for it is returned to "
            f"you, and free sessions come back. Stripe’s fee of {fee} does not."
        )
    return (
        f"The bank has taken {amount} until it decides, and Stripe a fee of {fee}. Refunds of this payment "
        "are closed meanwhile."
    )


def _fee_minor(entries: list[LedgerEntry]) -> int:
    return -sum(each.amount_minor for each in entries if each.kind == EntryKind.DISPUTE_FEE)


def stripe_page(dispute: Dispute) -> str:
    """Where the dispute is answered: in Stripe's dashboard, by the coach."""
    live = settings.STRIPE_API_KEY.startswith(("sk_live_", "rk_live_"))
    return f"https://dashboard.stripe.com/{'' if live else 'test/'}disputes/{dispute.dispute_id}"
