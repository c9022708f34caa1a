"""What must be true of packs, bookings and money, whatever has happened; read from the books themselves.

Each law runs inside the tenant. None of them asks the code that it judges how it came to its numbers.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any

from connect import gateway
from tenants.billing.models import AttemptStatus, PaymentAttempt, Refund, RefundStatus
from tenants.packs import ledger, statements
from tenants.packs.models import Pack, PackEntry, PackStatus
from tenants.scheduling.models import (
    FUNDED,
    UNDECIDED,
    Booking,
    BookingStatus,
    Cancellation,
    CancellationStatus,
    Funding,
    Session,
    SessionStatus,
)

ZONE = "Europe/Berlin"


# --- units -------------------------------------------------------------------------------------------


def a_balance_is_the_sum_of_its_entries() -> dict[uuid.UUID, int]:
    """The balances, by pack."""
    left: dict[uuid.UUID, int] = dict.fromkeys(Pack.objects.values_list("pk", flat=True), 0)
    numbers: dict[uuid.UUID, int] = defaultdict(int)
    frozen: set[uuid.UUID] = set()
    for entry in PackEntry.objects.order_by("pack", "number"):
        left[entry.pack_id] += entry.units
        numbers[entry.pack_id] += 1
        assert (entry.number, entry.balance_after) == (numbers[entry.pack_id], left[entry.pack_id])
        assert left[entry.pack_id] >= 0
        assert all((entry.cause, entry.rule, entry.actor_kind, entry.at, entry.reference)), entry.__dict__
        assert not (entry.kind == "spent" and entry.pack_id in frozen)
        if entry.kind in ("frozen", "unfrozen"):
            (frozen.add if entry.kind == "frozen" else frozen.discard)(entry.pack_id)
    assert ledger.balances_of(left) == left
    return left


def a_balance_is_told_as_it_is(
    left: Mapping[uuid.UUID, int], now: datetime, readers: Sequence[statements.Reader] = ("coach",)
) -> None:
    """With a reason for each entry and a sum that adds up, whoever reads it."""
    packs = list(Pack.objects.select_related("offer", "client", "buyer"))
    for reader in readers:
        for told in statements.statements_of(packs=packs, tz=ZONE, now=now, reader=reader):
            balance = told.balance
            assert balance.left == left[told.pack.pk], balance.text()
            assert f"{balance.left} " in balance.headline
            assert all(len(row.sentence) > 8 and row.sentence.endswith(".") for row in told.rows)
            assert not told.rows or told.rows[-1].balance_after == balance.left
            assert evaluated(balance.sum_line) in (None, balance.left), balance.text()


def evaluated(sum_line: str) -> int | None:
    """What "10 − 3 + 1 = 8." comes to; None where there is nothing to add up."""
    if not sum_line:
        return None
    terms, result = sum_line.rstrip(".").replace("− ", "-").replace("+ ", "+").split(" = ")
    assert sum(map(int, terms.split())) == int(result)
    return int(result)


def a_booking_has_exactly_its_units() -> None:
    spent: dict[uuid.UUID, dict[uuid.UUID, int]] = defaultdict(lambda: defaultdict(int))
    for entry in PackEntry.objects.filter(kind__in=["spent", "returned"]):
        assert entry.booking_id is not None
        spent[entry.booking_id][entry.pack_id] -= entry.units
    rows = Booking.objects.select_related("session", "pack__offer").prefetch_related("cancellations")
    for booking in rows:
        paid = {pack_id: units for pack_id, units in spent[booking.pk].items() if units}
        due = _units_due(booking)
        if booking.deciding and booking.status in UNDECIDED:
            continue
        assert paid == ({booking.pack_id: due} if due else {}), (booking.__dict__, paid)


def a_balance_names_the_time_of_each_session() -> None:
    """Also of one that was moved: what a balance tells of it stands in the ledger."""
    booked = Booking.objects.filter(status__in=FUNDED, funding=Funding.PACK).select_related("session")
    entries = PackEntry.objects.filter(booking_id__in=booked.values("pk")).order_by("number")
    named = {entry.booking_id: entry.data["starts_at"] for entry in entries if "starts_at" in entry.data}
    for booking in booked:
        assert datetime.fromisoformat(named[booking.pk]) == booking.session.starts_at


def _units_due(booking: Booking) -> int:
    if booking.funding != Funding.PACK:
        return 0
    assert booking.pack is not None
    takes = booking.pack.offer.covers[str(booking.session.session_type_id)]
    if booking.status in FUNDED:
        return takes
    done = [row for row in booking.cancellations.all() if row.status == CancellationStatus.DONE]
    last = max(done, key=lambda row: (row.asked_at, row.pk), default=None)
    return takes if booking.status == BookingStatus.CANCELLED and last and last.outcome == "used" else 0


# --- calling off -------------------------------------------------------------------------------------


def what_was_shown_is_what_was_done(shown: Mapping[uuid.UUID, tuple[str, int, int]]) -> None:
    """`shown` are kind of outcome, units and minor units of money of each cancellation."""
    returned: dict[Any, int] = defaultdict(int)
    for booking_id, units in PackEntry.objects.filter(kind="returned").values_list("booking_id", "units"):
        returned[booking_id] += units
    due: dict[Any, int] = defaultdict(int)
    for row in Cancellation.objects.select_related("booking"):
        assert (row.outcome, row.units_back, row.money_back_minor) == shown[row.pk]
        assert row.reason.endswith(".")
        done = row.status == CancellationStatus.DONE
        due[row.booking_id] += row.units_back if done else 0
        sent = Refund.objects.filter(reference=row.pk).values_list("amount_minor", flat=True)
        assert sum(sent) <= (row.money_back_minor if done else 0)
        if done and row.outcome == "used" and row.booking.funding == Funding.PACK:
            told = PackEntry.objects.filter(booking_id=row.booking_id, kind="kept", cause=row.cause)
            assert told.exists(), "nobody can read why the unit stays used"
    failed = PackEntry.objects.filter(kind="returned", cause="payment_failed")
    for booking_id, units in failed.values_list("booking_id", "units"):
        due[booking_id] += units
    assert {key: units for key, units in due.items() if units} == returned


# --- time and money ----------------------------------------------------------------------------------


def no_two_sessions_overlap() -> None:
    live = Session.objects.filter(status=SessionStatus.LIVE).order_by("starts_at")
    assert all(a.period.upper <= b.period.lower for a, b in pairwise(live))
    ended = (BookingStatus.CANCELLED, BookingStatus.EXPIRED)
    assert not Booking.objects.filter(status__in=ended, session__status=SessionStatus.LIVE).exists()
    standing = Booking.objects.filter(status__in=FUNDED)
    assert not standing.exclude(session__status=SessionStatus.LIVE).exists()


def money_is_taken_for_something_and_returned_once() -> None:
    for attempt in captured():
        assert 0 <= attempt.refunded_minor <= attempt.captured_minor
        if attempt.reason == "no_longer_wanted":
            continue
        assert _fulfilled(attempt), attempt.__dict__


def captured() -> list[PaymentAttempt]:
    found = PaymentAttempt.objects.filter(status=AttemptStatus.CAPTURED)
    return list(found.select_related("charge").order_by("pk"))


def _fulfilled(attempt: PaymentAttempt) -> bool:
    if attempt.charge.purpose != "booking":
        return Pack.objects.filter(
            pk=attempt.charge.reference, status=PackStatus.ACTIVE, paid_at__isnull=False
        ).exists()
    booking = Booking.objects.get(pk=attempt.charge.reference)
    paid_by = (booking.funded_by, booking.extras_paid_by)
    return attempt.pk in paid_by and booking.status in FUNDED | {BookingStatus.CANCELLED}


# --- in the end --------------------------------------------------------------------------------------


def stripe_has_returned_what_was_due(by_hand: Mapping[uuid.UUID, int]) -> None:
    """To the cent, at Stripe itself. `by_hand` is what was refunded in its dashboard, by attempt."""
    due: dict[Any, int] = defaultdict(int)
    done = Cancellation.objects.filter(status=CancellationStatus.DONE, money_back_minor__gt=0)
    for row in done.select_related("booking"):
        card = row.booking.funding == Funding.CARD
        due[row.booking.funded_by if card else row.booking.extras_paid_by] += row.money_back_minor
    for attempt in captured():
        intent = gateway.fetch_intent(account_id=attempt.account_id, intent_id=attempt.intent_id)
        assert intent.charge is not None
        expected = min(due[attempt.pk] + by_hand.get(attempt.pk, 0), attempt.captured_minor)
        if attempt.reason == "no_longer_wanted":
            expected = attempt.captured_minor
        told = (intent.status, intent.charge.amount_refunded_minor, attempt.refunded_minor)
        assert told == ("succeeded", expected, expected), (attempt.__dict__, due)


def refunds_have_taken_their_units(left: Mapping[uuid.UUID, int]) -> None:
    """A share of the money is that share of the units, rounded up; of what was used the price is owed."""
    for attempt in captured():
        if attempt.charge.purpose == "booking":
            continue
        bought = Pack.objects.get(pk=attempt.charge.reference)
        family = _family(bought)
        entries = list(PackEntry.objects.filter(pack__in=family))
        due = ceil(Fraction(bought.units * _pack_back(attempt), bought.price_minor))
        removed = -sum(entry.units for entry in entries if entry.kind == "refunded")
        used = -sum(entry.units for entry in entries if entry.kind in ("spent", "returned"))
        assert removed <= due
        if removed < due:
            assert not any(left[pack.pk] for pack in family)
        owed = min(due - removed, used)
        each, dearer = divmod(bought.price_minor, bought.units)
        assert bought.owed_minor == owed * each + min(owed, dearer), (bought.__dict__, due, removed, used)


def _pack_back(attempt: PaymentAttempt) -> int:
    """Of what went back, the pack's: extras that we returned are the session's."""
    ours = attempt.refunds.exclude(status=RefundStatus.REFUSED).values_list("amount_minor", flat=True)
    return max(attempt.refunded_minor - min(sum(ours), attempt.charge.extras_minor), 0)


def _family(bought: Pack) -> list[Pack]:
    family, generation = [bought], [bought]
    while generation:
        generation = list(Pack.objects.filter(origin__in=generation))
        family += generation
    return family


def nothing_is_left_of_what_has_expired(left: Mapping[uuid.UUID, int], now: datetime) -> None:
    over = Pack.objects.filter(status=PackStatus.ACTIVE, expires_at__lte=now)
    assert not any(left[pack.pk] for pack in over)


def nothing_hangs() -> None:
    assert not Booking.objects.filter(deciding=True).exists()
    assert not Cancellation.objects.filter(status=CancellationStatus.PENDING).exists()
    assert not Refund.objects.filter(status=RefundStatus.ASKED).exists()
    hanging = [each for each in PaymentAttempt.objects.all() if not each.is_final]
    assert [(each.status, each.reason, each.intent_id, each.leased_until) for each in hanging] == []


def snapshot() -> list[Any]:
    return [
        *PaymentAttempt.objects.order_by("pk").values_list("pk", "status", "refunded_minor"),
        *Booking.objects.order_by("pk").values_list("pk", "status"),
        *PackEntry.objects.order_by("pack", "number").values_list("pack", "number", "kind", "units"),
        *_ids(Refund.objects.order_by("pk").values_list("pk", flat=True)),
    ]


def _ids(found: Iterable[uuid.UUID]) -> list[uuid.UUID]:
    return list(found)
