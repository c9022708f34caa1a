"""The payments of one booking, each as lines that add up to its net."""

import uuid

from fees import accounts as fee_accounts
from tenants.billing.models import PaymentAttempt
from tenants.dashboard.desk import Desk
from tenants.earnings import figures
from tenants.earnings.periods import Period


def payments(desk: Desk, booking_id: uuid.UUID, attempts: list[PaymentAttempt]) -> list[dict[str, object]]:
    """Each payment with its lines, which add up to its net."""
    if not attempts:
        return []
    terms = fee_accounts.terms(schema_name=desk.tenant.schema_name)
    lines = figures.lines(period=Period(desk.tz), booking_id=booking_id)
    return [{"line": line, "parts": _parts(line, terms.free_units, terms.rate_bp)} for line in lines]


def _parts(line: figures.Line, free_units: int, rate_bp: int) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = [{"label": "Paid by card", "minor": line.gross_minor}]
    note = free_session(line.free_numbers, free_units) or _rate(line, rate_bp)
    parts.append({"label": "Platform fee", "minor": line.platform_fee_minor, "note": note})
    if line.processor_fee_known and not line.foreign_currency:
        parts.append({"label": "Card processing by Stripe", "minor": line.processor_fee_minor})
    if line.refunds_minor:
        parts.append({"label": "Refunded", "minor": line.refunds_minor})
    return parts


def _rate(line: figures.Line, rate_bp: int) -> str:
    """The rate, as long as it explains the amount."""
    return "" if line.refunds_minor else f"{rate_bp / 100:g} %"


def free_session(numbers: tuple[int, ...], of: int) -> str:
    """ "free session 7 of 10", or nothing."""
    if not numbers:
        return ""
    return f"free session {', '.join(map(str, numbers))} of {of}"
