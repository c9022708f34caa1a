"""What happened to a booking, each event as one plain sentence."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from kit.money import format_money
from ui.localtime import current_locale

Row = dict[str, Any]

_RELEASED = {
    "hold_lapsed": "The time was kept as long as it could be, and is free again. Nothing was paid.",
    "payment_abandoned": "The card page was left without paying. The time is free again.",
    "payment_failed": "The bank refused the payment. The time is free again.",
    "payment_released": "The payment was let go before any money was taken.",
    "cancelled_at_stripe": "The payment was called off in Stripe. The time is free again.",
    "review_not_closed": "Stripe was still checking the payment when it had to be decided. It was let go.",
    "request_declined": "The request was declined. Nothing was taken.",
    "request_withdrawn": "The request was withdrawn. Nothing was taken.",
    "request_unanswered": "Nobody answered the request in time. It was let go, and nothing was taken.",
    "payment_unreachable": "The Stripe account was disconnected before this could be paid.",
}
_CONFIRMED = {
    "free": "Confirmed. The session is free.",
    "card": "Confirmed, because the payment cleared.",
    "comp": "Confirmed without payment, as a gift.",
    "pack": "Confirmed, paid with a pack.",
}
_ATTENDED = {
    "booking.completed": ("Marked as done.", "check", "paid"),
    "booking.no_show": ("Marked as a no-show. Nothing goes back.", "user-x", "attention"),
}
_CANCELLED = {
    "refunded": "Cancelled, because the whole payment was refunded.",
    "client": "Cancelled by the client.",
    "late": "Cancelled too late.",
    "coach": "Cancelled by you.",
    "weather": "Called off for weather, or because the venue was closed.",
    "declined_move": "Cancelled, because the new time was declined.",
    "no_show": "Called off after a no-show.",
}
_ASKED = {
    "booking.requested": ("Asked for. Nothing is taken before you accept.", "clock", "attention"),
    "booking.moved": ("Moved to another time.", "calendar-clock", "neutral"),
    "booking.upcoming": ("The client was to be reminded.", "bell", ""),
    "booking.waived": ("Given back although the rule keeps it.", "undo-2", "neutral"),
}
_ASKS, _TAKES = "The bank asks about {amount}.", "The bank has taken {amount} back, and decides."
_DISPUTES = {
    "dispute.opened": {
        "inquiry": (_ASKS, "attention"),
        "open": (_TAKES, "problem"),
        "under_review": (_TAKES, "problem"),
    },
    "dispute.closed": {
        "inquiry_closed": ("The bank is content; nothing came of its question.", "paid"),
        "won": ("The bank has given {amount} back.", "paid"),
        "lost": ("The bank has decided for the cardholder: {amount} is lost.", "problem"),
    },
}
_MAILS = {
    "sent": ("was sent", "mail", ""),
    "waiting": ("is on its way", "mail", ""),
    "failed": ("could not be delivered", "mail", "problem"),
    "dropped": ("was not needed any more", "mail", ""),
}


class Happened(Protocol):
    """An event, or what looks like one."""

    kind: str
    data: Any
    at: datetime
    actor_kind: str
    actor_name: str


def sentence(event: Happened) -> Row:
    """The event as an entry of the timeline: `at`, `text`, `note`, `icon`, `meaning`."""
    text, icon, meaning = _told(event.kind, event.data)
    return {"at": event.at, "text": text, "note": _by(event), "icon": icon, "meaning": meaning}


def _told(kind: str, data: Mapping[str, Any]) -> tuple[str, str, str]:
    if kind in _ATTENDED:
        return _ATTENDED[kind]
    if kind == "booking.confirmed":
        return _CONFIRMED.get(data.get("funding", ""), "Confirmed."), "calendar-check", "paid"
    if kind == "booking.released":
        return _RELEASED.get(data.get("reason", ""), "The time is free again."), "calendar-x", "attention"
    if kind == "booking.cancelled":
        return _CANCELLED.get(data.get("reason", ""), "Cancelled."), "calendar-x", "neutral"
    if kind in _ASKED:
        return _ASKED[kind]
    if kind == "payment.captured":
        return f"{_amount(data, 'amount_minor')} was paid by card.", "credit-card", "paid"
    if kind == "payment.refunded":
        how_much = "All of it, " if data.get("whole") else "Altogether "
        return f"{how_much}{_amount(data, 'refunded_minor')}, was refunded.", "undo-2", "attention"
    if kind == "refund.decided":
        return f"{_amount(data, 'amount_minor')} is to go back.", "undo-2", "neutral"
    if kind in _DISPUTES:
        text, meaning = _DISPUTES[kind][data.get("status", "")]
        return text.format(amount=_amount(data, "amount_minor")), "gavel", meaning
    if kind == "payment.warned":
        return "The card’s bank suspects fraud.", "shield-alert", "problem"
    return f"{kind.replace('.', ' ').replace('_', ' ').capitalize()}.", "circle", ""


def _amount(data: Mapping[str, Any], name: str) -> str:
    if "currency" not in data or name not in data:
        return "The amount"
    return format_money(data[name], data["currency"], locale=current_locale())


def _by(event: Happened) -> str:
    if event.actor_kind == "coach":
        return f"by {event.actor_name or 'you'}"
    return {"stripe": "seen at Stripe", "client": "by the client", "operator": "by the platform"}.get(
        event.actor_kind, ""
    )


def chosen(*, at: datetime, name: str) -> Row:
    """How every booking begins."""
    return {"at": at, "text": f"{name} chose this time.", "icon": "calendar-plus", "note": "", "meaning": ""}


def declined(*, at: datetime, code: str) -> Row:
    """A card that was refused; `code` is the bank's."""
    why = f" ({code.replace('_', ' ')})" if code else ""
    return {"at": at, "text": f"A card was declined{why}.", "icon": "credit-card", "meaning": "attention"}


def mailed(*, at: datetime, status: str, audience: str) -> Row:
    """A mail about the booking, and what became of it."""
    verb, icon, meaning = _MAILS.get(status, _MAILS["waiting"])
    to = "you" if audience == "coach" else "the client"
    return {"at": at, "text": f"A mail to {to} {verb}.", "icon": icon, "meaning": meaning}


def in_order(rows: Iterable[Row]) -> list[Row]:
    """The newest first."""
    return sorted(rows, key=lambda row: row["at"], reverse=True)
