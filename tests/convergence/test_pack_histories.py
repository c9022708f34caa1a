"""Whatever clients, coach, banks and time do to packs: the books are exact, and what is shown is done.

Packs are bought, booked from, passed on, extended, frozen and refunded; sessions are asked for, moved,
called off in every way, and the news from Stripe is late, doubled or lost. After each step the laws hold;
when all has calmed down, every place that tells a balance tells the same one.
"""

import os
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any

from django.core import mail
from django.db.models import Max
from django.test import Client as Browser
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from connect.simulator.client import SimulatorRefused
from kit import clock
from kit.states import IllegalMove
from tenants.billing import checkout
from tenants.billing.models import UNFINISHED, AttemptStatus, PaymentAttempt
from tenants.packs import expiry, ledger, removals, spending, transfers
from tenants.packs import links as pack_links
from tenants.packs.models import Pack, PackStatus
from tenants.packs.validity import last_day
from tenants.registry import patrols
from tenants.registry.models import Wakeup
from tenants.scheduling import answers, bookings, cancelling, closing, moving, pack_bookings, series
from tenants.scheduling.cancellation import Outcome
from tenants.scheduling.holds import SlotTaken
from tenants.scheduling.models import (
    FUNDED,
    Booking,
    BookingStatus,
    Cancellation,
    CancellationStatus,
    Cause,
    Funding,
)
from tests import worlds
from tests.convergence import pack_laws as laws
from tests.convergence.pack_pairs import Pairs
from tests.convergence.pack_world import (
    ANNA,
    CLEO,
    DAY,
    HOUR,
    MOST_BOOKINGS,
    PRICE,
    SECOND,
    UNITS,
    WINDOW,
    allowing,
    expecting,
    fair_outcome,
    start_in,
)
from tests.crowd import at_once
from tests.dashboard.desk import Coach
from tests.worlds import RETURN_PAGES, Shop

SLOW = bool(os.environ.get("UPFRONT_SLOW"))
MOST_PACKS, MOST_ASIDES = 5, 4
# A client who is late is late by a second; so is one who is early.
WHENS = ["now", "deadline", "deadline-1s", "deadline+1s", "start-1s", "start", "after"]

which = st.integers(0, MOST_BOOKINGS - 1)
pays = st.sampled_from(["paid", "paid", "declined", "left"])
ahead = st.sampled_from([1, 5, 26, 30, 50, 200])
causes = st.sampled_from([Cause.CLIENT, Cause.CLIENT, Cause.CLIENT, *Cause])
whens = st.sampled_from(WHENS)
waivers = st.sampled_from(["", "", "first time"])


Step = Callable[..., None]


def only_if(sensible: Callable[["Histories"], bool]) -> Callable[[Step], Step]:
    """Something else is done where there is nothing to do it to: no step of a history is lost.

    Not a precondition: what is drawn must not depend on who of two was faster.
    """

    def of(step: Step) -> Step:
        @wraps(step)
        def do(self: "Histories", *args: Any, **drawn: Any) -> None:
            if sensible(self):
                step(self, *args, **drawn)
            else:
                self.something_else(drawn.get("number", 0))

        return do

    return of


def while_there_is(what: str) -> Callable[[Step], Step]:
    return only_if(lambda self: what in self.chances)


now_and_then = only_if(lambda self: self.asides < MOST_ASIDES)
"""Else whole histories are about what coaches do once a year."""
while_there_is_room = only_if(lambda self: len(self.packs()) < MOST_PACKS)


