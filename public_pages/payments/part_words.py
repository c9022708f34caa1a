"""The parts of a charge and what was paid of it, in the payer's words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.template.defaultfilters import capfirst

from kit.clock import zone
from kit.words import long_date
from public_pages.booking.coach import Coach
from public_pages.booking.wording import declined
from public_pages.payments.stages import Standing, card_payments, hand_payments
from tenants.billing.models import OWED, Charge, Instalment, InstalmentKind, InstalmentStatus, Tender
from tenants.billing.tenders import card_in_words

HOW = {Tender.CASH: "in cash", Tender.TRANSFER: "by bank transfer"}
ASKS = "Your bank wants you to confirm this payment: pay it here, and it asks you."


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part with its state; `day` is when, in words that say what happened or happens then."""

    name: str
    amount_minor: int
    meaning: str
    state: str
    before: str
    at: datetime | None
    note: str = ""


def part_rows(standing: Standing, now: datetime) -> list[PartRow]:
    """All parts, in order; none where it is paid in one go."""
    parts = [each for each in standing.owed.parts if each.status != InstalmentStatus.VOID or each.paid_minor]
    return [_row(part, parts, now) for part in parts]


def name_of(part: Instalment, parts: Sequence[Instalment]) -> str:
    if part.kind == InstalmentKind.INSTALMENT:
        return f"Payment {part.number} of {len(parts)}"
    return str(part.get_kind_display())


def _row(part: Instalment, parts: Sequence[Instalment], now: datetime) -> PartRow:
    meaning, state, before, at = _state(part, now)
    note = ASKS if part.asks_client and part.status in OWED else _said_by_the_bank(part)
    return PartRow(name_of(part, parts), part.amount_minor, meaning, state, before, at, note)


def _state(part: Instalment, now: datetime) -> tuple[str, str, str, datetime | None]:
    """Meaning, state, the words before a day, and that day."""
    if part.status == InstalmentStatus.PAID:
        return "paid", "Paid", "Paid on", part.paid_at
    if part.status in (InstalmentStatus.WAIVED, InstalmentStatus.VOID):
        return "neutral", "Not asked for", "", None
    if part.asks_client:
        return "problem", "Waits for you", "Was due on", part.due_at
    if part.status == InstalmentStatus.FAILED or part.tries:
        again = part.next_try_at if part.status == InstalmentStatus.OPEN else None
        return ("problem", "Not paid", "Tried again on", again) if again else _late(part)
    if part.due_at <= now:
        return "attention", "Due", "Due on", part.due_at
    before = "Charged to your card on" if part.by_card else "Due on"
    return "neutral", "To come", before, part.due_at


def _late(part: Instalment) -> tuple[str, str, str, datetime | None]:
    return "problem", "Not paid", "Was due on", part.due_at


def _said_by_the_bank(part: Instalment) -> str:
    return declined(part.decline) if part.status in OWED else ""


# --- what was paid ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Payment:
    """ "Visa ending in 4242, 3 June 2026"; below 0, given back."""

    words: str
    amount_minor: int


def payments_of(charge: Charge, coach: Coach) -> list[Payment]:
    """Everything that was paid and given back: by cards, then by hand."""
    return [*_by_card(charge, coach), *_by_hand(charge, coach)]


def _by_card(charge: Charge, coach: Coach) -> Iterator[Payment]:
    for attempt in card_payments(charge):
        assert attempt.captured_at is not None
        day = attempt.captured_at.astimezone(zone(coach.practice.timezone)).date()
        card = card_in_words(attempt.card)
        yield Payment(f"{capfirst(card)}, {long_date(day, coach.locale)}", attempt.captured_minor)
        if attempt.refunded_minor:
            yield Payment("Returned to that card", -attempt.refunded_minor)


def _by_hand(charge: Charge, coach: Coach) -> Iterator[Payment]:
    for each in hand_payments(charge):
        what = "Given back" if each.amount_minor < 0 else "Paid"
        day = long_date(each.received_on, coach.locale)
        yield Payment(f"{what} {HOW[Tender(each.tender)]}, {day}", each.amount_minor)
