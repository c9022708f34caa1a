"""The coach's page: what stands on it, when it can be booked, and what it costs the database."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.practice import change_practice
from tenants.registry.models import Tenant
from tenants.scheduling import hours, slots
from tests import worlds
from tests.worlds import Shop


def browser(tenant: Tenant) -> Browser:
    return Browser(HTTP_HOST=f"{tenant.slug}.localhost:8000")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of a block, without those that only open and end its transactions."""
    statements: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield statements
    ends = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
    statements += [row["sql"] for row in captured.captured_queries if not row["sql"].startswith(ends)]


@pytest.fixture
def working(anna: Tenant) -> Tenant:
    """Anna, who works from nine to five every day and has no Stripe account."""
    with tenant_context(anna):
        hours.set_weekly(ranges=[slots.WeeklyHours(day, time(9), time(17)) for day in range(7)])
        change_practice(now=clock.now(), contact_email="anna@example.com", headline="Tennis in Berlin")
    return anna


def test_one_type_shows_its_free_times_at_once(working: Tenant) -> None:
    worlds.session_type(working, name="First talk", price_minor=0, duration_min=20)
    page = browser(working).get("/")
    assert page.status_code == 200
    assert "First talk" in page.text
    assert "Tennis in Berlin" in page.text
    assert 'name="starts_at"' in page.text
    assert 'action="/book/first-talk/hold"' in page.text


def test_several_types_show_a_choice_and_the_first_free_times(working: Tenant) -> None:
    worlds.session_type(working, name="First talk", price_minor=0)
    worlds.session_type(working, name="Match analysis", price_minor=0, group_name="Online")
    page = browser(working).get("/")
    assert 'href="/book/first-talk/"' in page.text
    assert 'href="/book/match-analysis/"' in page.text
    assert "<h3>Online</h3>" in page.text
    assert 1 <= page.text.count('name="starts_at"') <= 6


def test_the_page_with_its_first_free_times_takes_four_queries(working: Tenant) -> None:
    for name in ("First talk", "Match analysis"):
        worlds.session_type(working, name=name, price_minor=0)
    visitor = browser(working)
    visitor.get("/")
    with counted() as statements:
        assert 'name="starts_at"' in visitor.get("/").text
    assert len(statements) <= 4, statements


def test_four_weeks_of_free_times_take_four_queries(working: Tenant) -> None:
    worlds.session_type(working, name="First talk", price_minor=0)
    visitor = browser(working)
    visitor.get("/book/first-talk/")
    with counted() as statements:
        page = visitor.get("/book/first-talk/")
    assert page.text.count("<li data-column=") == 28
    assert len(statements) <= 4, statements


def test_a_priced_type_without_stripe_is_neither_free_nor_bookable(working: Tenant) -> None:
    worlds.session_type(working, name="First talk", price_minor=0)
    worlds.session_type(working, name="Lesson", price_minor=4500)
    visitor = browser(working)
    page = visitor.get("/")
    assert "Cannot be booked right now" in page.text
    assert 'href="/book/lesson/"' not in page.text
    assert 'href="/book/first-talk/"' in page.text
    lesson = visitor.get("/book/lesson/")
    assert lesson.status_code == 200
    assert 'name="starts_at"' not in lesson.text
    assert "mailto:anna@example.com" in lesson.text


def test_a_priced_type_can_be_booked_with_stripe(shop: Shop) -> None:
    worlds.session_type(shop.tenant, name="Lesson", price_minor=4500)
    page = browser(shop.tenant).get("/")
    assert "€45.00" in page.text
    assert 'name="starts_at"' in page.text


def test_the_rule_stands_before_any_personal_field(working: Tenant) -> None:
    worlds.session_type(working, price_minor=0)
    assert "24 hours before the start" in browser(working).get("/").text


def test_no_free_time_is_no_dead_end(anna: Tenant) -> None:
    with tenant_context(anna):
        hours.set_weekly(ranges=[])
        change_practice(now=clock.now(), contact_email="anna@example.com")
    worlds.session_type(anna, price_minor=0)
    page = browser(anna).get("/")
    assert "No free times at the moment" in page.text
    assert "mailto:anna@example.com" in page.text


