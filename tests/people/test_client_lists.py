"""Reading lists of clients: columns in several namings, encodings and separators, mistakes in words."""

from datetime import date

import pytest

from tenants.people import client_lists
from tenants.people.client_columns import Column
from tenants.people.client_lists import Person, Problem, UnreadableList

TODAY = date(2026, 6, 10)


def read(text: str | bytes, chosen: dict[int, str] | None = None) -> tuple[list[Person], list[Problem]]:
    data = text if isinstance(text, bytes) else text.encode()
    table = client_lists.read(client_lists.text_of(data), chosen=chosen)
    assert client_lists.missing(table) == ""
    return client_lists.people_of(table, currency="eur", today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "Name,Email\nCleo Kurz,cleo@example.com\n",
        "First Name;Last Name;E-Mail Address\nCleo;Kurz;CLEO@example.com\n",
        "Nachname\tVorname\tE-Mail-Adresse\nKurz\tCleo\tcleo@example.com\n",
        "Nom|Prénom|Courriel\nKurz|Cleo|cleo@example.com\n",
        "Nom;Courriel\nCleo Kurz;cleo@example.com\n",
        "Cleo Kurz,cleo@example.com\n",
        "cleo@example.com;Cleo Kurz\n",
        '"Client Name","Client Email"\r\n"Cleo Kurz","cleo@example.com"\r\n',
    ],
)
def test_the_same_client_in_many_namings(text: str) -> None:
    [person], problems = read(text)
    assert (person.name, person.email, problems) == ("Cleo Kurz", "cleo@example.com", [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_name_survives_every_encoding(encoding: str) -> None:
    [person], _ = read("Name;E-Mail\nZoë Müller;zoe@example.com\n".encode(encoding))
    assert person.name == "Zoë Müller"


def test_what_somebody_has_left_and_owes() -> None:
    [person], _ = read(
        "Name;E-Mail;Restguthaben;Gültig bis;Offener Betrag (EUR);Notizen\n"
        "Cleo;cleo@example.com;4;31.12.2026;1.120,50 €;Knie\n"
    )
    assert (person.units, person.until) == (4, date(2026, 12, 31))
    assert (person.owed_minor, person.note) == (112050, "Knie")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (",Cleo,,", "no e-mail."),
        ("cleo@example,Cleo,,", "“cleo@example” is not an e-mail address."),
        ("cleo@example.com,,,", "no name."),
        ("cleo@example.com,Cleo,four,", "“four” is not a number of sessions."),
        ("cleo@example.com,Cleo,-2,", "“-2” is not a number of sessions."),
        ("cleo@example.com,Cleo,501,", "more than 500 sessions left."),
        ("cleo@example.com,Cleo,,4.5.6", "“4.5.6” is not an amount."),
        ("cleo@example.com,Cleo,,-5", "“-5” is below 0. What you owe a client cannot be brought here."),
        ("ada@example.com,Ada,,", "the same e-mail as row 2."),
    ],
)
def test_a_mistake_is_told_with_its_row_and_nothing_of_that_row_is_taken(cells: str, said: str) -> None:
    people, problems = read(f"E-mail,Name,Sessions left,Owes\nada@example.com,Ada,3,12.00\n{cells}\n")
    assert [each.name for each in people] == ["Ada"]
    assert [str(each) for each in problems] == [f"Row 3: {said}"]


def test_sessions_that_have_ended_are_no_opening_balance() -> None:
    people, problems = read("Name,Email,Credits,Expires\nCleo,cleo@example.com,3,2026-06-09\n")
    assert not people
    assert "valid until 9 June 2026" in str(problems[0])


def test_columns_that_nobody_knows_are_chosen() -> None:
    text = "Who,Reach,Rest\nCleo,cleo@example.com,4\n"
    table = client_lists.read(client_lists.text_of(text.encode()))
    assert client_lists.missing(table) == (
        "Say which column has the e-mail addresses: a client is known by theirs."
    )
    [person], _ = read(text, {0: "name", 1: "email", 2: "units"})
    assert (person.name, person.email, person.units) == ("Cleo", "cleo@example.com", 4)


def test_one_thing_is_chosen_for_one_column() -> None:
    text = client_lists.text_of(b"A,B,C\nCleo,cleo@example.com,4\n")
    table = client_lists.read(text, chosen={0: "name", 1: "email", 2: "email"})
    assert client_lists.missing(table) == "“E-mail” is chosen for two columns. Leave one of them out."


def test_two_columns_of_one_name_are_read_once() -> None:
    table = client_lists.read("Name,Email,E-mail\nCleo,cleo@example.com,other@example.com")
    assert table.columns == (Column.NAME, Column.EMAIL, Column.NOTHING)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "nothing in it"),
        (b"Name,Email\n", "no row below"),
        (b"x" * (client_lists.MOST_BYTES + 1), "larger than 900 kB"),
        (b"Name,Email\n" + b"C,c@example.com\n" * (client_lists.MOST_ROWS + 1), "more than 5000 rows"),
    ],
)
def test_a_list_that_cannot_be_read_says_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(UnreadableList, match=said):
        client_lists.read(client_lists.text_of(data))


def test_a_zone_that_is_none_leaves_nobody_out() -> None:
    people, _ = read("Name,Email,Time zone\nA,a@example.com,Europe/Berlin\nB,b@example.com,CET (+1)\n")
    assert [each.timezone for each in people] == ["Europe/Berlin", ""]


def test_a_number_that_was_made_safe_for_spreadsheets_is_read_as_it_was() -> None:
    [person], _ = read("Name,Email,Phone\nO'Neill,o@example.com,'+49 171 5\n")
    assert (person.name, person.phone) == ("O'Neill", "+49 171 5")
