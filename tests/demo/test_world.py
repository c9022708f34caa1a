"""The demo's world: made once by the use cases, with a past, and a clock that moves forward."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Count
from django.test import Client
from django_tenants.utils import tenant_context

from accounts.models import User
from connect.simulator.client import Simulator
from demo import seeding
from demo.world import ANNA, COACHES, OPERATOR, PASSWORD
from kit import clock
from operators import figures
from tenants.billing.models import PaymentAttempt
from tenants.offers.models import SessionType
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking, BookingStatus


@pytest.fixture(autouse=True)
def own_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A moved clock must not reach other tests."""
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))


@pytest.fixture
def browser(db: None) -> Client:
    return Client(HTTP_HOST="localhost:8000")


def counted(tenant: Tenant) -> dict[str, int]:
    with tenant_context(tenant):
        rows = Booking.objects.values_list("status").annotate(number=Count("pk")).order_by()
        return dict(rows)


def test_the_world_has_a_past_and_a_future(anna: Tenant, ben: Tenant, stripe: Simulator) -> None:
    call_command("seed")
    assert counted(anna) == {
        BookingStatus.COMPLETED: 7,
        BookingStatus.NO_SHOW: 1,
        BookingStatus.CONFIRMED: 3,
    }
    with tenant_context(anna):
        assert [kind.name for kind in SessionType.objects.order_by("position")] == [
            offer["name"] for offer in ANNA.offers
        ]
        assert all(attempt.captured_minor for attempt in PaymentAttempt.objects.all())
    row, other = figures.rows([anna, ben])
    assert (row.free_used, row.stripe_words) == (8, "Ready for payments")
    assert other.free_used == 3
    assert abs(clock.offset()) < timedelta(seconds=2)
    assert abs(stripe.now() - clock.now().timestamp()) < 3


def test_a_second_start_changes_nothing(
    anna: Tenant, ben: Tenant, stripe: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeding.seed()
    clock.advance(3600)
    before = (counted(anna), counted(ben), User.objects.count(), clock.offset())
    # Time is not moved either, not even for a moment.
    monkeypatch.delattr(seeding.diary, "move_to")
    seeding.seed()
    assert (counted(anna), counted(ben), User.objects.count(), clock.offset()) == before


def test_a_start_that_was_cut_short_is_made_good(
    anna: Tenant, ben: Tenant, stripe: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as once:
        once.setattr(seeding.diary, "live_through", cut)
        with pytest.raises(KeyboardInterrupt):
            seeding.seed()
    assert abs(clock.offset()) < timedelta(seconds=2)
    seeding.seed()
    assert sum(counted(anna).values()) == len(ANNA.diary)
    with tenant_context(anna):
        assert SessionType.objects.count() == len(ANNA.offers)


def test_everybody_can_sign_in(browser: Client, anna: Tenant, ben: Tenant, stripe: Simulator) -> None:
    User.objects.filter(email=OPERATOR[0]).delete()
    seeding.seed()
    response = browser.post("/accounts/login/", {"login": OPERATOR[0], "password": PASSWORD})
    assert response["Location"] == "/operators/"


def test_directions_name_pages_sign_ins_and_mailbox(anna: Tenant, ben: Tenant) -> None:
    said = "\n".join(seeding.directions())
    for coach in COACHES:
        assert f"http://{coach.slug}.localhost:8000" in said
        assert coach.email in said
    assert f"password {PASSWORD}" in said
    assert "http://localhost:8000/mailbox/" in said


def test_the_demos_page_leads_everywhere(browser: Client, anna: Tenant, stripe: Simulator) -> None:
    page = browser.get("/demo/").content.decode()
    for address in (
        "http://anna.localhost:8000",
        f"{stripe.url}/",
        "/mailbox/",
        "/operators/",
        "/components/",
    ):
        assert f'href="{address}"' in page
    assert PASSWORD in page


def test_time_moves_forward_for_stripe_too(browser: Client, stripe: Simulator) -> None:
    before, at_stripe = clock.now(), stripe.now()
    response = browser.post("/demo/time", {"seconds": "86400"}, follow=True)
    assert "It is 1 day later" in response.content.decode()
    assert timedelta(days=1) <= clock.now() - before < timedelta(days=1, minutes=1)
    assert 86_400 <= stripe.now() - at_stripe < 86_460


@pytest.mark.parametrize("seconds", ["-3600", "5", "x", ""])
def test_time_moves_by_the_offered_steps_only(browser: Client, stripe: Simulator, seconds: str) -> None:
    response = browser.post("/demo/time", {"seconds": seconds}, follow=True)
    assert "Nothing was changed" in response.content.decode()
    assert clock.offset() == timedelta()


def test_without_stripe_time_stands_still(browser: Client, settings: Any) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    response = browser.post("/demo/time", {"seconds": "3600"}, follow=True)
    assert "time was not moved" in response.content.decode()
    assert clock.offset() == timedelta()
