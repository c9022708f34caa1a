"""A year of one retainer in moved time, on the real stack: every period's line and every charge to the cent.

Anna coaches in Berlin. Cleo begins on 31 January 2027: 4 sessions for €200.00 a month, of which up to 2 go
on. A month fails and heals, a card is replaced, one month is given up and revived in cash, there is a pause,
another price, a refund, two changes of the clocks, and an end.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from kit import clock
from kit.actors import Actor
from kit.clock import start_of_day
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.billing import by_hand
from tenants.billing.models import AttemptStatus, Charge, LedgerEntry, Tender
from tenants.offers.models import Practice
from tenants.registry.models import Tenant, Wakeup
from tenants.retainers import pricing, spending, standing, statements
from tenants.retainers.models import PeriodStatus, Retainer
from tests import worlds
from tests.billing import owing
from tests.retainers import begun, stack
from tests.worlds import Shop

BERLIN = "Europe/Berlin"
ANNA, CLEO = Actor("coach", "7", "Anna"), Actor("client", "c")
BEGINNING = datetime(2027, 1, 31, 11, tzinfo=UTC)


class Year:
    """Time goes from one moment to the next at which something is due; then Stripe's events come by too."""

    def __init__(self, shop: Shop, retainer: Retainer, passed: ExitStack) -> None:
        self.shop, self.retainer, self.passed = shop, retainer, passed

    def until(self, day: str, *, hour: int = 12) -> None:
        """Noon of that day on the wall of Berlin; workers come by at each moment that they were asked for."""
        goal = start_of_day(date.fromisoformat(day), BERLIN) + timedelta(hours=hour)
        while clock.now() < goal:
            due = self.next_due()
            ahead = min(goal, due or goal) - clock.now()
            seconds = max(int(ahead.total_seconds()), 0) + 1
            self.shop.stripe.advance(seconds)
            self.passed.enter_context(clock.travel(seconds))
            worlds.drain()
            worlds.hear_stripe(self.shop.stripe)

    def next_due(self) -> datetime | None:
        asked = Wakeup.objects.filter(kind__in=["retainer", "instalment"]).order_by("due_at")
        return asked.values_list("due_at", flat=True).first()

    def use(self, times: int = 1) -> list[Any]:
        """So many sessions today."""
        with tenant_context(self.shop.tenant):
            return [
                begun.spend(self.reread(), now=clock.now(), kind=self.kind).booking_id for _ in range(times)
            ]

    @property
    def kind(self) -> UUID:
        return UUID(next(iter(self.retainer.covers)))

    def reread(self) -> Retainer:
        return stack.reread(self.shop, self.retainer)

    def status(self) -> str:
        return self.reread().status

    def told(self) -> str:
        return stack.told(self.shop, self.retainer).text()

    def lines(self) -> list[str]:
        """Each period's sentence, the oldest first."""
        with tenant_context(self.shop.tenant):
            told = statements.statement_of(retainer=self.reread(), now=clock.now(), sees_amounts=True)
            return [each.sentence for each in reversed(told.lines)]

    def press(self, what: Any, *, by: Actor = CLEO, **said: Any) -> None:
        with tenant_context(self.shop.tenant):
            what(retainer_id=self.retainer.pk, now=clock.now(), actor=by, **said)
        worlds.drain()
        worlds.hear_stripe(self.shop.stripe)
        worlds.drain()

    def card(self) -> str:
        return owing.card_of(self.shop).method_id


@pytest.fixture
def year(stripe: Simulator, anna: Tenant) -> Iterator[Year]:
    with ExitStack() as passed:
        passed.enter_context(clock.travel((BEGINNING - clock.now()).total_seconds()))
        stripe.set_clock(BEGINNING)
        shop = worlds.open_shop(anna, stripe)
        with tenant_context(anna), transaction.atomic():
            Practice.objects.update(timezone=BERLIN)
        kind = worlds.session_type(anna)
        plan = stack.plan(shop, kind, rollover="capped", rollover_cap=2)
        yield Year(shop, stack.begin(shop, plan), passed)


