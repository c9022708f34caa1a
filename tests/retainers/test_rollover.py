"""What a period leaves over, in the books: it goes on, waits, or lapses, each with its entry."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from kit.ids import uuid7
from tenants.retainers import fulfilment, ledger, standing
from tenants.retainers.models import RetainerPeriod
from tests.retainers import begun
from tests.retainers.begun import at

pytestmark = pytest.mark.usefixtures("berlin")

MAY, CHARGED, JUNE = at("2026-05-01T10:00"), at("2026-05-29T07:00"), at("2026-05-31T22:00")
DAY = timedelta(days=1)


def two_months(used: int = 1, **terms: object) -> tuple[RetainerPeriod, RetainerPeriod]:
    """May with some used, and June paid ahead; then May is over."""
    retainer = begun.begun(now=MAY, **terms)
    for _ in range(used):
        begun.spend(retainer, now=MAY)
    begun.renewed(retainer, now=CHARGED)
    begun.turned(retainer, now=JUNE)
    may, june = begun.periods(retainer)
    return may, june


def test_without_a_roll_over_the_rest_lapses_with_its_period() -> None:
    may, june = two_months()
    assert begun.books(may) == [("included", 4), ("spent", -1), ("lapsed", -3)]
    assert begun.books(june) == [("included", 4)]
    lapsed = may.entries.get(kind="lapsed")
    assert (lapsed.cause, lapsed.rule, lapsed.actor_kind) == ("period_over", "rollover:none", "system")


def test_all_of_it_goes_on() -> None:
    may, june = two_months(rollover="all")
    assert begun.books(may) == [("included", 4), ("spent", -1), ("rolled_out", -3)]
    assert begun.books(june) == [("included", 4), ("rolled_in", 3)]
    assert june.entries.get(kind="rolled_in").data["from"] == str(may.pk)


def test_up_to_a_cap_goes_on_and_the_rest_lapses() -> None:
    may, june = two_months(rollover="capped", rollover_cap=2)
    assert begun.books(may) == [("included", 4), ("spent", -1), ("lapsed", -1), ("rolled_out", -2)]
    assert begun.books(june) == [("included", 4), ("rolled_in", 2)]


def test_nothing_goes_on_before_the_period_is_over_and_nothing_twice() -> None:
    retainer = begun.begun(now=MAY, rollover="all")
    begun.renewed(retainer, now=CHARGED)
    begun.turned(retainer, now=JUNE - timedelta(seconds=1))
    assert [begun.left(each) for each in begun.periods(retainer)] == [4, 4]
    for _ in range(3):
        begun.turned(retainer, now=JUNE)
    assert [begun.left(each) for each in begun.periods(retainer)] == [0, 8]


def test_a_cap_holds_from_period_to_period() -> None:
    retainer = begun.begun(now=MAY, rollover="capped", rollover_cap=2)
    for month in ("2026-05-29", "2026-06-28", "2026-07-29", "2026-08-29"):
        begun.renewed(retainer, now=at(f"{month}T07:00"))
    begun.turned(retainer, now=at("2026-09-01T10:00"))
    *over, current = begun.periods(retainer)
    assert [begun.left(each) for each in over] == [0, 0, 0, 0]
    assert begun.left(current) == 6


def test_a_worker_that_was_away_finds_the_same_result() -> None:
    retainer = begun.begun(now=MAY, rollover="capped", rollover_cap=1)
    begun.spend(retainer, now=MAY)
    for month in ("2026-05-29", "2026-06-28", "2026-07-29"):
        begun.renewed(retainer, now=at(f"{month}T07:00"))
    told = [begun.books(each) for each in begun.periods(retainer)]
    begun.turned(retainer, now=at("2026-08-01T10:00"))
    assert [begun.left(each) for each in begun.periods(retainer)] == [0, 0, 0, 5]
    assert told[0] == [("included", 4), ("spent", -1), ("lapsed", -2), ("rolled_out", -1)]


def test_what_may_go_on_waits_for_a_late_payment() -> None:
    retainer = begun.begun(now=MAY, rollover="capped", rollover_cap=2)
    begun.turned(retainer, now=CHARGED)
    begun.turned(retainer, now=JUNE + DAY)
    may, june = begun.periods(retainer)
    assert (begun.left(may), may.entries.filter(kind="lapsed").count()) == (2, 1)
    begun.paid(june, now=JUNE + 2 * DAY)
    assert (begun.left(may), begun.left(june)) == (0, 6)


def test_with_the_retainer_all_that_is_left_lapses() -> None:
    retainer = begun.begun(now=MAY, rollover="all")
    standing.cancel(retainer_id=retainer.pk, now=MAY + DAY, actor=begun.CLIENT)
    begun.turned(retainer, now=JUNE)
    [may] = begun.periods(retainer)
    assert begun.books(may) == [("included", 4), ("lapsed", -4)]
    assert may.entries.get(kind="lapsed").rule == "ended"


# --- what comes back ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "terms", "now_left"),
    [
        ("client", {}, 4),
        ("client", {"rollover": "all"}, 8),
        ("client", {"rollover": "capped", "rollover_cap": 3}, 7),
        # The cap was used when May ended, so nothing more of it goes on by the rule.
        ("client", {"rollover": "capped", "rollover_cap": 2}, 6),
        # What the coach or the weather called off goes on in any case.
        ("coach", {}, 5),
        ("weather", {"rollover": "capped", "rollover_cap": 2}, 7),
    ],
)
def test_what_comes_back_to_a_period_that_is_over_goes_on_by_the_rule(
    cause: str, terms: dict[str, object], now_left: int
) -> None:
    retainer, booking = begun.begun(now=MAY, **terms), uuid4()
    begun.spend(retainer, now=MAY, booking_id=booking)
    begun.renewed(retainer, now=CHARGED)
    begun.turned(retainer, now=JUNE)
    may, june = begun.periods(retainer)
    back = begun.give_back(booking, now=JUNE + DAY, cause=cause)
    assert back is not None
    assert (back.period_id, back.units) == (may.pk, 1)
    assert (begun.left(may), begun.left(june)) == (0, now_left)


def test_what_the_coach_called_off_within_the_period_goes_on_when_it_was_not_used_again() -> None:
    retainer, booking = begun.begun(now=MAY), uuid7()
    begun.spend(retainer, now=MAY, booking_id=booking)
    begun.give_back(booking, now=MAY + DAY, cause="coach")
    begun.renewed(retainer, now=CHARGED)
    begun.turned(retainer, now=JUNE)
    may, june = begun.periods(retainer)
    assert begun.books(may)[3:] == [("lapsed", -3), ("rolled_out", -1)]
    assert begun.left(june) == 5


# --- refunds -----------------------------------------------------------------------------------------


def refund(period: RetainerPeriod, minor: int, *, key: str = "k") -> None:
    with transaction.atomic():
        fulfilment.refunded(
            reference=period.pk,
            captured_minor=20000,
            refunded_minor=minor,
            key=key,
            now=MAY,
            actor=begun.COACH,
        )


@pytest.mark.parametrize(("minor", "gone"), [(1, 1), (5000, 1), (5001, 2), (10000, 2), (20000, 4)])
def test_a_refund_takes_sessions_in_proportion_rounded_up(minor: int, gone: int) -> None:
    retainer = begun.begun(now=MAY)
    [period] = begun.periods(retainer)
    refund(period, minor)
    refund(period, minor)
    assert begun.books(period) == [("included", 4), ("refunded", -gone)]
    assert RetainerPeriod.objects.get(pk=period.pk).refunded_minor == minor


def test_what_was_used_stays_used_and_what_comes_back_of_it_goes_at_once() -> None:
    retainer, booking = begun.begun(now=MAY), uuid7()
    [period] = begun.periods(retainer)
    begun.spend(retainer, now=MAY, booking_id=booking)
    refund(period, 20000)
    assert begun.books(period) == [("included", 4), ("spent", -1), ("refunded", -3)]
    begun.give_back(booking, now=MAY)
    assert begun.books(period)[3:] == [("returned", 1), ("refunded", -1)]


def test_what_rolled_in_was_paid_before_and_stays() -> None:
    may, june = two_months(rollover="all")
    refund(june, 20000)
    assert (begun.left(may), begun.left(june)) == (0, 3)


def test_a_period_without_end_that_was_refunded_pays_for_nothing_more() -> None:
    retainer = begun.begun(now=MAY, included=None)
    [period] = begun.periods(retainer)
    refund(period, 10000)
    begun.spend(retainer, now=MAY)
    refund(period, 20000)
    with pytest.raises(Exception, match="went back"):
        begun.spend(retainer, now=MAY)
    assert ledger.left_of(period.pk) == -1
