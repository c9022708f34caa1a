"""What is stuck, as operators see it: told in full, tried again by a button, and by nobody else."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context
from structlog.testing import capture_logs

from accounts.models import User
from config import wiring
from connect import inbox
from connect.models import ConnectAccount, StripeEvent, StripeEventStatus
from kit import clock
from operators.kinds import KINDS
from operators.stuck import WORDS
from operators.templatetags.operators import breakable
from tenants.registry import wakeups
from tenants.registry.models import Membership, Tenant, Wakeup
from tests import console, worlds

PAGE = "/operators/stuck/"


@pytest.fixture
def operator(db: None) -> Client:
    return console.operator()


def read(operator: Client) -> str:
    return " ".join(operator.get(PAGE).content.decode().split()).replace("<wbr>", "")


def event(**fields: Any) -> StripeEvent:
    usual = {"type": "charge.succeeded", "account_id": "acct_anna", "status": StripeEventStatus.PARKED}
    return StripeEvent.objects.create(stripe_id=f"evt_{uuid.uuid4().hex}", **{**usual, **fields})


def of_event(row: StripeEvent) -> str:
    return f"{PAGE}events/{row.pk}/again"


def of_work(row: Wakeup) -> str:
    return f"{PAGE}wakeups/{row.pk}/again"


@pytest.fixture
def failing(shop: worlds.Shop, monkeypatch: pytest.MonkeyPatch) -> Wakeup:
    """A hold whose end fails each time it is due, until the fault is over."""
    booking = worlds.held(shop.tenant, worlds.session_type(shop.tenant), at=worlds.hour(0))
    with monkeypatch.context() as broken, clock.travel(900):
        broken.setattr("tenants.scheduling.holds.end_hold", lambda *_args, **_named: 1 / 0)
        for again in (0, 60, 120):
            with clock.travel(again):
                worlds.sweep()
    return Wakeup.objects.get(kind="hold", reference=booking.pk)


def test_nothing_is_stuck(operator: Client, anna: Tenant) -> None:
    assert "Nothing is stuck" in operator.get("/operators/").content.decode()
    assert "every booking its payment" in read(operator)


def test_parked_and_overdue_events_are_told_with_their_coach(operator: Client, anna: Tenant) -> None:
    now = clock.now()
    ConnectAccount.objects.create(schema_name=anna.schema_name, account_id="acct_anna")
    event(received_at=now - timedelta(hours=7), tries=8, note="UnknownAccount: acct_anna")
    event(
        account_id="acct_nobody", status="waiting", due_at=now - timedelta(minutes=6), type="charge.refunded"
    )
    event(status="waiting", due_at=now - timedelta(minutes=4), type="charge.captured")
    event(status="done", type="charge.expired")
    page = read(operator)
    for told in ("charge.succeeded", "Anna", "7 hours ago", "UnknownAccount: acct_anna", "Parked"):
        assert told in page
    for told in ("charge.refunded", "Unknown account", "Overdue"):
        assert told in page
    assert "charge.captured" not in page
    assert "charge.expired" not in page
    assert page.count("Try again") == 1
    assert "2 things are stuck" in operator.get("/operators/").content.decode()


def test_a_parked_event_is_tried_again_with_new_patience(
    operator: Client, anna: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    ConnectAccount.objects.create(schema_name=anna.schema_name, account_id="acct_anna")
    parked = event(tries=8)
    with capture_logs() as logged:
        answer = operator.post(of_event(parked), follow=True)
    assert "It is tried again within seconds" in answer.content.decode()
    parked.refresh_from_db()
    assert (parked.status, parked.tries) == ("waiting", 0)
    [entry] = [each for each in logged if each["event"] == "stripe event tried again"]
    assert entry["actor_kind"] == "operator"
    assert entry["actor_id"] == str(User.objects.get(email="olga@example.com").pk)

    monkeypatch.setattr(inbox.wiring, "named", lambda _path: lambda **_named: "")
    inbox.work_off()
    parked.refresh_from_db()
    assert parked.status == "done"
    answer = operator.post(of_event(parked), follow=True)
    assert "It is not stuck any more" in answer.content.decode()
    parked.refresh_from_db()
    assert parked.status == "done"


@pytest.mark.parametrize("status", ["waiting", "done", "ignored"])
def test_only_what_is_parked_is_put_back(operator: Client, status: str) -> None:
    row = event(status=status, tries=3)
    operator.post(of_event(row))
    row.refresh_from_db()
    assert (row.status, row.tries) == (status, 3)


def test_work_that_keeps_failing_is_told_and_done_when_tried_again(
    operator: Client, shop: worlds.Shop, failing: Wakeup
) -> None:
    page = read(operator)
    for told in ("Letting go of a time", "Anna", "ZeroDivisionError", str(failing.reference)):
        assert told in page
    with clock.travel(1000):
        answer = operator.post(of_work(failing), follow=True)
        assert "It is tried again within seconds" in answer.content.decode()
        assert str(failing.reference) not in read(operator)
        worlds.sweep()
    assert not Wakeup.objects.filter(pk=failing.pk).exists()
    with tenant_context(shop.tenant):
        assert worlds.Booking.objects.get(pk=failing.reference).status == "expired"


def test_work_that_a_worker_has_is_left_alone(operator: Client, failing: Wakeup) -> None:
    Wakeup.objects.filter(pk=failing.pk).update(leased_until=clock.now() + wakeups.LEASE)
    answer = operator.post(of_work(failing), follow=True)
    assert "It is not stuck any more" in answer.content.decode()
    failing.refresh_from_db()
    assert failing.attempts == 3


def test_nobody_else_sees_or_presses_it(anna: Tenant, failing: Wakeup) -> None:
    parked = event()
    coach = Client(HTTP_HOST="localhost:8000")
    coach.force_login(Membership.objects.get(tenant=anna).user)
    for browser, status in ((coach, 404), (Client(HTTP_HOST="localhost:8000"), 302)):
        assert browser.get(PAGE).status_code == status
        for path in (of_event(parked), of_work(failing)):
            assert browser.post(path).status_code == status
    parked.refresh_from_db()
    failing.refresh_from_db()
    assert (parked.status, failing.attempts) == ("parked", 3)


def test_a_button_is_no_link(operator: Client, failing: Wakeup) -> None:
    for path in (of_event(event()), of_work(failing)):
        assert operator.get(path).status_code == 405


def test_every_kind_of_work_has_words() -> None:
    assert set(wiring.WAKEUPS) <= set(KINDS)


def test_every_kind_of_finding_has_words() -> None:
    assert set(wiring.PATROL) <= set(WORDS)


def test_a_long_name_may_be_broken_and_is_escaped() -> None:
    told = breakable("charge.funds_withdrawn<b>")
    assert told == "charge.<wbr>funds_<wbr>withdrawn&lt;b&gt;"
