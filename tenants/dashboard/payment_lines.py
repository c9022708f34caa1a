"""The payments of one booking, each as lines that add up to its net."""

import uuid

from fees import accounts as fee_accounts
from kit.money import format_money
from tenants.dashboard.desk import Desk
from tenants.earnings import figures
from tenants.earnings.periods import Period

PAID_BY = {"card": "by card", "cash": "in cash", "transfer": "by bank transfer"}


def payments(desk: Desk, booking_id: uuid.UUID) -> list[dict[str, object]]:
    """Each payment, by card or by hand, with its lines, which add up to its net."""
    lines = figures.lines(period=Period(desk.tz), booking_id=booking_id)
    if not lines:
        return []
    of = fee_accounts.terms(schema_name=desk.tenant.schema_name).free_units
    return [{"line": line, "parts": _parts(line, of, desk.practice.locale)} for line in lines]


def _parts(line: figures.Line, of: int, locale: str) -> list[dict[str, object]]:
    paid = {"label": f"Paid {PAID_BY[line.tender]}", "minor": line.gross_minor, "note": line.part}
    parts: list[dict[str, object]] = [paid]
    if line.is_by_card:
        note = _fee_note(line, of, locale)
        parts.append({"label": "Platform fee", "minor": line.platform_fee_minor, "note": note})
        if line.processor_fee_known and not line.foreign_currency:
            parts.append({"label": "Card processing by Stripe", "minor": line.processor_fee_minor})
    taken = {
        "Refunded": line.refunds_minor,
        "Taken back by the card’s bank": line.disputes_minor,
        "Stripe’s fee for the dispute": line.dispute_fees_minor,
    }
    return parts + [{"label": label, "minor": minor} for label, minor in taken.items() if minor]


def _fee_note(line: figures.Line, of: int, locale: str) -> str:
    up_to = free_up_to(line.free_up_to_minor, line.currency, locale)
    # The rate stands there as long as it explains the amount.
    bears_it = bool(line.platform_fee_minor) and not line.refunds_minor
    rate = rate_words(line.rate_bp, bears_it=bears_it, is_free_in_part=line.free_of_order > 0)
    return ", ".join(filter(None, (free_session(line.free_numbers, of, up_to=up_to), rate)))


def rate_words(rate_bp: int | None, *, bears_it: bool, is_free_in_part: bool) -> str:
    """ "10%", or of what it is the rate; nothing for a payment without a fee."""
    if not rate_bp or not bears_it:
        return ""
    return f"{rate_bp / 100:g}%{' of what is not free' if is_free_in_part else ''}"


def free_session(numbers: tuple[int, ...], of: int, *, up_to: str = "") -> str:
    """ "free session 7 of 10", "free session 7, 8 of 10, up to $40.00 each", or nothing."""
    if not numbers:
        return ""
    limit = f", up to {up_to}{' each' if len(numbers) > 1 else ''}" if up_to else ""
    return f"free session {', '.join(map(str, numbers))} of {of}{limit}"


def free_up_to(cap_minor: int | None, currency: str, locale: str) -> str:
    return "" if cap_minor is None else format_money(cap_minor, currency, locale)
