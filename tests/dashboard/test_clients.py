"""A client's page: what comes next, what is left and why, what is owed, and what was called off last."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from tenants.offers.models import SessionType
from tenants.packs.models import Pack
from tenants.packs.statements import statement_of
from tenants.registry.models import Tenant
from tenants.scheduling import bookings, cancelling
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.dashboard.desk import Coach
from tests.dashboard.test_pages import OF_A_CLIENT
from tests.packs import sold
from tests.scheduling import booked

HOUR = 3600


@pytest.fixture
def lesson(shop: worlds.Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def pack(shop: worlds.Shop, lesson: SessionType) -> Pack:
    """Ten lessons of Cleo's, paid, for good."""
    return booked.pack(shop.tenant, lesson, valid_months=None)


def called_off(tenant: Tenant, booking: Booking, cause: Cause, *, before: timedelta) -> None:
    """Asked for so long before the start, and carried out."""
    at = booking.session.starts_at - before
    with tenant_context(tenant):
        actor = booked.CLIENT if cause == Cause.CLIENT else booked.COACH
        cancelling.cancel(booking_id=booking.pk, cause=cause, now=at, actor=actor)
        cancelling.carry_out(reference=booked.cancellations(tenant, booking)[-1].pk, now=at + cancelling.UNDO)


def page_of(tenant: Tenant, client_id: object) -> str:
    return Coach(tenant).read(f"clients/{client_id}/")


def test_the_balance_stands_there_with_the_reasons_that_the_client_reads(
    anna: Tenant, lesson: SessionType, pack: Pack
) -> None:
    late = booked.with_unit(anna, lesson, pack, at=worlds.hour(5))
    booked.with_unit(anna, lesson, pack, at=worlds.hour(30), browser="2")
    called_off(anna, late, Cause.CLIENT, before=timedelta(hours=5))
    with tenant_context(anna):
        told = statement_of(pack=pack, tz="Europe/Berlin", now=clock.now(), reader="coach").balance
    page = page_of(anna, pack.client_id)
    assert told.left == 8
    assert len(told.lines) == 2
    for words in (told.headline, told.bought, told.sum_line, told.until, *(each.text for each in told.lines)):
        assert words in page, words


@pytest.mark.parametrize(
    ("cause", "before", "said"),
    [
        (Cause.CLIENT, timedelta(hours=5), "Cancelled 5 h before; rule 24 h: counted as used."),
        (
            Cause.CLIENT,
            timedelta(hours=30),
            "Cancelled 30 h before; rule 24 h: 1 session of the pack went back.",
        ),
        (Cause.LATE, -timedelta(minutes=5), "Cancelled too late; rule 24 h: counted as used."),
        (
            Cause.WEATHER,
            timedelta(hours=5),
            "Weather or venue closed: 1 session of the pack went back.",
        ),
    ],
)
def test_the_last_cancellation_stands_in_one_line_with_rule_and_result(
    anna: Tenant, lesson: SessionType, pack: Pack, cause: Cause, before: timedelta, said: str
) -> None:
    booking = booked.with_unit(anna, lesson, pack, at=worlds.hour(8))
    called_off(anna, booking, cause, before=before)
    assert said in page_of(anna, pack.client_id)


def test_what_a_card_gets_back_is_an_amount(shop: worlds.Shop, lesson: SessionType) -> None:
    booking = worlds.sell(shop, lesson, at=worlds.hour(30))
    called_off(shop.tenant, booking, Cause.CLIENT, before=timedelta(hours=30))
    said = "Cancelled 30 h before; rule 24 h: €45.00 went back."
    assert said in page_of(shop.tenant, booking.client_id)


def test_a_later_no_show_is_told_instead(anna: Tenant, lesson: SessionType, pack: Pack) -> None:
    early = booked.with_unit(anna, lesson, pack, at=worlds.hour(40))
    missed = booked.with_unit(anna, lesson, pack, at=worlds.hour(0), browser="2")
    called_off(anna, early, Cause.CLIENT, before=timedelta(hours=64))
    assert "went back." in page_of(anna, pack.client_id)
    with clock.travel(48 * HOUR):
        with tenant_context(anna):
            bookings.record_attendance(booking_id=missed.pk, came=False, now=clock.now(), actor=booked.COACH)
        page = page_of(anna, pack.client_id)
    assert "Did not come; rule: a missed session counts as used." in page
    assert "went back." not in page


def test_who_has_no_pack_and_called_nothing_off_reads_nothing_of_either(
    shop: worlds.Shop, lesson: SessionType
) -> None:
    booking = worlds.sell(shop, lesson, at=worlds.hour(30))
    page = page_of(shop.tenant, booking.client_id)
    assert "Balance" not in page.replace("Balances", "")
    assert "Last called off" not in page
    assert "Owes" not in page


def test_what_is_owed_is_summed_and_named(anna: Tenant, lesson: SessionType) -> None:
    with tenant_context(anna):
        one = sold.bought(paid=False, name="Ten lessons", covers={str(lesson.pk): 1})
        sold.bought(paid=False, name="Five more", price_minor=2550, covers={str(lesson.pk): 1})
        sold.bought(name="Paid ones", covers={str(lesson.pk): 1})
    page = page_of(anna, one.client_id)
    assert "€475.50</span></strong> for" in page
    owed = page[page.index("Owes") :].split("</p>")[0]
    assert "Ten lessons" in owed
    assert "Five more" in owed
    assert "Paid ones" not in owed


def test_a_pack_that_is_used_up_is_the_answer_until_there_is_another(
    anna: Tenant, lesson: SessionType
) -> None:
    pack = booked.pack(anna, lesson, units=1, name="Only one", valid_months=None)
    booked.with_unit(anna, lesson, pack, at=worlds.hour(30))
    page = page_of(anna, pack.client_id)
    assert "Balance: 0 of 1 session." in page
    assert "Used up" in page
    assert "Earlier packs" not in page
    booked.pack(anna, lesson, name="The next ones")
    assert "Earlier packs (1)" in page_of(anna, pack.client_id)


def test_many_packs_take_no_more_queries_than_one(anna: Tenant, lesson: SessionType, pack: Pack) -> None:
    for number in range(5):
        other = booked.pack(anna, lesson)
        booked.with_unit(anna, lesson, other, at=worlds.hour(30 + 2 * number), browser=str(number))
    coach = Coach(anna)
    with CaptureQueriesContext(connection) as asked:
        assert coach.get(f"clients/{pack.client_id}/").status_code == 200
    queries = [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]
    assert len(queries) <= OF_A_CLIENT, "\n".join(queries)
