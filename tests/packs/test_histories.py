"""Whatever happens to packs, in whatever order: a balance is the sum of its entries, and each unit is known.

Clients buy, book, cancel and pass on; time passes; the coach extends, closes and corrects; money goes back
and banks ask. Beside it a few numbers are kept by hand, and after each step the books must say the same.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil
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

from kit import clock
from kit.ids import uuid7
from tenants.offers.models import Practice
from tenants.packs import expiry, ledger, removals, spending, transfers
from tenants.packs.models import Pack, PackEntry
from tenants.packs.validity import end_of_day, last_day
from tenants.registry.models import Tenant, Wakeup
from tests import worlds
from tests.packs import sold

SLOW = bool(os.environ.get("UPFRONT_SLOW"))
ZONE = "Europe/Berlin"
UNITS, PRICE = 7, 10001
MOST_PACKS, MOST_BOOKINGS = 3, 6
DAY = timedelta(days=1)

which = st.integers(0, MOST_BOOKINGS - 1)


@dataclass
class Hand:
    """What a pack must say, kept by hand. `root` is the pack that was bought and paid."""

    pack: Pack
    root: "Hand | None" = None
    generation: int = 0
    left: int = 0
    expired: int = 0
    frozen: bool = False
    # Of a pack that was bought, for all that was passed on from it:
    refunded_minor: int = 0
    to_remove: int = 0
    removed: int = 0

    @property
    def bought(self) -> "Hand":
        return self.root or self

    def came_back(self, units: int) -> None:
        """As far as the units were refunded, they go at once."""
        gone = min(units, self.bought.to_remove - self.bought.removed)
        self.bought.removed += gone
        self.left += units - gone

    def reopen(self) -> None:
        units, self.expired = self.expired, 0
        self.came_back(units)


@dataclass
class Place:
    """A booking: the pack that pays for it, and how much, while it does."""

    booking_id: uuid.UUID
    takes: int
    kind: uuid.UUID
    paid_by: Hand | None = None


class Books(RuleBasedStateMachine):
    def __init__(self, tenant: Tenant, reset: Callable[[], object]) -> None:
        super().__init__()
        reset()
        self.tenant = tenant
        self.hands: list[Hand] = []
        self.places: list[Place] = []
        self.travelled = ExitStack()
        with self.inside():
            Practice.objects.update(timezone=ZONE)

    @contextmanager
    def inside(self) -> Iterator[None]:
        with tenant_context(self.tenant), transaction.atomic():
            yield

    # --- clients ------------------------------------------------------------------------------------

    @initialize()
    def somebody_buys_and_books(self) -> None:
        self.buy(months=1)
        for double in (False, True):
            self.book(number=0, double=double, in_days=1)

    @precondition(lambda self: len(self.hands) < MOST_PACKS)
    @rule(months=st.sampled_from([1, 2, None]))
    def buy(self, months: int | None) -> None:
        with tenant_context(self.tenant):
            pack = sold.bought(units=UNITS, price_minor=PRICE, valid_months=months)
        self.hands.append(Hand(pack, left=UNITS))

    @rule(number=which, double=st.booleans(), in_days=st.sampled_from([0, 1, 20]))
    def book(self, number: int, double: bool, in_days: int) -> None:
        if len(self.places) < MOST_BOOKINGS:
            takes, kind = (2, sold.DOUBLE) if double else (1, sold.LESSON)
            self.places.append(Place(uuid7(), takes, kind))
            self.pay(self.places[-1], self.hand(number), in_days)

    @precondition(lambda self: self.places)
    @rule(place=which, number=which)
    def book_again(self, place: int, number: int) -> None:
        """After it was given back, or by mistake."""
        self.pay(self.place(place), self.hand(number), 0)

    def pay(self, place: Place, hand: Hand, in_days: int) -> None:
        starts_at = clock.now() + in_days * DAY
        with tenant_context(self.tenant):
            offered = spending.usable(
                client_id=hand.pack.client_id,
                session_type_id=place.kind,
                starts_at=starts_at,
                now=clock.now(),
            )
            assert (hand.pack in [each.pack for each in offered]) == self.may_pay(hand, place, starts_at)
            allowed = self.may_pay(hand, place, starts_at) if place.paid_by is None else place.paid_by is hand
            with expecting(None if allowed else spending.CannotSpend):
                sold.spend(hand.pack, booking_id=place.booking_id, starts_at=starts_at, kind=place.kind)
        if allowed and place.paid_by is None:
            place.paid_by = hand
            hand.left -= place.takes

    def may_pay(self, hand: Hand, place: Place, starts_at: datetime) -> bool:
        ends = self.ends(hand)
        return hand.left >= place.takes and not hand.frozen and (ends is None or ends > starts_at)

    @precondition(lambda self: self.places)
    @rule(place=which, cause=st.sampled_from(["client", "late", "coach", "weather", "declined_move"]))
    def give_back(self, place: int, cause: str) -> None:
        given = self.place(place)
        with tenant_context(self.tenant):
            entry = sold.give_back(given.booking_id, cause=cause)
        assert (entry is None) == (given.paid_by is None)
        if entry and given.paid_by:
            assert entry.units == given.takes
            given.paid_by.came_back(given.takes)
            given.paid_by = None

    @precondition(lambda self: self.places)
    @rule(place=which, cause=st.sampled_from(["late", "no_show"]))
    def count_as_used(self, place: int, cause: str) -> None:
        kept = self.place(place)
        with self.inside():
            spending.count_as_used(
                booking_id=kept.booking_id, cause=cause, rule=cause, now=clock.now(), actor=sold.COACH
            )

    @rule(number=which, units=st.integers(1, 4), to=st.sampled_from(["cleo", "dora", "eve"]))
    def pass_on(self, number: int, units: int, to: str) -> None:
        hand = self.hand(number)
        if len(self.hands) >= MOST_PACKS:
            return
        ends = self.ends(hand)
        with tenant_context(self.tenant):
            to_oneself = Pack.objects.get(pk=hand.pack.pk).client.email == f"{to}@example.com"
            refused = hand.frozen or to_oneself or (ends is not None and ends <= clock.now())
            with expecting(
                transfers.CannotPassOn if refused else ledger.NotEnoughUnits if units > hand.left else None
            ):
                received = transfers.pass_on(
                    pack_id=hand.pack.pk,
                    units=units,
                    name=to,
                    email=f"{to}@example.com",
                    now=clock.now(),
                    actor=sold.CLIENT,
                )
                hand.left -= units
                self.hands.append(
                    Hand(received, root=hand.bought, generation=hand.generation + 1, left=units)
                )

    # --- time ---------------------------------------------------------------------------------------

    @rule(days=st.sampled_from([1, 20, 40]))
    def time_passes(self, days: int) -> None:
        self.travelled.enter_context(clock.travel(days * 86400))
        with schema_context("public"):
            with transaction.atomic():
                # Whom events are told to is another story.
                Wakeup.objects.exclude(kind__startswith="pack_").delete()
            worlds.sweep()
            assert not worlds.failures()
        for hand in self.hands:
            ends = self.ends(hand)
            if ends is not None and ends <= clock.now():
                hand.expired, hand.left = hand.expired + hand.left, 0

    # --- the coach ----------------------------------------------------------------------------------

    @rule(number=which, days=st.sampled_from([-1, 1, 15]))
    def extend(self, number: int, days: int) -> None:
        hand, ends = self.hand(number), self.ends(self.hand(number))
        until = last_day(max(ends or clock.now(), clock.now()), ZONE) + days * DAY
        with tenant_context(self.tenant):
            later = ends is not None and end_of_day(until, ZONE) > max(ends, clock.now())
            with expecting(None if later else expiry.CannotExtend):
                expiry.extend(pack_id=hand.pack.pk, until=until, note="", now=clock.now(), actor=sold.COACH)
        if later:
            hand.reopen()

    @rule(since=st.sampled_from([-6, -2, 3]), days=st.integers(1, 8))
    def close(self, since: int, days: int) -> None:
        before = [self.ends(hand) for hand in self.hands]
        starts_at = end_of_day(clock.now().date() + since * DAY, ZONE)
        with self.inside():
            expiry.pause(
                starts_at=starts_at, ends_at=starts_at + days * DAY, now=clock.now(), actor=sold.COACH
            )
        for hand, ended in zip(self.hands, before, strict=True):
            ends = self.ends(hand)
            if ended is not None and ends is not None and ended <= clock.now() < ends:
                hand.reopen()

    @rule(number=which, units=st.integers(-3, 2))
    def correct(self, number: int, units: int) -> None:
        hand = self.hand(number)
        ends = self.ends(hand)
        over = units > 0 and ends is not None and ends <= clock.now()
        refused = removals.CannotCorrect if over or not units else None
        if hand.left + units < 0:
            refused = ledger.NotEnoughUnits  # type: ignore[assignment]
        with tenant_context(self.tenant), expecting(refused):
            removals.correct(
                pack_id=hand.pack.pk, units=units, note="Counted", now=clock.now(), actor=sold.COACH
            )
            hand.left += units

    # --- banks --------------------------------------------------------------------------------------

    @rule(number=which, more=st.sampled_from([0, PRICE // UNITS, 3000, PRICE]))
    def refund(self, number: int, more: int) -> None:
        bought = self.hand(number).bought
        bought.refunded_minor = min(bought.refunded_minor + more, PRICE)
        to_remove = ceil(Fraction(UNITS * bought.refunded_minor, PRICE))
        missing, bought.to_remove = to_remove - bought.to_remove, to_remove
        for hand in self.family(bought):
            taken = min(missing, hand.left)
            hand.left, missing, bought.removed = hand.left - taken, missing - taken, bought.removed + taken
        with self.inside():
            removals.remove_refunded(
                pack_id=bought.pack.pk,
                captured_minor=PRICE,
                refunded_minor=bought.refunded_minor,
                reference=f"re_{bought.refunded_minor}",
                now=clock.now(),
                actor=sold.COACH,
            )

    @rule(number=which, frozen=st.booleans())
    def a_dispute(self, number: int, frozen: bool) -> None:
        bought = self.hand(number).bought
        step = removals.freeze if frozen else removals.unfreeze
        with self.inside():
            step(pack_id=bought.pack.pk, reference="dp", now=clock.now(), actor=sold.COACH)
        for hand in self.family(bought):
            hand.frozen = frozen

    # --- what seldom meets by chance -------------------------------------------------------------------

    @precondition(lambda self: any(place.paid_by for place in self.places))
    @rule(number=which, more=st.sampled_from([3000, PRICE]), cause=st.sampled_from(["client", "coach"]))
    def a_refund_and_then_a_cancellation(self, number: int, more: int, cause: str) -> None:
        paid = [place for place in self.places if place.paid_by]
        place = paid[number % len(paid)]
        assert place.paid_by is not None
        self.refund(self.hands.index(place.paid_by), more)
        self.give_back(self.places.index(place), cause)

    @rule(number=which, more=st.sampled_from([3000, PRICE]))
    def an_end_a_refund_and_more_time(self, number: int, more: int) -> None:
        self.time_passes(40)
        self.refund(number, more)
        self.extend(number, 15)

    # --- the laws -----------------------------------------------------------------------------------

    @invariant()
    def the_laws_hold(self) -> None:
        with self.inside():
            books: dict[uuid.UUID, list[PackEntry]] = {hand.pack.pk: [] for hand in self.hands}
            for entry in PackEntry.objects.order_by("number"):
                books[entry.pack_id].append(entry)
            owed = dict(Pack.objects.values_list("pk", "owed_minor"))
            self.a_balance_is_the_sum_of_its_entries(books, ledger.balances_of(books))
        for place in self.places:
            taken = -sum(
                entry.units
                for entries in books.values()
                for entry in entries
                if entry.booking_id == place.booking_id
            )
            assert taken == (place.takes if place.paid_by else 0)
        for bought in (hand for hand in self.hands if hand.root is None):
            self.a_refund_takes_its_units_and_what_was_used_is_owed(bought, books, owed[bought.pack.pk])

    def a_balance_is_the_sum_of_its_entries(
        self, books: dict[uuid.UUID, list[PackEntry]], balances: dict[uuid.UUID, int]
    ) -> None:
        for hand in self.hands:
            left = 0
            for number, entry in enumerate(books[hand.pack.pk], 1):
                left += entry.units
                assert (entry.number, entry.balance_after) == (number, left)
                assert left >= 0
                assert all((entry.cause, entry.rule, entry.actor_kind, entry.at, entry.reference))
            assert balances[hand.pack.pk] == left == hand.left, (hand, sold.kinds(hand.pack))

    def a_refund_takes_its_units_and_what_was_used_is_owed(
        self, bought: Hand, books: dict[uuid.UUID, list[PackEntry]], owed_minor: int
    ) -> None:
        entries = (entry for hand in self.family(bought) for entry in books[hand.pack.pk])
        removed = -sum(entry.units for entry in entries if entry.kind == "refunded")
        assert removed == bought.removed <= bought.to_remove
        owed = min(bought.to_remove - removed, self.used(bought))
        assert owed_minor == owed * (PRICE // UNITS) + min(owed, PRICE % UNITS)

    def teardown(self) -> None:
        self.travelled.close()

    def hand(self, number: int) -> Hand:
        return self.hands[number % len(self.hands)]

    def place(self, number: int) -> Place:
        return self.places[number % len(self.places)]

    def family(self, bought: Hand) -> list[Hand]:
        """Parents before children, and of these the older before the younger."""
        members = [hand for hand in self.hands if hand.bought is bought]
        return sorted(members, key=lambda hand: hand.generation)

    def used(self, bought: Hand) -> int:
        return sum(each.takes for each in self.places if each.paid_by and each.paid_by.bought is bought)

    def ends(self, hand: Hand) -> datetime | None:
        with tenant_context(self.tenant):
            return Pack.objects.values_list("expires_at", flat=True).get(pk=hand.pack.pk)


@contextmanager
def expecting(error: type[Exception] | None) -> Iterator[None]:
    """The block raises just this, or nothing."""
    try:
        yield
    except Exception as raised:
        if error is None or type(raised) is not error:
            raise
    else:
        assert error is None, f"{error.__name__} was not raised"


def test_the_books_are_exact_after_every_step(anna: Tenant, reset_database: Callable[[], Any]) -> None:
    run_state_machine_as_test(
        lambda: Books(anna, reset_database),
        settings=settings(
            max_examples=80 if SLOW else 25,
            stateful_step_count=50 if SLOW else 30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
