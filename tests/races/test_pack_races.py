"""Coach, client, sweeper and bank at one booking or pack at once: one wins, and the others are told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier, Event
from time import sleep
from typing import Any

import pytest
from django.db import IntegrityError
from django_tenants.utils import tenant_context

from connect import gateway
from kit import clock
from kit.actors import Actor
from kit.states import IllegalMove
from tenants.billing.decisions import settle
from tenants.offers.models import SessionType
from tenants.packs import ledger
from tenants.packs.models import Pack, PackOffer
from tenants.packs.refusals import Refusal
from tenants.packs.spending import CannotSpend
from tenants.registry.models import Tenant
from tenants.scheduling import answers, bookings, cancelling, holds, moving, pack_bookings, series
from tenants.scheduling.models import Booking, BookingStatus, Cancellation, CancellationStatus, Cause
from tests import worlds
from tests.crowd import TOGETHER_SECONDS, at_once, meeting
from tests.packs import sold
from tests.races.test_one_slot import without_the_constraint
from tests.worlds import Shop

ANNA, CLEO = Actor("coach", "1", "Anna"), Actor("client", "c")
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
ROUNDS = pytest.mark.parametrize("turn", range(3))


@pytest.fixture
def lesson(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


def inside(tenant: Tenant, use_case: Callable[..., Any], **asked: Any) -> Callable[[], Any]:
    def call() -> Any:
        with tenant_context(tenant):
            return use_case(**asked)

    return call


def all_at(gate: Barrier, step: Callable[..., Any]) -> Callable[..., Any]:
    """`step`, from which nobody goes on before all have come out of theirs. Only once: a retry goes on."""

    def together(*args: Any, **kwargs: Any) -> Any:
        result = step(*args, **kwargs)
        if not gate.broken:
            gate.wait(TOGETHER_SECONDS)
        return result

    return together


def pack_of(tenant: Tenant, kind: SessionType, *, units: int) -> Pack:
    with tenant_context(tenant):
        return sold.bought(units=units, covers={str(kind.pk): 1})


def using(shop: Shop, pack: Pack, held: Booking) -> Callable[[], Any]:
    return inside(
        shop.tenant,
        pack_bookings.book_with_unit,
        booking_id=held.pk,
        client=pack.client,
        pack_id=pack.pk,
        timezone="Europe/Berlin",
        links=lambda _attempt: worlds.RETURN_PAGES,
        now=clock.now(),
    )


def holding(shop: Shop, kind: SessionType, *hours: int) -> list[Booking]:
    return [worlds.held(shop.tenant, kind, at=worlds.hour(n), browser=f"b{n}") for n in hours]


def booked(shop: Shop, pack: Pack, kind: SessionType, *, at: int) -> Booking:
    [held] = holding(shop, kind, at)
    using(shop, pack, held)()
    return worlds.reread(shop.tenant, held)


def left(shop: Shop, pack: Pack) -> int:
    with tenant_context(shop.tenant):
        return ledger.balance_of(pack.pk)


def states(shop: Shop, *bookings: Booking) -> list[str]:
    return sorted(worlds.reread(shop.tenant, each).status for each in bookings)


def names(got: list[Any]) -> list[str]:
    return sorted(type(each).__name__ for each in got)


def without_the_packs_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "locked", lambda pk: Pack.objects.select_related("offer").get(pk=pk))


def unlocked(booking_id: Any) -> Booking:
    return Booking.objects.select_related("session", "session__session_type").get(pk=booking_id)


# --- the last unit -----------------------------------------------------------------------------------


def test_without_the_packs_lock_the_ledger_itself_refuses_the_second_booking(
    shop: Shop, lesson: SessionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = pack_of(shop.tenant, lesson, units=1)
    held = holding(shop, lesson, 1, 3)
    without_the_packs_lock(monkeypatch)
    monkeypatch.setattr(ledger, "last_and_left", meeting(ledger.last_and_left, 2))
    got = at_once([using(shop, pack, each) for each in held])
    assert names(got) == ["IntegrityError", "NoneType"]
    assert "pack_entry_number" in str(next(each for each in got if isinstance(each, IntegrityError)))
    assert states(shop, *held) == ["confirmed", "held"]
    assert left(shop, pack) == 0


@ROUNDS
def test_of_two_bookings_the_last_unit_pays_for_one_and_the_other_keeps_its_time(
    shop: Shop, lesson: SessionType, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    """Both have seen that there is one left."""
    pack = pack_of(shop.tenant, lesson, units=1)
    held = holding(shop, lesson, 1, 3)
    monkeypatch.setattr(pack_bookings, "_with_units", meeting(pack_bookings._with_units, 2))
    got = at_once([using(shop, pack, each) for each in held])
    [refused] = [each for each in got if isinstance(each, CannotSpend)]
    assert refused.reason == Refusal.USED_UP
    assert got.count(None) == 1
    assert states(shop, *held) == ["confirmed", "held"]
    [loser] = [each for each in held if worlds.reread(shop.tenant, each).status == BookingStatus.HELD]
    assert worlds.book(shop.tenant, loser), "it can be paid in another way"
    assert left(shop, pack) == 0


def test_of_two_requests_that_are_accepted_the_last_unit_pays_for_one(shop: Shop) -> None:
    asking = worlds.session_type(shop.tenant, name="Asked", needs_approval=True)
    pack = pack_of(shop.tenant, asking, units=1)
    asked = [booked(shop, pack, asking, at=each) for each in (30, 33)]
    now = clock.now()
    got = at_once(
        inside(shop.tenant, answers.accept, booking_id=each.pk, now=now, actor=ANNA) for each in asked
    )
    assert names(got) == ["Booking", "CannotSpend"]
    assert states(shop, *asked) == ["confirmed", "requested"]
    assert left(shop, pack) == 0


# --- called off and moved ----------------------------------------------------------------------------


def presses(shop: Shop, booking: Booking) -> list[Callable[[], Any]]:
    """Shown as free to the client, while the coach moves it to where it is not, and another calls it off."""
    asked: dict[str, Any] = {"booking_id": booking.pk, "now": clock.now()}
    near = (clock.now() + 3 * HOUR).replace(minute=0, second=0, microsecond=0)
    called_off = {**asked, "shown": "returned"}
    return [
        inside(shop.tenant, moving.move_by_coach, **asked, starts_at=near, actor=ANNA),
        inside(shop.tenant, cancelling.cancel, **called_off, cause=Cause.CLIENT, actor=CLEO),
        inside(shop.tenant, cancelling.cancel, **called_off, cause=Cause.COACH, actor=ANNA),
    ]


def test_without_the_bookings_lock_it_is_moved_and_called_off_by_the_old_time(
    shop: Shop, lesson: SessionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = pack_of(shop.tenant, lesson, units=2)
    booking = booked(shop, pack, lesson, at=60)
    gate = Barrier(2)
    for room in (cancelling, moving):
        monkeypatch.setattr(room, "locked", unlocked)
        monkeypatch.setattr(room, "pending_of", all_at(gate, room.pending_of))
    moved, cancelled = at_once(presses(shop, booking)[:2])
    assert isinstance(moved, Booking)
    assert isinstance(cancelled, Cancellation)
    still_free = cancelled.asked_at + 24 * HOUR <= worlds.reread(shop.tenant, booking).session.starts_at
    assert (cancelled.outcome, still_free) == ("returned", False)


def test_who_waits_for_a_move_decides_by_the_new_time(
    shop: Shop, lesson: SessionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = pack_of(shop.tenant, lesson, units=2)
    booking = booked(shop, pack, lesson, at=60)
    move, cancel, _ = presses(shop, booking)
    assert names(at_once([move, once_moved(monkeypatch, cancel)])) == ["Booking", "OutcomeChanged"]


def once_moved(monkeypatch: pytest.MonkeyPatch, press: Callable[[], Any]) -> Callable[[], Any]:
    """`press`, when the booking is moved already and the mover has yet to finish."""
    moved, put = Event(), moving._put

    def put_and_let_the_other_wait(*args: Any) -> None:
        put(*args)
        moved.set()
        sleep(0.3)

    def press_meanwhile() -> Any:
        assert moved.wait(TOGETHER_SECONDS)
        return press()

    monkeypatch.setattr(moving, "_put", put_and_let_the_other_wait)
    return press_meanwhile


def test_who_waits_for_a_move_marks_no_session_that_is_still_to_come(
    shop: Shop, lesson: SessionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = booked(shop, pack_of(shop.tenant, lesson, units=2), lesson, at=60)
    begun = booking.session.starts_at
    asked: dict[str, Any] = {"booking_id": booking.pk, "now": begun, "actor": ANNA}
    move = inside(shop.tenant, moving.move_by_coach, **asked, starts_at=begun + 24 * HOUR)
    mark = inside(shop.tenant, bookings.record_attendance, **asked, came=True)
    assert names(at_once([move, once_moved(monkeypatch, mark)])) == ["Booking", "IllegalMove"]
    assert worlds.reread(shop.tenant, booking).status == BookingStatus.CONFIRMED


@ROUNDS
def test_what_was_shown_to_a_client_is_done_or_refused_while_the_coach_moves_it(
    shop: Shop, lesson: SessionType, turn: int
) -> None:
    pack = pack_of(shop.tenant, lesson, units=2)
    booking = booked(shop, pack, lesson, at=60)
    got = at_once(presses(shop, booking)[:2])
    assert names(got) in (["Booking", "OutcomeChanged"], ["Cancellation", "CannotMove"])


@ROUNDS
def test_called_off_by_both_while_it_is_moved_it_is_called_off_once(
    shop: Shop, lesson: SessionType, turn: int
) -> None:
    pack = pack_of(shop.tenant, lesson, units=2)
    booking = booked(shop, pack, lesson, at=60)
    got = at_once(presses(shop, booking))
    refused = (moving.CannotMove, cancelling.OutcomeChanged)
    assert [each for each in got if isinstance(each, Exception) and not isinstance(each, refused)] == []
    assert len({each.pk for each in got if isinstance(each, Cancellation)}) == 1
    with clock.travel(61):
        at_once([worlds.drain] * 3)
        worlds.drain()
    assert not worlds.failures()
    assert states(shop, booking) == ["cancelled"]
    with tenant_context(shop.tenant):
        assert [units for kind, units in sold.kinds(pack) if kind == "returned"] == [1]


# --- undone, while it is carried out -----------------------------------------------------------------


def undo_and_carry_out(shop: Shop, booking: Booking) -> tuple[Cancellation, list[Callable[[], Any]]]:
    asked: dict[str, Any] = {"booking_id": booking.pk, "now": clock.now(), "actor": CLEO}
    row = inside(shop.tenant, cancelling.cancel, cause=Cause.CLIENT, **asked)()
    ends = row.takes_effect_at
    return row, [
        inside(shop.tenant, cancelling.undo, booking_id=booking.pk, now=ends - SECOND),
        inside(shop.tenant, cancelling.carry_out, reference=row.pk, now=ends),
    ]


def stands(shop: Shop, row: Cancellation, booking: Booking, pack: Pack) -> tuple[str, str, int]:
    with tenant_context(shop.tenant):
        row.refresh_from_db()
    return row.status, worlds.reread(shop.tenant, booking).status, left(shop, pack)


UNDONE = (CancellationStatus.UNDONE, BookingStatus.CONFIRMED, 1)
DONE = (CancellationStatus.DONE, BookingStatus.CANCELLED, 2)


def test_without_the_bookings_lock_the_guarded_step_lets_one_of_them_win(
    shop: Shop, lesson: SessionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = pack_of(shop.tenant, lesson, units=2)
    booking = booked(shop, pack, lesson, at=60)
    row, calls = undo_and_carry_out(shop, booking)
    gate = Barrier(2)
    monkeypatch.setattr(cancelling, "locked", unlocked)
    monkeypatch.setattr(cancelling, "try_move", before(gate, cancelling.try_move))
    monkeypatch.setattr(cancelling, "move", before(gate, cancelling.move))
    undone, carried_out = at_once(calls)
    if undone is True:
        assert isinstance(carried_out, IllegalMove)
    assert stands(shop, row, booking, pack) == (UNDONE if undone is True else DONE)


def before(gate: Barrier, step: Callable[..., Any]) -> Callable[..., Any]:
    """`step` of a cancellation, into which nobody goes before all have come to theirs."""

    def together(row: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(row, Cancellation):
            gate.wait(TOGETHER_SECONDS)
        return step(row, *args, **kwargs)

    return together


@ROUNDS
def test_what_is_undone_is_not_carried_out(shop: Shop, lesson: SessionType, turn: int) -> None:
    pack = pack_of(shop.tenant, lesson, units=2)
    booking = booked(shop, pack, lesson, at=60)
    row, calls = undo_and_carry_out(shop, booking)
    undone, carried_out = at_once(calls)
    assert carried_out is None
    assert stands(shop, row, booking, pack) == (UNDONE if undone else DONE)


# --- accepted, while the time to answer ends ---------------------------------------------------------


def answer_and_lapse(shop: Shop, booking: Booking) -> list[Callable[[], Any]]:
    ends = booking.answer_by
    assert ends is not None
    return [
        inside(shop.tenant, answers.accept, booking_id=booking.pk, now=ends - SECOND, actor=ANNA),
        inside(shop.tenant, answers.lapse, reference=booking.pk, now=ends),
    ]


def test_without_the_requests_lock_the_guarded_step_lets_one_of_them_win(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = worlds.session_type(shop.tenant, name="Asked", needs_approval=True)
    pack = pack_of(shop.tenant, asking, units=2)
    booking = booked(shop, pack, asking, at=80)
    gate = Barrier(2)
    monkeypatch.setattr(answers, "_unanswered", all_at(gate, lambda pk, _now: unlocked(pk)))
    monkeypatch.setattr(answers, "_let_go", before_all(gate, answers._let_go))
    accepted, lapsed = at_once(answer_and_lapse(shop, booking))
    assert lapsed is None
    won = isinstance(accepted, Booking)
    assert won or isinstance(accepted, IllegalMove), accepted
    assert states(shop, booking) == ["confirmed" if won else "expired"]
    assert left(shop, pack) == (1 if won else 2)


def before_all(gate: Barrier, step: Callable[..., Any]) -> Callable[..., Any]:
    def together(*args: Any, **kwargs: Any) -> Any:
        gate.wait(TOGETHER_SECONDS)
        return step(*args, **kwargs)

    return together


@ROUNDS
def test_a_request_is_accepted_with_its_unit_or_let_go_with_none(shop: Shop, turn: int) -> None:
    asking = worlds.session_type(shop.tenant, name="Asked", needs_approval=True)
    pack = pack_of(shop.tenant, asking, units=2)
    booking = booked(shop, pack, asking, at=80)
    accepted, lapsed = at_once(answer_and_lapse(shop, booking))
    assert lapsed is None
    won = isinstance(accepted, Booking)
    assert won or isinstance(accepted, answers.AlreadyAnswered)
    assert states(shop, booking) == ["confirmed" if won else "expired"]
    assert left(shop, pack) == (1 if won else 2)


@ROUNDS
def test_a_request_is_accepted_and_captured_or_let_go_with_the_money(shop: Shop, turn: int) -> None:
    asking = worlds.session_type(shop.tenant, needs_approval=True)
    booking = worlds.sell(shop, asking, at=worlds.hour(80))
    accepted, _lapsed = at_once(answer_and_lapse(shop, booking))
    worlds.hear_stripe(shop.stripe)
    worlds.drain()
    won = isinstance(accepted, Booking)
    attempt = worlds.attempt_for(shop.tenant, booking)
    intent = gateway.fetch_intent(account_id=attempt.account_id, intent_id=attempt.intent_id)
    assert states(shop, booking) == ["confirmed" if won else "expired"]
    assert intent.status == ("succeeded" if won else "canceled")
    assert attempt.refunded_minor == 0


# --- a series and a single booking -------------------------------------------------------------------


def three_days(shop: Shop, pack: Pack, kind: SessionType) -> dict[str, Any]:
    first = worlds.hour(20)
    with tenant_context(shop.tenant):
        practice = series.Practice.objects.get()
    asked: dict[str, Any] = {
        "client_id": pack.client_id,
        "slug": kind.slug,
        "days": series.weekly(first.astimezone(clock.zone(practice.timezone)).date(), count=3),
        "at": series.wall_of(first, practice),
        "now": clock.now(),
        "by_coach": False,
    }
    with tenant_context(shop.tenant):
        return {**asked, "key": series.plan(**asked).key, "actor": CLEO}


def taking_one_of(shop: Shop, kind: SessionType, at: datetime) -> Callable[[], Any]:
    return partial(worlds.held, shop.tenant, kind, at=at, browser="another")


def meeting_before_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have seen the time free."""
    gate = Barrier(2)
    waited: list[object] = []

    def once(planned: Any) -> Any:
        def together(*args: Any, **kwargs: Any) -> Any:
            result = planned(*args, **kwargs)
            if not waited:
                waited.append(result)
                gate.wait(TOGETHER_SECONDS)
            return result

        return together

    monkeypatch.setattr(series, "plan", once(series.plan))
    clear = holds._clear_the_way

    def clear_together(*args: Any) -> None:
        clear(*args)
        gate.wait(TOGETHER_SECONDS)

    monkeypatch.setattr(holds, "_clear_the_way", clear_together)


