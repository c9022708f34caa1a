"""Banks' lists of movements, in the shapes that banks give them."""

import contextlib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.money import to_decimal
from tenants.billing import bank_amounts, bank_days, bank_files
from tenants.billing.bank_files import UnreadableFile

TENTH = date(2026, 6, 10)


def read(text: str | bytes, currency: str = "eur", *, month_first: bool = False) -> bank_files.Statement:
    data = text if isinstance(text, bytes) else text.encode()
    return bank_files.read(data, currency=currency, month_first=month_first)


def only(text: str | bytes, *, month_first: bool = False) -> bank_files.Movement:
    found = read(text, month_first=month_first)
    assert (len(found.incoming), found.problems) == (1, ()), found
    return found.incoming[0]


GERMAN = (
    "Auftragskonto;Buchungstag;Valutadatum;Buchungstext;Verwendungszweck;Beguenstigter/Zahlungspflichtiger;"
    "Betrag;Waehrung\n"
    "DE1;10.06.2026;11.06.2026;GUTSCHRIFT;Rechnung R-2026-0007;Zoë Müller;1.450,00;EUR\n"
    "DE1;11.06.2026;11.06.2026;LASTSCHRIFT;Miete;Vermieter;-800,00;EUR\n"
)
SHAPES: dict[str, str | bytes] = {
    "German, with semicolons": GERMAN,
    "Windows' Latin": GERMAN.encode("cp1252"),
    "UTF-16 with its mark": GERMAN.encode("utf-16"),
    "UTF-16 without": GERMAN.encode("utf-16-le"),
    "UTF-8 with its mark": GERMAN.encode("utf-8-sig"),
    "lines of a mainframe": GERMAN.replace("\n", "\r\n"),
    "quoted": '"Buchungstag";"Verwendungszweck";"Auftraggeber";"Betrag (EUR)"\n'
    '"10.06.26";"Rechnung R-2026-0007";"Zoë Müller";"1.450,00"\n"10.06.26";"x";"y";"-1,00"\n',
    "a preamble above": "Konto;DE1\nSaldo;2.000,00 EUR\n\n" + GERMAN,
    "a sum below": GERMAN + ";;;;;Summe;650,00;EUR\n",
    "English, two columns, tabs": "Date\tPayer\tReference\tPaid in\tPaid out\n"
    "10/06/2026\tZoë Müller\tRechnung R-2026-0007\t1,450.00\t\n13/06/2026\tShop\tx\t\t12.00\n",
    "American": "Posting Date,Name,Description,Amount\n"
    '06/10/2026,Zoë Müller,Rechnung R-2026-0007,"$1,450.00"\n06/13/2026,Shop,x,($12.00)\n',
    "ISO with a time": "Completed Date,Name,Reference,Amount,Currency\n"
    "2026-06-10 09:12:44,Zoë Müller,Rechnung R-2026-0007,1450.00,EUR\n2026-06-11 10:00:00,S,x,-1.00,EUR\n",
    "French": "Date opération;Donneur d'ordre;Libellé;Débit;Crédit\n"
    "10/06/2026;Zoë Müller;Rechnung R-2026-0007;;1 450,00\n14/06/2026;S;x;12,00;\n",
    "Swiss": "Buchungsdatum;Absender;Mitteilung;Belastung CHF;Gutschrift CHF\n"
    "10.06.2026;Zoë Müller;Rechnung R-2026-0007;;1'450.00\n11.06.2026;S;x;-12.00;\n",
    "the direction apart": "Buchung;Name;Verwendungszweck;Umsatz;Soll/Haben\n"
    "10.06.2026;Zoë Müller;Rechnung R-2026-0007;1.450,00;H\n10.06.2026;S;x;12,00;S\n",
    "the direction behind": "Date|Name|Reference|Amount\n"
    "10 Jun 2026|Zoë Müller|Rechnung R-2026-0007|1450.00 CR\n"
    "11 Jun 2026|S|x|12.00 DR\n",
    "a month in French": "Date;Nom;Motif;Montant\n10 juin 2026;Zoë Müller;Rechnung R-2026-0007;1450,00\n"
    "11 août 2026;S;x;12,00-\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_came_in_is_read_in_every_shape(shape: str) -> None:
    found = read(SHAPES[shape])
    [movement] = found.incoming
    assert (movement.booked_on, movement.amount_minor) == (TENTH, 145000)
    assert movement.payer == "Zoë Müller"
    assert "R-2026-0007" in movement.text
    assert (found.outgoing, found.problems) == (1, ())


def test_lines_without_headings_are_read_by_what_stands_in_them() -> None:
    movement = only("10.06.2026\tCleo Bright\tRechnung 7\t450,00\n")
    assert (movement.booked_on, movement.amount_minor) == (TENTH, 45000)
    assert movement.text == "Cleo Bright Rechnung 7"


def test_one_clear_day_tells_how_all_are_written() -> None:
    american = read("Date,Amount\n04/05/2026,1.00\n04/25/2026,1.00\n")
    assert [each.booked_on.month for each in american.incoming] == [4, 4]
    british = read("Date,Amount\n04/05/2026,1.00\n25/04/2026,1.00\n")
    assert [each.booked_on.month for each in british.incoming] == [5, 4]


def test_where_no_day_tells_it_is_written_as_the_coach_does() -> None:
    unclear = "Date,Amount\n04/05/2026,1.00\n"
    assert only(unclear).booked_on == date(2026, 5, 4)
    assert only(unclear, month_first=True).booked_on == date(2026, 4, 5)
    assert only(unclear.replace("/", "."), month_first=True).booked_on == date(2026, 5, 4)


def test_one_clear_amount_tells_how_all_are_written() -> None:
    found = read("Date;Amount\n10.06.2026;1.450\n10.06.2026;45,50\n")
    assert [each.amount_minor for each in found.incoming] == [145000, 4550]


def test_an_amount_that_could_be_two_is_not_guessed() -> None:
    found = read("Date;Amount\n10.06.2026;1.450\n10.06.2026;45\n")
    assert [each.amount_minor for each in found.incoming] == [4500]
    assert found.problems == ("Line 2: “1.450” can be read in two ways. Write it with two decimals.",)


@pytest.mark.parametrize("written", ["10,000,00", "1.2.3", "12,34.50.1", "4-5", "€", "-"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(bank_amounts.NoAmount):
        bank_amounts.read(written, "eur", "")


@pytest.mark.parametrize("written", ["Fr. 45.50", "45,50 kr.", "USD45.50", "45.50AUD", "45.50 cr."])
def test_currencies_stand_before_or_behind(written: str) -> None:
    assert bank_amounts.read(written, "eur", "") == 4550


def test_a_line_that_makes_no_sense_is_named_and_the_others_are_read() -> None:
    found = read(
        "Date;Amount;Currency\n31.02.2026;45,00;EUR\n10.06.2026;many1;EUR\n10.06.2026;1,00;XTS\n"
        "10.06.2026;45,00;EUR\n"
    )
    assert [each.number for each in found.incoming] == [5]
    assert found.problems == (
        "Line 2: “31.02.2026” is not a day.",
        "Line 3: “many1” is not an amount.",
        "Line 4: “XTS” is not a currency that is known here.",
    )


def test_a_field_over_two_lines_is_one_field() -> None:
    movement = only('Date,Amount,Reference\n2026-06-10,45.00,"R-2026-\n0007"\n')
    assert movement.text == "R-2026- 0007"


def test_yen_have_no_decimals() -> None:
    assert read("Date;Amount\n2026-06-10;1,500\n", "jpy").incoming[0].amount_minor == 1500


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "nothing in it"),
        (b"  \n \n", "nothing in it"),
        (b"hello world", "No column for the day"),
        (b"Name;Reference\nCleo;x\n", "No column for the day"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 3, "No column for the day"),
        (b"x" * (bank_files.MOST_BYTES + 1), "larger than 1 MB"),
        (b"Date;Amount\n" + b"2026-06-10;1,00\n" * (bank_files.MOST_LINES + 1), "more than 3000 lines"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableFile, match=says):
        bank_files.read(data, currency="eur")


# --- laws ---------------------------------------------------------------------------------------------

AMOUNTS = st.integers(1, 99_999_999)
WRITTEN = st.sampled_from(
    ["{:,.2f}", "{:,.2f} USD", "CHF {:.2f}", "{:.2f}", "+{:,.2f}", "€{:,.2f}", "{:,.2f} CR", " {:.2f} "]
)


def european(text: str) -> str:
    return text.translate(str.maketrans(",.", ".,"))


@given(AMOUNTS, WRITTEN, st.booleans())
def test_an_amount_with_its_decimals_is_read_to_the_cent(minor: int, shape: str, is_european: bool) -> None:
    written = shape.format(to_decimal(minor, "eur"))
    written = european(written) if is_european else written
    assert bank_amounts.read(written, "eur", "") == minor
    assert bank_amounts.read(f"-{written.strip().strip('+')}", "eur", "") == -minor


@given(st.dates(date(1991, 1, 1), date(2099, 12, 31)), st.sampled_from(["%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y"]))
def test_a_day_is_read_as_the_file_writes_days(day: date, shape: str) -> None:
    sure = date(2026, 6, 25).strftime(shape)
    order = bank_days.order_of([day.strftime(shape), sure], month_first=False)
    assert bank_days.read(day.strftime(shape), order) == day


@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_it(data: bytes) -> None:
    try:
        found = bank_files.read(b"Date;Amount;Name\n" + data, currency="eur")
    except UnreadableFile:
        return
    assert all(each.amount_minor > 0 for each in found.incoming)


@given(st.text(max_size=200))
def test_no_text_at_all_breaks_it(text: str) -> None:
    with contextlib.suppress(UnreadableFile):
        bank_files.read(text.encode("utf-8", "surrogatepass"), currency="jpy")
