"""The rules of a session type and of cancelling as sentences, before anybody is bound by them."""

from datetime import datetime, time, timedelta

from django.template.defaultfilters import pluralize

from kit.clock import zone
from kit.money import format_money
from kit.words import duration, listing, wall_time
from tenants.offers.deposits import agreed_deposit, deposit_of
from tenants.offers.extras import chosen, extras_of
from tenants.offers.models import IfRestFails, Practice, SessionType
from tenants.scheduling.cancellation import Policy, free_cancel_until
from ui.localtime import current_locale

DAY_MINUTES = 1440


def offer_in_words(session_type: SessionType) -> list[str]:
    """What a client buys, when it can be booked, and what is kept free around it."""
    told = (_sale, _deposit, _extras, _asking, _window, _around)
    return [sentence for tell in told if (sentence := tell(session_type))]


def _sale(offer: SessionType) -> str:
    sale = f"{duration(offer.duration_min)}{_price(offer)}{_when_confirmed(offer)}."
    return f"{sale} Once for each client." if offer.once_per_client else sale


def _price(offer: SessionType) -> str:
    return ", free" if offer.is_free else f" for {_amount(offer.price_minor, offer)}"


def _when_confirmed(offer: SessionType) -> str:
    if offer.needs_approval:
        return ""
    if offer.is_free and not chosen(offer):
        return ": confirmed as soon as it is booked"
    if agreed_deposit(offer):
        return ", confirmed when the deposit is paid"
    return ", paid when booking: not paid, not confirmed"


def _deposit(offer: SessionType) -> str:
    """What is paid at once, what later, and what if that fails."""
    if not agreed_deposit(offer):
        return ""
    now_minor = deposit_of(
        price_minor=offer.price_minor, deposit_minor=offer.deposit_minor, deposit_bp=offer.deposit_bp
    )
    due = length(offer.rest_due_hours * 60)
    when = f"{due} before the session" if offer.rest_due_hours else "when the session begins"
    how = "is charged to the card" if offer.rest_by_card else "is to be paid by link or in cash"
    rest = _amount(offer.price_minor - now_minor, offer)
    ends = "" if offer.if_rest_fails == IfRestFails.KEEP else " If that fails, the session is cancelled."
    return f"{_amount(now_minor, offer)} at booking; the rest, {rest}, {how} {when}.{ends}"


def _amount(minor: int, offer: SessionType) -> str:
    return format_money(minor, offer.currency, locale=current_locale())


def _extras(offer: SessionType) -> str:
    every = extras_of(offer)
    always = [f"{each.name} ({_amount(each.price_minor, offer)})" for each in every if each.required]
    asked = [f"{each.name} ({_amount(each.price_minor, offer)})" for each in every if not each.required]
    told = [f"{listing(always)} with every session"] if always else []
    told += [f"{listing(asked)} if the client wants it"] if asked else []
    return f"Paid beside it: {', and '.join(told)}." if told else ""


def _asking(offer: SessionType) -> str:
    """What it means for the client's card that the coach answers first."""
    if not offer.needs_approval:
        return ""
    hours = f"{offer.answer_within_hours} hour{pluralize(offer.answer_within_hours)}"
    within = f"You accept or decline each request within {hours}, sooner where the session is sooner"
    if offer.is_free and not extras_of(offer):
        return f"{within}."
    return f"{within}: the card is authorised with the request and charged only when you accept."


def _window(offer: SessionType) -> str:
    ahead = f"{offer.horizon_days} day{pluralize(offer.horizon_days)}"
    if not offer.minimum_notice_min:
        return f"It can be booked up to {ahead} ahead, and until it begins."
    notice = length(offer.minimum_notice_min)
    return f"It can be booked up to {ahead} ahead, and until {notice} before it begins."


def _around(offer: SessionType) -> str:
    sides = ((offer.buffer_before_min, "before"), (offer.buffer_after_min, "after"))
    kept = [f"{duration(minutes)} {side} it" for minutes, side in sides if minutes]
    return f"You keep {listing(kept)} free." if kept else ""


def length(minutes: int) -> str:
    """Minutes in the largest unit that fits: "2 days", "4 hours"."""
    days, rest = divmod(minutes, DAY_MINUTES)
    return f"{days} day{pluralize(days)}" if days and not rest else duration(minutes)


def reminders_in_words(practice: Practice) -> str:
    """When clients are reminded: "Sent 24 hours and 2 hours before a session"."""
    hours = [duration(each * 60, practice.locale) for each in practice.reminder_hours]
    return f"Sent {listing(hours, practice.locale)} before a session" if hours else "None are sent"


def cancelling_in_words(hours: int, *, practice: Practice, now: datetime) -> str:
    """The rule by an example: a session at 17:00 in a week's time."""
    place = zone(practice.timezone)
    day = now.astimezone(place).date() + timedelta(days=7)
    starts_at = datetime.combine(day, time(17), place)
    until = free_cancel_until(Policy(hours), starts_at)
    session = wall_time(starts_at, practice.timezone, practice.locale)
    deadline = wall_time(until, practice.timezone, practice.locale)
    return (
        f"A session on {session} can be cancelled free of charge until {deadline}. After that it stays paid."
    )
