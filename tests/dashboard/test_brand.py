"""Photo, logo, colour and words: chosen at the desk, seen by clients, and shown before they are saved."""

import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context
from PIL import Image

from kit import clock
from tenants.files.models import StoredFile
from tenants.offers.models import Practice
from tenants.offers.practice import change_practice, practice
from tenants.registry.models import Tenant
from tests.dashboard.desk import Coach


def drawn(size: tuple[int, int], kind: str = "PNG", mode: str = "RGB") -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, (20, 120, 90) if mode == "RGB" else (20, 120, 90, 128)).save(written, kind)
    return written.getvalue()


def brought(coach: Coach, part: str, content: bytes, name: str = "me.png") -> Any:
    return coach.post(f"settings/brand/{part}", {part: SimpleUploadedFile(name, content)})


def here(tenant: Tenant) -> Practice:
    with tenant_context(tenant):
        return practice()


def visitor(tenant: Tenant) -> Browser:
    return Browser(HTTP_HOST=f"{tenant.slug}.localhost:8000")


# --- pictures ---------------------------------------------------------------------------------------


def test_a_photo_is_drawn_anew_and_shown_to_clients_with_its_size(anna: Tenant) -> None:
    assert brought(Coach(anna), "photo", drawn((2000, 1000), mode="RGBA")).status_code == 303
    path = f"/brand/{here(anna).photo_id}"
    page = visitor(anna).get("/").text
    assert f'src="{path}" alt="" width="40" height="40"' in page
    answer = visitor(anna).get(path)
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert picture.size == (480, 240)


def test_a_logo_takes_the_place_of_the_name_and_keeps_its_proportions(anna: Tenant) -> None:
    brought(Coach(anna), "logo", drawn((900, 300), mode="RGBA"))
    saved = here(anna)
    assert (saved.logo_width, saved.logo_height) == (360, 120)
    head = re.search(r'<a class="coach-identity".*?</a>', visitor(anna).get("/").text, re.DOTALL)
    assert head
    assert f'src="/brand/{saved.logo_id}" alt="{anna.name}" width="120" height="40"' in head[0]
    assert "avatar" not in head[0]
    assert visitor(anna).get(f"/brand/{saved.logo_id}")["Content-Type"] == "image/png"


@pytest.mark.parametrize("part", ["photo", "logo"])
def test_a_picture_is_replaced_and_taken_off_and_its_file_with_it(anna: Tenant, part: str) -> None:
    coach = Coach(anna)
    brought(coach, part, drawn((200, 100)))
    first = getattr(here(anna), f"{part}_id")
    brought(coach, part, drawn((100, 100)))
    second = getattr(here(anna), f"{part}_id")
    assert first != second
    assert visitor(anna).get(f"/brand/{first}").status_code == 404
    assert coach.get(f"settings/brand/picture/{second}").status_code == 200
    coach.post(f"settings/brand/{part}", {"to": "off"})
    assert getattr(here(anna), f"{part}_id") is None
    with tenant_context(anna):
        assert not StoredFile.objects.exists()


@pytest.mark.parametrize("part", ["photo", "logo"])
@pytest.mark.parametrize(
    ("content", "said"),
    [(b"<svg/>", "is not a picture"), (b"", "This file is empty"), (None, "Choose a picture")],
)
def test_what_is_no_picture_is_refused_and_nothing_changes(
    anna: Tenant, part: str, content: bytes | None, said: str
) -> None:
    coach = Coach(anna)
    brought(coach, part, drawn((50, 50)))
    before = getattr(here(anna), f"{part}_id")
    answer = (
        coach.post(f"settings/brand/{part}") if content is None else brought(coach, part, content, "me.svg")
    )
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert getattr(here(anna), f"{part}_id") == before