class Histories(Pairs):
    # --- buying ---------------------------------------------------------------------------------------

    @initialize(
        begun=st.sampled_from(["inside", "before"]),
        court=st.sampled_from([True, False]),
        number=st.sampled_from([2, 1]),
        cause=causes,
        when=whens,
        waived=waivers,
    )
    def somebody_has_bought_booked_and_called_off(
        self, begun: str, court: bool, number: int, cause: Cause, when: str, waived: str
    ) -> None:
        """So that each history is about something from the start."""
        if begun == "inside":
            self.buy_inside_a_booking("lesson", 30, court, "paid")
            worlds.hear_stripe(self.shop.stripe)
        else:
            worlds.buy_pack(self.shop, self.offer)
            self.use(0, "lesson", 30, court, "paid")
            worlds.hear_stripe(self.shop.stripe)
        self.use(0, "lesson", 60, False, "left")
        self.look_around()
        self.call_off(number, cause, when, waived)
        self.time_passes(61, True)

    @rule(pay=pays)
    @while_there_is_room
    def buy(self, pay: str) -> None:
        try:
            worlds.ordered_pack(self.shop, self.offer)
        except checkout.AlreadyPaid:
            return
        with tenant_context(self.tenant):
            order = Pack.objects.filter(status=PackStatus.PENDING, first_booking=None).first()
        if order:
            self.at_the_card_page(order, pay)

    @rule(kind=st.sampled_from(["lesson", "lesson", "asked"]), hours=ahead, court=st.booleans(), pay=pays)
    @while_there_is_room
    def buy_inside_a_booking(self, kind: str, hours: int, court: bool, pay: str) -> None:
        if (booking := self.hold(getattr(self, kind), hours)) is None:
            return
        with tenant_context(self.tenant):
            pack_bookings.book_and_buy(
                booking_id=booking.pk,
                offer=self.offer,
                accepted={},
                name="Cleo",
                email="cleo@example.com",
                phone="",
                message="",
                timezone=laws.ZONE,
                extras=["c"] if court else [],
                links=lambda _attempt: RETURN_PAGES,
                now=clock.now(),
            )
            pack = Pack.objects.get(first_booking=booking.pk)
        self.at_the_card_page(pack, pay)

    # --- booking --------------------------------------------------------------------------------------

    @rule(
        number=which,
        kind=st.sampled_from(["lesson", "double", "asked"]),
        hours=ahead,
        court=st.booleans(),
        pay=pays,
    )
    def use(self, number: int, kind: str, hours: int, court: bool, pay: str) -> None:
        if (pack := self.pack(number)) is None or (booking := self.hold(getattr(self, kind), hours)) is None:
            return
        may = self.may_pay(pack, booking)
        with tenant_context(self.tenant), expecting(None if may else spending.CannotSpend):
            self.book_with(pack, booking, ["c"] if court else [])
        booking = worlds.reread(self.tenant, booking)
        if not may:
            assert booking.status == BookingStatus.HELD, "the time is kept for another way to pay"
        elif booking.extras_minor:
            self.at_the_card_page(booking, pay)
        else:
            asked = kind == "asked"
            assert booking.status == (BookingStatus.REQUESTED if asked else BookingStatus.CONFIRMED)

    @rule(hours=st.sampled_from([5, 50]), pay=pays)
    def ask_with_a_card(self, hours: int, pay: str) -> None:
        if booking := self.hold(self.asked, hours):
            worlds.book(self.tenant, booking)
            self.at_the_card_page(booking, pay)

    @rule(number=which, kind=st.sampled_from(["lesson", "double"]), since=st.integers(1, 3))
    def book_several(self, number: int, kind: str, since: int) -> None:
        if (pack := self.pack(number)) is None or len(self.bookings()) >= MOST_BOOKINGS:
            return
        now, first = clock.now(), clock.now().date() + since * DAY
        wanted: dict[str, Any] = {
            "client_id": pack.client_id,
            "slug": getattr(self, kind).slug,
            "days": [first, first + DAY, first + 8 * DAY],
            "at": now.replace(hour=(now.hour + 7) % 24, minute=0, second=0, microsecond=0).time(),
            "now": now,
            "by_coach": False,
        }
        with tenant_context(self.tenant):
            plan = series.plan(**wanted)
            with expecting(None if plan.booked else series.PlanChanged):
                booked = series.confirm(**wanted, key=plan.key, actor=CLEO)
                told = [(each.starts_at, each.pack_id) for each in plan.booked]
                assert [(each.session.starts_at, each.pack_id) for each in booked] == told
                for pack_id, leaves in {each.pack_id: each.leaves for each in plan.booked}.items():
                    assert ledger.balance_of(pack_id) == leaves

    @rule(number=which, answer=st.sampled_from(["accept", "accept", "decline", "withdraw"]))
    @while_there_is("requested")
    def answer(self, number: int, answer: str) -> None:
        if (booking := self.booking(number, requests=True)) is None:
            return
        waits = booking.status == BookingStatus.REQUESTED and not booking.accepted_at
        waits = waits and booking.answer_by is not None and booking.answer_by > clock.now()
        by: dict[str, Any] = {"booking_id": booking.pk, "now": clock.now(), "actor": ANNA}
        with tenant_context(self.tenant):
            if answer == "withdraw":
                assert answers.withdraw(**by) == waits
                return
            refused = None if waits else answers.AlreadyAnswered
            by_unit = booking.pack and booking.pack.status == PackStatus.ACTIVE
            if waits and answer == "accept" and by_unit and not self.may_pay(booking.pack, booking):
                refused = spending.CannotSpend  # type: ignore[assignment]
            with expecting(refused):
                (answers.accept if answer == "accept" else answers.decline)(**by)

    # --- moving ---------------------------------------------------------------------------------------

    @rule(number=which, by_coach=st.booleans(), hours=ahead)
    @while_there_is("standing")
    def move(self, number: int, by_coach: bool, hours: int) -> None:
        if booking := self.booking(number):
            use_case = moving.move_by_coach if by_coach else moving.move_by_client
            actor = ANNA if by_coach else CLEO
            with tenant_context(self.tenant), allowing(moving.CannotMove, SlotTaken):
                use_case(booking_id=booking.pk, starts_at=start_in(hours), now=clock.now(), actor=actor)

    @rule(number=which)
    @while_there_is("moved")
    def keep_the_new_time(self, number: int) -> None:
        if booking := self.booking(number):
            with tenant_context(self.tenant):
                moving.keep_new_time(booking_id=booking.pk, now=clock.now(), actor=CLEO)

    # --- calling off ----------------------------------------------------------------------------------

    @rule(
        number=which,
        cause=causes,
        when=whens,
        waived=waivers,
    )
    @while_there_is("standing")
    def call_off(self, number: int, cause: Cause, when: str, waived: str) -> None:
        if (booking := self.booking(number)) is None:
            return
        now = self.go_to(booking, when)
        with tenant_context(self.tenant):
            pending = cancelling.pending_of(booking.pk)
            refused = not pending and self.cannot_be_called_off(booking, cause, now)
            with expecting(cancelling.CannotCancel if refused else None):
                asked: dict[str, Any] = {"cause": cause, "now": now, "waived_because": waived}
                said = cancelling.preview(booking=booking, **asked)
                row = cancelling.cancel(booking_id=booking.pk, actor=CLEO, shown=said.kind, **asked)
        if not pending and not refused:
            self.shown[row.pk] = (said.kind, said.units_back, said.money_back_minor)
            assert said.kind == fair_outcome(booking, cause, now, waived)
            self.gives_back_what_was_paid(booking, said)

    def gives_back_what_was_paid(self, booking: Booking, said: Outcome) -> None:
        card = booking.funding == Funding.CARD
        paid_minor = booking.extras_minor + (booking.price_minor if card else 0)
        units = booking.pack_units if booking.funding == Funding.PACK else 0
        if said.kind == "used":
            paid_minor = units = 0
        assert said.units_back == units
        refunded = (booking.funded_by if card else booking.extras_paid_by) in self.by_hand
        assert said.money_back_minor == paid_minor or (refunded and said.money_back_minor < paid_minor)

    def cannot_be_called_off(self, booking: Booking, cause: Cause, now: datetime) -> bool:
        begun = booking.session.starts_at <= now and cause in (Cause.CLIENT, Cause.DECLINED_MOVE)
        unmoved = cause == Cause.DECLINED_MOVE and booking.moved_from is None
        return booking.status not in FUNDED or begun or unmoved

    @rule(number=which)
    @now_and_then
    def press_on_a_page_that_has_aged(self, number: int) -> None:
        """Shown as free at the last moment, pressed a second later: nothing is done."""
        self.asides += 1
        booking = self.booking(number)
        if booking is None or booking.status != BookingStatus.CONFIRMED:
            return
        deadline = self.go_to(booking, "deadline")
        with tenant_context(self.tenant):
            if cancelling.pending_of(booking.pk) or deadline != booking.session.starts_at - WINDOW * HOUR:
                return
            shown = cancelling.preview(booking=booking, cause=Cause.CLIENT, now=deadline)
            with expecting(cancelling.OutcomeChanged):
                cancelling.cancel(
                    booking_id=booking.pk,
                    cause=Cause.CLIENT,
                    now=deadline + SECOND,
                    actor=CLEO,
                    shown=shown.kind,
                )

    @rule(number=which, too_late=st.booleans())
    @while_there_is("pending")
    def undo(self, number: int, too_late: bool) -> None:
        with tenant_context(self.tenant):
            found = Cancellation.objects.filter(status="pending").order_by("pk")
            if not (rows := list(found)):
                return
            row = rows[number % len(rows)]
            now = row.takes_effect_at if too_late else clock.now()
            assert cancelling.undo(booking_id=row.booking_id, now=now) == (row.takes_effect_at > now)

    @rule(number=which)
    @while_there_is("cancelled")
    def waive(self, number: int) -> None:
        if (booking := self.booking(number, ended=True)) is None:
            return
        with tenant_context(self.tenant):
            if cancelling.pending_of(booking.pk):
                return
            refused = None if cancelling.kept_by(booking) else cancelling.CannotCancel
            takes = spending.spent_on(booking.pk)
            with expecting(refused):
                row = cancelling.waive(booking_id=booking.pk, because="ill", now=clock.now(), actor=ANNA)
        if refused is None:
            assert (row.outcome, row.units_back) == ("waived", takes)
            self.shown[row.pk] = (row.outcome, row.units_back, row.money_back_minor)

    @rule(number=which, came=st.booleans())
    @while_there_is("begun")
    def attendance(self, number: int, came: bool) -> None:
        if booking := self.booking(number):
            with tenant_context(self.tenant), allowing(IllegalMove, Booking.DoesNotExist):
                bookings.record_attendance(booking_id=booking.pk, came=came, now=clock.now(), actor=ANNA)

    @rule(days=st.integers(0, 3), extends=st.booleans())
    @now_and_then
    def close_a_day(self, days: int, extends: bool) -> None:
        self.asides += 1
        with tenant_context(self.tenant):
            since, until = closing.day(clock.now().date() + days * DAY)
            told = closing.affected(since=since, until=until, now=clock.now())
            rows = closing.close(
                since=since,
                until=until,
                shown=[each.booking.pk for each in told],
                note="court closed",
                extends_packs=extends,
                now=clock.now(),
                actor=ANNA,
            )
        said = {each.booking.pk: each.outcome for each in told}
        for row in rows:
            outcome = said[row.booking_id]
            assert outcome.kind == "returned"
            self.shown[row.pk] = (outcome.kind, outcome.units_back, outcome.money_back_minor)

    # --- packs ----------------------------------------------------------------------------------------

    @rule(number=which, days=st.sampled_from([1, 15]))
    @now_and_then
    def extend(self, number: int, days: int) -> None:
        self.asides += 1
        if (pack := self.pack(number)) and pack.expires_at:
            until = last_day(max(pack.expires_at, clock.now()), laws.ZONE) + days * DAY
            with (
                tenant_context(self.tenant),
                expecting(None if pack.status == "active" else expiry.CannotExtend),
            ):
                expiry.extend(pack_id=pack.pk, until=until, note="", now=clock.now(), actor=ANNA)

    @rule(number=which, units=st.integers(1, 3), to=st.sampled_from(["cleo", "dora"]))
    @while_there_is_room
    def pass_on(self, number: int, units: int, to: str) -> None:
        if pack := self.pack(number):
            with tenant_context(self.tenant), allowing(transfers.CannotPassOn, ledger.NotEnoughUnits):
                transfers.pass_on(
                    pack_id=pack.pk,
                    units=units,
                    name=to,
                    email=f"{to}@example.com",
                    now=clock.now(),
                    actor=CLEO,
                )

    @rule(number=which, units=st.sampled_from([-2, -1, 1]))
    @now_and_then
    def correct(self, number: int, units: int) -> None:
        self.asides += 1
        if pack := self.pack(number):
            with tenant_context(self.tenant), allowing(removals.CannotCorrect, ledger.NotEnoughUnits):
                removals.correct(pack_id=pack.pk, units=units, note="Counted", now=clock.now(), actor=ANNA)

    @rule(number=which, frozen=st.booleans())
    @now_and_then
    def a_dispute(self, number: int, frozen: bool) -> None:
        self.asides += 1
        if (pack := self.pack(number)) and pack.status == PackStatus.ACTIVE:
            with self.inside():
                step = removals.freeze if frozen else removals.unfreeze
                step(pack_id=ledger.locked_line(pack.pk)[0].pk, reference="dp", now=clock.now(), actor=ANNA)

    @rule(number=which, minor=st.sampled_from([1, PRICE // UNITS, 3000, None]))
    def refund_in_stripes_dashboard(self, number: int, minor: int | None) -> None:
        with tenant_context(self.tenant):
            paid = list(PaymentAttempt.objects.filter(status=AttemptStatus.CAPTURED).order_by("pk"))
        if paid:
            attempt = paid[number % len(paid)]
            already = self.by_hand.get(attempt.pk, 0)
            try:
                self.shop.stripe.dashboard_refund(attempt.stripe_charge_id, minor)
            except SimulatorRefused:
                return
            self.by_hand[attempt.pk] = already + (attempt.captured_minor if minor is None else minor)

    # --- news, workers, time --------------------------------------------------------------------------

    @rule(keep=st.sampled_from(["deliver", "deliver", "drop", "delay", "double", "reverse"]))
    def stripe_posts_events(self, keep: str) -> None:
        events = self.shop.stripe.pending_events()
        if keep == "delay":
            self.late += events
        elif keep != "drop":
            order = list(reversed(events)) if keep == "reverse" else events
            worlds.post(order * (2 if keep == "double" else 1))

    @rule()
    @while_there_is("late")
    def late_events_arrive(self) -> None:
        events, self.late = self.late, []
        worlds.post(events)

    @rule()
    def the_worker_runs(self) -> None:
        self.drain()

    @rule(seconds=st.sampled_from([61, 61, 1900, 5 * 3600, 86400, 9 * 86400]), worked=st.booleans())
    def time_passes(self, seconds: int, worked: bool) -> None:
        self.travel(seconds)
        if worked:
            self.drain()

    @rule(
        number=which,
        pair=st.sampled_from(["cancel+move", "cancel+cancel", "accept+lapse", "undo+done", "unit+unit"]),
    )
    def two_at_once(self, number: int, pair: str) -> None:
        calls = getattr(self, "_" + pair.replace("+", "_"))(number)
        if calls is None:
            return
        got = at_once(calls)
        expected = (
            cancelling.CannotCancel,
            moving.CannotMove,
            SlotTaken,
            IllegalMove,
            answers.AlreadyAnswered,
            spending.CannotSpend,
        )
        assert [e for e in got if isinstance(e, Exception) and not isinstance(e, expected)] == []
        for row in (each for each in got if isinstance(each, Cancellation)):
            self.shown.setdefault(row.pk, (row.outcome, row.units_back, row.money_back_minor))

    def something_else(self, number: int) -> None:
        number += len(self.bookings())
        if number % 3 == 0:
            self.use(number, "lesson", 26, number % 2 == 0, "paid")
        elif "standing" in self.chances:
            self.call_off(number, Cause.CLIENT, WHENS[number % len(WHENS)], "")
        else:
            self.time_passes(61, True)

    # --- the laws -------------------------------------------------------------------------------------

    @invariant()
    def the_laws_hold(self) -> None:
        with tenant_context(self.tenant):
            left = laws.a_balance_is_the_sum_of_its_entries()
            laws.a_balance_is_told_as_it_is(left, clock.now())
            laws.a_booking_has_exactly_its_units()
            laws.a_balance_names_the_time_of_each_session()
            laws.what_was_shown_is_what_was_done(self.shown)
            laws.no_two_sessions_overlap()
            laws.money_is_taken_for_something_and_returned_once()
        self.look_around()

    def look_around(self) -> None:
        """To what may the next step be done?"""
        now = clock.now()
        self.chances = {"late"} if self.late else set()
        for booking in self.bookings():
            stands = booking.status in FUNDED
            self.chances.add("standing" if stands else str(booking.status))
            self.chances |= {"moved"} if stands and booking.moved_from else set()
            self.chances |= {"begun"} if stands and booking.session.starts_at <= now else set()
        with tenant_context(self.tenant):
            pending = Cancellation.objects.filter(status=CancellationStatus.PENDING).exists()
        self.chances |= {"pending"} if pending else set()

    def teardown(self) -> None:
        """All calms down: half the news is lost for good, workers run, and a day passes."""
        try:
            self.late_events_arrive()
            for seconds in (*[3000] * 3, 26 * 3600):
                self.travel(seconds)
                self.drain()
            self.let_all_payments_be_looked_at()
            self.the_laws_hold()
            self.all_is_done()
            self.all_pages_and_mails_agree()
            self.all_packs_end()
        finally:
            self.travelled.close()

    def let_all_payments_be_looked_at(self) -> None:
        """Until none is open: who looks while another has the lease comes back a little later."""
        for _ in range(4):
            self.travel(self.until_all_payments_are_looked_at())
            self.drain()
            with tenant_context(self.tenant):
                if not PaymentAttempt.objects.filter(status__in=UNFINISHED).exists():
                    return

    def until_all_payments_are_looked_at(self) -> float:
        """A refund of which no event told is noticed then; the older a payment, the later."""
        due = Wakeup.objects.filter(kind="attempt").aggregate(last=Max("due_at"))["last"]
        return max((due - clock.now()).total_seconds() + 1, 60) if due else 60

    def all_is_done(self) -> None:
        with tenant_context(self.tenant):
            left, now = laws.a_balance_is_the_sum_of_its_entries(), clock.now()
            laws.a_balance_is_told_as_it_is(left, now, readers=("holder", "buyer"))
            laws.nothing_hangs()
            laws.nothing_is_left_of_what_has_expired(left, now)
            laws.refunds_have_taken_their_units(left)
            laws.stripe_has_returned_what_was_due(self.by_hand)
            before = laws.snapshot()
        patrols.patrol_tenant(schema_name=self.tenant.schema_name, now=clock.now())
        found = patrols.open_findings().values_list("kind", "reference")
        assert list(found) == []
        worlds.hear_stripe(self.shop.stripe)
        with tenant_context(self.tenant):
            assert laws.snapshot() == before

    def all_packs_end(self) -> None:
        ends = [each.expires_at for each in self.packs() if each.expires_at]
        self.travel(max(((max(ends) - clock.now()).total_seconds() if ends else 0) + 1, 60))
        self.drain()
        with tenant_context(self.tenant):
            left = laws.a_balance_is_the_sum_of_its_entries()
            laws.nothing_is_left_of_what_has_expired(left, clock.now())
            assert not any(left.values())

    def all_pages_and_mails_agree(self) -> None:
        browser, coach = Browser(HTTP_HOST=self.shop.host), Coach(self.tenant)
        for pack in (each for each in self.packs() if each.status == PackStatus.ACTIVE):
            told = self.told(pack)
            with tenant_context(self.tenant):
                token = pack_links.token_of(pack)
            for page in ("", "statement"):
                assert told.headline in browser.get(f"/p/{token}/{page}").content.decode()
            assert told.headline in coach.read(f"clients/{pack.client_id}/")
        self.the_mail_agrees()

    def the_mail_agrees(self) -> None:
        """One more session, if there is anything left to pay it with."""
        for number, pack in enumerate(self.packs()):
            booking = self.hold(self.lesson, 5, most=100)
            if booking and self.may_pay(pack, booking):
                mail.outbox.clear()
                self.book_with(pack, booking, [])
                self.drain()
                told = self.told(pack, this_booking=booking.pk)
                assert f"Balance after this booking: {told.left} " in told.headline
                sent = [each for each in mail.outbox if each.to == [pack.client.email]]
                assert any(told.headline in str(each.body) for each in sent), (number, sent)
                return


def test_packs_and_what_is_said_of_them_converge(shop: Shop, reset_database: Callable[[], object]) -> None:
    run_state_machine_as_test(
        lambda: Histories(shop, reset_database),
        settings=settings(
            max_examples=40 if SLOW else 8,
            stateful_step_count=40 if SLOW else 20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
