"""Reading a list of clients from wherever they were kept: pure, and no guess in silence.

A row that cannot be taken says why, with its line; nothing of that row is taken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from kit import tables
from kit.clock import UnknownZone, zone
from kit.tables import SEPARATORS, Row
from kit.words import day_in_words
from tenants.billing import bank_amounts, bank_days
from tenants.earnings.export import FORMULA_STARTS
from tenants.people.client_columns import AT_MOST_ONCE, WORDS, Column, guessed, recognised

MOST_BYTES = 900_000
MOST_ROWS = 5_000
MOST_COLUMNS = 40
MOST_UNITS = 500
LONGEST_NAME = 120
LONGEST_PHONE = 40
LONGEST_NOTE = 4_000


class UnreadableList(Exception):
    """Nothing was taken from it; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """A list as it stands there: its headings, what each column is, and its rows."""

    headings: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def place(self, column: Column) -> int | None:
        return self.columns.index(column) if column in self.columns else None

    def sample(self, place: int) -> str:
        """What stands in a column first."""
        return next((row.cell(place) for row in self.rows if row.cell(place)), "")


@dataclass(frozen=True, slots=True)
class Person:
    """One row that can be taken. `owed_minor` is in minor units of the practice's currency."""

    number: int
    name: str
    email: str
    phone: str = ""
    timezone: str = ""
    units: int = 0
    until: date | None = None
    owed_minor: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row cannot be taken: "Row 12: no e-mail."."""

    number: int
    text: str

    def __str__(self) -> str:
        return f"Row {self.number}: {self.text}"


class _NotTaken(Exception):
    """The row has a mistake, in words."""


def text_of(data: bytes) -> str:
    """The list as text with plain line ends, so that the same list is the same however it was sent.

    Raises UnreadableList.
    """
    if len(data) > MOST_BYTES:
        raise UnreadableList(f"The file is larger than {MOST_BYTES // 1_000} kB. Send it in parts.")
    text = "\n".join(tables.decoded(data).replace("\x00", "").splitlines()).strip()
    if not text:
        raise UnreadableList("There is nothing in it. Choose a CSV file, or paste lines of your list.")
    return text


def read(text: str, *, chosen: Mapping[int, str] | None = None) -> Table:
    """The list with its columns: as `chosen` by place, else as they are recognised. Raises UnreadableList."""
    rows, has_headings, columns = _best(text)
    headings = rows[0].cells if has_headings else [""] * len(columns)
    body = rows[1:] if has_headings else rows
    if not body:
        raise UnreadableList("It has headings, and no row below them.")
    if len(body) > MOST_ROWS:
        raise UnreadableList(f"It has more than {MOST_ROWS} rows. Send it in parts.")
    if chosen:
        columns = tuple(_chosen(chosen.get(place, "")) for place in range(len(columns)))
    return Table(tuple(headings), columns, tuple(body))


def _best(text: str) -> tuple[list[Row], bool, tuple[Column, ...]]:
    """The separator with which most columns are known, with headings or without them."""
    found: tuple[tuple[int, int], list[Row], bool, tuple[Column, ...]] | None = None
    for separator in SEPARATORS:
        rows = list(tables.rows(text, separator))
        if not rows:
            continue
        has_headings = not any("@" in cell for cell in rows[0].cells)
        width = min(max(len(row.cells) for row in rows), MOST_COLUMNS)
        names = [*rows[0].cells, *[""] * width][:width]
        columns = recognised(names) if has_headings else guessed([row.cells for row in rows])[:width]
        known = sum(column is not Column.NOTHING for column in columns), width
        if found is None or known > found[0]:
            found = known, rows, has_headings, columns
    if found is None:
        raise UnreadableList("No row could be read. Save the list as CSV, and choose that file.")
    return found[1:]


def _chosen(value: str) -> Column:
    return Column(value) if value in set(Column) else Column.NOTHING


# --- the rows -----------------------------------------------------------------------------------------


def missing(table: Table) -> str:
    """What has to be chosen before any row can be taken; empty where nothing is."""
    if Column.EMAIL not in table.columns:
        return "Say which column has the e-mail addresses: a client is known by theirs."
    names = {Column.NAME, Column.FIRST_NAME, Column.LAST_NAME}
    if not names & set(table.columns):
        return "Say which column has the names."
    twice = [each for each in AT_MOST_ONCE if table.columns.count(each) > 1]
    if twice:
        return f"“{WORDS[twice[0]]}” is chosen for two columns. Leave one of them out."
    return ""


def people_of(
    table: Table, *, currency: str, today: date, month_first: bool = False
) -> tuple[list[Person], list[Problem]]:
    """Who stands in it, and what is wrong with the other rows."""
    reader = _Reader(table, currency, today, month_first)
    people: list[Person] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for row in table.rows:
        try:
            person = reader.person(row)
            if before := seen.get(person.email):
                raise _NotTaken(f"the same e-mail as row {before}.")
        except (_NotTaken, bank_amounts.NoAmount, bank_days.NoDay) as mistake:
            problems.append(Problem(row.number, str(mistake)))
            continue
        seen[person.email] = row.number
        people.append(person)
    return people, problems


class _Reader:
    """How this list writes days and amounts is decided over the whole of it."""

    def __init__(self, table: Table, currency: str, today: date, month_first: bool) -> None:
        self.table, self.currency, self.today = table, currency, today
        days, amounts = self._cells(Column.UNTIL), self._cells(Column.OWED)
        self.order = bank_days.order_of(days, month_first=month_first)
        self.mark = bank_amounts.mark_of(amounts)

    def _cells(self, column: Column) -> Sequence[str]:
        return [row.cell(self.table.place(column)) for row in self.table.rows]

    def person(self, row: Row) -> Person:
        units = self._units(self._cell(row, Column.UNITS))
        return Person(
            number=row.number,
            email=self._email(self._cell(row, Column.EMAIL)),
            name=self._name(row),
            phone=self._short(self._cell(row, Column.PHONE), LONGEST_PHONE, "phone number"),
            timezone=self._zone(self._cell(row, Column.ZONE)),
            units=units,
            until=self._until(self._cell(row, Column.UNTIL)) if units else None,
            owed_minor=self._owed(self._cell(row, Column.OWED)),
            note=self._note(row),
        )

    def _cell(self, row: Row, column: Column) -> str:
        written = " ".join(row.cell(self.table.place(column)).split())
        # Files that are safe for spreadsheets, ours too, put this sign before what could be a formula.
        return written[1:] if written.startswith("'") and written[1:].startswith(FORMULA_STARTS) else written

    def _email(self, written: str) -> str:
        if not written:
            raise _NotTaken("no e-mail.")
        try:
            validate_email(written)
        except ValidationError:
            raise _NotTaken(f"“{written[:60]}” is not an e-mail address.") from None
        return written.lower()

    def _name(self, row: Row) -> str:
        parts = (self._cell(row, Column.FIRST_NAME), self._cell(row, Column.LAST_NAME))
        name = self._cell(row, Column.NAME) or " ".join(filter(None, parts))
        if not name:
            raise _NotTaken("no name.")
        return self._short(name, LONGEST_NAME, "name")

    def _short(self, written: str, longest: int, what: str) -> str:
        if len(written) > longest:
            raise _NotTaken(f"the {what} is longer than {longest} characters.")
        return written

    def _zone(self, written: str) -> str:
        """Only what is a zone: a list's own way of naming them is no reason to leave somebody out."""
        try:
            return zone(written).key if written else ""
        except UnknownZone:
            return ""

    def _units(self, written: str) -> int:
        if not written:
            return 0
        whole = written.removesuffix(".0").removesuffix(",0").removesuffix(".00").removesuffix(",00")
        if not whole.isascii() or not whole.isdigit():
            raise _NotTaken(f"“{written[:20]}” is not a number of sessions.")
        if int(whole) > MOST_UNITS:
            raise _NotTaken(f"more than {MOST_UNITS} sessions left.")
        return int(whole)

    def _until(self, written: str) -> date | None:
        if not written:
            return None
        until = bank_days.read(written, self.order)
        if until < self.today:
            shown = day_in_words(until, "en", with_weekday=False, with_year=True)
            raise _NotTaken(f"the sessions were valid until {shown}. Leave them out, or choose a later day.")
        return until

    def _owed(self, written: str) -> int:
        if not any(sign.isdigit() for sign in written):
            return 0
        minor = bank_amounts.read(written, self.currency, self.mark)
        if minor < 0:
            raise _NotTaken(f"“{written[:20]}” is below 0. What you owe a client cannot be brought here.")
        return minor

    def _note(self, row: Row) -> str:
        places = [at for at, column in enumerate(self.table.columns) if column is Column.NOTE]
        return "\n".join(filter(None, (row.cell(place) for place in places)))[:LONGEST_NOTE]
