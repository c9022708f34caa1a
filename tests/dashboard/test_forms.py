"""Forms, documents and welcome packets as the coach makes them, gives them, and reads what came back."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.files.keeping import check
from tenants.files.models import StoredFile
from tenants.paperwork import forms
from tenants.paperwork.models import ClientPaper, Paper
from tenants.paperwork.questions import Part, parts_of
from tenants.registry.models import Tenant
from tests.dashboard.desk import Coach
from tests.paperwork import worlds as papers
from tests.paperwork.worlds import GOAL, HEALTH

FORMS = "offers/forms/"


def typed(*rows: tuple[str, str, str], **more: str) -> dict[str, str]:
    """A whole builder: rows of question, kind and choices."""
    said = {
        f"part-{number}-{name}": text
        for number, row in enumerate(rows)
        for name, text in zip(("label", "kind", "choices"), row, strict=True)
    }
    return {"name": "Intake", **said, **more}


def kept(tenant: Tenant, **found: Any) -> Paper:
    with tenant_context(tenant):
        return Paper.objects.get(is_current=True, **found)


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def parts(paper: Paper) -> list[tuple[str, str, tuple[str, ...], bool]]:
    return [(part.kind, part.label, part.choices, part.required) for part in parts_of(paper.parts)]


def test_the_list_says_what_each_is_for_and_where_to_begin(anna: Tenant) -> None:
    page = Coach(anna).read(FORMS)
    for words in ("Begin with our questions", "New document", "New packet"):
        assert words in page
    assert "What would you like to reach" in Coach(anna).read(f"{FORMS}new/?starter=1")


def test_a_form_is_made_of_rows(anna: Tenant) -> None:
    said = typed(
        ("About you", "heading", ""),
        ("Goal?", "short_text", ""),
        ("", "short_text", ""),
        ("Days?", "several_choices", "Mon\n\nTue\n"),
        **{"part-1-required": "on"},
    )
    assert Coach(anna).post(f"{FORMS}new/", said).status_code == 303
    assert parts(kept(anna)) == [
        ("heading", "About you", (), False),
        ("short_text", "Goal?", (), True),
        ("several_choices", "Days?", ("Mon", "Tue"), False),
    ]


def test_rows_are_moved_and_dropped_without_saving_or_losing_anything(anna: Tenant) -> None:
    rows = (("One?", "short_text", ""), ("Two?", "number", ""), ("Three?", "date", ""))
    page = Coach(anna).post(f"{FORMS}new/", typed(*rows, **{"raise": "1"})).content.decode()
    assert page.index("Two?") < page.index("One?") < page.index("Three?")
    page = Coach(anna).post(f"{FORMS}new/", typed(*rows, drop="0")).content.decode()
    assert "One?" not in page
    assert 'value="Intake"' in page
    assert "Not saved yet" in page
    with tenant_context(anna):
        assert not Paper.objects.exists()


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((), "at least one question"),
        ((("Which?", "one_choice", "One"),), "at least two choices"),
        ((("", "one_choice", "One\nTwo"),), "This field is required"),
    ],
)
def test_what_cannot_be_asked_is_said_with_all_that_was_typed(
    anna: Tenant, rows: tuple[tuple[str, str, str], ...], words: str
) -> None:
    answer = Coach(anna).post(f"{FORMS}new/", typed(*rows, body="Welcome here"))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "Welcome here" in answer.content.decode()


def test_an_edited_question_keeps_its_id_and_a_version_is_not_overwritten_unseen(anna: Tenant) -> None:
    form = papers.form(anna)
    edited = typed(
        ("What is your aim?", "short_text", ""),
        ("Anything about your health?", "long_text", ""),
        **{"part-0-id": GOAL, "part-1-id": HEALTH, "seen_version": "1"},
    )
    coach, path = Coach(anna), f"{FORMS}{form.line}/"
    assert coach.post(path, edited).status_code == 303
    newer = kept(anna)
    assert (newer.version, [part["id"] for part in newer.parts]) == (2, [GOAL, HEALTH])
    answer = coach.post(path, edited)
    assert answer.status_code == 409
    assert "What is your aim?" in answer.content.decode()


def test_answers_are_read_and_taken_along(anna: Tenant) -> None:
    photo = Part("file", "Photo?", id="photo")
    form = papers.form(anna, Part("short_text", "Goal?", id=GOAL), photo)
    given = papers.given(anna, form, papers.client(anna))
    with tenant_context(anna):
        brought = {"photo": check(name="grip.txt", content=b"words")}
        forms.keep_draft(client_paper_id=given.pk, typed={}, files=brought, now=clock.now())
    papers.handed_in(anna, given, **{GOAL: "=SUM(1)"})
    coach = Coach(anna)
    assert "Cleo Adler" in coach.read(f"{FORMS}{form.line}/")
    page = coach.read(f"clients/given/{given.pk}/")
    assert "=SUM(1)" in page
    assert "grip.txt" in page
    file = coach.get(f"clients/given/{given.pk}/file/photo")
    assert file.content == b"words"
    assert file.headers["Content-Disposition"].startswith("attachment")
    text = coach.get(f"{FORMS}{form.line}/answers.csv").content.decode("utf-8-sig")
    heads, row = list(csv.reader(io.StringIO(text)))
    assert heads == ["Client", "E-mail", "Handed in", "Version", "Goal?", "Photo?"]
    assert (row[0], row[4], row[5]) == ("Cleo Adler", "'=SUM(1)", "grip.txt")


def test_it_is_given_to_a_client_and_can_be_withdrawn(anna: Tenant) -> None:
    form, cleo = papers.form(anna), papers.client(anna)
    coach = Coach(anna)
    assert coach.post(f"{FORMS}{form.line}/give/", {"client": str(cleo.pk)}).status_code == 303
    with tenant_context(anna):
        given = ClientPaper.objects.get()
    page = coach.read(f"clients/given/{given.pk}/")
    assert "/form/" in page
    assert "The link is on its way to Cleo" in page
    assert coach.post(f"clients/given/{given.pk}/remind").status_code == 303
    with tenant_context(anna):
        kinds = list(Event.objects.filter(subject_id=given.pk).values_list("kind", flat=True))
    assert kinds.count("paper.handed_over") == 1
    assert "paper.asked_again" not in kinds, "the first mail is on its way"
    assert coach.post(f"clients/given/{given.pk}/withdraw").status_code == 303
    assert papers.reread(anna, given).status == "withdrawn"


def test_where_such_mails_are_switched_off_the_coach_sends_the_link(anna: Tenant) -> None:
    form, cleo = papers.form(anna), papers.client(anna)
    coach = Coach(anna)
    assert "its link is mailed to them" in coach.read(f"{FORMS}{form.line}/give/")
    coach.post("settings/automations/papers_given/switch", {"to": "off"})
    assert "switched off" in coach.read(f"{FORMS}{form.line}/give/")
    coach.post(f"{FORMS}{form.line}/give/", {"client": str(cleo.pk)})
    with tenant_context(anna):
        given = ClientPaper.objects.get()
    assert given.sent_at is None
    assert "Mail the link<" in coach.read(f"clients/given/{given.pk}/")
    coach.post(f"clients/given/{given.pk}/remind")
    assert "Mail the link again" in coach.read(f"clients/given/{given.pk}/")
    coach.post(f"clients/given/{given.pk}/withdraw")
    assert "not open any more" in words(coach.post(f"clients/given/{given.pk}/remind", follow=True))


def test_who_has_no_address_gets_the_link_by_hand(anna: Tenant) -> None:
    form = papers.form(anna)
    with tenant_context(anna), transaction.atomic():
        kid = Client.objects.create(name="Kid")
    coach = Coach(anna)
    coach.post(f"{FORMS}{form.line}/give/", {"client": str(kid.pk)})
    with tenant_context(anna):
        given = ClientPaper.objects.get()
    page = coach.read(f"clients/given/{given.pk}/")
    assert "No mail reaches Kid" in page
    assert "Mail the link" not in page


def test_a_document_comes_with_a_file(anna: Tenant) -> None:
    coach = Coach(anna)
    said = {"name": "House rules", "body": "Bring water."}
    bad = {**said, "file": SimpleUploadedFile("rules.html", b"<html></html>")}
    assert coach.post("offers/documents/new/", bad).status_code == 422
    good = {**said, "file": SimpleUploadedFile("rules.txt", b"no mud")}
    assert coach.post("offers/documents/new/", good).status_code == 303
    paper = kept(anna)
    path = f"offers/documents/{paper.line}/"
    assert "rules.txt" in coach.read(path)
    coach.post(path, {**said, "body": "Bring tea."})
    assert kept(anna).file_id == paper.file_id, "stays while the text is changed"
    coach.post(path, {**said, "without": "1"})
    assert kept(anna).file_id is None


def test_a_packet_holds_papers_links_and_files_in_order(anna: Tenant) -> None:
    coach, form = Coach(anna), papers.form(anna)
    said = {
        "name": "Welcome",
        "body": "Good to have you.",
        "item-0-what": str(form.line),
        "item-1-what": "link",
        "item-1-name": "The way",
        "item-1-address": "https://example.org/map",
        "file": SimpleUploadedFile("map.txt", b"left"),
    }
    assert coach.post("offers/packets/new/", said).status_code == 303
    packet = kept(anna, kind="packet")
    with tenant_context(anna):
        file = StoredFile.objects.get()
    inside = [
        {"line": str(form.line)},
        {"name": "The way", "address": "https://example.org/map"},
        {"name": "map.txt", "file_id": str(file.pk)},
    ]
    assert packet.parts == inside
    path = f"offers/packets/{packet.line}/"
    again = {
        "name": "Welcome",
        "body": "Good to have you.",
        "item-0-what": "file",
        "item-0-name": "map.txt",
        "item-0-file_id": str(file.pk),
        "item-1-what": str(form.line),
    }
    assert coach.post(path, again).status_code == 303
    assert kept(anna, kind="packet").parts == [inside[2], inside[0]]
    cleo = papers.client(anna)
    coach.post(f"{FORMS}{packet.line}/give/", {"client": str(cleo.pk)})
    with tenant_context(anna):
        own = ClientPaper.objects.get(paper__kind="packet")
    assert "0 of 1 done" in coach.read(f"clients/given/{own.pk}/")


def test_a_packet_takes_no_file_that_is_not_its_own(anna: Tenant) -> None:
    given = papers.given(anna, papers.form(anna, Part("file", "P?", id="photo")), papers.client(anna))
    with tenant_context(anna):
        brought = {"photo": check(name="private.txt", content=b"words")}
        forms.keep_draft(client_paper_id=given.pk, typed={}, files=brought, now=clock.now())
        private = StoredFile.objects.get()
    said = {"name": "Welcome", "item-0-what": "file", "item-0-file_id": str(private.pk)}
    assert Coach(anna).post("offers/packets/new/", said).status_code == 422
