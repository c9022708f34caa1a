"""Reading a bank's list of movements, in whatever shape the bank writes it: pure, and no guess in silence.

A file says once how it writes days and amounts, so both are decided over the whole file; what stays
undecided is told with its line, and nothing of that line is taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kit import tables
from kit.money import EXPONENTS
from kit.tables import SEPARATORS, Row, decoded
from tenants.billing import bank_amounts, bank_days
from tenants.billing.bank_columns import Columns, columns_of, guessed

MOST_BYTES = 1_000_000
MOST_LINES = 3_000
_HEAD_WITHIN = 40
_OUTGOING = frozenset({"s", "d", "db", "dr", "dbit", "debit", "soll", "out", "outgoing", "debited"})


class UnreadableFile(Exception):
    """Nothing was taken from it; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One incoming line; `amount_minor` is above 0."""

    number: int
    booked_on: date
    amount_minor: int
    currency: str
    payer: str
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What a file holds: what came in, how many lines went out, and each line that could not be read."""

    incoming: tuple[Movement, ...]
    outgoing: int
    problems: tuple[str, ...]


def read(data: bytes, *, currency: str, month_first: bool = False) -> Statement:
    """The movements of a file. `currency` is for files that do not say theirs; `month_first` for days such as
    04/05/2026, where the file itself does not tell. Raises UnreadableFile."""
    if len(data) > MOST_BYTES:
        raise UnreadableFile(
            f"The file is larger than {MOST_BYTES // 1_000_000} MB. Choose a shorter period at your bank."
        )
    text = decoded(data)
    if not text.strip():
        raise UnreadableFile(
            "There is nothing in it. Choose the file that your bank gave you, or paste lines."
        )
    columns, rows = _table(text)
    if len(rows) > MOST_LINES:
        raise UnreadableFile(f"It has more than {MOST_LINES} lines. Choose a shorter period at your bank.")
    return _statement(columns, rows, currency, month_first)


# --- the table ----------------------------------------------------------------------------------------


def _table(text: str) -> tuple[Columns, list[Row]]:
    """The columns that are known by their heading, or else by what stands in them; and the rows below."""
    found: tuple[Columns, list[Row]] | None = None
    for separator in SEPARATORS:
        rows = list(tables.rows(text, separator))
        for place, row in enumerate(rows[:_HEAD_WITHIN]):
            columns = columns_of(row.cells)
            if columns and (found is None or columns.known > found[0].known):
                found = columns, rows[place + 1 :]
    return found or _without_heading(text)


def _without_heading(text: str) -> tuple[Columns, list[Row]]:
    for separator in SEPARATORS:
        rows = list(tables.rows(text, separator))
        if columns := guessed([row.cells for row in rows]):
            return columns, rows
    raise UnreadableFile(
        "No column for the day and the amount was found. Choose your bank’s CSV file with its headings, or"
        " paste the lines together with the heading above them."
    )


# --- the rows -----------------------------------------------------------------------------------------


def _statement(columns: Columns, rows: Sequence[Row], currency: str, month_first: bool) -> Statement:
    days = bank_days.order_of([row.cell(columns.day) for row in rows], month_first=month_first)
    mark = bank_amounts.mark_of([row.cell(place) for row in rows for place in columns.amounts])
    incoming: list[Movement] = []
    problems: list[str] = []
    outgoing = 0
    for row in rows:
        if not _is_movement(columns, row):
            continue
        try:
            movement = _movement(columns, row, currency, days, mark)
        except (bank_days.NoDay, bank_amounts.NoAmount) as problem:
            problems.append(f"Line {row.number}: {problem}")
            continue
        if movement is None:
            outgoing += 1
        else:
            incoming.append(movement)
    return Statement(tuple(incoming), outgoing, tuple(problems))


def _is_movement(columns: Columns, row: Row) -> bool:
    """Not a sum below the table, nor a line of words: those have no day, or no amount."""
    has_day = any(sign.isdigit() for sign in row.cell(columns.day))
    return has_day and any(row.cell(place) for place in columns.amounts)


def _movement(
    columns: Columns, row: Row, currency: str, days: bank_days.Order, mark: bank_amounts.Mark
) -> Movement | None:
    """None for money that went out, or for none."""
    own = _currency(row.cell(columns.currency), currency)
    amount_minor = _amount(columns, row, own, mark)
    booked_on = bank_days.read(row.cell(columns.day), days)
    if amount_minor <= 0:
        return None
    payer, text = row.joined(columns.payer), row.joined(columns.text)
    return Movement(row.number, booked_on, amount_minor, own, payer[:140], text[:300])


def _currency(written: str, otherwise: str) -> str:
    code = written.casefold()
    if not code:
        return otherwise
    if code not in EXPONENTS:
        raise bank_amounts.NoAmount(f"“{written[:12]}” is not a currency that is known here.")
    return code


def _amount(columns: Columns, row: Row, currency: str, mark: bank_amounts.Mark) -> int:
    if columns.amount is None:
        credit = bank_amounts.read(row.cell(columns.credit) or "0", currency, mark)
        debit = bank_amounts.read(row.cell(columns.debit) or "0", currency, mark)
        return abs(credit) if credit and not debit else 0
    minor = bank_amounts.read(row.cell(columns.amount), currency, mark)
    went_out = row.cell(columns.direction).casefold().strip(" .") in _OUTGOING
    return -abs(minor) if went_out else minor
