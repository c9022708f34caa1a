"""Clients by hand and by list: their pages, notes, files; each press once, and only at one's own desk."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity.models import Event
from tenants.billing.models import Charge
from tenants.clients.models import Client, Import, Note
from tenants.messaging.models import Mail
from tenants.offers.models import SessionType
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing.by_hand import record as received
from tests.dashboard.desk import Coach
from tests.dashboard.test_pages import MOST_QUERIES, OF_A_CLIENT
from tests.people.lists import LIST, brought, client
from tests.scheduling import booked

CLEO = {"name": "Cleo Kurz", "email": "cleo@example.com", "phone": "0171 5", "timezone": "Europe/Berlin"}


@pytest.fixture
def lesson(anna: Tenant) -> SessionType:
    worlds.open_for_bookings(anna)
    return worlds.session_type(anna)


def add(coach: Coach) -> None:
    assert coach.post("clients/new/", CLEO).status_code == 303


def queries(asked: CaptureQueriesContext) -> list[str]:
    return [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]


def test_a_prospect_is_added_without_a_mail(anna: Tenant) -> None:
    coach = Coach(anna)
    add(coach)
    cleo = client(anna, "cleo@example.com")
    page = coach.read(f"clients/{cleo.pk}/")
    assert "Prospect" in page
    assert "Nothing booked." in page
    assert "Added by hand." in page
    with tenant_context(anna):
        assert not Mail.objects.exists()


def test_an_address_that_is_taken_leads_to_who_has_it(anna: Tenant) -> None:
    coach = Coach(anna)
    add(coach)
    answer = coach.post("clients/new/", {**CLEO, "name": "Another"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Another"' in page
    assert "Open Cleo Kurz" in page


def test_a_record_is_put_right(anna: Tenant) -> None:
    coach = Coach(anna)
    add(coach)
    cleo = client(anna, "cleo@example.com")
    said = {**CLEO, "email": "new@example.com", "timezone": "", "ends_links": "on"}
    assert coach.post(f"clients/{cleo.pk}/edit/", said).status_code == 303
    changed = client(anna, "new@example.com")
    assert (changed.timezone, changed.link_version) == ("", cleo.link_version + 1)
    assert coach.post(f"clients/{cleo.pk}/edit/", {**said, "name": ""}).status_code == 422


def test_the_list_is_searched_filtered_and_sorted(anna: Tenant, lesson: SessionType) -> None:
    brought(anna, LIST + "Gina Moll,gina@example.com,0999 77,,,\n")
    coach = Coach(anna)
    assert "Gina Moll" in coach.read("clients/?q=0999")
    assert "Cleo Kurz" not in coach.read("clients/?q=0999")
    active = coach.read("clients/?show=active")
    assert "Cleo Kurz" in active
    assert "Dora Lang" not in active
    assert "Dora Lang" in coach.read("clients/?show=prospect")
    booked.with_unit(anna, lesson, _pack(anna, "emil@example.com"), at=worlds.hour(30))
    names = coach.read("clients/?sort=next")
    assert names.index("Emil Meer") < names.index("Cleo Kurz")


def _pack(anna: Tenant, email: str) -> Any:
    with tenant_context(anna):
        return client(anna, email).packs.select_related("offer").get()


def test_who_is_archived_is_found_under_archived_and_when_they_come(
    anna: Tenant, lesson: SessionType
) -> None:
    brought(anna)
    coach, emil = Coach(anna), client(anna, "emil@example.com")
    assert coach.post(f"clients/{emil.pk}/archive", {"to": "off"}).status_code == 303
    assert "Emil Meer" not in coach.read("clients/").replace("Emil Meer is archived", "")
    assert "Emil Meer" in coach.read("clients/?show=archived")
    booked.with_unit(anna, lesson, _pack(anna, "emil@example.com"), at=worlds.hour(30))
    assert "Emil Meer" in coach.read("clients/")
    assert coach.post(f"clients/{emil.pk}/archive", {"to": "on"}).status_code == 303
    assert client(anna, "emil@example.com").archived_at is None


def test_a_note_is_one_tap_from_a_session_and_stands_with_it(anna: Tenant, lesson: SessionType) -> None:
    brought(anna)
    booking = booked.with_unit(anna, lesson, _pack(anna, "cleo@example.com"), at=worlds.hour(0))
    coach = Coach(anna)
    with clock.travel(86400):
        assert f"booking/{booking.pk}/note/" in coach.read()
    assert coach.post(f"booking/{booking.pk}/note/", {"text": "Left knee."}).status_code == 303
    assert "Left knee." in coach.read(f"booking/{booking.pk}/")
    page = coach.read(f"clients/{booking.client_id}/")
    assert "Left knee." in page
    assert "about a session" in page
    assert coach.post(f"booking/{booking.pk}/note/", {"text": " "}).status_code == 422


def test_a_note_is_changed_and_removed(anna: Tenant) -> None:
    coach = Coach(anna)
    add(coach)
    cleo = client(anna, "cleo@example.com")
    coach.post(f"clients/{cleo.pk}/note/", {"text": "First"})
    with tenant_context(anna):
        note = Note.objects.get()
    assert coach.post(f"clients/notes/{note.pk}/", {"text": "Second"}).status_code == 303
    assert "Second" in coach.read(f"clients/{cleo.pk}/")
    assert coach.post(f"clients/notes/{note.pk}/remove").status_code == 303
    assert "Second" not in coach.read(f"clients/{cleo.pk}/")


# --- the client's page --------------------------------------------------------------------------------


def test_one_page_answers_what_a_coach_asks_first(shop: worlds.Shop) -> None:
    anna = shop.tenant
    lesson = worlds.session_type(anna)
    booking = worlds.sell(shop, lesson, at=worlds.hour(30))
    worlds.sweep()
    brought(anna, "Name,Email,Owes\nEmil,emil@example.com,45\n")
    page = Coach(anna).read(f"clients/{booking.client_id}/")
    assert "Active" in page
    assert "Booked Lesson" in page
    assert "Paid €45.00 by card for" in page
    assert "A mail was sent" in page
    assert "Owes" not in page
    owing = Coach(anna).read(f"clients/{client(anna, 'emil@example.com').pk}/")
    assert "Owes <span" in owing
    assert "Open since before 3 May 2026" in owing


def test_the_whole_stream_is_read_page_by_page_and_nothing_twice(anna: Tenant) -> None:
    coach = Coach(anna)
    add(coach)
    cleo = client(anna, "cleo@example.com")
    now = clock.now()
    with tenant_context(anna), transaction.atomic():
        Note.objects.bulk_create(
            Note(client=cleo, text=f"Note-{n:03}.", created_at=now + timedelta(seconds=n // 7 + 1))
            for n in range(70)
        )
    seen: list[str] = []
    path = f"clients/{cleo.pk}/timeline/"
    for _ in range(9):
        page = coach.get(path).content.decode()
        seen += [f"Note-{n:03}." for n in range(70) if f"Note-{n:03}." in page]
        if ">Earlier<" not in page:
            break
        path = f"clients/{cleo.pk}/timeline/?before=" + page.split("?before=")[1].split('"')[0]
    assert len(seen) == len(set(seen)) == 70
    assert "Added by hand." in page


def test_a_client_with_much_behind_them_takes_no_more_queries(anna: Tenant, lesson: SessionType) -> None:
    brought(anna, LIST)
    pack = _pack(anna, "cleo@example.com")
    for number in range(3):
        booked.with_unit(anna, lesson, pack, at=worlds.hour(30 + 2 * number), browser=str(number))
    coach = Coach(anna)
    coach.post(f"clients/{pack.client_id}/note/", {"text": "Knee"})
    budgets = {f"clients/{pack.client_id}/": OF_A_CLIENT, "clients/?show=active&sort=next": MOST_QUERIES}
    for page, most in budgets.items():
        with CaptureQueriesContext(connection) as asked:
            assert coach.get(page).status_code == 200
        assert len(queries(asked)) <= most, "\n".join([page, *queries(asked)])


# --- lists --------------------------------------------------------------------------------------------


def looked(coach: Coach, text: str, **said: str) -> Any:
    file = SimpleUploadedFile("clients.csv", text.encode())
    return coach.post("clients/lists/", {"file": file, **said})


def bring(coach: Coach, lines: str, **said: str) -> Any:
    return coach.post("clients/lists/bring", {"lines": lines, "list_of": "2026-05-03", **said})


def test_a_list_is_looked_at_before_anything_is_kept(anna: Tenant, lesson: SessionType) -> None:
    page = looked(Coach(anna), LIST + "Nobody,,,,,\n").content.decode()
    assert "Row 6: no e-mail." in page
    assert "Bring 4 clients, leave 1 out" in page
    assert "€165.50" in page
    with tenant_context(anna):
        assert not Client.objects.exists()


def test_a_list_is_brought_shown_and_undone(anna: Tenant, lesson: SessionType) -> None:
    coach = Coach(anna)
    assert bring(coach, LIST, file_name="clients.csv").status_code == 303
    page = coach.read("clients/lists/")
    assert "4 clients were brought. Nobody was mailed." in page
    assert "clients.csv" in page
    cleo = coach.read(f"clients/{client(anna, 'cleo@example.com').pk}/")
    assert "4 sessions were brought from the spreadsheet of 3 May" in cleo
    with tenant_context(anna):
        made = Import.objects.get()
    assert coach.post(f"clients/lists/{made.pk}/undo").status_code == 303
    assert "4 clients were removed." in coach.read("clients/lists/")
    assert "Cleo Kurz" not in coach.read("clients/")


def test_the_same_list_is_refused_and_says_when_it_was_brought(anna: Tenant, lesson: SessionType) -> None:
    coach = Coach(anna)
    bring(coach, LIST)
    answer = bring(coach, LIST)
    assert answer.status_code == 409
    assert "This list was brought already" in answer.content.decode()
    assert "This list was brought already" in looked(coach, LIST).content.decode()


def test_columns_are_chosen_where_their_names_are_not_known(anna: Tenant) -> None:
    coach, text = Coach(anna), "Who,Reach\nCleo,cleo@example.com\n"
    assert "Say which column has the e-mail addresses" in looked(coach, text).content.decode()
    columns = {"column-0": "name", "column-1": "email"}
    page = coach.post("clients/lists/", {"lines": text, **columns}).content.decode()
    assert "Bring 1 client" in page
    assert bring(coach, text, **columns).status_code == 303
    assert client(anna, "cleo@example.com").name == "Cleo"


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"lines": ""}, 422, "There is nothing in it."),
        ({"list_of": "2099-01-01"}, 422, "still to come"),
        ({"pack": "no-such-pack"}, 422, "Nothing was brought"),
        ({"lines": "Name,Email\nCleo,nothing\n"}, 409, "Nobody in this list is new"),
    ],
)
def test_what_cannot_be_brought_says_why(anna: Tenant, said: dict[str, str], status: int, words: str) -> None:
    answer = bring(Coach(anna), **{"lines": LIST, **said})
    assert answer.status_code == status
    assert words in answer.content.decode()


# --- files --------------------------------------------------------------------------------------------


def test_the_file_of_clients_has_what_is_left_and_owed_and_no_formula(
    anna: Tenant, lesson: SessionType
) -> None:
    brought(anna, LIST + "=HYPERLINK(1),evil@example.com,+49 171,,,\n")
    with tenant_context(anna):
        charge = Charge.objects.get(client__email="emil@example.com")
    received(anna, charge, 500)
    text = Coach(anna).get("clients/clients.csv").content.decode("utf-8-sig")
    rows = {row["E-mail"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows["cleo@example.com"]["Sessions left"] == "4"
    assert (rows["emil@example.com"]["Owes"], rows["emil@example.com"]["Currency"]) == ("40.00", "EUR")
    assert rows["evil@example.com"]["Name"] == "'=HYPERLINK(1)"
    assert rows["evil@example.com"]["Phone"] == "'+49 171"


def test_the_file_of_many_clients_takes_few_queries(anna: Tenant) -> None:
    coach = Coach(anna)
    brought(anna, "Name,Email\n" + "".join(f"C{n},c{n}@example.com\n" for n in range(60)))
    with CaptureQueriesContext(connection) as asked:
        assert coach.get("clients/clients.csv").content.count(b"@example.com") == 60
    assert len(queries(asked)) <= MOST_QUERIES


def test_one_clients_record_has_their_notes_too(anna: Tenant, lesson: SessionType) -> None:
    brought(anna)
    cleo = client(anna, "cleo@example.com")
    packed = Coach(anna).get(f"clients/{cleo.pk}/record.zip").content
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        record = json.loads(file.read("record.json"))
        assert record["private-notes"][0]["text"] == "Knee"
        assert record["profile"][0]["email"] == "cleo@example.com"
        assert "Dora" not in str(record)
        assert b"Knee" in file.read("private-notes.csv")


def test_no_event_names_anybody(anna: Tenant, lesson: SessionType) -> None:
    brought(anna)
    with tenant_context(anna):
        assert not any("Cleo" in str(each.data) for each in Event.objects.all())