def test_a_year_of_a_retainer(year: Year) -> None:
    shop = year.shop
    assert year.told() == (
        "Paid 31 Jan – 27 Feb: 4 included, 4 left. Next charge €200.00 on 25 Feb for 28 Feb – 30 March."
    )
    # January's end to February's: three are used, one goes on.
    year.use(3)
    year.until("2027-02-25")
    assert year.told().startswith("Paid 31 Jan – 27 Feb: 4 included, 3 used, 1 left.")
    year.until("2027-03-01")
    assert year.told() == (
        "Paid 28 Feb – 30 March: 4 included, 1 rolled over, 5 left."
        " Next charge €200.00 on 28 March for 31 March – 29 April."
    )
    # The clocks go forward on 28 March, the day of the charge. The card is refused, and heals on day three.
    shop.stripe.decline_from_now_on(year.card())
    year.until("2027-03-28")
    assert year.status() == "past_due"
    assert "€200.00 for 31 March – 29 April could not be charged." in year.told()
    with pytest.raises(spending.CannotSpend):
        year.use()
    year.until("2027-03-30")
    shop.stripe.accept_again(year.card())
    year.until("2027-03-31")
    assert year.status() == "active"
    assert year.told().startswith("Paid 31 March – 29 April: 4 included, 2 rolled over, 6 left.")
    # April: all six are used; a new price is told on 20 April, in time for 30 April's charge on the 27th.
    year.use(6)
    year.until("2027-04-20", hour=8)
    year.press(pricing.change_price, by=ANNA, price_minor=21000)
    year.until("2027-05-02")
    assert year.told().startswith("Paid 30 April – 30 May: 4 included, 4 left. Next charge €210.00 on 28 May")
    # May: the card is given up after seven days, and Cleo pays in cash on 12 June: it begins that day.
    shop.stripe.decline_from_now_on(year.card())
    year.until("2027-05-28")
    assert year.status() == "past_due"
    year.until("2027-06-05")
    assert (year.status(), year.reread().paused_because) == ("paused", "unpaid")
    year.until("2027-06-12")
    with tenant_context(shop.tenant):
        owed = stack.charges(shop, year.retainer)[-1]
        by_hand.record(
            charge_id=owed.pk, tender=Tender.CASH, amount_minor=21000, received_on=date(2027, 6, 12),
            reference="", now=clock.now(), actor=ANNA, key=uuid7(),
        )  # fmt: skip
    worlds.drain()
    assert year.status() == "active"
    # Two of May's four went on, two lapsed when May was over.
    assert year.told() == (
        "Paid 12 June – 11 July: 4 included, 2 rolled over, 6 left."
        " Next charge €210.00 on 9 July for 12 July – 11 Aug."
    )
    # Her bank replaces the card; July is charged to it. She pauses in July, and the pause comes after it.
    shop.stripe.accept_again(year.card())
    booked = year.use(5)
    with tenant_context(shop.tenant):
        begun.give_back(booked[0], now=clock.now(), cause="coach")
    year.until("2027-07-13")
    assert year.told().startswith("Paid 12 July – 11 Aug: 4 included, 2 rolled over, 6 left.")
    year.press(standing.pause)
    assert "It pauses after 11 Aug" in year.told()
    year.until("2027-08-13")
    assert year.status() == "paused"
    # Resumed on 5 September: what waited through the pause goes on.
    year.until("2027-09-05")
    year.press(standing.resume)
    assert year.status() == "active"
    assert year.told() == (
        "Paid 5 Sept – 4 Oct: 4 included, 2 rolled over, 6 left."
        " Next charge €210.00 on 2 Oct for 5 Oct – 4 Nov."
    )
    # Half of October goes back, and with it two sessions. The clocks go back on 31 October.
    year.until("2027-10-06")
    october = next(
        each
        for each in reversed(stack.attempts(shop, year.retainer))
        if each.status == AttemptStatus.CAPTURED
    )
    shop.stripe.dashboard_refund(october.stripe_charge_id, 10500)
    worlds.hear_stripe(shop.stripe)
    assert year.told().startswith(
        "Paid 5 Oct – 4 Nov: 4 included, 2 rolled over, 2 gone with a refund, 4 left."
    )
    year.until("2027-11-06")
    assert year.told().startswith("Paid 5 Nov – 4 Dec: 4 included, 2 rolled over, 6 left.")
    # Cancelled in November: nothing more is charged, and what is left lapses with the last period.
    year.use(1)
    year.press(standing.cancel)
    year.until("2027-12-10")
    assert year.told().endswith("It ended on 4 Dec, and nothing more is charged.")
    every_line_and_every_cent(year)


