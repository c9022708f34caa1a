"""A retainer's turns, in moved time: when a period opens, what is told before, what a late payment does."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from kit.clock import start_of_day
from tenants.activity.models import Event
from tenants.billing.models import Charge, ChargeStatus, Instalment, InstalmentKind
from tenants.offers.models import Practice
from tenants.registry.models import Wakeup
from tenants.retainers import fulfilment, late, schedule, standing
from tenants.retainers.models import Retainer, RetainerPeriod, RetainerStatus
from tests.retainers import begun
from tests.retainers.begun import at

pytestmark = pytest.mark.usefixtures("berlin")

BERLIN = "Europe/Berlin"
MAY, CHARGED, JUNE = at("2026-05-01T10:00"), at("2026-05-29T07:00"), at("2026-05-31T22:00")
DAY = timedelta(days=1)


def midnight(day: str) -> datetime:
    return start_of_day(date.fromisoformat(day), BERLIN)


def charge_of(period: RetainerPeriod) -> Charge:
    return Charge.objects.get(purpose="retainer", reference=period.pk)


def told(kind: str) -> list[dict[str, Any]]:
    return list(Event.objects.filter(kind=kind).order_by("at", "pk").values_list("data", flat=True))


def refused(period: RetainerPeriod, *, now: datetime) -> None:
    """Billing tells that the card was refused."""
    data = {"purpose": "retainer", "reference": str(period.pk)}
    with transaction.atomic():
        late.follow(event=Event(kind="instalment.failed", data=data), now=now)


def given_up(period: RetainerPeriod, *, now: datetime) -> None:
    with transaction.atomic():
        part = charge_of(period).instalments.get()
        fulfilment.unpaid(reference=period.pk, instalment_id=part.pk, now=now, actor=begun.COACH)


# --- the beginning -----------------------------------------------------------------------------------


def test_the_first_period_begins_at_midnight_of_the_day_of_its_payment() -> None:
    retainer, period = begun.ordered(now=at("2026-04-30T21:50"))
    begun.paid(period, now=at("2026-04-30T22:10"))
    retainer = begun.reread(retainer)
    [may] = begun.periods(retainer)
    assert (may.starts_at, may.ends_at) == (midnight("2026-05-01"), midnight("2026-06-01"))
    assert (retainer.status, retainer.anchor_on) == (RetainerStatus.ACTIVE, date(2026, 5, 1))
    assert retainer.next_at == midnight("2026-06-01")
    assert [each["period"] for each in told("retainer.started")] == [str(may.pk)]


def test_told_twice_that_it_is_paid_it_begins_once() -> None:
    retainer = begun.begun(now=MAY)
    [period] = begun.periods(retainer)
    begun.paid(period, now=MAY + DAY)
    assert begun.books(period) == [("included", 4)]
    assert len(told("retainer.started")) == 1


# --- the next period ---------------------------------------------------------------------------------


def test_the_next_period_opens_some_days_ahead_and_is_owed_then() -> None:
    retainer = begun.begun(now=MAY)
    begun.turned(retainer, now=CHARGED - timedelta(seconds=1))
    assert len(begun.periods(retainer)) == 1
    begun.turned(retainer, now=CHARGED)
    begun.turned(retainer, now=CHARGED + DAY)
    _may, june = begun.periods(retainer)
    assert (june.starts_at, june.ends_at, june.status) == (JUNE, midnight("2026-07-01"), "open")
    charge = charge_of(june)
    assert (charge.amount_minor, charge.currency, charge.units, charge.status) == (20000, "eur", 4, "open")
    part = charge.instalments.get()
    assert (part.kind, part.by_card, part.due_at) == (InstalmentKind.PERIOD, True, CHARGED)
    assert begun.reread(retainer).next_at == midnight("2026-07-01")


def test_an_unlimited_period_counts_as_its_weeks() -> None:
    retainer = begun.begun(now=MAY, included=None)
    begun.turned(retainer, now=CHARGED)
    assert charge_of(begun.periods(retainer)[1]).units == 4


def test_a_year_of_months_keeps_its_day(berlin: object) -> None:
    retainer = begun.begun(now=at("2027-01-31T10:00"))
    now = at("2027-01-31T10:00")
    for _ in range(11):
        due_at = schedule.next_charge_at(begun.reread(retainer), BERLIN)
        assert due_at > now
        now = due_at
        begun.renewed(retainer, now=now)
    starts = [each.starts_at for each in begun.periods(retainer)]
    days = [
        "01-31",
        "02-28",
        "03-31",
        "04-30",
        "05-31",
        "06-30",
        "07-31",
        "08-31",
        "09-30",
        "10-31",
        "11-30",
        "12-31",
    ]
    assert starts == [midnight(f"2027-{day}") for day in days]


def test_what_nobody_could_use_is_not_charged() -> None:
    """No worker came by for more than a month."""
    retainer = begun.begun(now=MAY)
    begun.turned(retainer, now=at("2026-07-20T10:00"))
    _may, july = begun.periods(retainer)
    assert (july.starts_at, july.number) == (midnight("2026-07-01"), 2)


def test_the_wakeup_comes_back_at_each_moment() -> None:
    retainer = begun.begun(now=MAY)
    due = Wakeup.objects.filter(kind="retainer", reference=retainer.pk).values_list("due_at", flat=True)
    assert list(due) == [at("2026-05-22T07:00")]
    assert begun.turned(retainer, now=at("2026-05-22T07:00")) == CHARGED
    # Nothing is asked for while its payment is under way but the end of what is paid.
    assert begun.turned(retainer, now=CHARGED) == JUNE


# --- notices -----------------------------------------------------------------------------------------


def test_the_first_charge_that_comes_by_itself_is_told_a_week_before_and_once() -> None:
    retainer = begun.begun(now=MAY)
    begun.turned(retainer, now=at("2026-05-22T06:59"))
    assert told("retainer.upcoming") == []
    for _ in range(2):
        begun.turned(retainer, now=at("2026-05-22T07:00"))
    [notice] = told("retainer.upcoming")
    assert (notice["amount_minor"], notice["charge_at"]) == (20000, CHARGED.isoformat())
    begun.renewed(retainer, now=CHARGED)
    begun.turned(retainer, now=at("2026-06-21T07:00"))
    assert len(told("retainer.upcoming")) == 1


def test_where_a_week_is_too_short_for_a_notice_the_confirmation_is_it() -> None:
    retainer = begun.begun(now=MAY, every="week")
    begun.turned(retainer, now=MAY + 3 * DAY)
    assert told("retainer.upcoming") == []


def test_nothing_is_told_of_a_charge_that_will_not_come() -> None:
    retainer = begun.begun(now=MAY)
    standing.pause(retainer_id=retainer.pk, now=MAY, actor=begun.CLIENT)
    begun.turned(retainer, now=at("2026-05-22T07:00"))
    assert told("retainer.upcoming") == []


# --- late --------------------------------------------------------------------------------------------


def test_a_refused_card_makes_it_late_and_a_payment_heals_it() -> None:
    retainer = begun.begun(now=MAY)
    begun.turned(retainer, now=CHARGED)
    _may, june = begun.periods(retainer)
    for _ in range(2):
        refused(june, now=CHARGED + timedelta(minutes=1))
    assert begun.reread(retainer).status == RetainerStatus.PAST_DUE
    assert [each["period"] for each in told("retainer.past_due")] == [str(june.pk)]
    begun.turned(retainer, now=JUNE + DAY)
    assert len(begun.periods(retainer)) == 2
    begun.paid(june, now=JUNE + DAY)
    healed = begun.reread(retainer)
    june.refresh_from_db()
    assert (healed.status, june.starts_at, june.status) == (RetainerStatus.ACTIVE, JUNE, "paid")
    assert len(told("retainer.renewed")) == 1


def test_a_refusal_that_is_heard_of_after_the_payment_changes_nothing() -> None:
    retainer = begun.begun(now=MAY)
    june = begun.renewed(retainer, now=CHARGED)
    refused(june, now=CHARGED)
    assert begun.reread(retainer).status == RetainerStatus.ACTIVE


def test_of_other_debts_nothing_is_made() -> None:
    late.follow(event=Event(kind="instalment.failed", data={"purpose": "booking"}), now=MAY)


def test_a_card_that_was_given_up_pauses_until_somebody_pays() -> None:
    retainer = begun.begun(now=MAY)
    begun.turned(retainer, now=CHARGED)
    _may, june = begun.periods(retainer)
    refused(june, now=CHARGED)
    given_up(june, now=CHARGED + 7 * DAY)
    paused = begun.reread(retainer)
    assert (paused.status, paused.paused_because) == (RetainerStatus.PAUSED, "unpaid")
    assert begun.turned(retainer, now=JUNE + 10 * DAY) == CHARGED + 30 * DAY
    assert charge_of(june).status == ChargeStatus.OPEN
    # Two weeks later somebody pays: the days without it are not paid for.
    begun.paid(june, now=at("2026-06-20T10:00"))
    revived = begun.reread(retainer)
    june.refresh_from_db()
    assert (revived.status, revived.anchor_on, revived.paused_because) == ("active", date(2026, 6, 20), "")
    assert (june.starts_at, june.ends_at) == (midnight("2026-06-20"), midnight("2026-07-20"))
    assert revived.next_at == midnight("2026-07-20")


def test_what_nobody_paid_for_a_month_is_not_asked_for_any_more() -> None:
    """A card that its payer keeps later for something else begins nothing again."""
    retainer = begun.begun(now=MAY)
    begun.turned(retainer, now=CHARGED)
    _may, june = begun.periods(retainer)
    given_up(june, now=CHARGED + 7 * DAY)
    assert begun.turned(retainer, now=CHARGED + 30 * DAY) is None
    assert charge_of(june).status == ChargeStatus.VOID
    standing.resume(retainer_id=retainer.pk, now=CHARGED + 40 * DAY, actor=begun.CLIENT)
    assert len(begun.periods(retainer)) == 3


def test_a_short_period_that_is_paid_when_it_is_over_begins_that_day() -> None:
    retainer = begun.begun(now=MAY, every="week")
    begun.turned(retainer, now=MAY + 6 * DAY)
    _first, second = begun.periods(retainer)
    refused(second, now=MAY + 6 * DAY)
    begun.paid(second, now=at("2026-05-16T10:00"))
    second.refresh_from_db()
    assert second.starts_at == midnight("2026-05-16")
    assert begun.reread(retainer).next_at == midnight("2026-05-23")


def test_money_in_hand_that_was_a_slip_makes_it_late_until_it_is_paid() -> None:
    retainer = begun.begun(now=MAY)
    june = begun.renewed(retainer, now=CHARGED)
    with transaction.atomic():
        fulfilment.unsettled(reference=june.pk, payment_id=june.pk, now=JUNE, actor=begun.COACH)
    assert begun.reread(retainer).status == RetainerStatus.PAST_DUE
    begun.paid(june, now=JUNE + DAY)
    assert begun.reread(retainer).status == RetainerStatus.ACTIVE
    assert begun.left(june) == 4


# --- disputes ----------------------------------------------------------------------------------------


def disputed(period: RetainerPeriod, *, is_open: bool, now: datetime) -> None:
    with transaction.atomic():
        fulfilment.disputed(reference=period.pk, is_open=is_open, now=now, actor=begun.COACH)


def test_while_a_payment_is_disputed_nothing_new_is_charged() -> None:
    retainer = begun.begun(now=MAY)
    [may] = begun.periods(retainer)
    disputed(may, is_open=True, now=MAY + DAY)
    begun.turned(retainer, now=CHARGED)
    assert len(begun.periods(retainer)) == 1
    disputed(may, is_open=False, now=CHARGED + DAY)
    assert len(begun.periods(retainer)) == 2


def test_a_dispute_that_outlasts_its_period_pauses() -> None:
    retainer = begun.begun(now=MAY)
    [may] = begun.periods(retainer)
    disputed(may, is_open=True, now=MAY + DAY)
    begun.turned(retainer, now=JUNE)
    disputed(may, is_open=False, now=JUNE + DAY)
    paused = begun.reread(retainer)
    assert (paused.status, paused.paused_because) == (RetainerStatus.PAUSED, "dispute")


# --- orders that come to nothing ---------------------------------------------------------------------


def test_an_order_that_is_not_paid_is_void_and_nothing_is_owed() -> None:
    retainer, period = begun.ordered(now=MAY)
    with transaction.atomic():
        fulfilment.release(reference=period.pk, reason="payment_abandoned", now=MAY)
    assert begun.reread(retainer).status == RetainerStatus.VOID
    with transaction.atomic():
        assert not fulfilment.still_wanted(reference=period.pk, now=MAY)
        assert not fulfilment.keep(reference=period.pk, until=MAY + DAY, now=MAY)
    assert Instalment.objects.count() == 0


def test_a_coach_who_moves_keeps_periods_whole() -> None:
    retainer = begun.begun(now=MAY)
    with transaction.atomic():
        Practice.objects.update(timezone="America/New_York")
    june = begun.renewed(retainer, now=at("2026-05-29T13:00"))
    assert june.starts_at == JUNE
    assert june.ends_at == start_of_day(date(2026, 7, 1), "America/New_York")


def test_rows_of_another_retainer_stay_as_they_are() -> None:
    one, other = begun.begun(now=MAY), begun.begun(now=MAY, email="dora@example.com")
    begun.renewed(one, now=CHARGED)
    assert (len(begun.periods(one)), len(begun.periods(other))) == (2, 1)
    assert Retainer.objects.count() == 2
