"""The kept card is charged once, whatever is lost on the way and wherever the process dies."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect import gateway
from connect.shapes import ChargeView
from kit import clock
from kit.actors import SYSTEM
from tenants.billing import by_link, captures, charges, collecting, decisions, intents, refunds
from tenants.billing.attempts import LEASE
from tenants.billing.models import AttemptStatus, Charge, PaymentAttempt
from tenants.packs.models import Pack
from tests import worlds
from tests.billing import owing
from tests.billing.owing import Calendar
from tests.worlds import Shop

# Each step of a collection, as it is called: where a process may die before it, or right after it.
STEPS: list[tuple[Any, str]] = [
    (gateway, "fetch_card"),
    (collecting, "_decide"),
    (gateway, "create_intent"),
    (intents, "try_move"),
    (gateway, "confirm_intent"),
    (gateway, "capture"),
    (captures, "record_capture"),
    (refunds, "follow"),
]


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def calendar(shop: Shop) -> Iterator[Calendar]:
    worlds.set_free_units(shop.tenant, 0)
    calendar = Calendar(shop)
    with calendar.passed:
        yield calendar


@pytest.fixture
def pack(shop: Shop, calendar: Calendar) -> Pack:
    return owing.pack_in_three(shop)


def charged(shop: Shop, pack: Pack) -> list[int]:
    """What Stripe has taken for the pack, payment by payment, from the first to the last."""
    found: list[ChargeView] = [
        each for each in gateway.list_charges(account_id=shop.account_id) if each.captured
    ]
    return [each.amount_captured_minor for each in reversed(found)]


def die_at(killing: pytest.MonkeyPatch, module: Any, name: str, *, after: bool) -> None:
    real: Callable[..., Any] = getattr(module, name)

    def mortal(*args: Any, **what: Any) -> Any:
        if after:
            real(*args, **what)
        raise Killed

    killing.setattr(module, name, mortal)


def left_by_a_dead_process(shop: Shop) -> None:
    """Its leases are still there, and lapse."""
    with tenant_context(shop.tenant), transaction.atomic():
        PaymentAttempt.objects.filter(status__in=["created", "open", "capturing"]).update(
            leased_until=clock.now() + LEASE
        )


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("module", "name"), STEPS, ids=[name for _, name in STEPS])
def test_killed_at_any_step_it_is_charged_once(
    shop: Shop,
    calendar: Calendar,
    pack: Pack,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    name: str,
    after: bool,
) -> None:
    second = owing.parts_of(shop, pack)[1]
    with monkeypatch.context() as killing:
        die_at(killing, module, name, after=after)
        with pytest.raises(Killed):
            calendar.go_to(second.due_at)
    left_by_a_dead_process(shop)
    for _ in range(4):
        calendar.go_on(timedelta(minutes=3))
    assert owing.paid_so_far(shop, pack) == [("paid", 3335), ("paid", 3335), ("open", 0)]
    assert charged(shop, pack) == [3335, 3335]
    assert not worlds.failures()


@pytest.mark.parametrize(
    "call", ["POST .*/payment_intents$", "POST .*/confirm$", "POST .*/capture$", "GET .*/payment_methods/.*"]
)
@pytest.mark.parametrize(("fault", "times"), [("lost", 3), ("500", 1), ("500_after", 1), ("unreachable", 3)])
def test_a_lost_answer_neither_loses_nor_doubles_a_charge(
    shop: Shop, calendar: Calendar, pack: Pack, call: str, fault: str, times: int
) -> None:
    shop.stripe.fail_next(call, fault, count=times)
    calendar.go_to(owing.parts_of(shop, pack)[1].due_at)
    for _ in range(5):
        calendar.go_on(timedelta(minutes=3))
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)
    assert charged(shop, pack) == [3335, 3335]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_while_a_refusal_is_written_down_it_counts_as_one_try(
    shop: Shop, calendar: Calendar, pack: Pack, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    second = owing.parts_of(shop, pack)[1]
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
    with monkeypatch.context() as killing:
        die_at(killing, decisions, "_decline", after=after)
        with pytest.raises(Killed):
            calendar.go_to(second.due_at)
    left_by_a_dead_process(shop)
    for _ in range(3):
        calendar.go_on(timedelta(minutes=3))
    part = owing.parts_of(shop, pack)[1]
    assert (part.tries, part.status) == (1, "open")
    assert part.next_try_at
    assert [payment.status for payment in owing.payments_of(shop, pack)] == ["captured", "declined"]


def test_what_was_confirmed_and_never_answered_is_found_not_repeated(
    shop: Shop, calendar: Calendar, pack: Pack
) -> None:
    """Stripe forgets keys after a day: what has moved is looked for, not asked for again."""
    shop.stripe.fail_next("POST .*/confirm$", "lost", count=3)
    calendar.go_to(owing.parts_of(shop, pack)[1].due_at)
    calendar.go_on(timedelta(hours=26))
    calendar.go_on(timedelta(minutes=5))
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)
    assert charged(shop, pack) == [3335, 3335]


def test_the_clients_own_page_is_waited_for(shop: Shop, calendar: Calendar, pack: Pack) -> None:
    """They pay just now: nobody charges the card beside it."""
    second = owing.parts_of(shop, pack)[1]
    calendar.go_to(second.due_at - timedelta(minutes=10))
    with tenant_context(shop.tenant):
        by_link.pay(charge_id=second.charge_id, links=lambda _id: worlds.RETURN_PAGES, now=clock.now())
    calendar.go_to(second.due_at)
    assert [payment.off_session for payment in owing.payments_of(shop, pack)] == [False, False]
    worlds.pay(shop, pack)
    calendar.go_on(timedelta(minutes=40))
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)
    assert charged(shop, pack) == [3335, 3335]


@pytest.mark.parametrize("who", ["captured", "cancelled"])
def test_what_the_coach_does_in_stripes_dashboard_meanwhile(
    shop: Shop, calendar: Calendar, pack: Pack, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """Between the bank's yes and our capture."""
    with monkeypatch.context() as killing:
        die_at(killing, gateway, "capture", after=False)
        with pytest.raises(Killed):
            calendar.go_to(owing.parts_of(shop, pack)[1].due_at)
    attempt = owing.payments_of(shop, pack)[1]
    if who == "captured":
        shop.stripe.dashboard_capture(attempt.intent_id)
    else:
        shop.stripe.dashboard_cancel(attempt.intent_id)
    left_by_a_dead_process(shop)
    for _ in range(3):
        calendar.go_on(timedelta(minutes=3))
    part = owing.parts_of(shop, pack)[1]
    attempt = owing.payments_of(shop, pack)[1]
    if who == "captured":
        assert (part.status, attempt.status) == ("paid", AttemptStatus.CAPTURED)
    else:
        assert (part.status, attempt.status) == ("open", AttemptStatus.CAPTURE_FAILED)
        assert (part.tries, part.decline) == (1, "cancelled_at_stripe")
        assert attempt.fee_minor == 334


