"""The coach's free times in a frame on another site."""

import re
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.extras import Extra
from tenants.offers.models import SessionType
from tenants.offers.practice import change_practice
from tenants.offers.vocabulary import CHOICES
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.pages.clients import browser
from tests.worlds import Shop

SITES = ["https://www.anna.example", "https://blog.anna.example:8443"]


def allow(tenant: Tenant, *sites: str) -> None:
    with tenant_context(tenant):
        change_practice(now=clock.now(), embed_sites=list(sites))


def framing(answer: Any) -> tuple[str, str | None]:
    """Who may frame a page: by the policy, and by the older header."""
    (ancestors,) = re.findall(r"frame-ancestors ([^;]*)", answer["Content-Security-Policy"])
    return ancestors, answer.headers.get("X-Frame-Options")


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant, name="Lesson")


# --- who may show it --------------------------------------------------------------------------------


def test_only_the_sites_that_the_coach_named_may_frame_it(anna: Tenant, ben: Tenant) -> None:
    assert framing(browser(anna).get("/embed/")) == ("'none'", "DENY")
    allow(anna, *SITES)
    assert framing(browser(anna).get("/embed/")) == (" ".join(SITES), None)
    assert framing(browser(ben).get("/embed/")) == ("'none'", "DENY")


# --- what stands in it ------------------------------------------------------------------------------


def test_with_one_type_its_week_stands_there_at_once(shop: Shop, lesson: SessionType) -> None:
    answer = browser(shop.tenant).get("/embed/")
    page = answer.text
    assert answer.status_code == 200
    assert "Lesson" in page
    assert 5 <= page.count("<h2") <= 7
    assert '<base target="_top">' in page
    assert "Later" in page
    assert "Earlier" not in page


