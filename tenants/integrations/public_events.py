"""What programs are told of: each kind of event with what it is about, and which of its facts it shows.

An event shows ids and facts, never a name, an address or what somebody wrote: a program that may know more
asks the API. Amounts stand in it only for who may see money; what is about nothing but money is told to
nobody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, Protocol
from uuid import UUID

MINOR: Final = "_minor"


class Happened(Protocol):
    """An event, as the practice's own record has it."""

    pk: UUID
    kind: str
    subject_id: UUID
    client_id: UUID | None
    data: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """`object` is what `data.id` names; `facts` and `amounts` are what is taken over from the record."""

    object: str
    says: str
    facts: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    is_about_money: bool = False


def _booking(says: str, *facts: str) -> PublicEvent:
    return PublicEvent("booking", says, facts)


def _pack(says: str, *facts: str) -> PublicEvent:
    return PublicEvent("pack", says, facts)


def _retainer(says: str, *facts: str) -> PublicEvent:
    return PublicEvent("retainer", says, facts)


def _paper(says: str) -> PublicEvent:
    return PublicEvent("client_paper", says, ("paper_kind",))


def _money(named: str, says: str, *facts: str, amounts: tuple[str, ...] = ("amount_minor",)) -> PublicEvent:
    return PublicEvent(named, says, facts, amounts, is_about_money=True)


def _instalment(says: str) -> PublicEvent:
    return _money(
        "instalment",
        says,
        "charge",
        "purpose",
        "number",
        amounts=("amount_minor", "left_minor", "owed_minor"),
    )


def _by_hand(says: str) -> PublicEvent:
    return _money(
        "manual_payment",
        says,
        "charge",
        "purpose",
        "reference",
        "tender",
        amounts=("amount_minor", "left_minor"),
    )


# Asked for by a press, for one endpoint.
TESTED: Final = "webhook.tested"

PUBLIC_EVENTS: Final[Mapping[str, PublicEvent]] = MappingProxyType(
    {
        "booking.requested": _booking("A client asks for a time that the coach has to accept."),
        "booking.confirmed": _booking("The booking stands.", "funding"),
        "booking.moved": _booking("It is at another time.", "from", "to"),
        "booking.upcoming": _booking("It begins soon; the client was reminded.", "hours", "starts_at"),
        "booking.cancelled": _booking("It was called off.", "reason"),
        "booking.released": _booking("A time that was held or asked for is free again.", "reason"),
        "booking.waived": _booking("The coach has let the client off what cancelling would have cost."),
        "booking.completed": _booking("The client came."),
        "booking.no_show": _booking("The client did not come."),
        "series.confirmed": PublicEvent("series", "Several bookings were made at once.", ("bookings",)),
        "pack.bought": _pack("A client has bought a pack.", "order"),
        "pack.sold": _pack("The coach has sold a pack by hand."),
        "pack.given": _pack("A pack was bought for somebody else.", "order"),
        "pack.handed_over": _pack("A pack that was bought for somebody was handed over."),
        "pack.paid": _pack("The pack is paid in full."),
        "pack.released": _pack("A pack that was not paid is off.", "reason"),
        "pack.low": _pack("Few units are left.", "left", "booking"),
        "pack.expiring": _pack("It ends soon.", "days", "left", "last_day"),
        "pack.expired": _pack("It has ended, and its units with it.", "units"),
        "pack.extended": _pack("It lasts longer.", "cause"),
        "pack.sent": _pack("Units were passed on to another client.", "units", "client", "pack"),
        "pack.received": _pack("Units came from another client.", "units", "client", "pack"),
        "pack.corrected": _pack("The coach has corrected the balance.", "units", "left"),
        "pack.frozen": _pack("Nothing can be booked with it for now."),
        "pack.unfrozen": _pack("It can be used again."),
        "pack.refunded": _pack("Units are gone, for their money went back.", "units"),
        "order.paid": PublicEvent("order", "An order is paid.", ("product",)),
        "order.released": PublicEvent("order", "An order that was not paid is off.", ("product", "reason")),
        "paper.accepted": _paper("The client has agreed."),
        "paper.declined": _paper("The client has not agreed."),
        "proposal.sent": PublicEvent("proposal", "A proposal went to a client.", ("client",)),
        "proposal.accepted": PublicEvent("proposal", "It was accepted.", ("client",)),
        "proposal.declined": PublicEvent("proposal", "It was declined.", ("client",)),
        "proposal.expired": PublicEvent("proposal", "Its last day has passed.", ("client",)),
        "proposal.withdrawn": PublicEvent("proposal", "The coach has withdrawn it.", ("client",)),
        "retainer.started": _retainer("A retainer has begun."),
        "retainer.renewed": _retainer("Another period has begun."),
        "retainer.paused": _retainer("It stands still."),
        "retainer.resumed": _retainer("It goes on."),
        "retainer.ended": _retainer("It has ended."),
        "payment.captured": _money("payment", "A card payment came in.", "charge"),
        "payment.received": _by_hand("Cash, a transfer or the like was noted down."),
        "payment.taken_back": _by_hand("What was noted down was a mistake."),
        "payment.given_back": _by_hand("Money was given back by hand."),
        "payment.refunded": _money(
            "sold",
            "Money went back to a card. `id` is what was sold.",
            "purpose",
            "whole",
            amounts=("refunded_minor",),
        ),
        "refund.refused": _money("sold", "A refund could not be made.", "refund", "purpose", "cause"),
        "charge.waived": _money("sold", "Part of what was owed is not asked for.", "charge", "purpose"),
        "instalment.due": _instalment("A part of a payment is due."),
        "instalment.paid": _instalment("A part of a payment is paid."),
        "instalment.failed": _instalment("A card could not pay a part; it is tried again."),
        "instalment.asks_client": _instalment("The client's bank asks the client to confirm."),
        "instalment.unpaid": _instalment("A part of a payment stays unpaid."),
        "invoice.sent": _money("invoice", "An invoice went to its payer.", "charge", amounts=()),
        "invoice.overdue": _money("invoice", "An invoice is not paid in time.", "charge", amounts=()),
        "invoice.paid": _money("invoice", "An invoice is paid.", "charge", amounts=()),
        "invoice.cancelled": _money("invoice", "An invoice was cancelled.", "charge", amounts=()),
        "retainer.past_due": _money("retainer", "A period is not paid.", "period", amounts=()),
        "retainer.price_changed": _money("retainer", "Its price changes.", amounts=()),
        "dispute.opened": _money("payment", "A payer disputes a card payment.", "dispute", "status"),
        "dispute.closed": _money("payment", "A dispute is decided.", "dispute", "status"),
        "payout.failed": _money("payout", "A payout did not arrive at the bank.", "code"),
        "client.added": PublicEvent("client", "A client was added by hand."),
        "client.changed": PublicEvent("client", "What is known of a client has changed."),
        "client.erased": PublicEvent("client", "A client's data were erased: erase what you hold of them."),
        "stripe.restricted": PublicEvent("practice", "Stripe asks for something before cards can be taken."),
        "stripe.disconnected": PublicEvent("practice", "The practice is no longer connected with Stripe."),
        "practice.suspended": PublicEvent("practice", "The practice's pages are closed for now."),
        "practice.reopened": PublicEvent("practice", "The practice's pages are open again."),
        "practice.closed": PublicEvent("practice", "The practice is closed: nothing more is booked or paid."),
        "practice.opened_again": PublicEvent("practice", "It is not closed after all."),
        "practice.moving": PublicEvent("practice", "It moves to another installation: nothing now.", ("to",)),
        "practice.stayed": PublicEvent("practice", "It does not move after all."),
        TESTED: PublicEvent("webhook_endpoint", "Somebody has pressed “Send a test”."),
    }
)


