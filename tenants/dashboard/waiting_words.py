"""What does not match, as the coach is told: what it means, and the one thing to do about it."""

from dataclasses import dataclass
from typing import Final

from kit.money import format_money
from kit.words import ago
from tenants.dashboard.desk import Desk
from tenants.earnings.matching import Waiting


@dataclass(frozen=True, slots=True)
class Words:
    """`action` leads to a page of the dashboard by its name; where it is empty, a press asks Stripe again."""

    meaning: str
    title: str
    action: str
    page: str


WORDS: Final = {
    "unmarked": Words("neutral", "Did they come?", "Mark attendance", "booking"),
    "owed_for_given": Words("attention", "Given, not paid in full", "Record payment", "record_payment"),
    "refunded_but_given": Words("attention", "Given, and refunded", "Look at the refund", "payment"),
    "paid_not_given": Words("attention", "Paid, and the session is off", "Look at the payment", "payment"),
    "refused_refund": Words("problem", "A refund was not made", "Look at the refund", "payment"),
    "undecided_payment": Words("attention", "A payment is not decided", "Ask Stripe again", ""),
    "open_dispute": Words("problem", "A payment is disputed", "Look at the payment", "payment"),
    "failed_payout": Words("problem", "A payout did not arrive", "Look at the payout", "payout"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the queue: `href` is a page, or where to press."""

    words: Words
    text: str
    age: str
    href: str
    is_press: bool


def shown(desk: Desk, row: Waiting) -> Shown:
    words = WORDS[row.kind]
    amount = format_money(row.amount_minor, row.currency, desk.practice.locale) if row.currency else ""
    return Shown(
        words,
        ", ".join(filter(None, [row.client, row.about, amount])),
        ago(row.since, desk.now, desk.practice.locale),
        desk.address(words.page or "ask_stripe", row.reference),
        not words.page,
    )
