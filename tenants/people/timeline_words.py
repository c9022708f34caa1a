"""What happened with a client, each kind of event in one plain sentence. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from kit.money import format_money


class Said(NamedTuple):
    """A sentence with places for `session`, `thing`, `paper`, `amount`; its icon and what it means."""

    words: str
    icon: str
    meaning: str = ""


KINDS: Final[Mapping[str, Said]] = MappingProxyType(
    {
        "booking.requested": Said("Asked for {session}.", "clock", "attention"),
        "booking.confirmed": Said("Booked {session}.", "calendar-check", "paid"),
        "booking.moved": Said("Moved: {session}.", "calendar-clock"),
        "booking.cancelled": Said("Called off: {session}.", "calendar-x"),
        "booking.released": Said("Came to nothing: {session}.", "calendar-x"),
        "booking.completed": Said("Took place: {session}.", "check", "paid"),
        "booking.no_show": Said("Did not come to {session}.", "user-x", "attention"),
        "booking.waived": Said("The rule was waived for {session}.", "undo-2"),
        "payment.captured": Said("Paid {amount} by card for {thing}.", "credit-card", "paid"),
        "payment.received": Said("Paid {amount} {tender} for {thing}.", "wallet", "paid"),
        "payment.taken_back": Said("A payment of {amount} was noted by mistake: {thing}.", "undo-2"),
        "payment.given_back": Said("{amount} was given back for {thing}.", "undo-2", "attention"),
        "payment.refunded": Said("{amount} was refunded to the card.", "undo-2", "attention"),
        "charge.waived": Said("{amount} was let off for {thing}.", "undo-2"),
        "dispute.opened": Said("The bank asks about a payment of {amount}.", "gavel", "problem"),
        "dispute.closed": Said("The bank has decided about {amount}.", "gavel"),
        "invoice.sent": Said("An invoice was sent.", "file-text"),
        "invoice.overdue": Said("A reminder of an invoice was sent.", "file-text", "attention"),
        "invoice.paid": Said("An invoice was paid.", "file-text", "paid"),
        "invoice.cancelled": Said("An invoice was cancelled.", "file-text"),
        "paper.given": Said("{paper} was handed out.", "file-text"),
        "paper.sent": Said("{paper} was sent.", "file-text"),
        "paper.handed_over": Said("The link to {paper} was sent.", "file-text"),
        "paper.asked_again": Said("A reminder of {paper} was sent.", "bell"),
        "paper.reminded": Said("A reminder of {paper} was sent.", "bell"),
        "paper.accepted": Said("{paper} was accepted.", "check", "paid"),
        "paper.declined": Said("{paper} was declined.", "x", "attention"),
        "paper.done": Said("{paper} was handed in.", "check", "paid"),
        "paper.withdrawn": Said("{paper} was withdrawn.", "undo-2"),
        "order.paid": Said("Bought {order}.", "gift", "paid"),
        "order.refunded": Said("{order} was refunded.", "undo-2", "attention"),
        "retainer.invited": Said("Invited to a retainer.", "repeat"),
        "retainer.started": Said("A retainer began.", "repeat", "paid"),
        "retainer.renewed": Said("A retainer was renewed.", "repeat", "paid"),
        "retainer.past_due": Said("A retainer’s payment is late.", "repeat", "problem"),
        "retainer.paused": Said("A retainer was paused.", "repeat"),
        "retainer.resumed": Said("A retainer goes on.", "repeat"),
        "retainer.cancel_wanted": Said("A retainer was cancelled for the end of its period.", "repeat"),
        "retainer.ended": Said("A retainer ended.", "repeat"),
        "client.added": Said("Added by hand.", "user"),
        "client.changed": Said("The record was changed.", "user"),
        "client.archived": Said("Archived.", "user"),
        "client.unarchived": Said("Taken out of the archive.", "user"),
        "client.unsubscribed": Said("Wants no more mails of sequences.", "mail"),
        "client.subscribed": Said("Wants mails of sequences again.", "mail"),
        "client.relation_begun": Said("Somebody pays for them from now on.", "users"),
        "client.relation_ended": Said("Nobody of that name pays for them any more.", "users"),
        "portal.opened": Said("Their own pages were opened.", "user"),
    }
)
_TENDERS: Final = {"cash": "in cash", "transfer": "by bank transfer"}
_AMOUNTS: Final = ("refunded_minor", "amount_minor")


def sentence(kind: str, data: Mapping[str, Any], names: Mapping[str, str], locale: str) -> str:
    """The words of KINDS with what they are about. `names` may lack what is gone."""
    about = {
        "session": names.get("session", "a session"),
        "thing": names.get("thing", "something"),
        "paper": f"“{names['paper']}”" if "paper" in names else "A paper",
        "order": names.get("order", "something"),
        "amount": amount(data, locale),
        "tender": _TENDERS.get(data.get("tender", ""), "by hand"),
    }
    return KINDS[kind].words.format(**about)


def amount(data: Mapping[str, Any], locale: str) -> str:
    """What the event says of money, or that it says nothing."""
    minor = next((data[name] for name in _AMOUNTS if name in data), None)
    if minor is None or "currency" not in data:
        return "an amount"
    return format_money(minor, data["currency"], locale)


def by(actor_kind: str, actor_name: str) -> str:
    """Who did it: "by Anna", "by the client"; nothing of what happens by itself."""
    if actor_kind == "coach":
        return f"by {actor_name or 'you'}"
    return {"client": "by the client", "operator": "by the platform"}.get(actor_kind, "")
