"""Retainers when several things happen at once: the last session, two ways to pay, a press and a turn."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.billing import by_link, collecting
from tenants.billing.models import AttemptStatus, ChargeStatus, Instalment
from tenants.registry.models import Tenant
from tenants.retainers import charging, ledger, schedule, spending, standing
from tenants.retainers.models import Retainer, RetainerEntry, RetainerStatus
from tenants.retainers.refusals import Refusal
from tenants.retainers.spending import CannotSpend
from tests import worlds
from tests.crowd import at_once, meeting
from tests.journeys.steps import later
from tests.retainers import begun, stack
from tests.worlds import Shop

CLEO = Actor("client", "c")
A_MONTH = 31 * 86400


# --- the last session ---------------------------------------------------------------------------------


@pytest.fixture
def last_session(anna: Tenant) -> Retainer:
    with tenant_context(anna):
        return begun.begun(now=clock.now(), included=1)


def spend(tenant: Tenant, retainer: Retainer) -> RetainerEntry:
    """Each by a booking of its own."""
    with tenant_context(tenant):
        return begun.spend(retainer, now=clock.now())


def left(tenant: Tenant, retainer: Retainer) -> int:
    with tenant_context(tenant):
        return begun.left(begun.periods(retainer)[0])


def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for anybody, and two meet between the look and the entry."""
    rows = Retainer.objects.select_related("plan", "client", "payer")
    monkeypatch.setattr(ledger, "locked", lambda pk: rows.get(pk=pk))
    monkeypatch.setattr(ledger, "last_and_left", meeting(ledger.last_and_left, 2))


