"""The pages by which a coach takes everything along, closes the page, and opens it again."""

import zipfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from accounts.models import User
from kit import clock
from tenants.people import taking_out
from tenants.registry.models import Tenant, TenantStatus
from tests import worlds

PASSWORD = "serve-and-volley-7"  # noqa: S105
ARCHIVE = "/coach/anna/settings/take-out/archive.zip"


@pytest.fixture
def exports(settings: Any, tmp_path: Path) -> Path:
    settings.EXPORTS_DIR = tmp_path / "exports"
    return tmp_path / "exports"


@pytest.fixture
def coach(anna: Tenant) -> Browser:
    """Anna, who has signed in a while ago: not lately enough for what matters."""
    user = User.objects.get(email="anna@example.com")
    user.set_password(PASSWORD)
    user.save()
    browser = Browser(headers={"host": "localhost:8000"}, raise_request_exception=False)
    browser.force_login(user)
    return browser


def prove(browser: Browser) -> None:
    answer = browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302


def test_an_archive_is_asked_for_made_mailed_and_saved(
    coach: Browser, anna: Tenant, exports: Path, mailoutbox: list[Any]
) -> None:
    assert coach.get(ARCHIVE).status_code == 404
    assert coach.post("/coach/anna/settings/take-out/").status_code == 303
    worlds.sweep()
    assert [mail.subject for mail in mailoutbox] == ["Your archive is ready"]
    assert "/coach/anna/settings/take-out/" in mailoutbox[0].body
    sent_to_prove = coach.get(ARCHIVE)
    assert sent_to_prove.headers["Location"].startswith("/accounts/reauthenticate/")
    prove(coach)
    answer = coach.get(ARCHIVE)
    assert answer.headers["Cache-Control"] == "private, no-store"
    with zipfile.ZipFile(BytesIO(b"".join(answer.streaming_content))) as packed:  # type: ignore[attr-defined]
        assert "tables/offers_practice.jsonl" in packed.namelist()
    assert len(list(exports.rglob("*.zip"))) == 1


def test_while_one_is_being_made_no_other_is(coach: Browser, anna: Tenant, exports: Path) -> None:
    for _ in range(2):
        coach.post("/coach/anna/settings/take-out/")
    worlds.sweep()
    assert len(list(exports.rglob("*.zip"))) == 1


def test_after_a_week_it_is_gone_by_itself(coach: Browser, anna: Tenant, exports: Path) -> None:
    coach.post("/coach/anna/settings/take-out/")
    worlds.sweep()
    [file] = exports.rglob("*.zip")
    with tenant_context(anna):
        reference = taking_out.uuid.UUID(file.stem)
        made_at = taking_out.standing(now=clock.now()).made_at
        assert made_at is not None
        late = made_at + taking_out.KEPT
        assert taking_out.make(reference=reference, now=late - timedelta(seconds=1)) == late
        assert file.exists()
        assert taking_out.make(reference=reference, now=late) is None
    assert not file.exists()
    assert coach.get(ARCHIVE).status_code == 404


def test_another_coach_gets_nothing(coach: Browser, ben: Tenant, exports: Path) -> None:
    coach.post("/coach/anna/settings/take-out/")
    worlds.sweep()
    stranger = Browser(headers={"host": "localhost:8000"}, raise_request_exception=False)
    stranger.force_login(User.objects.get(email="ben@example.com"))
    assert stranger.get(ARCHIVE).status_code == 404
    assert stranger.get("/coach/ben/settings/take-out/archive.zip").status_code == 404


def test_closing_takes_a_fresh_password_and_the_typed_address(coach: Browser, anna: Tenant) -> None:
    page, said = "/coach/anna/settings/close/", {"typed": "anna"}
    assert "nobody reads it" in coach.get(page).text
    assert coach.post(page, said).headers["Location"].startswith("/accounts/reauthenticate/")
    prove(coach)
    assert coach.post(page, {"typed": "ben"}).status_code == 422
    anna.refresh_from_db()
    assert anna.is_open
    assert coach.post(page, said).status_code == 303
    anna.refresh_from_db()
    assert anna.status == TenantStatus.CLOSED


def test_what_hinders_is_said_and_nothing_closed(coach: Browser, shop: worlds.Shop) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(3))
    prove(coach)
    answer = coach.post("/coach/anna/settings/close/", {"typed": "anna"})
    assert (answer.status_code, "1 booking to come" in answer.text) == (409, True)


def test_a_closed_page_is_opened_again_and_its_archive_saved(
    coach: Browser, anna: Tenant, exports: Path
) -> None:
    prove(coach)
    coach.post("/coach/anna/settings/close/", {"typed": "anna"})
    assert coach.post("/coach/anna/settings/take-out/").status_code == 303
    worlds.sweep()
    assert coach.get(ARCHIVE).status_code == 200
    assert "Open my page again" in coach.get("/coach/anna/settings/take-out/").text
    assert coach.post("/coach/anna/settings/close/undo").status_code == 303
    anna.refresh_from_db()
    assert anna.is_open
