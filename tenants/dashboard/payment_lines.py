"""The payments of one booking, each as lines that add up to its net."""

import uuid

from fees import accounts as fee_accounts
from tenants.dashboard.desk import Desk
from tenants.earnings import figures
from tenants.earnings.periods import Period

PAID_BY = {"card": "by card", "cash": "in cash", "transfer": "by bank transfer"}


def payments(desk: Desk, booking_id: uuid.UUID) -> list[dict[str, object]]:
    """Each payment, by card or by hand, with its lines, which add up to its net."""
    lines = figures.lines(period=Period(desk.tz), booking_id=booking_id)
    if not lines:
        return []
    terms = fee_accounts.terms(schema_name=desk.tenant.schema_name)
    return [{"line": line, "parts": _parts(line, terms.free_units, terms.rate_bp)} for line in lines]


def _parts(line: figures.Line, free_units: int, rate_bp: int) -> list[dict[str, object]]:
    paid = {"label": f"Paid {PAID_BY[line.tender]}", "minor": line.gross_minor, "note": line.part}
    parts: list[dict[str, object]] = [paid]
    if line.is_by_card:
        note = free_session(line.free_numbers, free_units) or _rate(line, rate_bp)
        parts.append({"label": "Platform fee", "minor": line.platform_fee_minor, "note": note})
        if line.processor_fee_known and not line.foreign_currency:
            parts.append({"label": "Card processing by Stripe", "minor": line.processor_fee_minor})
    taken = {
        "Refunded": line.refunds_minor,
        "Taken back by the card's bank": line.disputes_minor,
        "Stripe's fee for the dispute": line.dispute_fees_minor,
    }
    return parts + [{"label": label, "minor": minor} for label, minor in taken.items() if minor]


def _rate(line: figures.Line, rate_bp: int) -> str:
    """The rate, as long as it explains the amount."""
    return "" if line.refunds_minor else f"{rate_bp / 100:g} %"


def free_session(numbers: tuple[int, ...], of: int) -> str:
    """ "free session 7 of 10", or nothing."""
    if not numbers:
        return ""
    return f"free session {', '.join(map(str, numbers))} of {of}"
