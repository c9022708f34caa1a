"""What is paid beside a session: shown in lines, chosen with a tick, added up by the server."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.extras import Extra
from tenants.offers.models import SessionType
from tenants.registry.models import Tenant
from tests import worlds
from tests.pages.clients import CLEO, booked, browser, held, of, words
from tests.worlds import Shop

COURT = Extra("Court", 1500, required=True)
RACKET = Extra("Racket", 500, required=False)
VIDEO = Extra("Video", 900, required=False)


def with_extras(tenant: Tenant, *extras: Extra, **fields: object) -> SessionType:
    return worlds.session_type(tenant, extras=list(extras), **fields)


@pytest.fixture
def visitor(shop: Shop) -> Browser:
    return browser(shop.tenant)


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return with_extras(shop.tenant, COURT, RACKET, VIDEO)


def test_what_is_always_paid_beside_it_stands_in_lines(shop: Shop, visitor: Browser) -> None:
    kind = with_extras(shop.tenant, COURT)
    assert "+ Court" in visitor.get(f"/book/{kind.slug}/").text
    details = words(visitor.get(held(visitor, kind, worlds.hour(2))).text)
    assert "Pay €60.00 and book" in details
    for amount in ("€45.00", "€15.00", "€60.00"):
        assert amount in details
    assert 'name="extras"' not in details


def test_the_rest_is_chosen_with_a_tick(visitor: Browser, lesson: SessionType) -> None:
    details = words(visitor.get(held(visitor, lesson, worlds.hour(2))).text)
    assert details.count('name="extras"') == 2
    assert "checked" not in details
    assert "Pay and book" in details
    assert "shows the whole amount" in details


def test_the_server_adds_up_what_was_ticked(shop: Shop, visitor: Browser, lesson: SessionType) -> None:
    page = held(visitor, lesson, worlds.hour(2))
    visitor.post(f"{page}details", {**CLEO, "extras": [RACKET.id]})
    waiting = words(visitor.get(page).text)
    assert "Pay €65.00 and book" in waiting
    assert "Racket" in waiting
    assert "Video" not in waiting
    assert worlds.attempt_for(shop.tenant, of(shop.tenant, page)).amount_minor == 6500


def test_paid_the_page_shows_every_line(shop: Shop, visitor: Browser, lesson: SessionType) -> None:
    page = booked(shop, visitor, lesson, worlds.hour(48), extras=[RACKET.id, VIDEO.id])
    confirmed = words(visitor.get(page).text)
    for told in ("Court", "Racket", "Video", "€74.00"):
        assert told in confirmed
    assert "Cancel and get €74.00 back" in words(visitor.get(f"{page}cancel").text)


@pytest.mark.parametrize("ticked", [["nonsense"], [COURT.id], ["", RACKET.id.upper()]])
def test_what_is_no_choice_costs_nothing_more(
    shop: Shop, visitor: Browser, lesson: SessionType, ticked: list[str]
) -> None:
    page = held(visitor, lesson, worlds.hour(2))
    visitor.post(f"{page}details", {**CLEO, "extras": ticked})
    assert worlds.attempt_for(shop.tenant, of(shop.tenant, page)).amount_minor == 6000


def test_a_tick_shows_the_new_total_without_a_new_page(visitor: Browser, lesson: SessionType) -> None:
    page = held(visitor, lesson, worlds.hour(2))
    part = visitor.get(page, {"extras": [VIDEO.id]}, headers={"HX-Request": "true"}).text
    assert "Pay €69.00 and book" in words(part)
    lines = part[part.index('id="price-lines"') : part.index("<form")]
    assert "Video" in lines
    assert "€69.00" in lines
    assert "Racket" not in lines


def test_a_mistake_loses_no_tick(visitor: Browser, lesson: SessionType) -> None:
    page = held(visitor, lesson, worlds.hour(2))
    answer = visitor.post(f"{page}details", {**CLEO, "email": "cleo", "extras": [VIDEO.id]})
    assert answer.status_code == 422
    assert re.findall(r'name="extras" value="([^"]+)" checked', answer.text) == [VIDEO.id]


def test_another_time_remembers_the_ticks(visitor: Browser, lesson: SessionType) -> None:
    page = held(visitor, lesson, worlds.hour(2))
    visitor.post(f"{page}details", {**CLEO, "extras": [VIDEO.id]})
    visitor.post(f"{page}another-time")
    again = visitor.get(held(visitor, lesson, worlds.hour(5))).text
    assert re.findall(r'name="extras" value="([^"]+)" checked', again) == [VIDEO.id]


def test_a_free_session_with_a_paid_extra_needs_a_way_to_be_paid(anna: Tenant) -> None:
    worlds.open_for_bookings(anna)
    kind = with_extras(anna, COURT, price_minor=0)
    assert "cannot be booked right now" in browser(anna).get(f"/book/{kind.slug}/").text
    free = with_extras(anna, RACKET, price_minor=0, name="Free")
    assert "cannot be booked right now" not in browser(anna).get(f"/book/{free.slug}/").text


def test_a_free_session_with_nothing_ticked_is_booked_at_once(shop: Shop, visitor: Browser) -> None:
    kind = with_extras(shop.tenant, RACKET, price_minor=0)
    page = held(visitor, kind, worlds.hour(2))
    assert visitor.post(f"{page}details", CLEO).headers["Location"] == page
    assert "You are booked" in visitor.get(page).text
    other = held(visitor, kind, worlds.hour(9))
    pay_at = visitor.post(f"{other}details", {**CLEO, "extras": [RACKET.id]}).headers["Location"]
    assert pay_at.startswith(shop.stripe.url)
    assert "Pay €5.00 and book" in words(visitor.get(other).text)


def test_prices_are_those_of_the_moment_the_time_was_held(
    shop: Shop, visitor: Browser, lesson: SessionType
) -> None:
    page = held(visitor, lesson, worlds.hour(2))
    with tenant_context(shop.tenant), transaction.atomic():
        dearer = [{**each, "price_minor": 9900} for each in lesson.extras]
        SessionType.objects.filter(pk=lesson.pk).update(extras=dearer)
    visitor.post(f"{page}details", CLEO)
    assert worlds.attempt_for(shop.tenant, of(shop.tenant, page)).amount_minor == 6000


def test_a_request_authorises_the_whole(shop: Shop, visitor: Browser) -> None:
    kind = with_extras(shop.tenant, COURT, needs_approval=True)
    page = held(visitor, kind, clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3))
    assert "Authorise €60.00 and ask" in words(visitor.get(page).text)