def test_looking_first_alone_would_give_a_time_of_a_series_to_somebody_else_too(
    shop: Shop, lesson: SessionType, as_owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack = pack_of(shop.tenant, lesson, units=5)
    asked = three_days(shop, pack, lesson)
    with without_the_constraint(shop.tenant, as_owner):
        meeting_before_they_take(monkeypatch)
        whole, single = at_once(
            [inside(shop.tenant, series.confirm, **asked), taking_one_of(shop, lesson, worlds.hour(20))]
        )
        assert (len(whole), type(single)) == (3, Booking)


@ROUNDS
def test_a_series_is_booked_whole_or_not_at_all(
    shop: Shop, lesson: SessionType, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    pack = pack_of(shop.tenant, lesson, units=5)
    asked = three_days(shop, pack, lesson)
    meeting_before_they_take(monkeypatch)
    wanted = worlds.hour(20) + timedelta(weeks=2)
    whole, single = at_once(
        [inside(shop.tenant, series.confirm, **asked), taking_one_of(shop, lesson, wanted)]
    )
    if isinstance(whole, list):
        assert (len(whole), type(single)) == (3, holds.SlotTaken)
    else:
        assert (type(whole), type(single)) == (series.PlanChanged, Booking)
        assert [each.problem for each in whole.plan.dates] == ["", "", series.CLOSED]
    with tenant_context(shop.tenant):
        confirmed = Booking.objects.filter(status=BookingStatus.CONFIRMED).count()
    assert (confirmed, left(shop, pack)) == ((3, 2) if isinstance(whole, list) else (0, 5))


# --- money goes back, while the unit is spent --------------------------------------------------------


def refund_and_use(shop: Shop, kind: SessionType) -> tuple[Pack, list[Callable[[], Any]]]:
    """All of a pack's money goes back in Stripe's dashboard, and its client books."""
    pack = worlds.buy_pack(shop, single_unit(shop, kind))
    attempt = worlds.attempt_for(shop.tenant, pack)
    shop.stripe.dashboard_refund(attempt.stripe_charge_id)
    [held] = holding(shop, kind, 3)
    return pack, [
        inside(shop.tenant, settle, attempt_id=attempt.pk, now=clock.now()),
        using(shop, pack, held),
    ]


def single_unit(shop: Shop, kind: SessionType) -> PackOffer:
    return worlds.pack_offer(shop.tenant, kind, units=1, price_minor=4500)


def test_without_the_packs_lock_refund_and_spend_meet_in_the_ledger(
    shop: Shop, lesson: SessionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack, calls = refund_and_use(shop, lesson)
    without_the_packs_lock(monkeypatch)
    monkeypatch.setattr(ledger, "_for_writing", lambda: Pack.objects.select_related("offer"))
    monkeypatch.setattr(ledger, "last_and_left", meeting(ledger.last_and_left, 2))
    assert "IntegrityError" in names(at_once(calls))
    assert left(shop, pack) == 0


@ROUNDS
def test_a_refunded_unit_is_gone_or_used_and_owed(shop: Shop, lesson: SessionType, turn: int) -> None:
    pack, calls = refund_and_use(shop, lesson)
    _settled, used = at_once(calls)
    worlds.hear_stripe(shop.stripe)
    assert used is None or isinstance(used, CannotSpend), used
    assert left(shop, pack) == 0
    assert worlds.reread_pack(shop.tenant, pack).owed_minor == (4500 if used is None else 0)
