"""The way around the operators' pages: on every page, with the place where one is."""

import re
from uuid import UUID

import pytest
from django.test import Client

from accounts import announcements, support
from kit import clock
from operators.navigation import PLACES
from tenants.registry.models import Tenant
from tests import console
from tests.architecture import routes
from tests.console import OLGA

# Those with something in their address, and what they lie below.
BELOW = {
    "operators_coach": "Coaches",
    "operators_question": "Questions",
    "operators_announcement_new": "News",
    "operators_announcement": "News",
    "operators_announcement_change": "News",
}


@pytest.fixture
def rows(anna: Tenant) -> dict[str, UUID]:
    now = clock.now()
    draft = announcements.write(
        announcement_id=None, title="News", text="Text", milestones=[], now=now, actor=OLGA
    )
    asked = support.ask(email="quin@example.com", name="Quin", text="How?", now=now)
    return {"tenant_id": anna.pk, "request_id": asked.pk, "announcement_id": draft.pk}


def pages(browser: Client, rows: dict[str, UUID]) -> dict[str, str]:
    """Every page of the console, by its name."""
    told = {}
    for each in routes.routes(routes.CENTRAL):
        if each.pattern.startswith("operators/"):
            values: dict[str, object] = {name: rows.get(name, rows["tenant_id"]) for name in each.parameters}
            told[each.name] = browser.get(each.path(values))
    return {name: answer.content.decode() for name, answer in told.items() if answer.status_code == 200}


def test_every_page_shows_where_one_is_and_how_to_leave(rows: dict[str, UUID]) -> None:
    found = pages(console.operator(), rows)
    assert set(found) == {*PLACES, *BELOW}
    for name, page in found.items():
        way = page[page.index('aria-label="Operators’ pages"') :].partition("</nav>")[0]
        current = re.findall(r'aria-current="(\w+)">([^<]+)<', way)
        assert current == [("page", PLACES[name]) if name in PLACES else ("true", BELOW[name])], name
        assert len(re.findall(r"<a ", way)) == len(PLACES), name
        assert page.count("<h1>") == 1, name
        assert re.search(r"<title>.+ · Operators · Upfront</title>", page), name