def test_a_practice_without_types_says_so(anna: Tenant) -> None:
    assert "Nothing can be booked yet" in browser(anna).get("/").text


def test_the_first_page_opens_on_the_first_free_day(working: Tenant) -> None:
    worlds.session_type(working, price_minor=0, minimum_notice_min=10 * 24 * 60)
    page = browser(working).get("/")
    first = re.search(r'href="/\?day=(\d{4}-\d\d-\d\d)#times" aria-current="date"', page.text)
    assert first
    assert (datetime.fromisoformat(first[1]).replace(tzinfo=UTC) - clock.now()).days >= 9
    assert page.text[page.text.index("<li data-column=") :].partition("</li>")[0].count("aria-current") == 1


def test_a_day_is_chosen_by_its_link(working: Tenant) -> None:
    worlds.session_type(working, price_minor=0)
    visitor = browser(working)
    links = re.findall(r'href="(/\?day=[\d-]+)#times"', visitor.get("/").text)
    page = visitor.get(links[3])
    assert f'href="{links[3]}#times" aria-current="date"' in page.text


def test_htmx_gets_the_picker_alone_and_says_how_many_times(working: Tenant) -> None:
    worlds.session_type(working, price_minor=0)
    part = browser(working).get("/", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert re.search(r"\d+ times? on", part)


def test_later_weeks_up_to_the_horizon_and_no_further(working: Tenant) -> None:
    worlds.session_type(working, price_minor=0, horizon_days=40)
    visitor = browser(working)
    later = re.search(r'href="(/\?from=[\d-]+)#days"', visitor.get("/").text)
    assert later
    page = visitor.get(later[1])
    assert 'name="starts_at"' in page.text
    assert "Earlier" in page.text
    assert "Later" not in page.text


@pytest.mark.parametrize("query", ["?day=never", "?from=9999-12-31", "?day=1066-10-14", "?from=%00"])
def test_an_odd_address_shows_the_first_free_day(working: Tenant, query: str) -> None:
    worlds.session_type(working, price_minor=0)
    page = browser(working).get(f"/{query}")
    assert page.status_code == 200
    assert 'name="starts_at"' in page.text


def test_an_unknown_type_is_a_page_that_helps(working: Tenant) -> None:
    page = browser(working).get("/book/golf/")
    assert page.status_code == 404
    assert "not offered any more" in page.text


# --- the zone --------------------------------------------------------------------------------------


def in_zone(tenant: Tenant, tz: str) -> Browser:
    visitor = browser(tenant)
    answer = visitor.post("/zone", {"tz": tz, "next": "/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    return visitor


def test_times_are_shown_in_the_zone_that_was_chosen(working: Tenant) -> None:
    worlds.session_type(working, price_minor=0)
    assert "Berlin, GMT" in browser(working).get("/").text
    assert "Tokyo, GMT+9" in in_zone(working, "Asia/Tokyo").get("/").text


def test_in_person_is_always_on_the_clock_of_the_place(working: Tenant) -> None:
    worlds.session_type(working, price_minor=0, place="in_person", place_detail="Court 3")
    page = in_zone(working, "Asia/Tokyo").get("/").text
    assert "Berlin, GMT" in page
    assert "Tokyo" not in page


@pytest.mark.parametrize("tz", ["Mars/Olympus", "", "../../etc/passwd"])
def test_an_unknown_zone_is_refused_in_words(working: Tenant, tz: str) -> None:
    answer = browser(working).post("/zone", {"tz": tz})
    assert answer.status_code == 422


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_zone_never_leads_to_another_host(working: Tenant, address: str) -> None:
    answer = browser(working).post("/zone", {"tz": "Asia/Tokyo", "next": address})
    assert answer.headers["Location"] == "/"


def test_a_link_or_number_is_told_only_to_those_who_booked(working: Tenant) -> None:
    worlds.session_type(working, price_minor=0, place="online", place_detail="https://meet.example/secret")
    page: Any = browser(working).get("/")
    assert "meet.example" not in page.text
    assert "Online" in page.text
