"""What the columns of a list of clients are: by their headings in English, German or French,
or by choice."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.tables import plain


class Column(StrEnum):
    """What stands in a column; the value is what a form sends."""

    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    PHONE = "phone"
    ZONE = "zone"
    UNITS = "units"
    UNTIL = "until"
    OWED = "owed"
    NOTE = "note"
    NOTHING = ""


WORDS: Final[Mapping[Column, str]] = MappingProxyType(
    {
        Column.NOTHING: "Leave it out",
        Column.NAME: "Name",
        Column.FIRST_NAME: "First name",
        Column.LAST_NAME: "Last name",
        Column.EMAIL: "E-mail",
        Column.PHONE: "Phone",
        Column.ZONE: "Time zone",
        Column.UNITS: "Sessions left",
        Column.UNTIL: "Sessions valid until",
        Column.OWED: "Owes",
        Column.NOTE: "Private note",
    }
)
_KNOWN: Final[Mapping[Column, tuple[str, ...]]] = MappingProxyType(
    {
        Column.EMAIL: (
            "email", "e mail", "email address", "e mail address", "mail", "client email", "customer email",
            "email 1", "e mail adresse", "mailadresse", "adresse e mail", "courriel", "adresse mail",
            "contact email",
        ),
        Column.NAME: (
            "name", "full name", "client", "client name", "customer", "customer name", "display name",
            "contact",
            "student", "student name", "kunde", "kundin", "kundenname", "klient", "klientin", "nom complet",
            "nom et prenom", "nom du client", "vollstandiger name",
        ),
        Column.FIRST_NAME: (
            "first name", "firstname", "given name", "forename", "vorname", "prenom", "client first name",
        ),
        Column.LAST_NAME: (
            "last name", "lastname", "surname", "family name", "nachname", "familienname", "nom",
            "nom de famille", "client last name",
        ),
        Column.PHONE: (
            "phone", "phone number", "mobile", "mobile phone", "mobile number", "cell", "cell phone",
            "telephone",
            "tel", "phone 1", "client phone", "telefon", "telefonnummer", "handy", "mobil",
            "handynummer", "portable",
            "numero de telephone",
        ),
        Column.ZONE: ("time zone", "timezone", "tz", "zeitzone", "fuseau horaire", "client timezone"),
        Column.UNITS: (
            "sessions left", "sessions remaining", "remaining sessions", "remaining", "credits",
            "credits left",
            "credits remaining", "remaining credits", "balance sessions", "lessons left",
            "lessons remaining",
            "visits left", "visits remaining", "remaining visits", "units", "units left", "classes left",
            "appointments remaining", "session balance", "package balance", "guthaben", "restguthaben",
            "stunden ubrig", "reststunden", "verbleibende sitzungen", "einheiten", "seances restantes",
            "credits restants", "solde seances",
        ),
        Column.UNTIL: (
            "valid until", "expires", "expiry", "expiry date", "expires on", "expiration",
            "expiration date",
            "gultig bis", "ablaufdatum", "valable jusqu au", "expire le", "date d expiration",
        ),
        Column.OWED: (
            "owes", "owed", "amount owed", "owing", "outstanding", "outstanding balance", "balance due",
            "amount due", "unpaid", "balance owed", "due", "offen", "offener betrag", "schuldet",
            "ausstehend", "du",
            "montant du", "solde du", "impaye",
        ),
        Column.NOTE: (
            "note", "notes", "comment", "comments", "remarks", "client notes", "notiz", "notizen",
            "bemerkung",
            "bemerkungen", "kommentar", "remarque", "remarques", "commentaire",
        ),
    }
)  # fmt: skip
_NAMED: Final = {name: column for column, names in _KNOWN.items() for name in names}
AT_MOST_ONCE: Final = frozenset(Column) - {Column.NOTHING, Column.NOTE}


def recognised(headings: Sequence[str]) -> tuple[Column, ...]:
    """What each heading names; NOTHING where it is not known, or names what an earlier one did."""
    found: list[Column] = []
    for heading in headings:
        column = _NAMED.get(plain(heading), Column.NOTHING)
        found.append(Column.NOTHING if column in found and column in AT_MOST_ONCE else column)
    # "Nom" beside "Prénom" is a last name; alone it is the whole one.
    if Column.LAST_NAME in found and Column.FIRST_NAME not in found and Column.NAME not in found:
        found[found.index(Column.LAST_NAME)] = Column.NAME
    return tuple(found)


def guessed(rows: Sequence[Sequence[str]]) -> tuple[Column, ...]:
    """Columns by what stands in them, for lines without headings: addresses,
            and words before them or beside.

    Nothing else is guessed: a number may be anything.
    """
    width = max((len(row) for row in rows), default=0)
    columns = [Column.NOTHING] * width
    for place in range(width):
        cells = [row[place].strip() for row in rows if place < len(row) and row[place].strip()]
        if not cells:
            continue
        if Column.EMAIL not in columns and sum("@" in cell for cell in cells) * 2 > len(cells):
            columns[place] = Column.EMAIL
        elif Column.NAME not in columns and all(any(map(str.isalpha, cell)) for cell in cells):
            columns[place] = Column.NAME
    return tuple(columns)