def test_no_other_file_of_the_coach_is_given_out_as_a_picture(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        secret = StoredFile.objects.create(
            name="x.png", content_type="image/png", size=1, digest="", content=b"x", created_at=clock.now()
        )
    brought(Coach(ben), "photo", drawn((50, 50)))
    for path in (f"/brand/{secret.pk}", f"/brand/{here(ben).photo_id}"):
        assert visitor(anna).get(path).status_code == 404


# --- colour -----------------------------------------------------------------------------------------


def test_a_colour_of_ones_own_is_shown_before_it_is_saved(anna: Tenant) -> None:
    coach = Coach(anna)
    shown = coach.post(
        "settings/brand/", {"accent": "own", "colour": "#FFDD00", "preview": "1"}
    ).content.decode()
    assert '<link rel="stylesheet" href="/accent/ffdd00.css">' in shown
    assert shown.count('data-accent="ffdd00"') == 2
    assert "A darker tone by day" in shown
    assert here(anna).accent_color == ""
    assert coach.post("settings/brand/", {"accent": "own", "colour": "#FFDD00"}).status_code == 303
    page = visitor(anna).get("/").text
    assert 'data-accent="ffdd00"' in page
    assert 'href="/accent/ffdd00.css"' in page


def test_one_of_our_colours_takes_the_place_of_the_own_one(anna: Tenant) -> None:
    coach = Coach(anna)
    coach.post("settings/brand/", {"accent": "own", "colour": "#3366cc"})
    assert "A darker tone by day" not in coach.read("settings/brand/")
    coach.post("settings/brand/", {"accent": "plum", "colour": "#3366cc"})
    page = visitor(anna).get("/").text
    assert 'data-accent="plum"' in page
    assert "/accent/" not in page


@pytest.mark.parametrize("typed", [{"accent": "own", "colour": "red"}, {"accent": "own"}, {"accent": "gold"}])
def test_what_is_no_colour_is_refused_and_kept_on_the_page(anna: Tenant, typed: dict[str, str]) -> None:
    answer = Coach(anna).post("settings/brand/", typed)
    assert answer.status_code == 422
    assert (here(anna).accent, here(anna).accent_color) == ("teal", "")


def test_the_sheet_of_a_colour_is_the_same_on_every_host_and_kept_for_ever(anna: Tenant) -> None:
    on_central = Browser(HTTP_HOST="localhost:8000").get("/accent/3366cc.css")
    on_page = visitor(anna).get("/accent/3366cc.css")
    assert on_central.content == on_page.content
    assert on_page["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in on_page["Cache-Control"]
    assert visitor(anna).get("/accent/33.css").status_code == 404


# --- words ------------------------------------------------------------------------------------------


def test_words_are_chosen_and_read_on_the_page(anna: Tenant) -> None:
    coach = Coach(anna)
    assert (
        "Book an appointment"
        in coach.post("settings/words/", {"choice": "appointment", "preview": "1"}).content.decode()
    )
    assert here(anna).words == {}
    assert coach.post("settings/words/", {"choice": "lesson"}).status_code == 303
    assert here(anna).words == {
        "session": "lesson",
        "sessions": "lessons",
        "client": "student",
        "clients": "students",
    }
    assert "Book a lesson" in visitor(anna).get("/").text
    coach.post("settings/words/", {"choice": "session"})
    assert here(anna).words == {}
    assert "Book a session" in visitor(anna).get("/").text


def test_words_of_ones_own_need_all_four(anna: Tenant) -> None:
    coach, own = Coach(anna), {"choice": "own", "session": "hour", "sessions": "hours", "client": "guest"}
    missing = coach.post("settings/words/", own)
    assert missing.status_code == 422
    assert "sentences need all four" in missing.content.decode()
    assert 'value="hours"' in missing.content.decode()
    coach.post("settings/words/", {**own, "clients": "  guests "})
    assert here(anna).words["clients"] == "guests"
    assert "Book an hour" in visitor(anna).get("/").text
    assert 'value="guest"' in coach.read("settings/words/")


@pytest.mark.parametrize("word", ["<b>", "{0}", "{client}", "1st", "x" * 31])
def test_what_is_no_word_is_refused(anna: Tenant, word: str) -> None:
    own = {"choice": "own", "session": word, "sessions": "a", "client": "b", "clients": "c"}
    assert Coach(anna).post("settings/words/", own).status_code == 422
    assert here(anna).words == {}


def test_one_coachs_words_are_no_others(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna):
        change_practice(
            now=clock.now(), words={"session": "a1", "sessions": "a2", "client": "a3", "clients": "a4"}
        )
    assert "Book an a1" in visitor(anna).get("/").text
    assert "Book a session" in visitor(ben).get("/").text
