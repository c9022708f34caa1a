"""A retainer's books after random histories: payments that come, come late or not at all, sessions taken and
given back, pauses, refunds, and time that passes; against a book that is kept by hand.

`UPFRONT_SLOW` runs many more of them.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django_tenants.utils import schema_context, tenant_context
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.billing.models import Charge, ChargeStatus
from tenants.offers.models import Practice
from tenants.registry.models import Tenant, Wakeup
from tenants.retainers import fulfilment, late, schedule, spending, standing
from tenants.retainers.models import (
    PeriodStatus,
    Retainer,
    RetainerEntry,
    RetainerPeriod,
    RetainerStatus,
    RollOver,
)
from tests.retainers import begun

SLOW = bool(os.environ.get("UPFRONT_SLOW"))
BEGINNING = datetime(2026, 9, 30, 10, tzinfo=UTC)
DAY = timedelta(days=1)
BLAMELESS = {"coach", "weather"}
which = st.integers(0, 7)


@dataclass
class Page:
    """One period as it should be, counted by hand."""

    pk: uuid.UUID
    starts_at: datetime
    ends_at: datetime
    units: int
    due: int = 0
    gone: int = 0
    blameless: int = 0
    rolled: int = 0
    closed: bool = False


@dataclass
class Taken:
    """A booking: which period pays for it, and how much, while it does."""

    booking_id: uuid.UUID
    starts_at: datetime
    page: Page | None = None
    units: int = 0


@dataclass
class Hand:
    rollover: str
    cap: int
    pages: list[Page] = field(default_factory=list)
    places: list[Taken] = field(default_factory=list)

    def next_of(self, page: Page) -> Page | None:
        return next((each for each in self.pages if each.starts_at >= page.ends_at), None)

    def close(self, now: datetime, *, ended: bool) -> None:
        for page in self.pages:
            if page.ends_at <= now and page.units:
                self.settle(page, self.next_of(page), ended=ended)

    def settle(self, page: Page, to: Page | None, *, ended: bool) -> None:
        if ended:
            page.units = 0
            return
        kept = min(page.units, page.blameless)
        rest = page.units - kept
        if self.rollover == RollOver.NONE:
            rest = 0
        elif self.rollover == RollOver.CAPPED:
            rest = min(rest, self.cap - page.rolled)
        page.units = kept + rest
        if to is not None:
            to.units += page.units
            page.units, page.blameless, page.rolled = 0, page.blameless - kept, page.rolled + rest


class Books(RuleBasedStateMachine):
    def __init__(self, tenant: Tenant, reset: Callable[[], object]) -> None:
        super().__init__()
        reset()
        self.tenant, self.now = tenant, BEGINNING
        with self.inside():
            Practice.objects.update(timezone="Europe/Berlin")

    @contextmanager
    def inside(self) -> Iterator[None]:
        with tenant_context(self.tenant), transaction.atomic():
            yield

    @initialize(
        rollover=st.sampled_from(list(RollOver)),
        every=st.sampled_from(["week", "month"]),
        included=st.integers(1, 4),
        before=st.integers(0, 6),
    )
    def somebody_begins(self, rollover: str, every: str, included: int, before: int) -> None:
        with tenant_context(self.tenant):
            self.retainer = begun.begun(
                now=self.now, rollover=rollover, rollover_cap=2, every=every, included=included,
                charge_days_before=before,
            )  # fmt: skip
        self.hand = Hand(rollover, 2)
        self.read_new_pages()
        self.book(in_days=1, double=False)

    # --- what is kept by hand ------------------------------------------------------------------------

    def read_new_pages(self) -> None:
        """Which periods there are is the calendar's affair; what is in them is counted here."""
        known = {page.pk for page in self.hand.pages}
        with tenant_context(self.tenant):
            paid = self.retainer.periods.filter(status=PeriodStatus.PAID).order_by("starts_at")
            for row in paid.exclude(pk__in=known):
                self.hand.pages.append(Page(row.pk, row.starts_at, row.ends_at, row.included or 0))

    def status(self) -> str:
        with tenant_context(self.tenant):
            return Retainer.objects.values_list("status", flat=True).get(pk=self.retainer.pk)

    def after(self) -> None:
        """Whatever was done, what is over was settled with it."""
        self.read_new_pages()
        self.hand.close(self.now, ended=self.status() == RetainerStatus.ENDED)

    def page_at(self, moment: datetime) -> Page | None:
        return next((each for each in self.hand.pages if each.starts_at <= moment < each.ends_at), None)

    # --- sessions ------------------------------------------------------------------------------------

    @rule(in_days=st.sampled_from([0, 1, 3, 9]), double=st.booleans())
    def book(self, in_days: int, double: bool) -> None:
        if len(self.hand.places) < 12:
            self.hand.places.append(Taken(uuid7(), self.now + in_days * DAY))
            self.pay(self.hand.places[-1], 2 if double else 1)

    @precondition(lambda self: self.hand.places)
    @rule(place=which, double=st.booleans())
    def book_again(self, place: int, double: bool) -> None:
        taken = self.place(place)
        self.pay(taken, taken.units if taken.page else 2 if double else 1)

    def pay(self, taken: Taken, units: int) -> None:
        page = self.page_at(taken.starts_at)
        active = self.status() == RetainerStatus.ACTIVE
        may = taken.page is not None or (active and page is not None and self.left_for(page) >= units)
        with tenant_context(self.tenant):
            try:
                begun.spend(
                    self.retainer, now=self.now, starts_at=taken.starts_at, booking_id=taken.booking_id,
                    kind=begun.DOUBLE if units == 2 else begun.LESSON,
                )  # fmt: skip
            except spending.CannotSpend:
                assert not may
                return
        assert may
        if taken.page is None:
            self.after()
            taken.page, taken.units = page, units
            assert page is not None
            page.units -= units

    def left_for(self, page: Page) -> int:
        """What is left when all that is over was settled."""
        self.hand.close(self.now, ended=False)
        return page.units

    @precondition(lambda self: self.hand.places)
    @rule(place=which, cause=st.sampled_from(["client", "coach", "weather", "late"]))
    def give_back(self, place: int, cause: str) -> None:
        taken = self.place(place)
        page = taken.page
        with tenant_context(self.tenant):
            entry = begun.give_back(taken.booking_id, now=self.now, cause=cause)
        assert (entry is None) == (page is None)
        if page is None:
            return
        self.after()
        page.units += taken.units
        page.blameless += taken.units if cause in BLAMELESS else 0
        gone = min(page.due - page.gone, page.units)
        page.units, page.gone = page.units - gone, page.gone + gone
        if page.ends_at <= self.now and page.units:
            current = next((each for each in self.hand.pages if each.ends_at > self.now), None)
            self.hand.settle(page, current, ended=self.status() == RetainerStatus.ENDED)
        taken.page, taken.units = None, 0

    # --- money ---------------------------------------------------------------------------------------

    @rule(how=st.sampled_from(["paid", "paid", "refused", "given_up"]))
    def the_card(self, how: str) -> None:
        period = self.owed()
        if period is None:
            return
        with self.inside():
            if how == "paid":
                fulfilment.settled(reference=period.pk, now=self.now, actor=begun.COACH)
                Charge.objects.filter(reference=period.pk).update(status=ChargeStatus.PAID, paid_minor=20000)
            elif how == "refused":
                data = {"purpose": "retainer", "reference": str(period.pk)}
                late.follow(event=Event(kind="instalment.failed", data=data), now=self.now)
            else:
                part = Charge.objects.get(reference=period.pk).instalments.get()
                fulfilment.unpaid(reference=period.pk, instalment_id=part.pk, now=self.now, actor=begun.COACH)
        if how != "refused":
            self.after()

    def owed(self) -> RetainerPeriod | None:
        with tenant_context(self.tenant):
            waiting = self.retainer.periods.exclude(status=PeriodStatus.PAID).order_by("-number").first()
            if waiting is None:
                return None
            charge = Charge.objects.get(reference=waiting.pk)
            return waiting if charge.status == ChargeStatus.OPEN else None

    @rule(page=which, minor=st.sampled_from([1, 7000, 20000]))
    def refund(self, page: int, minor: int) -> None:
        chosen = self.hand.pages[page % len(self.hand.pages)]
        with self.inside():
            period = RetainerPeriod.objects.get(pk=chosen.pk)
            minor = max(minor, period.refunded_minor)
            fulfilment.refunded(
                reference=chosen.pk, captured_minor=20000, refunded_minor=minor, key=f"{minor}",
                now=self.now, actor=begun.COACH,
            )  # fmt: skip
        due = -(-(period.included or 0) * minor // 20000)
        if due > chosen.due:
            chosen.due = due
            gone = min(due - chosen.gone, chosen.units)
            chosen.units, chosen.gone = chosen.units - gone, chosen.gone + gone

    # --- time and presses ----------------------------------------------------------------------------

    @rule(days=st.sampled_from([1, 2, 5, 12, 31]))
    def time_passes(self, days: int) -> None:
        """The wakeup comes at each of its moments."""
        until = self.now + days * DAY
        while (at := self.due()) is not None and at <= until:
            self.now = max(at, self.now)
            with tenant_context(self.tenant):
                due_at = schedule.turn(reference=self.retainer.pk, now=self.now)
            assert due_at is None or due_at > self.now
            with schema_context("public"), transaction.atomic():
                rows = Wakeup.objects.filter(kind="retainer")
                rows.update(due_at=due_at) if due_at else rows.delete()
            self.after()
        self.now = until

    def due(self) -> datetime | None:
        with schema_context("public"):
            return Wakeup.objects.filter(kind="retainer").values_list("due_at", flat=True).first()

    @rule(press=st.sampled_from(["pause", "keep", "keep", "resume", "resume"]))
    def somebody_presses(self, press: str) -> None:
        with tenant_context(self.tenant):
            try:
                getattr(standing, press)(retainer_id=self.retainer.pk, now=self.now, actor=begun.CLIENT)
            except standing.CannotChange:
                return
        if press != "resume":
            self.after()

    @precondition(lambda self: len(self.hand.pages) > 3)
    @rule()
    def cancel(self) -> None:
        with tenant_context(self.tenant):
            try:
                standing.cancel(retainer_id=self.retainer.pk, now=self.now, actor=begun.CLIENT)
            except standing.CannotChange:
                return
        self.after()

    # --- the laws ------------------------------------------------------------------------------------

    @invariant()
    def the_books_are_exact(self) -> None:
        if not hasattr(self, "hand"):
            return
        with self.inside():
            books: dict[uuid.UUID, list[RetainerEntry]] = {page.pk: [] for page in self.hand.pages}
            for entry in RetainerEntry.objects.order_by("number"):
                books[entry.period_id].append(entry)
            for page in self.hand.pages:
                self.a_balance_is_the_sum(page, books[page.pk])
            spent = spending.spent_on_each([each.booking_id for each in self.hand.places])
        for each in self.hand.places:
            assert spent.get(each.booking_id, 0) == each.units

    def a_balance_is_the_sum(self, page: Page, entries: list[RetainerEntry]) -> None:
        left = 0
        for number, entry in enumerate(entries, 1):
            left += entry.units
            assert (entry.number, entry.balance_after) == (number, left)
            assert left >= 0
            assert all((entry.cause, entry.rule, entry.actor_kind, entry.at, entry.reference))
        assert left == page.units, (page, [(entry.kind, entry.units) for entry in entries])

    @invariant()
    def periods_follow_each_other(self) -> None:
        if not hasattr(self, "hand"):
            return
        for one, two in zip(self.hand.pages, self.hand.pages[1:], strict=False):
            assert one.ends_at <= two.starts_at

    @invariant()
    def what_goes_out_comes_in(self) -> None:
        with self.inside():
            sums = {"rolled_out": 0, "rolled_in": 0}
            for kind, units in RetainerEntry.objects.filter(kind__in=sums).values_list("kind", "units"):
                sums[kind] += units
        assert sums["rolled_in"] == -sums["rolled_out"]

    def place(self, number: int) -> Taken:
        return self.hand.places[number % len(self.hand.places)]


def test_the_books_are_exact_after_every_step(anna: Tenant, reset_database: Callable[[], Any]) -> None:
    run_state_machine_as_test(
        lambda: Books(anna, reset_database),  # type: ignore[arg-type]
        settings=settings(
            max_examples=100 if SLOW else 25,
            stateful_step_count=50 if SLOW else 30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
