"""Prices that a coach may set: what a card can be charged, or nothing."""

from kit.money import MINIMUM_CHARGE_MINOR, format_money


class PriceTooSmall(ValueError):
    """A price that no card can be charged. Its message is for the coach."""


def refuse_uncollectable(price_minor: int, currency: str, *, may_be_free: bool = True) -> None:
    """Raise PriceTooSmall for a price below the smallest amount that cards take; 0 may be allowed."""
    smallest = MINIMUM_CHARGE_MINOR[currency]
    if price_minor >= smallest or (may_be_free and price_minor == 0):
        return
    way_out = ", or 0 to make it free" if may_be_free else ""
    raise PriceTooSmall(f"Cards take {format_money(smallest, currency)} or more. Set at least that{way_out}.")
