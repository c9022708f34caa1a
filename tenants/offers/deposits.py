"""Deposits: what of a session's price is paid when it is booked, the rest falling due before it begins."""

from typing import Any

from kit.money import MINIMUM_CHARGE_MINOR, format_money, percentage
from tenants.offers.models import SessionType

FIELDS = ("price_minor", "deposit_minor", "deposit_bp")


class DepositRefused(ValueError):
    """A deposit that cannot be charged, or leaves a rest that cannot. Its message is for the coach."""


def deposit_of(*, price_minor: int, deposit_minor: int = 0, deposit_bp: int = 0) -> int:
    """What is paid at booking, in minor units: the amount, or the share of the price; 0 for no deposit.

    Never more than the price, which a coupon may have made smaller than the amount.
    """
    return min(deposit_minor, price_minor) if deposit_minor else percentage(price_minor, deposit_bp)


def refuse_deposit(currency: str, *, price_minor: int, deposit_minor: int = 0, deposit_bp: int = 0) -> None:
    """Raise DepositRefused unless the deposit and the rest are both amounts that cards take."""
    if not deposit_minor and not deposit_bp:
        return
    deposit = deposit_of(price_minor=price_minor, deposit_minor=deposit_minor, deposit_bp=deposit_bp)
    smallest = MINIMUM_CHARGE_MINOR[currency]
    if deposit < smallest:
        raise DepositRefused(
            f"Cards take {format_money(smallest, currency)} or more: ask for a higher deposit."
        )
    if price_minor - deposit < smallest:
        raise DepositRefused(
            f"The rest after the deposit must be {format_money(smallest, currency)} or more, "
            "since it is charged by itself. Ask for a lower deposit, or for the whole price at booking."
        )


def agreed_deposit(session_type: SessionType, *, locale: str = "en") -> dict[str, Any]:
    """What a booking keeps of the rule, under "deposit"; empty where all is paid at booking.

    `locale` is how the practice writes amounts and dates in what a client agrees to.
    """
    if not session_type.deposit_minor and not session_type.deposit_bp:
        return {}
    return {
        "deposit": {
            "minor": session_type.deposit_minor,
            "bp": session_type.deposit_bp,
            "rest_due_hours": session_type.rest_due_hours,
            "by_card": session_type.rest_by_card,
            "if_rest_fails": session_type.if_rest_fails,
            "locale": locale,
        }
    }
