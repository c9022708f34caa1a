"""Pausing, resuming, cancelling and another price: what each does, when, and how it is taken back."""

from datetime import date, datetime, timedelta

import pytest
from django.db import transaction

from kit.clock import start_of_day
from tenants.activity.models import Event
from tenants.billing.models import Charge, ChargeStatus, InstalmentStatus
from tenants.offers.prices import PriceTooSmall
from tenants.retainers import fulfilment, pricing, standing
from tenants.retainers.models import Retainer, RetainerPeriod, RetainerStatus
from tenants.retainers.standing import CannotChange
from tests.retainers import begun
from tests.retainers.begun import at

pytestmark = pytest.mark.usefixtures("berlin")

MAY, CHARGED, JUNE = at("2026-05-01T10:00"), at("2026-05-29T07:00"), at("2026-05-31T22:00")
DAY = timedelta(days=1)


def midnight(day: str) -> datetime:
    return start_of_day(date.fromisoformat(day), "Europe/Berlin")


def pause(retainer: Retainer, *, now: datetime) -> Retainer:
    return standing.pause(retainer_id=retainer.pk, now=now, actor=begun.CLIENT)


def cancel(retainer: Retainer, *, now: datetime) -> Retainer:
    return standing.cancel(retainer_id=retainer.pk, now=now, actor=begun.CLIENT)


def keep(retainer: Retainer, *, now: datetime) -> Retainer:
    return standing.keep(retainer_id=retainer.pk, now=now, actor=begun.CLIENT)


def charge_of(period: RetainerPeriod) -> Charge:
    return Charge.objects.get(purpose="retainer", reference=period.pk)


def kinds() -> list[str]:
    found = Event.objects.filter(kind__startswith="retainer.").order_by("at", "pk")
    return [kind.removeprefix("retainer.") for kind in found.values_list("kind", flat=True)]


# --- pausing -----------------------------------------------------------------------------------------


def test_a_pause_comes_when_what_is_paid_is_over() -> None:
    retainer = begun.begun(now=MAY)
    assert standing.effect(retainer=retainer, now=MAY).at == JUNE
    for _ in range(2):
        assert pause(retainer, now=MAY + DAY).status == RetainerStatus.ACTIVE
    begun.spend(retainer, now=MAY + 2 * DAY)
    begun.turned(retainer, now=JUNE - timedelta(seconds=1))
    assert begun.reread(retainer).status == RetainerStatus.ACTIVE
    begun.turned(retainer, now=JUNE)
    paused = begun.reread(retainer)
    assert (paused.status, paused.paused_because) == (RetainerStatus.PAUSED, "client")
    assert len(begun.periods(retainer)) == 1
    assert kinds() == ["started", "paused"]
    assert Event.objects.get(kind="retainer.paused").data["at"] == JUNE.isoformat()


def test_what_was_opened_ahead_and_is_not_paid_is_let_go() -> None:
    retainer = begun.begun(now=MAY)
    begun.turned(retainer, now=CHARGED)
    _may, june = begun.periods(retainer)
    means = standing.effect(retainer=begun.reread(retainer), now=CHARGED)
    assert (means.at, means.let_go) == (JUNE, june)
    pause(retainer, now=CHARGED + timedelta(minutes=1))
    june.refresh_from_db()
    assert (june.status, charge_of(june).status) == ("unpaid", ChargeStatus.VOID)
    assert charge_of(june).instalments.get().status == InstalmentStatus.VOID
    with transaction.atomic():
        assert not fulfilment.still_owed(reference=june.pk, now=CHARGED)
    begun.turned(retainer, now=JUNE)
    assert begun.reread(retainer).status == RetainerStatus.PAUSED


def test_what_is_paid_ahead_is_paid_and_the_pause_comes_after_it() -> None:
    retainer = begun.begun(now=MAY)
    begun.renewed(retainer, now=CHARGED)
    pause(retainer, now=CHARGED + DAY)
    begun.turned(retainer, now=JUNE)
    assert begun.reread(retainer).status == RetainerStatus.ACTIVE
    begun.turned(retainer, now=midnight("2026-07-01"))
    assert begun.reread(retainer).status == RetainerStatus.PAUSED


