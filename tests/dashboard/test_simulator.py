"""Another rule tried on what was called off lately: what would have been, and nothing of it is written."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.models import SessionType
from tenants.offers.practice import change_practice
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.scheduling import bookings, cancelling
from tenants.scheduling.models import Cancellation, Cause
from tests import worlds
from tests.dashboard.desk import Coach
from tests.dashboard.test_clients import called_off
from tests.dashboard.test_pages import MOST_QUERIES
from tests.scheduling import booked

TRY = "settings/cancelling/try/"


@pytest.fixture
def lesson(shop: worlds.Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def pack(shop: worlds.Shop, lesson: SessionType) -> Pack:
    return booked.pack(shop.tenant, lesson)


def tried(tenant: Tenant, hours: int) -> str:
    return Coach(tenant).read(f"{TRY}?cancel_window_hours={hours}")


def cancel_before(tenant: Tenant, lesson: SessionType, pack: Pack, *, hours: int, at: int) -> None:
    booking = booked.with_unit(tenant, lesson, pack, at=worlds.hour(at), browser=str(at))
    called_off(tenant, booking, Cause.CLIENT, before=timedelta(hours=hours))


def waive_the_last(tenant: Tenant) -> None:
    """Of the cancellations, the last one is not insisted on."""
    with tenant_context(tenant):
        last = Cancellation.objects.latest("asked_at")
        at = last.takes_effect_at
        said = cancelling.waive(booking_id=last.booking_id, because="Ill", now=at, actor=booked.COACH)
        cancelling.carry_out(reference=said.pk, now=at + cancelling.UNDO)


def test_a_stricter_rule_tells_what_more_would_have_counted(
    shop: worlds.Shop, lesson: SessionType, pack: Pack
) -> None:
    cancel_before(shop.tenant, lesson, pack, hours=30, at=30)
    cancel_before(shop.tenant, lesson, pack, hours=5, at=40)
    paid = worlds.sell(shop, lesson, at=worlds.hour(50), browser="card")
    called_off(shop.tenant, paid, Cause.CLIENT, before=timedelta(hours=40))
    page = tried(shop.tenant, 48)
    said = "With a 48-hour window, 2 more late cancels would have counted as used: 1 session from a pack and"
    assert f"{said} €45.00." in page
    assert page.count("Would count as used") == 2
    assert f"booking/{paid.pk}/" in page
    assert "3 sessions were called off or missed" in page


def test_a_looser_rule_tells_what_would_have_gone_back(anna: Tenant, lesson: SessionType, pack: Pack) -> None:
    cancel_before(anna, lesson, pack, hours=5, at=30)
    page = tried(anna, 2)
    assert "1 fewer late cancel would have counted as used: 1 session to a pack would have gone back." in page
    assert "Would go back" in page
    assert "Cancelled 5 hours before the start (the rule is 24 hours)." in page


def test_what_the_coach_called_off_waived_or_missed_stays_as_it_was(
    anna: Tenant, lesson: SessionType, pack: Pack
) -> None:
    ours = booked.with_unit(anna, lesson, pack, at=worlds.hour(30), browser="1")
    called_off(anna, ours, Cause.WEATHER, before=timedelta(hours=30))
    cancel_before(anna, lesson, pack, hours=5, at=40)
    waive_the_last(anna)
    missed = booked.with_unit(anna, lesson, pack, at=worlds.hour(0), browser="2")
    with clock.travel(48 * 3600):
        with tenant_context(anna):
            bookings.record_attendance(booking_id=missed.pk, came=False, now=clock.now(), actor=booked.COACH)
        for hours in (0, 336):
            page = tried(anna, hours)
            assert "nothing would have been different in the last 90 days." in page
            assert "3 sessions were called off or missed" in page


def test_without_anything_called_off_there_is_nothing_to_compare(anna: Tenant) -> None:
    page = tried(anna, 48)
    assert "Nothing was cancelled or missed in the last 90 days, so there is nothing to compare." in page
    assert "nothing to compare" not in Coach(anna).read(TRY), "nothing was tried yet"


def test_what_is_longer_ago_does_not_count(anna: Tenant, lesson: SessionType, pack: Pack) -> None:
    cancel_before(anna, lesson, pack, hours=5, at=30)
    with clock.travel(95 * 86400):
        assert "nothing to compare" in tried(anna, 2)


def test_a_rule_that_cannot_be_is_refused(anna: Tenant) -> None:
    for hours in ("337", "-1", "soon", ""):
        assert Coach(anna).get(f"{TRY}?cancel_window_hours={hours}").status_code == 422


def test_trying_writes_nothing_and_leads_to_the_rule_as_it_is_saved(
    anna: Tenant, lesson: SessionType, pack: Pack
) -> None:
    coach = Coach(anna)
    page = tried(anna, 48)
    assert worlds.practice(anna).cancel_window_hours == 24
    assert f'href="{coach.base}settings/cancelling/?cancel_window_hours=48"' in page
    form = coach.read("settings/cancelling/?cancel_window_hours=48")
    assert 'value="48"' in form
    assert worlds.practice(anna).cancel_window_hours == 24
    sent = coach.post("settings/cancelling/?cancel_window_hours=48", {"cancel_window_hours": "48"})
    assert sent.status_code == 303
    assert worlds.practice(anna).cancel_window_hours == 48
    assert pack.offer.cancel_window_hours == 24
    assert "Use this rule from now on" not in tried(anna, 48)


def test_a_proposal_that_makes_no_sense_is_the_rule_there_is(anna: Tenant) -> None:
    with tenant_context(anna):
        change_practice(now=clock.now(), cancel_window_hours=36)
    for asked in ("999", "x", ""):
        assert 'value="36"' in Coach(anna).read(f"settings/cancelling/?cancel_window_hours={asked}")


def test_many_cases_take_no_more_queries_than_one(anna: Tenant, lesson: SessionType, pack: Pack) -> None:
    for number in range(5):
        cancel_before(anna, lesson, pack, hours=5, at=30 + 2 * number)
    coach = Coach(anna)
    with CaptureQueriesContext(connection) as asked:
        assert coach.get(f"{TRY}?cancel_window_hours=2").status_code == 200
    queries = [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]
    assert len(queries) <= MOST_QUERIES, "\n".join(queries)


def test_another_coach_sees_no_case(anna: Tenant, ben: Tenant, lesson: SessionType, pack: Pack) -> None:
    cancel_before(anna, lesson, pack, hours=5, at=30)
    assert "nothing to compare" in tried(ben, 2)