def payload(event: Happened, *, shows_money: bool) -> dict[str, Any]:
    """The event as programs see it."""
    public = PUBLIC_EVENTS[event.kind]
    said: dict[str, Any] = {"id": str(event.subject_id), "object": public.object}
    if event.client_id is not None:
        said["client_id"] = str(event.client_id)
    said |= {fact: event.data[fact] for fact in public.facts if fact in event.data}
    if shows_money:
        said |= _amounts(public, event.data)
    return {"type": event.kind, "timestamp": event.at.astimezone(UTC).isoformat(), "data": said}


def _amounts(public: PublicEvent, data: dict[str, Any]) -> dict[str, Any]:
    """As amounts are written in the API; `amount_minor` of the record is `amount` here."""
    return {
        name.removesuffix(MINOR): {"amount_minor": data[name], "currency": data["currency"]}
        for name in public.amounts
        if name in data
    }


def is_wanted(kind: str, wanted: str) -> bool:
    """Whether a kind is among words such as `booking.* pack.low`; of no words at all, it is."""
    words = wanted.split()
    return not words or kind in words or f"{kind.partition('.')[0]}.*" in words


class UnknownKinds(ValueError):
    """No such event. Its message is for people."""


def written(kinds: str) -> str:
    """Words as an endpoint keeps them, each once. Raises UnknownKinds."""
    known = set(PUBLIC_EVENTS) | {f"{kind.partition('.')[0]}.*" for kind in PUBLIC_EVENTS}
    words = list(dict.fromkeys(kinds.split()))
    if unknown := [word for word in words if word not in known]:
        raise UnknownKinds(f"There is no event “{unknown[0][:60]}”. Write for example booking.* or pack.low.")
    if len(" ".join(words)) > KINDS_LENGTH:
        raise UnknownKinds("These are too many one by one. Write booking.* for all that befalls bookings.")
    return " ".join(words)


KINDS_LENGTH: Final = 400
