"""What is owed, in the coach's words: states, ages, and the mail that asks for it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from kit.clock import zone
from kit.money import format_money
from kit.words import ago, long_date, short_date
from tenants.billing import links
from tenants.billing.models import Charge, ChargeStatus, ManualPayment, Tender
from tenants.dashboard.desk import Desk
from tenants.dashboard.diary import Badge
from tenants.earnings.owed import Open
from tenants.registry.pages import page_address

STATES = {
    ChargeStatus.OPEN: Badge("attention", "Open", "circle"),
    ChargeStatus.PARTIALLY_PAID: Badge("attention", "Partly paid", "circle"),
    ChargeStatus.PAID: Badge("paid", "Paid", "check"),
    ChargeStatus.PARTIALLY_REFUNDED: Badge("neutral", "Partly refunded", "undo-2"),
    ChargeStatus.REFUNDED: Badge("neutral", "Refunded", "undo-2"),
    ChargeStatus.VOID: Badge("neutral", "Not asked for", "x"),
}
DISPUTED = Badge("problem", "Disputed", "circle-alert")
HOW = {Tender.CASH: "in cash", Tender.TRANSFER: "by bank transfer"}


def badge_of(state: str) -> Badge:
    return DISPUTED if state == "disputed" else STATES[ChargeStatus(state)]


def row_of(desk: Desk, row: Open) -> dict[str, Any]:
    """One thing that is owed, as the pages show it."""
    return {
        "open": row,
        "charge": row.charge,
        "badge": badge_of(row.state),
        "age": age(desk, row),
        "link": pay_link(desk, row.charge),
        "mail": mail_to(desk, row),
        "has_part": row.next_minor != row.left_minor,
    }


def pay_link(desk: Desk, charge: Charge) -> str:
    """As `links.pay_address`, without asking for each where the coach's pages are."""
    return f"{page_address(desk.tenant)}/pay/{links.pay_token(charge)}/"


def age(desk: Desk, row: Open) -> str:
    """Since when it is due, or when it will be."""
    day = row.due_at.astimezone(zone(desk.tz)).date()
    written = short_date(day, desk.practice.locale)
    if row.is_due:
        since = "" if day == desk.now.astimezone(zone(desk.tz)).date() else f", {ago(row.due_at, desk.now)}"
        return f"Due {written}{since}"
    return f"Charged to the card on {written}" if row.by_card else f"Due on {written}"


def mail_to(desk: Desk, row: Open) -> str:
    """A mail in the coach's own program, written as far as can be known."""
    charge, locale = row.charge, desk.practice.locale
    amount = format_money(row.next_minor, charge.currency, locale)
    subject = f"{charge.description}: {amount}"
    text = (
        f"Hello {charge.client.name},\n\n{amount} is open for {charge.description}. You can pay it here:\n"
        f"{pay_link(desk, charge)}\n\nBy bank transfer, please write {row.code} as the reference.\n"
    )
    return f"mailto:{quote(charge.client.email)}?subject={quote(subject)}&body={quote(text)}"


def in_words(desk: Desk, payment: ManualPayment) -> str:
    """ "€45.00 in cash, Wednesday 10 June 2026"."""
    amount = format_money(abs(payment.amount_minor), payment.currency, desk.practice.locale)
    day = long_date(payment.received_on, desk.practice.locale)
    back = "given back " if payment.amount_minor < 0 else ""
    return f"{amount} {back}{HOW[Tender(payment.tender)]}, {day}"


def what_is_left(desk: Desk, charge: Charge, left_minor: int) -> str:
    """After a payment: what is owed yet."""
    if not left_minor:
        return f"{charge.description} is paid."
    left = format_money(left_minor, charge.currency, desk.practice.locale)
    return f"{left} is left to pay for {charge.description}."


def received(desk: Desk, payments: Iterable[ManualPayment]) -> list[dict[str, Any]]:
    """Payments by hand, the newest first, with what can be pressed."""
    return [
        {
            "payment": each,
            "words": in_words(desk, each),
            "by": each.actor_name or "you",
            "is_taken_back": each.taken_back_at is not None,
        }
        for each in payments
    ]
