"""What a coach answers and decides by a program: requests, what a client is let off, retainers."""

from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from connect.gateway import GatewayUnavailable
from kit import clock
from tenants.billing.models import Charge, ChargeStatus, PaymentAttempt
from tenants.retainers.models import RetainerPeriod
from tenants.scheduling import answers
from tenants.scheduling.models import Booking
from tests import worlds
from tests.api import writes
from tests.api.conftest import MakeProgram
from tests.api.programs import Program
from tests.api.test_every_address import problem
from tests.crowd import at_once
from tests.worlds import Shop


@pytest.fixture
def asks(shop: Shop, program: MakeProgram) -> Program:
    return program(shop.tenant)


def change(asks: Program, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return asks.ask(method, f"/api/v1/{path}", body, match="*")


def promised(shop: Shop, *, at: datetime) -> Booking:
    """A request whose money Stripe keeps for the coach's answer."""
    return worlds.sell(shop, worlds.session_type(shop.tenant, needs_approval=True), at=at)


# --- requests -------------------------------------------------------------------------------------------


def test_a_request_that_is_accepted_is_confirmed_and_the_client_told(shop: Shop, asks: Program) -> None:
    path = f"bookings/{writes.requested(shop).pk}"
    before = asks.get(f"/api/v1/{path}").json()
    assert (before["status"], before["accepted_at"]) == ("requested", None)
    assert before["answer_by"] > before["created_at"]
    after = change(asks, "PUT", f"{path}/answer", {"accepted": True}).json()
    assert (after["status"], after["funding"]) == ("confirmed", "free")
    assert after["accepted_at"]
    assert asks.get("/api/v1/events").json()["data"][0]["type"] == "booking.confirmed"


def test_a_request_that_is_declined_leaves_its_time_free(shop: Shop, asks: Program) -> None:
    booking = writes.requested(shop)
    after = change(asks, "PUT", f"bookings/{booking.pk}/answer", {"accepted": False}).json()
    assert (after["status"], after["ended_reason"]) == ("expired", "request_declined")
    slot = {"session_type_id": after["session_type_id"], "starts_at": booking.session.starts_at.isoformat()}
    assert asks.post("/api/v1/holds", slot).status_code == 201


def test_what_is_answered_is_not_answered_again(shop: Shop, asks: Program) -> None:
    path = f"bookings/{writes.requested(shop).pk}/answer"
    assert change(asks, "PUT", path, {"accepted": False}).status_code == 200
    again = change(asks, "PUT", path, {"accepted": True})
    assert problem(again) == "already-answered"
    assert "Nothing was done" in again.json()["detail"]


def test_yes_and_no_at_once_are_one_answer(shop: Shop, asks: Program) -> None:
    path = f"bookings/{writes.requested(shop).pk}/answer"
    both = at_once([partial(change, asks, "PUT", path, {"accepted": said}) for said in (True, False)])
    assert sorted(getattr(each, "status_code", 0) for each in both) == [200, 409]


def test_a_yes_takes_the_money_that_was_promised_and_a_no_lets_it_go(shop: Shop, asks: Program) -> None:
    for accepted, booking_status, status in (
        (True, "confirmed", "captured"),
        (False, "expired", "released"),
    ):
        booking = promised(shop, at=worlds.hour(60 if accepted else 90))
        after = change(asks, "PUT", f"bookings/{booking.pk}/answer", {"accepted": accepted}).json()
        assert after["status"] == booking_status
        with tenant_context(shop.tenant):
            assert PaymentAttempt.objects.latest("created_at").status == status


def test_a_yes_is_kept_while_stripe_does_not_answer(
    shop: Shop, asks: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = promised(shop, at=worlds.hour(60))

    def away(**_: Any) -> None:
        raise GatewayUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(answers, "settle", away)
        after = change(asks, "PUT", f"bookings/{booking.pk}/answer", {"accepted": True})
    assert after.status_code == 200
    assert after.json()["status"] == "requested"
    assert after.json()["accepted_at"]
    with clock.travel(60):
        worlds.drain()
    assert asks.get(f"/api/v1/bookings/{booking.pk}").json()["status"] == "confirmed"


# --- a client is let off --------------------------------------------------------------------------------


def test_what_the_rule_has_kept_goes_back(shop: Shop, asks: Program) -> None:
    path = f"bookings/{writes.kept_by_the_rule(shop).pk}"
    after = change(asks, "POST", f"{path}/waiver", {"because": "She was ill."}).json()
    assert after["cancellation"]["outcome"] == "waived"
    assert after["cancellation"]["money_back"] == {"amount_minor": 4500, "currency": "eur"}
    undone = change(asks, "DELETE", f"{path}/cancellation").json()
    assert (undone["status"], undone["cancellation"]) == ("cancelled", None)


def test_where_nothing_is_kept_nothing_goes_back(shop: Shop, asks: Program) -> None:
    path = f"bookings/{writes.requested(shop).pk}/waiver"
    assert problem(change(asks, "POST", path, {"because": "Kindness."})) == "cannot-cancel"


# --- retainers ------------------------------------------------------------------------------------------


def test_a_pause_is_previewed_asked_for_and_taken_back(shop: Shop, asks: Program) -> None:
    path = f"retainers/{writes.retainer(shop).pk}"
    told = asks.get(f"/api/v1/{path}/pause").json()
    assert told["takes_effect_at"] is not None
    assert "It pauses after" in told["sentences"][0]
    assert "€200.00" in told["sentences"][-1]
    paused = change(asks, "POST", f"{path}/pause").json()
    assert paused["status"] == "active"
    assert paused["pause_wanted_at"]
    assert "paus" in " ".join([paused["balance"]["next_line"], *paused["balance"]["notes"]]).lower()
    assert change(asks, "DELETE", f"{path}/pause").json()["pause_wanted_at"] is None
    assert problem(change(asks, "DELETE", f"{path}/pause")) == "cannot-change-retainer"


def test_a_preview_tells_of_money_to_who_may_see_it(shop: Shop, program: MakeProgram) -> None:
    path = f"/api/v1/retainers/{writes.retainer(shop).pk}"
    assert problem(program(shop.tenant, scopes=["billing:write"]).get(f"{path}/pause")) == "scope-missing"


def test_one_that_is_paused_goes_on_when_its_new_period_is_paid(shop: Shop, asks: Program) -> None:
    retainer = writes.paused(shop)
    resumed = change(asks, "POST", f"retainers/{retainer.pk}/resumption").json()
    assert resumed["status"] == "paused", "until it is paid"
    with tenant_context(shop.tenant):
        period = RetainerPeriod.objects.filter(retainer=retainer).latest("number")
        assert Charge.objects.get(reference=period.pk).status == ChargeStatus.OPEN
    running = f"retainers/{writes.retainer(shop).pk}/resumption"
    assert problem(change(asks, "POST", running)) == "cannot-change-retainer"


def test_an_end_comes_when_what_is_paid_is_over_and_at_once_where_nothing_is(
    shop: Shop, asks: Program
) -> None:
    path = f"retainers/{writes.retainer(shop).pk}"
    assert asks.get(f"/api/v1/{path}/end").json()["takes_effect_at"]
    assert change(asks, "POST", f"{path}/end").json()["cancel_wanted_at"]
    assert problem(change(asks, "POST", f"{path}/pause")) == "cannot-change-retainer"
    paused = f"retainers/{writes.paused(shop).pk}"
    assert asks.get(f"/api/v1/{paused}/end").json()["takes_effect_at"] is None
    assert change(asks, "POST", f"{paused}/end").json()["status"] == "ended"
    assert problem(asks.get(f"/api/v1/{paused}/end")) == "cannot-change-retainer"
    assert problem(asks.get(f"/api/v1/{paused}/pause")) == "cannot-change-retainer"