def test_a_frame_needs_and_sets_no_cookie(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    answer = visitor.get("/embed/?type=lesson&tz=Asia/Tokyo")
    assert not answer.cookies
    assert "<form" not in answer.text
    assert not visitor.get("/embed.js").cookies


def test_several_types_are_a_choice_within_the_frame(shop: Shop, lesson: SessionType) -> None:
    worlds.session_type(shop.tenant, name="Review")
    visitor = browser(shop.tenant)
    page = visitor.get("/embed/?tz=Asia/Tokyo").text
    links = re.findall(r'class="choice" href="([^"]*)" target="_self"', page)
    assert links == ["/embed/?tz=Asia%2FTokyo&amp;type=lesson", "/embed/?tz=Asia%2FTokyo&amp;type=review"]
    chosen = visitor.get("/embed/?type=review").text
    assert "Review" in chosen
    assert 'href="/embed/" target="_self"' in chosen


def test_it_names_what_is_always_paid_beside_in_the_coachs_own_words(shop: Shop, lesson: SessionType) -> None:
    worlds.session_type(shop.tenant, name="Indoors", extras=[Extra("Court", 1000)])
    with tenant_context(shop.tenant):
        change_practice(now=clock.now(), words=asdict(CHOICES["appointment"]))
    page = browser(shop.tenant).get("/embed/").text
    assert "plus Court" in page
    assert "Book an appointment with Anna" in page
    assert "All appointments of Anna" in browser(shop.tenant).get("/embed/?type=lesson").text


@pytest.mark.parametrize("tz", ["Mars/Olympus", "../../etc/passwd", "", "\x00"])
def test_a_zone_that_is_none_is_the_coachs(shop: Shop, lesson: SessionType, tz: str) -> None:
    page = browser(shop.tenant).get("/embed/", {"tz": tz})
    assert page.status_code == 200
    assert "Berlin" in page.text


@pytest.mark.parametrize("since", ["2020-01-01", "9999-12-31", "soon", "0001-01-01"])
def test_a_week_out_of_reach_is_the_first_one(shop: Shop, lesson: SessionType, since: str) -> None:
    page = browser(shop.tenant).get("/embed/", {"from": since}).text
    assert 5 <= page.count("<h2") <= 7


def test_weeks_are_turned_without_leaving_the_frame(shop: Shop, lesson: SessionType) -> None:
    visitor, address = browser(shop.tenant), "/embed/"
    days: list[str] = []
    for _ in range(3):
        page = visitor.get(address).text
        days += re.findall(r"<h2[^>]*>(.*?)</h2>", page, re.S)
        address = re.findall(r'href="([^"]*)" target="_self">Later', page)[0].replace("&amp;", "&")
    assert len(days) == len(set(days)) > 14
    assert 'target="_self"><svg' in visitor.get(address).text, "and back"


def test_nobody_elses_times_stand_there(shop: Shop, ben: Tenant, lesson: SessionType) -> None:
    worlds.open_for_bookings(ben)
    worlds.session_type(ben, name="Bouldering", price_minor=0)
    assert "Bouldering" in browser(ben).get("/embed/").text
    assert "Bouldering" not in browser(shop.tenant).get("/embed/?type=bouldering").text


def test_what_cannot_be_paid_cannot_be_pressed(anna: Tenant) -> None:
    worlds.open_for_bookings(anna)
    worlds.session_type(anna, name="Lesson")
    page = browser(anna).get("/embed/").text
    assert "cannot be booked right now" in page
    assert "?at=" not in page


def test_the_frame_makes_few_queries(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    visitor.get("/embed/")
    with CaptureQueriesContext(connection) as asked:
        visitor.get("/embed/")
    assert len([each for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT", "SET"))]) <= 8


# --- from a time to a booking -----------------------------------------------------------------------


def first_time(page: str) -> str:
    """The link of the first time, as a browser reads it."""
    return re.findall(r'href="([^"]*\?at=[^"]*)"', page)[0].replace("&amp;", "&")


def test_a_press_opens_the_coachs_page_where_the_time_is_kept(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    link = first_time(visitor.get("/embed/").text)
    home = f"http://{shop.host}"
    assert link.startswith(f"{home}/book/lesson/?at=")
    page = visitor.get(link.removeprefix(home)).text
    assert "This time is free" in page
    (value,) = re.findall(
        r'name="starts_at" value="([^"]*)"[^>]*>(?:(?!</button>).)*Keep this time', page, re.S
    )
    answer = visitor.post("/book/lesson/hold", {"starts_at": value.replace("&#x27;", "'")})
    assert answer.status_code == 302
    assert "Kept for you until" in visitor.get(answer["Location"]).text


def test_finding_out_the_zone_comes_back_to_the_time(shop: Shop, lesson: SessionType) -> None:
    """On the first visit a script does it by itself."""
    visitor = browser(shop.tenant)
    link = first_time(visitor.get("/embed/").text).partition(shop.host)[2]
    (back,) = set(re.findall(r'name="next" value="([^"]*)"', visitor.get(link).text))
    answer = visitor.post("/zone", {"tz": "Asia/Tokyo", "next": back})
    page = visitor.get(answer["Location"]).text
    assert "This time is free" in page
    assert "Tokyo" in page


def test_looking_at_a_time_keeps_nothing(shop: Shop, lesson: SessionType) -> None:
    visitor = browser(shop.tenant)
    link = first_time(visitor.get("/embed/").text).partition(shop.host)[2]
    for _ in range(3):
        assert "This time is free" in visitor.get(link).text
    assert "This time is free" in browser(shop.tenant).get(link).text


def test_a_time_that_is_gone_meanwhile_is_said(shop: Shop, lesson: SessionType) -> None:
    at = worlds.hour(30)
    worlds.held(shop.tenant, lesson, at=at, browser="somebody else")
    page = browser(shop.tenant).get(f"/book/lesson/?{urlencode({'at': at.isoformat()})}").text
    assert "That time was just taken" in page
    assert "This time is free" not in page


@pytest.mark.parametrize("at", ["soon", "2026-13-41T10:00:00+00:00", "9999-12-31T23:00:00+00:00", "\x00"])
def test_what_is_no_time_is_passed_over(shop: Shop, lesson: SessionType, at: str) -> None:
    answer = browser(shop.tenant).get("/book/lesson/", {"at": at})
    assert answer.status_code == 200
    assert "This time is free" not in answer.text


def test_a_time_out_of_reach_is_not_free(shop: Shop, lesson: SessionType) -> None:
    far = (clock.now() + timedelta(days=400)).replace(minute=0, second=0, microsecond=0)
    page = browser(shop.tenant).get("/book/lesson/", {"at": far.isoformat()}).text
    assert "This time is free" not in page


# --- the script, and the coach's page ---------------------------------------------------------------


def test_the_script_stands_under_an_address_that_never_changes(anna: Tenant) -> None:
    answer = browser(anna).get("/embed.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer["Cache-Control"] == "public, max-age=3600"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert b"event.origin !== home" in answer.content
    assert len(answer.content) < 2048


def test_the_frame_stays_where_it_is_when_the_coach_moves(anna: Tenant) -> None:
    """The code on other sites goes on: its script and its frame are of one origin, as the script checks."""
    Tenant.objects.filter(pk=anna.pk).update(own_host="book.anna.example")
    visitor = browser(anna)
    assert visitor.get("/").status_code == 301
    assert visitor.get("/embed.js").status_code == 200
    page = visitor.get("/embed/")
    assert page.status_code == 200
    assert 'href="http://book.anna.example:8000/"' in page.text


def test_sites_are_named_on_the_dashboard(anna: Tenant, ben: Tenant) -> None:
    coach = Coach(anna)
    assert "Shown nowhere yet" in coach.read("settings/widget/")
    code = 'value="&lt;script src=&quot;http://anna.localhost:8000/embed.js&quot; async&gt;&lt;/script&gt;'
    assert code in coach.read("settings/widget/")
    typed = "https://www.anna.example/contact\nblog.anna.example:8443\n\n"
    assert coach.post("settings/widget/", {"sites": typed}).status_code == 303
    assert framing(browser(anna).get("/embed/"))[0] == " ".join(SITES)
    page = coach.read("settings/widget/")
    assert "Shown nowhere yet" not in page
    assert SITES[1] in page
    assert SITES[1] in coach.read("settings/")
    assert SITES[1] not in Coach(ben).read("settings/widget/")
    coach.post("settings/widget/", {"sites": ""})
    assert framing(browser(anna).get("/embed/"))[0] == "'none'"


def test_what_is_no_site_is_refused_and_kept_in_the_field(anna: Tenant) -> None:
    answer = Coach(anna).post("settings/widget/", {"sites": "https://good.example\nftp://bad.example"})
    assert answer.status_code == 422
    assert "has to begin with https" in answer.text
    assert "ftp://bad.example" in answer.text
    assert framing(browser(anna).get("/embed/"))[0] == "'none'"
