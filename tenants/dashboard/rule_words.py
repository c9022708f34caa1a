"""The rules of a session type and of cancelling as sentences, before anybody is bound by them."""

from datetime import datetime, time, timedelta

from django.template.defaultfilters import pluralize

from kit.clock import zone
from kit.money import format_money
from kit.words import duration, listing, wall_time
from tenants.offers.models import Practice, SessionType
from tenants.scheduling.cancellation import Policy, free_cancel_until
from ui.localtime import current_locale

DAY_MINUTES = 1440


def offer_in_words(session_type: SessionType) -> list[str]:
    """What a client buys, when it can be booked, and what is kept free around it."""
    return [
        sentence
        for sentence in (_sale(session_type), _window(session_type), _around(session_type))
        if sentence
    ]


def _sale(offer: SessionType) -> str:
    length = duration(offer.duration_min)
    if offer.is_free:
        sale = f"{length}, free: confirmed as soon as it is booked."
    else:
        price = format_money(offer.price_minor, offer.currency, locale=current_locale())
        sale = f"{length} for {price}, paid when booking: not paid, not confirmed."
    return f"{sale} Once for each client." if offer.once_per_client else sale


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