def test_taken_back_in_time_it_goes_on_as_before() -> None:
    retainer = begun.begun(now=MAY)
    begun.turned(retainer, now=CHARGED)
    pause(retainer, now=CHARGED + timedelta(minutes=1))
    kept = keep(retainer, now=CHARGED + timedelta(minutes=2))
    assert (kept.pause_wanted_at, kept.paused_because) == (None, "")
    # The same days are opened anew, with a charge of their own.
    _may, dropped, june = begun.periods(retainer)
    assert (dropped.starts_at, june.starts_at) == (JUNE, JUNE)
    assert (charge_of(dropped).status, charge_of(june).status) == (ChargeStatus.VOID, ChargeStatus.OPEN)
    assert kinds() == ["started", "upcoming", "paused", "resumed"]
    begun.paid(june, now=CHARGED + timedelta(minutes=3))
    assert begun.reread(retainer).next_at == midnight("2026-07-01")


def test_when_it_has_come_it_is_not_taken_back_but_resumed() -> None:
    retainer = begun.begun(now=MAY)
    pause(retainer, now=MAY)
    begun.turned(retainer, now=JUNE)
    with pytest.raises(CannotChange, match="paused already"):
        keep(retainer, now=JUNE)


# --- resuming ----------------------------------------------------------------------------------------


def paused(now: datetime = JUNE) -> Retainer:
    retainer = begun.begun(now=MAY, rollover="all")
    pause(retainer, now=MAY)
    begun.turned(retainer, now=now)
    return begun.reread(retainer)


def test_resumed_it_begins_anew_with_its_payment() -> None:
    retainer, now = paused(), at("2026-06-20T10:00")
    for _ in range(2):
        address = standing.resume(retainer_id=retainer.pk, now=now, actor=begun.CLIENT)
    assert "/pay/" in address
    may, anew = begun.periods(retainer)
    assert (charge_of(anew).status, charge_of(anew).instalments.get().due_at) == ("open", now)
    assert begun.reread(retainer).status == RetainerStatus.PAUSED
    begun.paid(anew, now=at("2026-06-21T10:00"))
    resumed = begun.reread(retainer)
    anew.refresh_from_db()
    assert (resumed.status, resumed.paused_because, resumed.anchor_on) == ("active", "", date(2026, 6, 21))
    assert (anew.starts_at, anew.ends_at) == (midnight("2026-06-21"), midnight("2026-07-21"))
    # What was left of May waited through the pause.
    assert (begun.left(may), begun.left(anew)) == (0, 8)
    assert kinds() == ["started", "paused", "resumed"]


def test_only_what_is_paused_is_resumed() -> None:
    retainer = begun.begun(now=MAY)
    with pytest.raises(CannotChange, match="not paused"):
        standing.resume(retainer_id=retainer.pk, now=MAY, actor=begun.CLIENT)


def test_a_resumed_one_whose_card_is_given_up_stays_paused() -> None:
    retainer = paused()
    standing.resume(retainer_id=retainer.pk, now=JUNE + DAY, actor=begun.CLIENT)
    _may, anew = begun.periods(retainer)
    with transaction.atomic():
        part = charge_of(anew).instalments.get()
        fulfilment.unpaid(reference=anew.pk, instalment_id=part.pk, now=JUNE + 8 * DAY, actor=begun.COACH)
    assert (begun.reread(retainer).status, begun.reread(retainer).paused_because) == ("paused", "unpaid")
    standing.resume(retainer_id=retainer.pk, now=JUNE + 9 * DAY, actor=begun.CLIENT)
    assert len(begun.periods(retainer)) == 2


# --- cancelling --------------------------------------------------------------------------------------


def test_an_end_comes_when_what_is_paid_is_over() -> None:
    retainer = begun.begun(now=MAY)
    for _ in range(2):
        cancel(retainer, now=MAY + DAY)
    begun.spend(retainer, now=MAY + 2 * DAY)
    begun.turned(retainer, now=JUNE)
    ended = begun.reread(retainer)
    assert (ended.status, ended.ended_at, ended.ended_because) == (RetainerStatus.ENDED, JUNE, "client")
    assert kinds() == ["started", "cancel_wanted", "ended"]
    assert begun.turned(retainer, now=JUNE + DAY) is None


