"""What Stripe pays out, and when, in sentences."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from kit.clock import zone
from kit.money import format_money
from kit.words import day_in_words, listing
from payouts.balance import Part, Standing
from payouts.models import Payout, PayoutStatus
from tenants.earnings.figures import Line

MEANINGS: Final = {
    PayoutStatus.PENDING: "neutral",
    PayoutStatus.IN_TRANSIT: "neutral",
    PayoutStatus.PAID: "paid",
    PayoutStatus.FAILED: "problem",
    PayoutStatus.CANCELED: "attention",
}


def standing_in_words(standing: Standing, *, today: date, locale: str) -> str:
    """ "$412.30 on its way, expected Thu 28 May; $120.00 becomes available Mon 1 June."."""
    told = (
        [
            f"{_sum(standing.on_its_way, standing.currency, locale)} on its way, "
            f"expected {_days(standing.on_its_way, today, locale)}"
        ]
        if standing.on_its_way
        else []
    )
    if standing.ready_minor > 0:
        told.append(f"{format_money(standing.ready_minor, standing.currency, locale)} ready to be paid out")
    elif standing.ready_minor:
        owed = format_money(-standing.ready_minor, standing.currency, locale)
        told.append(f"{owed} owed to Stripe, taken from the next payments")
    if standing.coming:
        is_one = len(standing.coming) == 1
        words = "becomes available" if is_one else "become available"
        coming = _sum(standing.coming, standing.currency, locale)
        told.append(f"{coming} {words} {_days(standing.coming, today, locale)}")
    return "; ".join(told) + "."


def _sum(parts: Iterable[Part], currency: str, locale: str) -> str:
    return format_money(sum(part.minor for part in parts), currency, locale)


def _days(parts: Iterable[Part], today: date, locale: str) -> str:
    days = sorted({part.on for part in parts})
    if len(days) > 2:
        return f"from {_day(days[0], today, locale)} to {_day(days[-1], today, locale)}"
    return listing([_day(day, today, locale) for day in days], locale)


def _day(day: date, today: date, locale: str) -> str:
    return day_in_words(day, locale, with_weekday=True, with_year=day.year != today.year)


def arrival(line: Line, *, tz: str, now: datetime, locale: str) -> str:
    """When a card payment is in the coach's bank: "in your bank about Thu 28 May". Empty where unknown."""
    today = now.astimezone(zone(tz)).date()
    if line.arrival:
        day = _day(line.arrival.on, today, locale)
        said = {
            PayoutStatus.PAID: f"in your bank since {day}",
            PayoutStatus.FAILED: "its payout came back to your balance at Stripe",
            PayoutStatus.CANCELED: "its payout was called off",
        }
        return said.get(PayoutStatus(line.arrival.status), f"in your bank about {day}")
    if line.available_on is None or not line.gross_minor:
        return ""
    if line.available_on <= now:
        return "goes out with Stripe’s next payout"
    return f"in your bank about {_day(line.available_on.astimezone(zone(tz)).date(), today, locale)}"


def headline(payout: Payout, *, today: date, locale: str) -> str:
    """Where the money is: "Arrived at the account ending in 6789 on Thu 28 May"."""
    day = _day(payout.arrives_on, today, locale)
    bank = f"the account ending in {payout.bank_last4}" if payout.bank_last4 else "your bank"
    return {
        PayoutStatus.PAID: f"Arrived at {bank} on {day}",
        PayoutStatus.FAILED: f"Did not arrive at {bank}",
        PayoutStatus.CANCELED: "Called off; the money is in your balance at Stripe",
    }.get(PayoutStatus(payout.status), f"On its way to {bank}, expected {day}")
