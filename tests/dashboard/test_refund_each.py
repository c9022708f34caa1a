"""Money back for several people at once, and how far it has come: on the closed day, and for any day."""

import re
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from kit.ids import uuid7
from tenants.billing.models import Refund
from tenants.scheduling.models import Booking
from tests import worlds
from tests.dashboard.desk import Coach
from tests.worlds import Shop

MOST_QUERIES = 12


@pytest.fixture
def day() -> date:
    return (clock.now() + timedelta(days=3)).date()


@pytest.fixture
def three(shop: Shop, day: date) -> list[Booking]:
    """Three people on one day, 45.00 each."""
    worlds.set_free_units(shop.tenant, 0)
    kind = worlds.session_type(shop.tenant)
    return [
        worlds.sell(shop, kind, at=at(shop, day, hour), email=f"{hour}@example.com") for hour in (10, 12, 14)
    ]


def at(shop: Shop, day: date, hour: int) -> datetime:
    zone = ZoneInfo(worlds.practice(shop.tenant).timezone)
    return datetime(day.year, day.month, day.day, hour, tzinfo=zone)


def words(answer: HttpResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def listed(shop: Shop, day: date) -> HttpResponse:
    return Coach(shop.tenant).get(f"calendar/refunds/?day={day}")


def press(shop: Shop, day: date, seen: HttpResponse, **sent: Any) -> HttpResponse:
    page = seen.content.decode()
    [key] = re.findall(r'name="key" value="([^"]+)"', page)
    shown = re.findall(r'name="shown" value="([^"]+)"', page)
    data = {"because": "not_held", "key": key, "shown": shown, **sent}
    return Coach(shop.tenant).post(f"calendar/refunds/?day={day}", data)


def refunds(shop: Shop) -> list[int]:
    with tenant_context(shop.tenant):
        return list(Refund.objects.values_list("amount_minor", flat=True))


def test_each_person_of_a_day_is_named_before_the_press_and_refunded_after_it(
    shop: Shop, day: date, three: list[Booking]
) -> None:
    seen = listed(shop, day)
    page = words(seen)
    assert page.count("€45.00") == 3
    assert "€135.00 to 3 cards. The platform returns €13.50 of its fees to you" in page
    assert "Refund 3 people" in page
    assert refunds(shop) == []
    assert press(shop, day, seen).status_code == 303
    assert "0 of 3 refunded" in words(listed(shop, day))
    worlds.sweep()
    after = words(listed(shop, day))
    assert "3 of 3 refunded" in after
    assert "Refund 3 people" not in after
    assert [worlds.attempt_for(shop.tenant, each).refunded_minor for each in three] == [4500] * 3
    assert worlds.reread(shop.tenant, three[0]).status == "confirmed"


def test_the_same_press_twice_refunds_each_once(shop: Shop, day: date, three: list[Booking]) -> None:
    seen = listed(shop, day)
    assert [press(shop, day, seen).status_code for _ in range(2)] == [303, 303]
    assert refunds(shop) == [4500] * 3


def test_a_list_that_has_changed_is_shown_again_and_nobody_is_refunded(
    shop: Shop, day: date, three: list[Booking]
) -> None:
    seen = listed(shop, day)
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, three[1]).stripe_charge_id, 100)
    worlds.hear_stripe(shop.stripe)
    answer = press(shop, day, seen)
    assert answer.status_code == 409
    assert "Nothing was refunded" in words(answer)
    assert "€44.00" in words(answer)
    assert refunds(shop) == []


@pytest.mark.parametrize("sent", [{"key": ""}, {"shown": []}, {"shown": ["x", "y:z"]}])
def test_a_press_that_saw_nothing_refunds_nobody(
    shop: Shop, day: date, three: list[Booking], sent: dict[str, Any]
) -> None:
    assert press(shop, day, listed(shop, day), **sent).status_code == 409
    assert refunds(shop) == []


def test_a_reason_that_is_none_is_told(shop: Shop, day: date, three: list[Booking]) -> None:
    assert press(shop, day, listed(shop, day), because="none").status_code == 422
    assert refunds(shop) == []


def test_payments_of_other_days_are_no_part_of_it(shop: Shop, day: date, three: list[Booking]) -> None:
    kind, tomorrow = worlds.session_type(shop.tenant), day + timedelta(days=1)
    other = worlds.sell(shop, kind, at=at(shop, tomorrow, 10), email="x@example.com")
    attempt = worlds.attempt_for(shop.tenant, other)
    assert press(shop, day, listed(shop, day), shown=[f"{attempt.pk}:x"]).status_code == 409
    assert "x@example.com" not in words(listed(shop, day))


def test_one_that_was_refused_is_named_with_the_way_to_try_again(
    shop: Shop, day: date, three: list[Booking], monkeypatch: pytest.MonkeyPatch
) -> None:
    make, refused = gateway.refund, worlds.attempt_for(shop.tenant, three[1]).intent_id

    def refuse_one(**asked: Any) -> Any:
        if asked["intent_id"] == refused:
            raise gateway.GatewayRefused("insufficient_funds", None, "Your balance is too low.")
        return make(**asked)

    press(shop, day, listed(shop, day))
    monkeypatch.setattr(gateway, "refund", refuse_one)
    worlds.sweep()
    page = words(listed(shop, day))
    assert "2 of 3 refunded" in page
    assert "1 could not be made." in page
    assert "See why, and try again" in page


def test_a_session_and_a_series_have_their_own_lists(shop: Shop, day: date, three: list[Booking]) -> None:
    coach = Coach(shop.tenant)
    of_one = coach.get(f"calendar/refunds/?session={three[0].session_id}")
    assert "Refund 1 person" in words(of_one)
    assert "Nothing to refund" in words(coach.get(f"calendar/refunds/?series={uuid7()}"))


@pytest.mark.parametrize("asked", ["", "?day=soon", "?day=9999-12-31", "?session=x"])
def test_what_names_nothing_is_not_found(shop: Shop, asked: str) -> None:
    assert Coach(shop.tenant).get(f"calendar/refunds/{asked}").status_code == 404


def test_the_list_stays_within_its_budget(shop: Shop, day: date, three: list[Booking]) -> None:
    coach = Coach(shop.tenant)
    with CaptureQueriesContext(connection) as asked:
        assert coach.get(f"calendar/refunds/?day={day}").status_code == 200
    queries = [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]
    assert len(queries) <= MOST_QUERIES, "\n".join(queries)


def test_a_closed_day_says_how_many_of_its_people_have_their_money(
    shop: Shop, day: date, three: list[Booking]
) -> None:
    coach = Coach(shop.tenant)
    closed = coach.post("calendar/close/", {"first": f"{day}", "shown": [str(each.pk) for each in three]})
    address = closed.headers["Location"].removeprefix(coach.base)
    assert "refunded" not in words(coach.get(address))
    with clock.travel(61):
        worlds.drain()
        page = words(coach.get(address))
    assert "3 of 3 refunded" in page
    assert page.count("Refunded") >= 3
