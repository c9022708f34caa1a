"""Refunds of a payment in words: how each of them stands, and what another one would mean."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from kit.money import format_money
from tenants.billing.coach_refunds import DONE_OTHERWISE, Because
from tenants.billing.models import EntryKind, LedgerEntry, PaymentAttempt, Refund, RefundStatus
from tenants.billing.refund_preview import Preview
from tenants.dashboard.desk import Desk
from tenants.messaging import refusals
from tenants.packs.models import Pack
from tenants.packs.terms import counted
from tenants.packs.wording import SESSIONS, Noun
from tenants.scheduling.models import FUNDED, Booking
from tenants.shop.fulfilment import PURPOSE as ORDER

UNDER_WAY = "Banks usually need 5 to 10 working days to show it."


@dataclass(frozen=True, slots=True)
class Told:
    """One refund of a payment: ours with who decided it and why, or one made in Stripe's dashboard."""

    at: datetime
    amount_minor: int
    meaning: str
    state: str
    text: str
    why: str = ""
    refund_id: uuid.UUID | None = None
    """Set where it was refused and can be tried again."""

    @property
    def is_moving(self) -> bool:
        return self.meaning == "neutral"


def refunds_of(attempt: PaymentAttempt, entries: Iterable[LedgerEntry], by: Mapping[str, str]) -> list[Told]:
    """Every refund of a payment, the newest first. `entries` are its own; `by` who decided each of ours."""
    counted_ones = {each.reference: each for each in entries if each.kind == EntryKind.REFUND}
    ours = list(attempt.refunds.order_by("created_at", "pk"))
    told = [_ours(each, ours, counted_ones, by.get(str(each.pk), "")) for each in ours]
    known = {each.refund_id for each in ours}
    told += [_at_stripe(each) for name, each in counted_ones.items() if name.split(":")[0] not in known]
    return sorted(told, key=lambda each: each.at, reverse=True)


def _ours(refund: Refund, every: list[Refund], counted_ones: Mapping[str, LedgerEntry], by: str) -> Told:
    meaning, state, text = _state(refund, counted_ones)
    why = ", ".join(filter(None, (_cause(refund.cause), by and f"by {by}")))
    last = every[-1].pk == refund.pk
    again = refund.pk if meaning == "problem" and last and _is_refused(refund) else None
    return Told(refund.created_at, refund.amount_minor, meaning, state, text, why, again)


def _is_refused(refund: Refund) -> bool:
    return refund.status == RefundStatus.REFUSED


def _state(refund: Refund, counted_ones: Mapping[str, LedgerEntry]) -> tuple[str, str, str]:
    if refund.status == RefundStatus.ASKED:
        return "neutral", "Being sent", "It is handed to Stripe within a minute."
    if refund.status == RefundStatus.REFUSED and refund.note in DONE_OTHERWISE:
        return "paid", "Not needed", "The client had the money already, by a refund in Stripe’s dashboard."
    if refund.status == RefundStatus.REFUSED:
        why = refusals.in_words(refund.note)
        return "problem", "Not made", f"It could not be made: {why}. The money is still with you."
    if refund.refund_id in counted_ones:
        return "paid", "Refunded", UNDER_WAY
    return "neutral", "On its way", "Stripe has it, and makes it as soon as your balance there covers it."


def _cause(cause: str) -> str:
    if cause in Because.values:
        return str(Because(cause).label)
    # Some are said in the coach's words, which are looked up only here.
    return str(refusals.CAUSES.get(cause, cause.replace("_", " ").capitalize()))


def _at_stripe(entry: LedgerEntry) -> Told:
    if entry.amount_minor > 0:
        text = "The client’s bank did not take it, so it is yours again."
        return Told(entry.at, entry.amount_minor, "attention", "Came back", text)
    return Told(entry.at, -entry.amount_minor, "paid", "Refunded", UNDER_WAY, "Made in Stripe’s dashboard")


