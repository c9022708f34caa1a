"""A payment that comes to nothing meets a press on what it was for: one may wait, none may wait for ever."""

import ast
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.billing import collecting, instalments, order_fees
from tenants.billing.dunning import GRACE
from tenants.billing.models import AttemptStatus, Charge
from tenants.clients.models import Client
from tenants.registry.models import Tenant
from tenants.retainers import schedule, standing
from tenants.retainers.models import Retainer, RetainerStatus
from tenants.scheduling import paying
from tenants.scheduling.models import Booking, BookingStatus
from tests import locks, template, worlds
from tests.crowd import Meeting, at_once
from tests.journeys.steps import later, resume, settled
from tests.retainers import stack
from tests.worlds import Shop

CLEO = Actor("client", "c")
A_MONTH = 31 * 86400


@pytest.fixture
def owed(shop: Shop) -> Iterator[Retainer]:
    """Its next period is open, and its card is charged now."""
    retainer = stack.begin(shop, stack.plan(shop, worlds.session_type(shop.tenant)))
    with ExitStack() as passed:
        passed.enter_context(later(shop.stripe, A_MONTH - 2 * 86400))
        with tenant_context(shop.tenant):
            schedule.turn(reference=retainer.pk, now=clock.now())
        yield retainer


def pausing(shop: Shop, retainer: Retainer) -> Callable[[], Any]:
    def press() -> Any:
        with tenant_context(shop.tenant):
            return standing.pause(retainer_id=retainer.pk, now=clock.now(), actor=CLEO)

    return press


def collecting_it(shop: Shop, retainer: Retainer) -> Callable[[], Any]:
    def charge() -> Any:
        with tenant_context(shop.tenant):
            [part] = instalments.of_charge(stack.charges(shop, retainer)[-1].pk)
            return collecting.look_after(reference=part.pk, now=clock.now())

    return charge


def test_a_last_refusal_and_a_pause(shop: Shop, owed: Retainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part was written down before the retainer was locked, while a pause had locked it and wanted the
    part."""
    shop.stripe.decline_from_now_on(card_of(shop, owed))
    collecting_it(shop, owed)()
    with later(shop.stripe, GRACE.total_seconds() + 86400):
        meeting = Meeting(monkeypatch)
        meeting.after(instalments, "refused")
        pause = meeting.press(pausing(shop, owed), before=(schedule, "drop"))
        calls: list[Callable[[], Any]] = [collecting_it(shop, owed), pause]
        got = at_once(calls)
    assert [each for each in got if isinstance(each, Exception)] == []
    retainer = stack.reread(shop, owed)
    assert retainer.pause_wanted_at or retainer.status == RetainerStatus.PAUSED


def card_of(shop: Shop, retainer: Retainer) -> str:
    with tenant_context(shop.tenant):
        return str(retainer.payer.cards.get().method_id)


def test_a_capture_that_failed_and_a_press_on_its_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order's terms were opened again before the booking was locked, while a press had locked the booking
    and wanted the order."""
    booking = worlds.ask_and_pay(shop, worlds.session_type(shop.tenant), at=worlds.hour(1))
    shop.stripe.fail_next("POST .*/capture$", "unreachable", 3)
    with pytest.raises(gateway.GatewayUnavailable):
        settled(shop, booking)
    shop.stripe.dashboard_cancel(worlds.attempt_for(shop.tenant, booking).intent_id)
    meeting = Meeting(monkeypatch)
    meeting.after(order_fees, "give_claim_back")
    press = meeting.press(partial(resume, shop, booking), before=(paying, "open_attempt"))
    calls: list[Callable[[], Any]] = [partial(settled, shop, booking), press]
    got = at_once(calls)
    assert [each for each in got if isinstance(each, Exception)] == []
    assert worlds.attempt_for(shop.tenant, booking).status == AttemptStatus.CAPTURE_FAILED
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.EXPIRED


# --- the order itself, which every test watches ---------------------------------------------------------


def test_locks_against_the_order_are_noticed(anna: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        list(Charge.objects.select_for_update(no_key=True))
        Booking.objects.filter(pk=uuid7()).update(message="")
    [found] = locks.AGAINST_IT
    locks.AGAINST_IT.clear()
    assert found.startswith("billing_charge at tests/races/test_lock_order.py")
    assert "before scheduling_booking" in found


def test_rows_that_nobody_else_has_seen_are_waited_for_by_nobody(anna: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        client = Client.objects.create(name="Cleo", email="cleo@example.com", created_at=clock.now())
        list(Charge.objects.select_for_update(no_key=True))
        Client.objects.filter(pk=client.pk).update(name="Cleo B")
    assert locks.AGAINST_IT == []


@pytest.mark.parametrize("room", ["billing", "packs", "retainers", "scheduling"])
def test_no_lock_keeps_out_rows_that_refer_to_it(room: str) -> None:
    """A lock with its key makes every new row wait that names it, in an order that nobody sees."""
    for path in (template.ROOT / "tenants" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "select_for_update":
                assert "no_key" in {each.arg for each in node.keywords}, f"{path.name}:{node.lineno}"
        assert " FOR UPDATE" not in path.read_text(), path.name
