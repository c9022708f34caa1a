"""Retainers at the coach's desk: plans, the roster, one retainer's page, and what is pressed there."""

from typing import Any
from uuid import uuid4

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.billing.models import ChargeStatus
from tenants.clients.models import Client
from tenants.retainers import standing
from tenants.retainers.models import Retainer, RetainerPlan, RetainerStatus
from tests import worlds
from tests.billing import owing
from tests.dashboard.desk import Coach
from tests.journeys.steps import later
from tests.retainers import stack
from tests.worlds import Shop


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def coach(shop: Shop) -> Coach:
    return Coach(shop.tenant)


@pytest.fixture
def retainer(shop: Shop, kind: worlds.SessionType) -> Retainer:
    return stack.begin(shop, stack.plan(shop, kind))


def typed(kind: worlds.SessionType, **changes: str) -> dict[str, Any]:
    usual = {
        "name": "Monthly coaching",
        "price": "200",
        "rhythm": "1 month",
        "included": "4",
        "covers": [str(kind.pk)],
        f"takes-{kind.pk}": "1",
        "rollover": "capped",
        "rollover_cap": "2",
        "cancel_window_hours": "24",
        "charge_days_before": "3",
        "tax": "0",
    }
    return {**usual, **changes}


# --- plans ------------------------------------------------------------------------------------------


def test_a_plan_is_offered_read_as_clients_do_changed_and_withdrawn(
    shop: Shop, coach: Coach, kind: worlds.SessionType
) -> None:
    preview = coach.post("offers/retainers/new/", {**typed(kind), "preview": "1"})
    assert b"4 sessions a month" in preview.content
    assert b"Up to 2 sessions that you do not use go on" in preview.content
    assert coach.post("offers/retainers/new/", typed(kind)).status_code == 303
    with tenant_context(shop.tenant):
        plan = RetainerPlan.objects.get()
    assert (plan.price_minor, plan.every, plan.every_count, plan.rollover_cap) == (20000, "month", 1, 2)
    assert "€200.00 every month" in coach.read("offers/")
    assert coach.post(f"offers/retainers/{plan.pk}/", typed(kind, rhythm="2 week")).status_code == 303
    with tenant_context(shop.tenant):
        plan.refresh_from_db()
    assert (plan.every, plan.every_count) == ("week", 2)
    coach.post(f"offers/retainers/{plan.pk}/switch", {"to": "off"})
    with tenant_context(shop.tenant):
        plan.refresh_from_db()
    assert not plan.is_active


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"price": "0.10"}, "Cards take"),
        ({"included": "1", "takes": "2"}, "One session can take 1 to 1"),
        ({"included": ""}, "nothing can go on"),
        ({"rollover_cap": "0"}, "Say how many may go on"),
    ],
)
def test_what_cannot_be_kept_is_not_offered(
    shop: Shop, coach: Coach, kind: worlds.SessionType, changes: dict[str, str], said: str
) -> None:
    takes = changes.pop("takes", "1")
    sent = typed(kind, **changes, **{f"takes-{kind.pk}": takes})
    answer = coach.post("offers/retainers/new/", sent)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    with tenant_context(shop.tenant):
        assert not RetainerPlan.objects.exists()


# --- the roster, and one -------------------------------------------------------------------------------


def test_those_with_a_late_payment_stand_first(
    shop: Shop, coach: Coach, kind: worlds.SessionType, retainer: Retainer
) -> None:
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
    stack.begin(shop, retainer.plan, email="aaron@example.com")
    with later(shop.stripe, 31 * 86400):
        worlds.drain()
        worlds.hear_stripe(shop.stripe)
        page = coach.read("retainers/")
        assert page.index("Payment late") < page.index("Active")
        assert "could not be charged" in page
        today = coach.read()
        assert "A payment is late: Monthly coaching of Cleo" in today
        assert f"/retainers/{retainer.pk}/" in today


def test_one_shows_each_period_and_what_comes(coach: Coach, retainer: Retainer) -> None:
    page = coach.read(f"retainers/{retainer.pk}/")
    for said in (
        "4 included, 4 left.",
        "Next charge €200.00 on",
        "4 sessions a month",
        "Visa ending in 4242",
    ):
        assert said in page
    assert coach.get(f"retainers/{uuid4()}/").status_code == 404
    assert "Monthly coaching" in coach.read(f"clients/{retainer.client_id}/")


