"""An operator who looks as a coach: wherever they go nothing changes, and nothing private is shown."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from tenants.clients import notes
from tenants.registry.looking import SHOWN_TO_OPERATORS
from tenants.registry.models import Tenant
from tests import console
from tests.architecture import routes
from tests.architecture.routes import Rows


@pytest.fixture
def looking(annas: Rows) -> Client:
    """Olga, at Anna's practice."""
    browser = console.operator()
    browser.post(f"/operators/coaches/{annas.tenant.pk}/look", {"looking-reason": "They asked us to."})
    return browser


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_every_post_is_refused(
    looking: Client, annas: Rows, contents: Callable[[Tenant], dict[str, str]]
) -> None:
    before = contents(annas.tenant)
    for route in routes.dashboard():
        answer = looking.post(route.path(annas.values))
        assert answer.status_code == 403, route.name
        assert "Nothing was changed" in words(answer)
    assert contents(annas.tenant) == before


def test_pages_are_shown_by_name_and_no_others(looking: Client, annas: Rows) -> None:
    """A new page is not shown until somebody has decided that it may be."""
    shown = {
        route.name for route in routes.dashboard() if looking.get(route.path(annas.values)).status_code == 200
    }
    names = {route.name for route in routes.dashboard()}
    assert names >= SHOWN_TO_OPERATORS
    assert shown <= SHOWN_TO_OPERATORS
    assert {"dashboard_today", "dashboard_money", "dashboard_settings"} <= shown


def test_no_page_that_is_shown_says_what_is_private(looking: Client, annas: Rows) -> None:
    with tenant_context(annas.tenant):
        note = notes.Note.objects.first()
        assert note is not None
        private = note.text
    secrets = [str(value) for name, value in annas.values.items() if name.endswith("token")]
    assert len(secrets) > 5
    for route in routes.dashboard():
        page = looking.get(route.path(annas.values)).content.decode(errors="replace")
        assert private not in page, route.name
        assert not [each for each in secrets if len(each) > 20 and each in page], route.name
