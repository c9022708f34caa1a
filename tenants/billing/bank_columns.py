"""What the columns of a bank's file are, by their headings in English, German or French."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kit import tables
from tenants.billing import bank_amounts, bank_days

# In the order in which they are preferred: the day on which the bank booked it, before the others.
_DAY = (
    "booking date",
    "buchungstag",
    "buchungsdatum",
    "buchung",
    "date comptable",
    "date operation",
    "date de l operation",
    "date d operation",
    "completed date",
    "date completed",
    "transaction date",
    "posting date",
    "posted date",
    "date",
    "datum",
    "started date",
    "value date",
    "valuta",
    "valutadatum",
    "wertstellung",
    "wertstellungsdatum",
    "valeur",
    "date valeur",
    "date de valeur",
)
_AMOUNT = ("amount", "betrag", "montant", "umsatz", "transaction amount", "montant operation", "value", "sum")
_CREDIT = (
    "credit",
    "credit amount",
    "haben",
    "gutschrift",
    "eingang",
    "paid in",
    "money in",
    "deposit",
    "deposits",
    "in",
    "credit montant",
    "montant credit",
    "incoming",
)
_DEBIT = (
    "debit",
    "debit amount",
    "soll",
    "lastschrift",
    "belastung",
    "ausgang",
    "paid out",
    "money out",
    "withdrawal",
    "withdrawals",
    "out",
    "montant debit",
    "outgoing",
)
_CURRENCY = ("currency", "wahrung", "waehrung", "devise", "ccy", "monnaie")
_DIRECTION = (
    "soll haben",
    "s h",
    "debit credit",
    "credit debit",
    "credit debit indicator",
    "soll haben kennzeichen",
    "direction",
    "sens",
    "cr dr",
    "dr cr",
    "dc",
)
_PAYER = (
    "payer",
    "payer name",
    "name",
    "partner name",
    "counterparty",
    "counterparty name",
    "from",
    "sender",
    "sender name",
    "debtor",
    "auftraggeber",
    "auftraggeber beguenstigter",
    "auftraggeber begunstigter",
    "beguenstigter zahlungspflichtiger",
    "begunstigter zahlungspflichtiger",
    "name zahlungsbeteiligter",
    "zahlungsbeteiligter",
    "zahlungspflichtige r",
    "zahlungspflichtiger",
    "empfanger",
    "zahlungsempfanger",
    "absender",
    "zahlungspartner",
    "gegenpartei",
    "donneur d ordre",
    "emetteur",
    "tiers",
    "nom",
    "contrepartie",
    "nom contrepartie",
)
_TEXT = (
    "reference",
    "payment reference",
    "referenz",
    "verwendungszweck",
    "buchungstext",
    "zahlungsreferenz",
    "kundenreferenz",
    "end to end referenz",
    "description",
    "transaction description",
    "details",
    "payment details",
    "additional information",
    "memo",
    "narrative",
    "notes",
    "note",
    "message",
    "remittance information",
    "libelle",
    "libelle operation",
    "communication",
    "motif",
    "text",
    "mitteilung",
    "beschreibung",
    "avisierungstext",
)


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of the columns. Either `amount`, with or without `direction`, or `credit`, perhaps `debit`."""

    day: int
    amount: int | None
    credit: int | None = None
    debit: int | None = None
    currency: int | None = None
    direction: int | None = None
    payer: tuple[int, ...] = ()
    text: tuple[int, ...] = ()

    @property
    def amounts(self) -> tuple[int, ...]:
        return tuple(each for each in (self.amount, self.credit, self.debit) if each is not None)

    @property
    def known(self) -> int:
        """How many columns were recognised."""
        alone = (self.currency, self.direction)
        return (
            1 + len(self.amounts) + len(self.payer) + len(self.text) + sum(each is not None for each in alone)
        )


def columns_of(headings: Sequence[str]) -> Columns | None:
    """What each column is, where these are headings: a day and an amount at least."""
    names = [plain(each) for each in headings]
    day = _first(names, _DAY)
    amount, credit, debit = (_first(names, known) for known in (_AMOUNT, _CREDIT, _DEBIT))
    if day is None or (amount is None and credit is None):
        return None
    return Columns(
        day=day,
        amount=None if credit is not None and (debit is not None or amount is None) else amount,
        credit=credit if amount is None or debit is not None else None,
        debit=debit if credit is not None else None,
        currency=_first(names, _CURRENCY),
        direction=_first(names, _DIRECTION),
        payer=_every(names, _PAYER),
        text=_every(names, _TEXT),
    )


def plain(heading: str) -> str:
    """A heading as `kit.tables.plain` has it, without the currency behind it."""
    return re.sub(" (eur|usd|gbp|chf|cad|aud|nzd|sek|nok|dkk|jpy|en euros|euro)$", "", tables.plain(heading))


def _first(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((names.index(each) for each in known if each in names), None)


def _every(names: Sequence[str], known: Sequence[str]) -> tuple[int, ...]:
    return tuple(place for place, name in enumerate(names) if name in known)


def guessed(rows: Sequence[Sequence[str]]) -> Columns | None:
    """Columns by what stands in them, for lines that were pasted without their heading.

    The first that holds days in all rows, the first after it that holds amounts; the words beside them are
    text, since nobody says which is a name.
    """
    width = min((len(row) for row in rows), default=0)
    day = next((place for place in range(width) if all(_is_day(row[place]) for row in rows)), None)
    if day is None:
        return None
    others = [place for place in range(width) if place != day]
    amount = next((place for place in others if all(_is_amount(row[place]) for row in rows)), None)
    if amount is None:
        return None
    words = tuple(place for place in others if place != amount and _are_words(place, rows))
    return Columns(day=day, amount=amount, text=words)


def _is_day(cell: str) -> bool:
    try:
        bank_days.read(cell, bank_days.order_of([cell], month_first=False))
    except bank_days.NoDay:
        return False
    return True


def _is_amount(cell: str) -> bool:
    has_decimals = re.search(r"\d[.,]\d{2}(?!\d)", cell) or re.fullmatch(r"\s*[+-]?\d{1,6}\s*", cell)
    try:
        bank_amounts.read(cell, "eur", ".")
    except bank_amounts.NoAmount:
        return False
    return bool(has_decimals)


def _are_words(place: int, rows: Sequence[Sequence[str]]) -> bool:
    return any(re.search(r"[^\W\d_]{2}", row[place]) for row in rows)