def test_pausing_and_ending_say_first_what_they_mean(shop: Shop, coach: Coach, retainer: Retainer) -> None:
    assert "It pauses after" in coach.read(f"retainers/{retainer.pk}/pause/")
    coach.post(f"retainers/{retainer.pk}/pause/")
    assert stack.reread(shop, retainer).paused_because == "coach"
    coach.post(f"retainers/{retainer.pk}/keep")
    assert stack.reread(shop, retainer).pause_wanted_at is None
    assert "It ends after" in coach.read(f"retainers/{retainer.pk}/cancel/")
    coach.post(f"retainers/{retainer.pk}/cancel/")
    assert stack.reread(shop, retainer).cancel_wanted_at is not None


def test_a_paused_one_is_resumed_with_a_charge(shop: Shop, coach: Coach, retainer: Retainer) -> None:
    with tenant_context(shop.tenant):
        standing.pause(retainer_id=retainer.pk, now=clock.now(), actor=owing.COACH)
    with later(shop.stripe, 40 * 86400):
        worlds.drain()
        assert "Resume and charge €200.00" in coach.read(f"retainers/{retainer.pk}/")
        coach.post(f"retainers/{retainer.pk}/resume")
        worlds.drain()
        worlds.hear_stripe(shop.stripe)
        assert stack.reread(shop, retainer).status == RetainerStatus.ACTIVE


def test_another_price_counts_a_week_after_it_is_told(shop: Shop, coach: Coach, retainer: Retainer) -> None:
    path = f"retainers/{retainer.pk}/price/"
    assert "A new price counts from the period that begins on" in coach.read(path)
    assert coach.post(path, {"price": "0.10"}).status_code == 422
    assert coach.post(path, {"price": "220"}).status_code == 303
    assert stack.reread(shop, retainer).new_price_minor == 22000
    assert "The price is €220.00 from" in coach.read(f"retainers/{retainer.pk}/")


def test_a_late_card_is_tried_again_or_cash_is_recorded(shop: Shop, coach: Coach, retainer: Retainer) -> None:
    card = owing.card_of(shop)
    shop.stripe.decline_from_now_on(card.method_id)
    with later(shop.stripe, 31 * 86400):
        worlds.drain()
        worlds.hear_stripe(shop.stripe)
        page = coach.read(f"retainers/{retainer.pk}/")
        charge = stack.charges(shop, retainer)[-1]
        assert f"/money/owed/{charge.pk}/record/" in page
        coach.post(f"retainers/{retainer.pk}/try-card")
        assert stack.reread(shop, retainer).status == RetainerStatus.PAST_DUE
        shop.stripe.accept_again(card.method_id)
        coach.post(f"retainers/{retainer.pk}/try-card")
        assert stack.reread(shop, retainer).status == RetainerStatus.ACTIVE
        assert stack.charges(shop, retainer)[-1].status == ChargeStatus.PAID


# --- a link to begin --------------------------------------------------------------------------------------


def test_a_client_is_sent_a_link_to_begin_and_it_can_be_taken_back(
    shop: Shop, coach: Coach, kind: worlds.SessionType, retainer: Retainer
) -> None:
    path = f"clients/{retainer.client_id}/retainer/"
    assert "Send the link to begin" in coach.read(path)
    key = str(uuid4())
    sent = {"plan": str(retainer.plan_id), "key": key, "payer_name": "Mia", "payer_email": "mia@example.com"}
    assert coach.post(path, {**sent, "payer_email": ""}).status_code == 422
    for _ in range(2):
        assert coach.post(path, sent).status_code == 303
    with tenant_context(shop.tenant):
        invited = Retainer.objects.get(pk=key)
        assert invited.payer_id == Client.objects.get(email="mia@example.com").pk
    assert "Link to begin, for Mia" in coach.read(f"retainers/{key}/")
    coach.post(f"retainers/{key}/withdraw")
    assert stack.reread(shop, invited).status == RetainerStatus.VOID