def test_without_the_lock_the_database_refuses_the_second(
    anna: Tenant, last_session: Retainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_lock(monkeypatch)
    got = at_once([partial(spend, anna, last_session)] * 2)
    assert sorted(type(each).__name__ for each in got) == ["IntegrityError", "RetainerEntry"]
    [refused] = [each for each in got if isinstance(each, IntegrityError)]
    assert "retainer_entry_number" in str(refused)
    assert left(anna, last_session) == 0


def test_of_twelve_who_spend_the_last_session_one_does(anna: Tenant, last_session: Retainer) -> None:
    got = at_once([partial(spend, anna, last_session)] * 12)
    assert sum(isinstance(each, RetainerEntry) for each in got) == 1, got
    refused = [each for each in got if isinstance(each, CannotSpend)]
    assert [each.reason for each in refused] == [Refusal.USED_UP] * 11
    assert left(anna, last_session) == 0


def test_one_booking_that_is_given_back_by_many_comes_back_once(anna: Tenant) -> None:
    with tenant_context(anna):
        retainer = begun.begun(now=clock.now())
        booking = begun.spend(retainer, now=clock.now()).booking_id

    def give_back() -> RetainerEntry | None:
        with tenant_context(anna):
            return begun.give_back(booking, now=clock.now())

    got = at_once([give_back] * 8)
    assert (sum(isinstance(each, RetainerEntry) for each in got), got.count(None)) == (1, 7), got
    assert left(anna, retainer) == 4


# --- the next period ---------------------------------------------------------------------------------


@pytest.fixture
def due(shop: Shop) -> Iterator[Retainer]:
    """Its next period is to be opened now; nobody has come by yet."""
    retainer = stack.begin(shop, stack.plan(shop, worlds.session_type(shop.tenant)))
    with ExitStack() as passed:
        passed.enter_context(later(shop.stripe, A_MONTH - 2 * 86400))
        yield retainer


def in_tenant(shop: Shop, call: Any, **said: Any) -> Any:
    def inside() -> Any:
        with tenant_context(shop.tenant):
            return call(now=clock.now(), **said)

    return inside


def parts_of(shop: Shop, retainer: Retainer) -> list[Instalment]:
    """Of what is owed for the last period."""
    with tenant_context(shop.tenant):
        return list(stack.charges(shop, retainer)[-1].instalments.all())


def pay_by_link(shop: Shop, retainer: Retainer, *, is_paid: bool = True) -> Any:
    """A page is opened for what is owed, and paid at once."""

    def press() -> Any:
        with tenant_context(shop.tenant):
            charge = stack.charges(shop, retainer)[-1]
            by_link.pay(charge_id=charge.pk, links=lambda _id: worlds.RETURN_PAGES, now=clock.now())
            page = [each for each in stack.attempts(shop, retainer) if each.checkout_id][-1]
            return shop.stripe.pay(page.checkout_id) if is_paid else None

    return press


@pytest.mark.parametrize("_round", range(3))
def test_a_turn_that_comes_many_times_at_once_opens_one_period(
    shop: Shop, due: Retainer, _round: int
) -> None:
    got = at_once([in_tenant(shop, schedule.turn, reference=due.pk)] * 6)
    assert [each for each in got if isinstance(each, Exception)] == []
    assert [each.number for each in stack.periods(shop, due)] == [1, 2]


@pytest.mark.parametrize("_round", range(3))
def test_paid_by_link_while_the_card_is_charged_it_is_paid_once(
    shop: Shop, due: Retainer, _round: int
) -> None:
    in_tenant(shop, schedule.turn, reference=due.pk)()
    charge = stack.charges(shop, due)[-1]
    with tenant_context(shop.tenant):
        part = charge.instalments.get()
    charged = in_tenant(shop, collecting.look_after, reference=part.pk)
    at_once([charged, pay_by_link(shop, due), charged])
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    with later(shop.stripe, 3600):
        worlds.drain()
        worlds.hear_stripe(shop.stripe)
    charge = stack.charges(shop, due)[-1]
    taken = [each for each in stack.attempts(shop, due) if each.charge_id == charge.pk]
    assert (charge.status, charge.paid_minor) == (ChargeStatus.PAID, 20000)
    kept = sum(each.captured_minor - each.refunded_minor for each in taken)
    assert (kept, sum(each.status == AttemptStatus.CAPTURED for each in taken)) == (20000, 1)
    assert stack.reread(shop, due).status == RetainerStatus.ACTIVE


def test_a_page_that_is_opened_while_the_card_is_looked_at_is_waited_for(
    shop: Shop, due: Retainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was under way when it was begun; under the lock there is a page, and the card is let be."""
    in_tenant(shop, schedule.turn, reference=due.pk)()
    [part] = parts_of(shop, due)
    look_at_the_card = collecting.cards.ready

    def meanwhile(**asked: Any) -> Any:
        at_once([pay_by_link(shop, due, is_paid=False)])
        return look_at_the_card(**asked)

    monkeypatch.setattr(collecting.cards, "ready", meanwhile)
    again_at = in_tenant(shop, collecting.look_after, reference=part.pk)()
    assert again_at is not None
    assert again_at > clock.now()
    [attempt] = [each for each in stack.attempts(shop, due) if each.charge_id == part.charge_id]
    assert (attempt.status, attempt.off_session) == (AttemptStatus.OPEN, False)


def test_two_who_charge_the_card_at_once_charge_it_once(
    shop: Shop, due: Retainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker and the coach's button: both have seen that nothing is under way."""
    in_tenant(shop, schedule.turn, reference=due.pk)()
    [part] = parts_of(shop, due)
    monkeypatch.setattr(collecting, "_ready", meeting(collecting._ready, 2))
    press = in_tenant(shop, collecting.try_now, instalment_id=part.pk, actor=Actor("coach", "7", "Anna"))
    calls: list[Callable[[], Any]] = [in_tenant(shop, collecting.look_after, reference=part.pk), press]
    got = at_once(calls)
    refused = [each for each in got if isinstance(each, Exception)]
    assert [type(each) for each in refused] in ([], [collecting.CannotTry]), refused
    tried = [each for each in stack.attempts(shop, due) if each.charge_id == part.charge_id]
    assert [each.status for each in tried] == [AttemptStatus.CAPTURED]


@pytest.mark.parametrize("_round", range(4))
def test_a_pause_against_the_periods_turn_and_its_charge_leaves_nothing_half_done(
    shop: Shop, due: Retainer, _round: int
) -> None:
    if _round % 2:
        in_tenant(shop, schedule.turn, reference=due.pk)()
    press = in_tenant(shop, standing.pause, retainer_id=due.pk, actor=CLEO)
    turn = in_tenant(shop, schedule.turn, reference=due.pk)
    calls: list[Any] = [press, turn, worlds.sweep, press, turn]
    got = at_once(calls)
    assert [each for each in got if isinstance(each, Exception)] == [], got
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    retainer = stack.reread(shop, due)
    with tenant_context(shop.tenant):
        assert charging.owed_period(retainer) is None
        assert retainer.pause_wanted_at is not None
    for charge in stack.charges(shop, due):
        # Paid whole, or let go whole.
        assert charge.status in (ChargeStatus.PAID, ChargeStatus.VOID)
    paid = [each for each in stack.periods(shop, due) if each.status == "paid"]
    taken = sum(each.captured_minor for each in stack.attempts(shop, due))
    assert taken == 20000 * len(paid)
    # Whatever was first, it rests when what is paid is over.
    with later(shop.stripe, 2 * A_MONTH):
        worlds.drain()
        assert stack.reread(shop, due).status == RetainerStatus.PAUSED
        assert sum(each.captured_minor for each in stack.attempts(shop, due)) == taken


def test_a_spend_against_the_end_of_the_period_leaves_exact_books(anna: Tenant) -> None:
    with tenant_context(anna):
        retainer = begun.begun(now=clock.now(), rollover="all")
        begun.turned(retainer, now=clock.now())

    def close() -> object:
        with tenant_context(anna):
            return schedule.turn(reference=retainer.pk, now=clock.now())

    got = at_once([*[partial(spend, anna, retainer)] * 6, close])
    assert sum(isinstance(each, RetainerEntry) for each in got) == 4
    unexpected = [each for each in got if isinstance(each, Exception) and not isinstance(each, CannotSpend)]
    assert unexpected == []
    assert left(anna, retainer) == 0
    with tenant_context(anna):
        bookings = [each.booking_id for each in got if isinstance(each, RetainerEntry) and each.booking_id]
        assert set(spending.spent_on_each(bookings).values()) == {1}
