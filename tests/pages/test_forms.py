"""A client's form, document and packet by their links, as a browser without scripts meets them."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM
from tenants.files import keeping
from tenants.files.models import LARGEST_BYTES, StoredFile
from tenants.paperwork import links, packets
from tenants.paperwork import papers as use_cases
from tenants.paperwork.models import Acceptance, ClientPaper
from tenants.paperwork.questions import Part
from tenants.registry.models import Tenant
from tests.pages.clients import browser, words
from tests.paperwork import worlds as papers
from tests.paperwork.worlds import COACH, GOAL, HEALTH

PHOTO = Part("file", "A photo of your grip", id="photo")
HTML = b"<!doctype html><script>alert(1)</script>"


def path(tenant: Tenant, given: ClientPaper) -> str:
    with tenant_context(tenant):
        return links.path_of(given)


def given_form(tenant: Tenant, *parts: Part) -> ClientPaper:
    return papers.given(tenant, papers.form(tenant, *parts), papers.client(tenant))


def post(visitor: Browser, page: str, **typed: Any) -> Any:
    return visitor.post(page, {f"q-{name}" if name in KNOWN else name: said for name, said in typed.items()})


KNOWN = {GOAL, HEALTH, "photo", "mail", "days"}


def test_a_form_is_filled_in_and_handed_in(anna: Tenant) -> None:
    visitor, given = browser(anna), given_form(anna)
    page = path(anna, given)
    shown = words(visitor.get(page).text)
    assert "For Cleo Adler." in shown
    assert "What is your goal?" in shown
    assert "optional" in shown
    answer = post(visitor, page, goal="Run", health="A knee")
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    done = words(visitor.get(page).text)
    assert "Handed in" in done
    assert "A knee" in done
    with tenant_context(anna):
        kept = Acceptance.objects.get()
    assert (kept.name, kept.address) == ("Cleo Adler", "127.0.0.1")


def test_a_mistake_is_named_and_what_was_typed_stands_there_and_in_the_draft(anna: Tenant) -> None:
    visitor, given = browser(anna), given_form(anna)
    page = path(anna, given)
    answer = post(visitor, page, goal="", health="A knee")
    assert answer.status_code == 422
    assert "Write an answer." in answer.text
    assert "A knee" in answer.text
    assert "A knee" in Browser(HTTP_HOST=visitor.defaults["HTTP_HOST"]).get(page).text


def test_it_can_be_gone_on_with_later_on_another_device(anna: Tenant) -> None:
    visitor, given = browser(anna), given_form(anna)
    page = path(anna, given)
    assert post(visitor, page, health="A knee", save="1").status_code == 302
    assert "A knee" in browser(anna).get(page).text
    assert papers.reread(anna, given).status == "open"


def test_the_address_that_it_was_sent_to_is_not_asked_for_again(anna: Tenant) -> None:
    given = given_form(anna, Part("email", "Where do we write to?", id="mail", required=True))
    assert 'value="cleo@example.com"' in browser(anna).get(path(anna, given)).text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("grip.png", HTML, "is not a kind of file"),
        ("grip.svg", b"<svg onload='x'></svg>", "is not a kind of file"),
        ("grip.txt", b"x" * (LARGEST_BYTES + 1), "larger than 10 MB"),
        ("all.zip", b"PK\x03\x04", "is not a kind of file"),
    ],
)
def test_a_file_that_is_refused_says_why_and_loses_nothing_else(
    anna: Tenant, name: str, content: bytes, said: str
) -> None:
    visitor, given = browser(anna), given_form(anna, PHOTO, Part("short_text", "Goal?", id=GOAL))
    answer = post(visitor, path(anna, given), goal="Run", photo=SimpleUploadedFile(name, content))
    assert answer.status_code == 422
    assert said in words(answer.text)
    assert 'value="Run"' in answer.text
    assert papers.reread(anna, given).status == "open"
    with tenant_context(anna):
        assert not StoredFile.objects.exists()


def test_a_file_is_kept_while_the_rest_is_put_right_and_can_be_looked_at_and_removed(anna: Tenant) -> None:
    visitor, given = (
        browser(anna),
        given_form(anna, PHOTO, Part("short_text", "Goal?", id=GOAL, required=True)),
    )
    page = path(anna, given)
    brought = SimpleUploadedFile("../../my grip.txt", b"words")
    answer = post(visitor, page, goal="", photo=brought)
    assert answer.status_code == 422
    assert "my grip.txt" in answer.text
    file = visitor.get(f"{page}file/photo")
    assert (file.content, file.headers["X-Content-Type-Options"]) == (b"words", "nosniff")
    assert file.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert post(visitor, page, goal="Run", without="photo").status_code == 302
    assert "my grip.txt" not in visitor.get(page).text
    assert visitor.get(f"{page}file/photo").status_code == 404
    assert 'value="Run"' in visitor.get(page).text


def test_what_clients_type_is_shown_as_words(anna: Tenant) -> None:
    visitor, given = browser(anna), given_form(anna)
    page = path(anna, given)
    post(visitor, page, goal="<script>alert(1)</script>")
    assert "<script>alert(1)" not in visitor.get(page).text


def test_a_document_is_read_by_a_press_and_not_by_opening_it(anna: Tenant) -> None:
    given = papers.given(anna, papers.document(anna), papers.client(anna))
    visitor, page = browser(anna), path(anna, given)
    assert "Bring water." in visitor.get(page).text
    assert papers.reread(anna, given).status == "open"
    assert visitor.post(page).status_code == 302
    assert papers.reread(anna, given).status == "done"
    assert "You said so on" in words(visitor.get(page).text)


def test_a_link_opens_its_own_kind_alone(anna: Tenant, ben: Tenant) -> None:
    given = given_form(anna)
    page = path(anna, given)
    for other in ("read", "packet", "sign"):
        assert browser(anna).get(page.replace("form", other, 1)).status_code == 404
    assert browser(ben).get(page).status_code == 404
    assert browser(ben).post(page, {"q-goal": "x"}).status_code == 404


def test_a_packet_leads_through_its_papers_and_back(anna: Tenant) -> None:
    cleo, visitor = papers.client(anna), browser(anna)
    inside = [papers.form(anna), papers.document(anna)]
    with tenant_context(anna):
        map_file = keeping.store(name="map.txt", content=b"left, then right", now=clock.now())
        other = keeping.store(name="other.txt", content=b"not yours", now=clock.now())
        parts: list[dict[str, Any]] = [{"line": paper.line} for paper in inside]
        parts.append({"name": "The way", "file_id": map_file.pk})
        welcome = use_cases.save(
            line=None,
            kind="packet",
            name="Welcome",
            body="Good to have you.",
            parts=packets.written(parts),
            now=clock.now(),
            actor=COACH,
        )
        with transaction.atomic():
            own, form, rules = packets.give_packet(
                line=welcome.line, client=cleo, now=clock.now(), actor=SYSTEM
            )
    page = path(anna, own)
    shown = words(visitor.get(page).text)
    assert "Good to have you." in shown
    assert "0 of 2 done" in shown
    assert post(visitor, path(anna, form), goal="Run").headers["Location"] == page
    assert "1 of 2 done" in words(visitor.get(page).text)
    assert visitor.post(path(anna, rules)).headers["Location"] == page
    assert "2 of 2 done" in words(visitor.get(page).text)
    assert visitor.get(f"{page}file/{map_file.pk}").content == b"left, then right"
    assert visitor.get(f"{page}file/{other.pk}").status_code == 404