def test_a_cancel_outranks_a_pause_and_can_be_taken_back() -> None:
    retainer = begun.begun(now=MAY)
    pause(retainer, now=MAY)
    assert cancel(retainer, now=MAY).pause_wanted_at is None
    with pytest.raises(CannotChange, match="was cancelled"):
        pause(retainer, now=MAY)
    keep(retainer, now=MAY + DAY)
    begun.turned(retainer, now=CHARGED)
    assert len(begun.periods(retainer)) == 2


def test_a_late_one_ends_at_once_when_nothing_of_it_is_paid() -> None:
    retainer = begun.begun(now=MAY)
    begun.turned(retainer, now=CHARGED)
    _may, june = begun.periods(retainer)
    assert standing.effect(retainer=begun.reread(retainer), now=JUNE + DAY).at is None
    ended = cancel(retainer, now=JUNE + DAY)
    assert (ended.status, ended.ended_at) == (RetainerStatus.ENDED, JUNE)
    assert charge_of(june).status == ChargeStatus.VOID
    assert kinds() == ["started", "upcoming", "ended"]


def test_a_paused_one_ends_at_once() -> None:
    retainer = paused()
    ended = cancel(retainer, now=JUNE + 3 * DAY)
    assert (ended.status, ended.ended_at) == (RetainerStatus.ENDED, JUNE + 3 * DAY)
    [may] = begun.periods(retainer)
    assert begun.left(may) == 0


def test_the_debt_of_one_that_was_given_up_ends_with_it() -> None:
    retainer = begun.begun(now=MAY)
    begun.turned(retainer, now=CHARGED)
    _may, june = begun.periods(retainer)
    with transaction.atomic():
        part = charge_of(june).instalments.get()
        fulfilment.unpaid(reference=june.pk, instalment_id=part.pk, now=CHARGED + 7 * DAY, actor=begun.COACH)
    cancel(retainer, now=CHARGED + 8 * DAY)
    assert begun.reread(retainer).status == RetainerStatus.ENDED
    assert charge_of(june).status == ChargeStatus.VOID


def test_what_is_over_or_has_not_begun_is_not_changed() -> None:
    ordered, _period = begun.ordered(now=MAY)
    for change in (pause, cancel, keep):
        with pytest.raises(CannotChange, match="it has not begun"):
            change(ordered, now=MAY)


# --- another price -----------------------------------------------------------------------------------


def change_price(retainer: Retainer, minor: int, *, now: datetime) -> Retainer:
    return pricing.change_price(retainer_id=retainer.pk, price_minor=minor, now=now, actor=begun.COACH)


@pytest.mark.parametrize(
    ("told_at", "counts_from"),
    [("2026-05-22T07:00", "2026-06-01"), ("2026-05-22T07:01", "2026-07-01")],
)
def test_a_new_price_is_told_a_week_before_it_is_charged(told_at: str, counts_from: str) -> None:
    retainer = begun.begun(now=MAY)
    changed = change_price(retainer, 25000, now=at(told_at))
    assert (changed.price_minor, changed.new_price_from) == (20000, midnight(counts_from))
    june = begun.renewed(retainer, now=CHARGED)
    july = begun.renewed(retainer, now=at("2026-06-28T07:00"))
    assert (june.price_minor, july.price_minor) == (20000 if counts_from > "2026-06-15" else 25000, 25000)
    assert begun.reread(retainer).new_price_minor is None
    [said] = Event.objects.filter(kind="retainer.price_changed").values_list("data", flat=True)
    assert (said["price_minor"], said["before_minor"]) == (25000, 20000)


def test_an_announced_price_is_taken_back_by_the_present_one() -> None:
    retainer = begun.begun(now=MAY)
    change_price(retainer, 25000, now=MAY)
    change_price(retainer, 25000, now=MAY)
    assert change_price(retainer, 20000, now=MAY + DAY).new_price_minor is None
    assert begun.renewed(retainer, now=CHARGED).price_minor == 20000
    assert kinds().count("price_changed") == 2


def test_a_price_no_card_takes_and_one_of_what_ends_are_refused() -> None:
    retainer = begun.begun(now=MAY)
    with pytest.raises(PriceTooSmall):
        change_price(retainer, 10, now=MAY)
    cancel(retainer, now=MAY)
    with pytest.raises(CannotChange, match="nothing more is charged"):
        change_price(retainer, 25000, now=MAY)
