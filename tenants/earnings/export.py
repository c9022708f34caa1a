"""The lines of a period as a CSV file that spreadsheets open as it is meant."""

import csv
import io
from collections.abc import Iterable

from kit.clock import zone
from kit.money import to_decimal
from tenants.earnings.figures import Line

HEADINGS = (
    "Date",
    "For",
    "Sessions",
    "Session starts",
    "Client",
    "Currency",
    "Paid",
    "Platform fee",
    "Fee-free sessions",
    "Card processing",
    "Card processing in",
    "Refunded",
    "Disputed",
    "Dispute fees",
    "Net",
    "Paid by",
    "Part",
    "Payment",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(lines: Iterable[Line], *, tz: str) -> str:
    """The file's text: times on the wall of `tz`, amounts as plain decimals in each line's currency."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    writer.writerows(_row(line, tz) for line in lines)
    return file.getvalue()


def _row(line: Line, tz: str) -> list[object]:
    place = zone(tz)
    starts = line.session_at.astimezone(place) if line.session_at else None
    return [
        f"{line.moved_at.astimezone(place):%Y-%m-%d %H:%M}",
        harmless(line.description),
        line.units,
        f"{starts:%Y-%m-%d %H:%M}" if starts else "",
        harmless(line.client),
        line.currency.upper(),
        to_decimal(line.gross_minor, line.currency),
        to_decimal(line.platform_fee_minor, line.currency),
        " ".join(map(str, line.free_numbers)),
        *_processing(line),
        to_decimal(line.refunds_minor, line.currency),
        to_decimal(line.disputes_minor, line.currency),
        to_decimal(line.dispute_fees_minor, line.currency),
        to_decimal(line.net_minor, line.currency),
        line.tender_words,
        line.part,
        line.payment_id,
    ]


def _processing(line: Line) -> tuple[object, str]:
    if not line.processor_fee_known:
        return "", "pending"
    if line.foreign_currency:
        return to_decimal(line.foreign_fee_minor, line.foreign_currency), line.foreign_currency.upper()
    return to_decimal(line.processor_fee_minor, line.currency), line.currency.upper()


def harmless(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
