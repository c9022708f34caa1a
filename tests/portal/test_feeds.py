"""Sessions in a subscribed calendar: what stands there, what never does, and how its address ends."""

from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context
from icalendar import Calendar

from kit import clock
from kit.actors import Actor
from tenants.clients.models import Client
from tenants.offers.models import Practice
from tenants.people import feeds
from tenants.registry.models import Tenant
from tenants.scheduling import cancelling, moving
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.dashboard.desk import Coach
from tests.pages.clients import browser, words
from tests.portal import people
from tests.worlds import Shop

ANNA = Actor("coach", "7", "Anna")


@pytest.fixture
def booking(shop: Shop) -> Booking:
    kind = worlds.session_type(shop.tenant, place_detail="Court 4", place="in_person")
    booking = worlds.sell(shop, kind, at=worlds.hour(50))
    with tenant_context(shop.tenant), transaction.atomic():
        Booking.objects.filter(pk=booking.pk).update(message="My knee hurts")
    return worlds.reread(shop.tenant, booking)


@pytest.fixture
def cleo(shop: Shop, booking: Booking) -> Client:
    assert booking.client
    return booking.client


def client_path(shop: Shop, client: Client) -> str:
    with tenant_context(shop.tenant):
        return f"/my/calendar/{feeds.client_token(Client.objects.get(pk=client.pk))}/sessions.ics"


def coach_path(shop: Shop) -> str:
    with tenant_context(shop.tenant):
        return feeds.coach_feed_address(Practice.objects.get()).partition(shop.host)[2]


def entries(shop: Shop, path: str) -> list[Any]:
    answer = browser(shop.tenant).get(path)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/calendar")
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_the_clients_calendar_says_what_when_and_where(shop: Shop, booking: Booking, cleo: Client) -> None:
    [entry] = entries(shop, client_path(shop, cleo))
    assert str(entry["summary"]) == "Lesson with Anna"
    assert entry["dtstart"].dt == booking.session.starts_at
    assert str(entry["location"]) == "Court 4"
    assert str(entry["uid"]) == f"{booking.pk}@anna.localhost"
    every_hour = browser(shop.tenant).get(client_path(shop, cleo)).text.count("PT1H")
    assert every_hour == 2, "Outlook's own word for it, and the standard's"


def test_the_coachs_says_with_whom_and_leads_to_the_dashboard(shop: Shop, booking: Booking) -> None:
    [entry] = entries(shop, coach_path(shop))
    assert str(entry["summary"]) == "Cleo: Lesson"
    assert str(entry["url"]) == f"http://localhost:8000/coach/anna/booking/{booking.pk}/"


def test_no_amount_no_message_and_no_key_stands_in_either(shop: Shop, booking: Booking, cleo: Client) -> None:
    for path in (client_path(shop, cleo), coach_path(shop)):
        text = browser(shop.tenant).get(path).text
        assert "BEGIN:VEVENT" in text
        for said in ("45.00", "4500", "knee", "€", "/b/", "example.com/b", "ATTENDEE"):
            assert said not in text.replace(str(booking.pk), ""), said


def test_a_move_keeps_the_name_and_raises_the_number(shop: Shop, booking: Booking, cleo: Client) -> None:
    path = client_path(shop, cleo)
    [before] = entries(shop, path)
    with tenant_context(shop.tenant):
        moving.move_by_coach(booking_id=booking.pk, starts_at=worlds.hour(70), now=clock.now(), actor=ANNA)
    [after] = entries(shop, path)
    assert str(after["uid"]) == str(before["uid"])
    assert after["sequence"] > before["sequence"]
    assert after["dtstart"].dt == worlds.hour(70)


def test_what_is_cancelled_is_gone_and_what_is_not_booked_was_never_there(
    shop: Shop, booking: Booking, cleo: Client
) -> None:
    worlds.held(shop.tenant, booking.session.session_type, at=worlds.hour(80))
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=booking.pk, cause=Cause.COACH, now=clock.now(), actor=ANNA)
    with clock.travel(120):
        worlds.sweep()
        assert entries(shop, client_path(shop, cleo)) == []
        assert entries(shop, coach_path(shop)) == []


def test_another_client_is_in_the_coachs_calendar_only(shop: Shop, booking: Booking, cleo: Client) -> None:
    worlds.sell(
        shop, booking.session.session_type, at=worlds.hour(60), browser="mias", email="mia@example.com"
    )
    assert len(entries(shop, client_path(shop, cleo))) == 1
    assert len(entries(shop, coach_path(shop))) == 2


def test_the_client_ends_the_address_and_has_another(shop: Shop, cleo: Client) -> None:
    own, old = people.browser_of(shop.tenant, cleo), client_path(shop, cleo)
    assert old in own.get("/my/calendar/").text
    own.post("/my/calendar/")
    assert browser(shop.tenant).get(old).status_code == 404
    new = client_path(shop, cleo)
    assert new in own.get("/my/calendar/").text
    assert len(entries(shop, new)) == 1


def test_the_coach_ends_theirs_at_the_dashboard(shop: Shop, booking: Booking) -> None:
    coach, old = Coach(shop.tenant), coach_path(shop)
    assert old in coach.read("calendar/subscribe/")
    assert coach.post("calendar/subscribe/").status_code == 303
    assert browser(shop.tenant).get(old).status_code == 404
    assert len(entries(shop, coach_path(shop))) == 1
    assert "See them in your own calendar" in coach.read("calendar/")


def test_neither_opens_on_another_coachs_host_nor_the_others_page(
    shop: Shop, cleo: Client, ben: Tenant
) -> None:
    for path in (client_path(shop, cleo), coach_path(shop)):
        assert Browser(HTTP_HOST=f"{ben.slug}.localhost:8000").get(path).status_code == 404
    swapped = coach_path(shop).replace("/coach/", "/")
    assert browser(shop.tenant).get(swapped).status_code == 404


def test_an_erased_client_has_no_calendar(shop: Shop, cleo: Client) -> None:
    path = client_path(shop, cleo)
    with tenant_context(shop.tenant), transaction.atomic():
        Client.objects.filter(pk=cleo.pk).update(erased_at=clock.now())
    answer = browser(shop.tenant).get(path)
    assert answer.status_code == 404
    assert "ended" in words(answer.text)