def every_line_and_every_cent(year: Year) -> None:
    shop = year.shop
    assert year.lines() == [
        "Paid 31 Jan – 27 Feb: 4 included, 3 used, 1 went on to the next period.",
        "Paid 28 Feb – 30 March: 4 included, 1 rolled over, 2 went on to the next period, 3 lapsed.",
        "Paid 31 March – 29 April: 4 included, 2 rolled over, 6 used.",
        "Paid 30 April – 30 May: 4 included, 2 went on to the next period, 2 lapsed.",
        "Paid 12 June – 11 July: 4 included, 2 rolled over, 4 used, 2 went on to the next period.",
        "Paid 12 July – 11 Aug: 4 included, 2 rolled over, 2 went on to the next period, 4 lapsed.",
        "Paid 5 Sept – 4 Oct: 4 included, 2 rolled over, 2 went on to the next period, 4 lapsed.",
        "Paid 5 Oct – 4 Nov: 4 included, 2 rolled over, 2 gone with a refund,"
        " 2 went on to the next period, 2 lapsed.",
        "Paid 5 Nov – 4 Dec: 4 included, 2 rolled over, 1 used, 5 lapsed.",
    ]
    captured = [
        (f"{each.captured_at:%m-%d}", each.captured_minor, each.application_fee_minor, len(each.free_numbers))
        for each in stack.attempts(shop, year.retainer)
        if each.status == AttemptStatus.CAPTURED and each.captured_at
    ]
    # The first ten sessions bear no fee: four, four, and two of the third period's.
    assert captured == [
        ("01-31", 20000, 0, 4),
        ("02-25", 20000, 0, 4),
        ("03-31", 20000, 1000, 2),
        ("04-27", 21000, 2100, 0),
        ("07-09", 21000, 2100, 0),
        ("09-05", 21000, 2100, 0),
        ("10-02", 21000, 2100, 0),
        ("11-02", 21000, 2100, 0),
    ]
    with tenant_context(shop.tenant):
        sums: dict[str, int] = {}
        for kind, minor in LedgerEntry.objects.values_list("kind", "amount_minor"):
            sums[kind] = sums.get(kind, 0) + minor
        assert sums["capture"] == 3 * 20000 + 5 * 21000
        assert sums["received"] == 21000
        assert sums["refund"] == -10500
        assert sums["platform_fee"] == -(1000 + 5 * 2100)
        assert sums["platform_fee_returned"] == 1050
        # Each period is paid exactly once, and nothing is owed.
        for period in stack.periods(shop, year.retainer):
            charge = Charge.objects.get(reference=period.pk)
            assert (period.status, charge.paid_minor) == (PeriodStatus.PAID, period.price_minor)
        said = (
            Event.objects.filter(kind__startswith="retainer.").order_by("at").values_list("kind", flat=True)
        )
        assert [kind.removeprefix("retainer.") for kind in said] == [
            "started", "upcoming", "renewed", "past_due", "renewed", "price_changed", "renewed",
            "past_due", "paused", "resumed", "upcoming", "renewed", "paused", "resumed", "upcoming",
            "renewed", "renewed", "cancel_wanted", "ended",
        ]  # fmt: skip
