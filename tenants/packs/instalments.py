"""Packs that are paid in monthly instalments: how the price is split, and what the buyer agrees to."""

from dataclasses import replace
from datetime import datetime

from kit.clock import zone
from kit.money import MINIMUM_CHARGE_MINOR, format_money
from kit.words import listing, long_date
from tenants.billing.models import MandatePurpose
from tenants.billing.parts import Part, monthly
from tenants.billing.sales import Mandated
from tenants.offers.models import Practice
from tenants.offers.practice import practice as the_practice
from tenants.offers.prices import PriceTooSmall
from tenants.packs.models import Pack, PackOffer

MOST = 12


def refuse_instalments(currency: str, *, price_minor: int, instalments: int) -> None:
    """Raise PriceTooSmall where a card would not take a share of the price."""
    least = MINIMUM_CHARGE_MINOR[currency]
    if price_minor // instalments < least:
        raise PriceTooSmall(
            f"Cards take {format_money(least, currency)} or more: that price has {price_minor // least} "
            "instalments at most."
        )


def parts_of(
    offer: PackOffer,
    practice: Practice,
    *,
    bought_at: datetime,
    price_minor: int | None = None,
    extras_minor: int = 0,
) -> tuple[Part, ...]:
    """The instalments of a pack that is bought then, the first at once with what is paid beside the pack.

    () where it is paid in one go. `price_minor` is what a coupon has left of the price.
    """
    if offer.instalments == 1:
        return ()
    parts = monthly(
        amount_minor=offer.price_minor if price_minor is None else price_minor,
        count=offer.instalments,
        currency=offer.currency,
        now=bought_at,
        timezone=practice.timezone,
    )
    return (replace(parts[0], amount_minor=parts[0].amount_minor + extras_minor), *parts[1:]) if parts else ()


def sold_in(pack: Pack, *, extras_minor: int = 0) -> tuple[tuple[Part, ...], Mandated | None]:
    """The instalments that a pack was ordered in, and what its buyer agreed to for them."""
    if pack.instalments == 1:
        return (), None
    practice = the_practice()
    parts = parts_of(
        pack.offer,
        practice,
        bought_at=pack.bought_at,
        price_minor=pack.price_minor,
        extras_minor=extras_minor,
    )
    text = in_words(pack.offer, practice, now=pack.bought_at, price_minor=pack.price_minor)
    address = str(pack.accepted.get("address", ""))
    return parts, Mandated(MandatePurpose.INSTALMENT, text, address) if parts else None


def in_words(offer: PackOffer, practice: Practice, *, now: datetime, price_minor: int | None = None) -> str:
    """When how much is charged, and what the buyer agrees to; empty where it is paid in one go."""
    parts = parts_of(offer, practice, bought_at=now, price_minor=price_minor)
    if not parts:
        return ""
    first = format_money(parts[0].amount_minor, offer.currency, practice.locale)
    later = [_on_its_day(part, offer, practice) for part in parts[1:]]
    return (
        f"Paid in {len(parts)} instalments: {first} at once, then {listing(later, practice.locale)}. "
        "For these the card is kept with Stripe and charged by itself. It can be changed or removed, and "
        "each paid earlier or otherwise, by the links in the mails. While one that was due is not paid, "
        "nothing more can be booked."
    )


def _on_its_day(part: Part, offer: PackOffer, practice: Practice) -> str:
    day = part.due_at.astimezone(zone(practice.timezone)).date()
    amount = format_money(part.amount_minor, offer.currency, practice.locale)
    return f"{amount} on {long_date(day, practice.locale)}"