# --- before the press --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bought:
    """What a payment was for, as far as a refund has to do with it."""

    booking: Booking | None
    noun: Noun | None = None
    """What is counted, where something with units was bought: a pack, or a period of a retainer."""
    whole: str = ""
    is_product: bool = False
    """Bought by itself: what its buyer has of it ends with all of the money, and not with a part."""


def bought(purpose: str, booking: Booking | None, pack: Pack | None) -> Bought:
    if pack is not None:
        return Bought(booking, counted(pack.offer), "the pack")
    if purpose == ORDER:
        return Bought(None, is_product=True)
    counted_by_itself = {"retainer": "the period", "packs_for": "these packs"}
    if whole := counted_by_itself.get(purpose):
        return Bought(None, SESSIONS, whole)
    return Bought(booking)


def consequences(desk: Desk, attempt: PaymentAttempt, told: Preview, what: Bought) -> list[str]:
    """What this refund does, a sentence for each thing that somebody could wonder about."""
    return [
        _to_the_client(desk, attempt, told),
        _fee(desk, attempt, told),
        *_units(desk, attempt, told, what),
        *_product(told, what),
        _stripes_fee(desk, told),
        *_session(desk, told, what),
        _nets(desk, told),
    ]


def _amount(desk: Desk, told: Preview, minor: int) -> str:
    return format_money(minor, told.currency, desk.practice.locale)


def _to_the_client(desk: Desk, attempt: PaymentAttempt, told: Preview) -> str:
    card = f"the card {attempt.card.title()}" if attempt.card else "the card it was paid with"
    amount = _amount(desk, told, told.amount_minor)
    return f"{amount} goes back to {card} of {attempt.charge.client.name}. {UNDER_WAY}"


def _fee(desk: Desk, attempt: PaymentAttempt, told: Preview) -> str:
    parts = []
    if told.fee_back_minor:
        parts.append(f"The platform returns {_amount(desk, told, told.fee_back_minor)} of its fee to you.")
    if told.free_units_back:
        sessions = (
            "1 free session is" if told.free_units_back == 1 else f"{told.free_units_back} free sessions are"
        )
        parts.append(f"{sessions} yours again.")
    elif attempt.free_numbers:
        parts.append("No free session comes back: one does when its whole price is refunded.")
    return " ".join(parts) or "No platform fee was taken, so none comes back."


def _units(desk: Desk, attempt: PaymentAttempt, told: Preview, what: Bought) -> Iterable[str]:
    if what.noun is None:
        return
    if told.units_go:
        goes = "goes" if told.units_go == 1 else "go"
        yield f"{what.noun.count(told.units_go)} of {what.whole} {goes} with it."
    elif not told.owed_minor:
        yield f"No {what.noun.of(1)} of {what.whole} goes with it."
    if told.owed_minor:
        owed = _amount(desk, told, told.owed_minor)
        yield f"Used {what.noun.of(2)} stay used: {owed} for them becomes owed to you."


def _product(told: Preview, what: Bought) -> Iterable[str]:
    if what.is_product and told.is_whole:
        yield "The downloads end with it, and so do included sessions that were not used."
    elif what.is_product:
        yield "The downloads stay open, and included sessions stay the client’s."


def _stripes_fee(desk: Desk, told: Preview) -> str:
    if told.processor_fee_minor is None:
        return "Stripe keeps its own fee for the payment. It does not come back."
    return (
        f"Stripe keeps its own fee of {_amount(desk, told, told.processor_fee_minor)}. It does not come back."
    )


def _session(desk: Desk, told: Preview, what: Bought) -> Iterable[str]:
    booking = what.booking
    if booking is None or booking.status not in FUNDED:
        return
    if booking.session.starts_at <= desk.now:
        yield "The session stays as it is: this is about money only."
    elif told.is_whole and what.noun is None:
        yield "The session stays booked, as a gift from you. To call it off is another decision."
    else:
        yield "The session stays booked. To call it off is another decision."


def _nets(desk: Desk, told: Preview) -> str:
    if told.nets_minor < 0:
        return f"In the end this payment has cost you {_amount(desk, told, -told.nets_minor)}."
    return f"Of this payment you keep {_amount(desk, told, told.nets_minor)}."
