"""Every page answers, empty and full, within its budget of queries; and only to its own coach."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.dashboard.urls import urlpatterns
from tenants.registry.models import Tenant
from tenants.scheduling import hours
from tenants.scheduling.models import Booking
from tests import worlds
from tests.dashboard.desk import Coach
from tests.scheduling.test_pack_bookings import buying

PAGES = [
    "",
    "calendar/",
    "calendar/subscribe/",
    "clients/",
    "clients/?show=active&sort=next",
    "clients/new/",
    "clients/clients.csv",
    "clients/lists/",
    "clients/balances/",
    "clients/balances.csv",
    "money/",
    "money/?period=all",
    "money/matched/",
    "money/fees/",
    "money/payouts/",
    "money/earnings.csv",
    "money/owed/",
    "money/bank/",
    "offers/",
    "offers/new/",
    "offers/packs/new/",
    "offers/retainers/new/",
    "retainers/",
    "offers/coupons/",
    "offers/coupons/new/",
    "offers/forms/",
    "offers/forms/new/?starter=1",
    "offers/documents/new/",
    "offers/packets/new/",
    "offers/agreements/",
    "offers/agreements/new/?starter=1",
    "offers/agreements/mail/",
    "offers/products/",
    "offers/products/new/",
    "offers/sequences/",
    "offers/sequences/new/",
    "help/",
    "news/",
    "settings/",
    "settings/practice/",
    "settings/brand/",
    "settings/words/",
    "settings/address/",
    "settings/widget/",
    "settings/take-out/",
    "settings/close/",
    "settings/programs/",
    "settings/webhooks/",
    "settings/by-operators/",
    "settings/cancelling/",
    "settings/cancelling/try/",
    "settings/cancelling/try/?cancel_window_hours=48",
    "settings/reminders/",
    "settings/automations/",
    "settings/automations/log/",
    "settings/automations/log/?of=confirmations&page=2",
    "settings/hours/",
    "settings/dates/",
    "settings/time-off/",
    "settings/stripe/",
    "stripe/refresh",
]
MOST_QUERIES = 13
# Everything about one person stands there, each kind of thing asked for once.
OF_A_CLIENT = 22
OF_A_BOOKING = 14


@pytest.fixture
def booking(shop: worlds.Shop) -> Booking:
    """A paid session of Cleo's at Anna's."""
    kind = worlds.session_type(shop.tenant)
    return worlds.sell(shop, kind, at=worlds.hour(0))


def test_every_page_answers_a_coach_who_has_nothing_yet(anna: Tenant) -> None:
    coach = Coach(anna)
    assert {page: coach.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)


def test_every_page_answers_a_coach_in_business(booking: Booking, anna: Tenant) -> None:
    coach = Coach(anna)
    assert {page: coach.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)


def test_a_page_below_a_section_leads_up(anna: Tenant) -> None:
    coach = Coach(anna)
    for page, up in (
        ("money/payouts/", "money/"),
        ("settings/hours/", "settings/"),
        ("offers/new/", "offers/"),
    ):
        assert f'class="page-up"><a href="/coach/anna/{up}"' in coach.get(page).content.decode()
    for page in ("", "money/", "settings/", "news/"):
        assert "page-up" not in coach.get(page).content.decode()


@pytest.fixture
def busy_month(shop: worlds.Shop) -> Tenant:
    """Enough of everything that one query per row would show."""
    kind = worlds.session_type(shop.tenant)
    for number in range(4):
        worlds.sell(shop, kind, at=worlds.hour(2 * number), email=f"client{number}@example.com")
    worlds.book(shop.tenant, worlds.held(shop.tenant, kind, at=worlds.hour(20)), email="held@example.com")
    with tenant_context(shop.tenant):
        now = clock.now()
        hours.take_time_off(starts_at=now, ends_at=now + timedelta(hours=1), note="", now=now)
    return shop.tenant


def test_a_page_stays_within_its_budget_of_queries(busy_month: Tenant) -> None:
    coach = Coach(busy_month)
    with tenant_context(busy_month):
        booking = Booking.objects.filter(status="confirmed").latest("created_at")
    one = (f"booking/{booking.pk}/", f"clients/{booking.client_id}/")
    budgets = dict(zip(one, (OF_A_BOOKING, OF_A_CLIENT), strict=True))
    automations = ("settings/automations/", "settings/automations/log/")
    for page in ("", "calendar/", "money/", "money/?period=all", "clients/", "offers/", *automations, *one):
        with CaptureQueriesContext(connection) as asked:
            assert coach.get(page).status_code == 200
        queries = [each["sql"] for each in asked if not each["sql"].startswith(("BEGIN", "COMMIT"))]
        most = budgets.get(page, MOST_QUERIES)
        assert len(queries) <= most, "\n".join([page, *queries])


# --- whose pages they are ---------------------------------------------------------------------------


def every_address(slug: str, key: UUID) -> Iterator[str]:
    """Each page and each button of the dashboard, with the same key wherever one is asked for."""
    for pattern in urlpatterns:
        names = set(pattern.pattern.converters) - {"slug"}
        values = {name: "2026-06-10" if name == "day" else key for name in names}
        yield reverse(pattern.name, kwargs={**values, "slug": slug})


def test_nobody_sees_or_presses_anything_of_others(booking: Booking, anna: Tenant, ben: Tenant) -> None:
    stranger = Coach(ben).browser
    addresses = list(every_address(anna.slug, booking.pk))
    assert len(addresses) == len(urlpatterns)
    for address in addresses:
        assert stranger.get(address).status_code == 404, address
        assert stranger.post(address, {"came": "no", "to": "off"}).status_code == 404, address


def test_whoever_is_not_signed_in_is_sent_to_sign_in(anna: Tenant) -> None:
    coach = Coach(anna)
    coach.browser.logout()
    for address in every_address(anna.slug, uuid7()):
        answer = coach.browser.post(address)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/"), address


def test_another_coachs_rows_are_unknown_at_ones_own_desk(booking: Booking, ben: Tenant) -> None:
    coach = Coach(ben)
    for page in (f"booking/{booking.pk}/", f"clients/{booking.client_id}/"):
        assert coach.get(page).status_code == 404
    assert coach.get(f"offers/{booking.session.session_type_id}/").status_code == 404
    assert coach.post(f"offers/{booking.session.session_type_id}/switch", {"to": "off"}).status_code == 404
    assert coach.post(f"booking/{booking.pk}/attendance", {"came": "no"}).status_code == 404


def test_one_desk_shows_nothing_of_another(booking: Booking, ben: Tenant) -> None:
    coach = Coach(ben)
    for page in (
        "",
        "calendar/",
        "clients/",
        "money/?period=all",
        "money/earnings.csv?period=all",
        "offers/",
    ):
        assert "Cleo" not in coach.read(page), page
        assert "Lesson" not in coach.read(page), page


# --- the calendar -----------------------------------------------------------------------------------


def test_the_calendar_shows_what_is_paid_being_paid_and_off(busy_month: Tenant) -> None:
    coach = Coach(busy_month)
    pages = coach.read(f"calendar/?week={worlds.hour(0).date()}")
    pages += coach.read(f"calendar/?week={worlds.hour(20).date()}") + coach.read("calendar/")
    assert "Being paid" in pages
    assert "Time off" in pages
    assert ">Paid<" in pages.replace("</svg>", ">")
    with clock.travel(3600):
        later = coach.read(f"calendar/?week={worlds.hour(19).date()}")
    assert "Being paid" not in later


def test_a_time_that_waits_for_the_payment_of_its_pack_is_being_paid(shop: worlds.Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    held = worlds.held(shop.tenant, kind, at=worlds.hour(20))
    page = f"calendar/?week={held.session.starts_at.date()}"
    assert "Being booked" in Coach(shop.tenant).read(page)
    buying(shop, worlds.pack_offer(shop.tenant, kind), held)
    assert "Being paid" in Coach(shop.tenant).read(page)


def test_a_week_that_makes_no_sense_is_this_one(anna: Tenant) -> None:
    for week in ("soon", "2026-13-01", "9999-12-31", "0001-01-01"):
        assert "Back to this week" not in Coach(anna).read(f"calendar/?week={week}")
    assert "Back to this week" in Coach(anna).read("calendar/?week=2026-01-05")
