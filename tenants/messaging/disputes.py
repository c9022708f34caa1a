"""Mails to the coach about what the card's bank asks, takes back, decides, or warns of.

The client gets none: that is between them and their bank.
"""

from datetime import datetime

from kit.database import current_schema
from kit.money import format_money
from kit.words import wall_time
from tenants.activity.models import Event
from tenants.billing.models import UNDECIDED_DISPUTES, Dispute, DisputeStatus, PaymentAttempt
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.wording import one_line
from tenants.offers.practice import practice
from tenants.registry.pages import dashboard_address

WAITS = UNDECIDED_DISPUTES | {DisputeStatus.INQUIRY}
# Stripe's word for what the cardholder has told the bank.
REASONS = {
    "fraudulent": "The cardholder says that somebody else has paid with the card",
    "unrecognized": "The cardholder does not recognise the payment",
    "product_not_received": "The cardholder says that nothing was given for the payment",
    "product_unacceptable": "The cardholder says that what was given was not what was agreed",
    "duplicate": "The cardholder says that it was paid twice",
    "credit_not_processed": "The cardholder says that a promised refund was not made",
    "subscription_canceled": "The cardholder says that it was cancelled before",
}


def reason_in_words(reason: str) -> str:
    """What the cardholder has told the bank; the bank's own word where that is all there is."""
    return REASONS.get(reason, f"The bank calls it: {reason.replace('_', ' ') or 'general'}")


def opened(event: Event, now: datetime) -> tuple[Letter, str]:
    """What the bank has taken or asks about, why, and until when it can be answered."""
    dispute = _dispute(event)
    if dispute.status not in WAITS:
        raise Outdated("It is decided, and the mail about that says so.")
    if dispute.status == DisputeStatus.INQUIRY:
        return _asked(dispute), ""
    who, amount = _who(dispute.attempt), _amount(dispute)
    letter = Letter(
        subject=f"Disputed: {amount} by {who}",
        fact=f"The bank of {who}’s card has taken back {amount}.",
        facts=_facts(dispute),
        paragraphs=(
            "You can answer in Stripe, and the bank decides. Everything that is known here about the "
            "payment is ready for you as one file: what was agreed, when, and what became of it.",
            "Until it is decided the money is with the bank. Sessions stay booked, and nothing more can be "
            "booked from a pack that was paid so.",
        ),
        action=Link("See the payment and its evidence", _page(dispute.attempt)),
        why="You get this because a payment to you was disputed.",
    )
    return letter, ""


def _asked(dispute: Dispute) -> Letter:
    who, amount = _who(dispute.attempt), _amount(dispute)
    return Letter(
        subject=f"The bank asks about {amount} by {who}",
        fact=f"The bank of {who}’s card asks about a payment of {amount}. No money has moved.",
        facts=_facts(dispute),
        paragraphs=(
            "If you do not answer in Stripe, the bank may take the money back. A refund ends it too.",
        ),
        action=Link("See the payment and its evidence", _page(dispute.attempt)),
        why="You get this because a bank has asked about a payment to you.",
    )


def closed(event: Event, now: datetime) -> tuple[Letter, str]:
    """For whom the bank has decided, and what it comes to."""
    dispute = _dispute(event)
    if dispute.status in WAITS:
        raise Outdated("It was opened again.")
    who, amount = _who(dispute.attempt), _amount(dispute)
    subject, fact, meaning = _OUTCOMES[DisputeStatus(dispute.status)]
    letter = Letter(
        subject=subject.format(amount=amount, who=who),
        fact=fact.format(amount=amount, who=who),
        facts=_facts(dispute),
        paragraphs=(meaning,),
        action=Link("See the payment", _page(dispute.attempt)),
        why="You get this because a bank has decided about a payment to you.",
    )
    return letter, ""


_OUTCOMES = {
    DisputeStatus.WON: (
        "Won: {amount} by {who} is yours",
        "The bank has decided for you: {amount} by {who} is yours again.",
        "What had been paused because of it is not any more.",
    ),
    DisputeStatus.LOST: (
        "Lost: {amount} by {who}",
        "The bank has decided for {who}: {amount} stays with them.",
        "It counts as a refund: the platform’s fee for it is returned to you, and free sessions come back. "
        "Stripe’s own fees do not. A session stays booked until you cancel it; of a pack, the units go.",
    ),
    DisputeStatus.INQUIRY_CLOSED: (
        "The bank is content with {amount} by {who}",
        "The bank has closed its question about {amount} by {who}. No money has moved.",
        "There is nothing left to do for you.",
    ),
}


def warned(event: Event, now: datetime) -> tuple[Letter, str]:
    """The bank suspects fraud in a payment that was taken: a refund now may avoid the dispute."""
    attempt = PaymentAttempt.objects.select_related("charge__client").get(pk=event.subject_id)
    if attempt.refunded_minor + attempt.lost_minor >= attempt.captured_minor:
        raise Outdated("The money went back already.")
    who = _who(attempt)
    amount = format_money(attempt.captured_minor, attempt.currency, practice().locale)
    letter = Letter(
        subject=f"Fraud suspected: {amount} by {who}",
        fact=f"The card’s bank believes that somebody else has paid {amount} with the card of {who}.",
        facts=_about(attempt),
        paragraphs=(
            "If you do not know this client, refund the payment now. A dispute would cost you the money and "
            "Stripe’s fee for it besides. If you know them, there is nothing that you must do.",
        ),
        action=Link("See the payment", _page(attempt)),
        why="You get this because a bank has warned of a payment to you.",
    )
    return letter, ""


def _dispute(event: Event) -> Dispute:
    rows = Dispute.objects.select_related("attempt__charge__client")
    return rows.get(pk=event.data["dispute"])


def _who(attempt: PaymentAttempt) -> str:
    return one_line(attempt.charge.client.name)


def _amount(dispute: Dispute) -> str:
    return format_money(dispute.amount_minor, dispute.currency, practice().locale)


def _facts(dispute: Dispute) -> tuple[Fact, ...]:
    facts = [*_about(dispute.attempt), Fact("Reason given", reason_in_words(dispute.reason))]
    if dispute.evidence_due_by and dispute.status in (DisputeStatus.INQUIRY, DisputeStatus.OPEN):
        facts.append(Fact("Answer until", _when(dispute.evidence_due_by)))
    return tuple(facts)


def _about(attempt: PaymentAttempt) -> tuple[Fact, ...]:
    paid_at = attempt.captured_at or attempt.created_at
    amount = format_money(attempt.captured_minor, attempt.currency, practice().locale)
    return (
        Fact("For", one_line(attempt.charge.description)),
        Fact("Paid", f"{amount}, {_when(paid_at)}"),
    )


def _when(at: datetime) -> str:
    return wall_time(at, practice().timezone, practice().locale)


def _page(attempt: PaymentAttempt) -> str:
    return f"{dashboard_address(current_schema())}money/payments/{attempt.pk}/"