def test_a_part_that_a_card_cannot_take_goes_with_the_next_or_is_let_off(
    shop: Shop, calendar: Calendar, pack: Pack
) -> None:
    """By hand all but 20 cents of it were paid."""
    _, second, third = owing.parts_of(shop, pack)

    def by_hand(minor: int) -> None:
        with tenant_context(shop.tenant), transaction.atomic():
            charge = Charge.objects.get(pk=second.charge_id)
            charges.apply(charge, now=clock.now(), actor=SYSTEM, paid_minor=minor)

    by_hand(3315)
    calendar.go_to(second.due_at)
    assert [(p.status, p.amount_minor) for p in owing.parts_of(shop, pack)[1:]] == [
        ("paid", 3315),
        ("open", 3355),
    ]
    by_hand(3335)
    calendar.go_to(third.due_at)
    charge = owing.charge_of(shop, pack)
    assert (charge.status, charge.waived_minor) == ("paid", 20)
    assert worlds.reread_pack(shop.tenant, pack).paid_at
    assert charged(shop, pack) == [3335]


def test_a_year_of_refusals_never_asks_a_bank_more_than_8_times_in_30_days(
    shop: Shop, calendar: Calendar
) -> None:
    """A pack in twelve instalments whose card fails from the second on, and a coach who tries and tries."""
    offer = worlds.pack_offer(
        shop.tenant,
        worlds.session_type(shop.tenant),
        units=12,
        price_minor=12 * 5000,
        instalments=12,
        valid_months=24,
    )
    pack = worlds.ordered_pack(shop, offer)
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
    second = owing.parts_of(shop, pack)[1]
    calendar.go_to(second.due_at)
    for _ in range(60):
        calendar.go_on(timedelta(days=2, hours=7))
        with tenant_context(shop.tenant):
            try:
                collecting.try_now(instalment_id=second.pk, now=clock.now(), actor=owing.COACH)
            except collecting.CannotTry:
                continue
    tried = [payment.created_at for payment in owing.payments_of(shop, pack) if payment.off_session]
    assert len(tried) > 16
    for at in tried:
        assert sum(at - timedelta(days=30) < each <= at for each in tried) <= 8
