"""Which packs pay for a session, what one takes, and what comes back."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from kit import states
from tenants.activity.models import Event
from tenants.offers.vocabulary import called
from tenants.packs import ledger, spending
from tenants.packs.models import Pack, PackStatus
from tenants.packs.spending import CannotSpend, Refusal
from tests.packs import sold

pytestmark = pytest.mark.usefixtures("berlin")

MAY = datetime(2026, 5, 3, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def usable(pack: Pack, *, starts_at: datetime = MAY + DAY, **of: Any) -> list[spending.Usable]:
    asked = {"client_id": pack.client_id, "session_type_id": sold.LESSON, "now": MAY, **of}
    return spending.usable(starts_at=starts_at, **asked)


def change(pack: Pack, **changes: Any) -> None:
    with transaction.atomic():
        states.change(pack, **changes)


# --- which pack -------------------------------------------------------------------------------------


def test_the_pack_that_expires_first_pays_then_the_one_that_was_bought_first() -> None:
    for_good = sold.bought(at=MAY - 9 * DAY, valid_months=None)
    late = sold.bought(at=MAY, valid_months=3)
    soon_newer = sold.bought(at=MAY, valid_months=1)
    soon_older = sold.bought(at=MAY - timedelta(hours=1), valid_months=1)
    found = [each.pack for each in usable(late)]
    assert found == [soon_older, soon_newer, late, for_good]


def test_a_page_shows_what_is_left_and_what_the_booking_leaves() -> None:
    pack = sold.bought(at=MAY)
    [one] = usable(pack, session_type_id=sold.DOUBLE)
    assert (one.left, one.takes, one.leaves) == (10, 2, 8)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"status": PackStatus.PENDING}, Refusal.NOT_SOLD),
        ({"frozen_at": MAY}, Refusal.FROZEN),
        ({"expires_at": MAY + DAY}, Refusal.EXPIRED),
        ({"paid_at": None}, Refusal.UNPAID),
    ],
)
def test_what_a_page_does_not_offer_a_booking_does_not_get(changes: dict[str, Any], reason: Refusal) -> None:
    pack = sold.bought(at=MAY)
    assert len(usable(pack)) == 1
    change(pack, **changes)
    assert usable(pack) == []
    with pytest.raises(CannotSpend) as refused:
        sold.spend(pack, at=MAY, starts_at=MAY + DAY)
    assert refused.value.reason == reason
    assert str(refused.value) == called.said(reason)
    assert ledger.balance_of(pack.pk) == 10


def test_a_session_must_begin_before_the_pack_ends() -> None:
    pack = sold.bought(at=MAY)
    change(pack, expires_at=MAY + DAY)
    last = MAY + DAY - timedelta(seconds=1)
    assert usable(pack, starts_at=last) != []
    assert usable(pack, starts_at=MAY + DAY) == []
    assert usable(pack, starts_at=last, now=MAY + DAY) == []


def test_somebody_else_and_another_kind_of_session_are_refused() -> None:
    pack, other = sold.bought(at=MAY), sold.bought(at=MAY, email="dora@example.com")
    assert [each.pack for each in usable(other)] == [other]
    assert usable(pack, session_type_id=uuid4()) == []
    with pytest.raises(CannotSpend, match=called.said(Refusal.NOT_YOURS)):
        sold.spend(pack, at=MAY, client_id=other.client_id)
    with pytest.raises(CannotSpend, match=called.said(Refusal.NOT_COVERED)):
        sold.spend(pack, at=MAY, kind=uuid4())


def test_a_pack_with_one_left_does_not_pay_for_what_takes_two() -> None:
    pack = sold.bought(at=MAY, units=3)
    sold.spend(pack, at=MAY, kind=sold.DOUBLE)
    assert usable(pack, session_type_id=sold.DOUBLE) == []
    with pytest.raises(CannotSpend, match=called.said(Refusal.USED_UP)):
        sold.spend(pack, at=MAY, kind=sold.DOUBLE)
    assert [each.leaves for each in usable(pack)] == [0]


def test_an_unpaid_pack_pays_for_as_many_as_the_coach_allows() -> None:
    pack = sold.bought(at=MAY, paid=False, unpaid="some", unpaid_units=2)
    first = sold.spend(pack, at=MAY)
    sold.spend(pack, at=MAY)
    assert usable(pack) == []
    with pytest.raises(CannotSpend, match=called.said(Refusal.UNPAID)):
        sold.spend(pack, at=MAY)
    sold.give_back(first.booking_id, at=MAY)
    sold.spend(pack, at=MAY)
    change(pack, paid_at=MAY)
    sold.spend(pack, at=MAY)


def test_an_unpaid_pack_may_be_used_freely_when_the_coach_says_so() -> None:
    pack = sold.bought(at=MAY, paid=False, unpaid="freely", units=2)
    for _ in range(2):
        sold.spend(pack, at=MAY)
    with pytest.raises(CannotSpend, match=called.said(Refusal.USED_UP)):
        sold.spend(pack, at=MAY)


# --- spending ---------------------------------------------------------------------------------------


def test_an_entry_says_what_for_by_whom_and_by_which_rule() -> None:
    pack, booking = sold.bought(at=MAY), uuid4()
    entry = sold.spend(pack, booking_id=booking, at=MAY, starts_at=MAY + DAY, kind=sold.DOUBLE)
    assert (entry.units, entry.balance_after, entry.booking_id) == (-2, 8, booking)
    assert (entry.cause, entry.rule, entry.actor_kind, entry.at) == ("booking", "units:2", "client", MAY)
    assert entry.data["wall_start"] == "2026-05-04T10:00"
    assert datetime.fromisoformat(entry.data["starts_at"]) == MAY + DAY
    assert spending.spent_on(booking) == 2


def test_a_booking_is_paid_once_and_by_one_pack() -> None:
    pack, other, booking = sold.bought(at=MAY), sold.bought(at=MAY), uuid4()
    first = sold.spend(pack, booking_id=booking, at=MAY)
    assert sold.spend(pack, booking_id=booking, at=MAY) == first
    with pytest.raises(CannotSpend, match=called.said(Refusal.PAID_ALREADY)):
        sold.spend(other, booking_id=booking, at=MAY)
    assert ledger.balances_of([pack.pk, other.pk]) == {pack.pk: 9, other.pk: 10}


def test_two_and_one_left_are_told() -> None:
    pack = sold.bought(at=MAY, units=4)
    for _ in range(4):
        sold.spend(pack, at=MAY)
    told = Event.objects.filter(kind="pack.low", subject_id=pack.pk).order_by("at", "pk")
    assert [event.data["left"] for event in told] == [2, 1]
    assert {event.client_id for event in told} == {pack.client_id}


# --- coming back ------------------------------------------------------------------------------------


def test_exactly_what_was_spent_comes_back_once() -> None:
    pack, booking = sold.bought(at=MAY), uuid4()
    sold.spend(pack, booking_id=booking, at=MAY, kind=sold.DOUBLE)
    entry = sold.give_back(booking, at=MAY, window_hours=24)
    assert entry is not None
    assert (entry.units, entry.balance_after) == (2, 10)
    assert (entry.data["window_hours"], entry.data["wall_start"]) == (24, "2026-05-03T10:00")
    assert sold.give_back(booking, at=MAY) is None
    assert sold.give_back(uuid4(), at=MAY) is None
    assert (spending.spent_on(booking), ledger.balance_of(pack.pk)) == (0, 10)


def test_a_booking_that_was_given_back_may_be_paid_again_by_another_pack() -> None:
    pack, other, booking = sold.bought(at=MAY), sold.bought(at=MAY), uuid4()
    for paying in (pack, other, pack):
        sold.spend(paying, booking_id=booking, at=MAY)
        assert spending.spent_on(booking) == 1
        sold.give_back(booking, at=MAY)
    assert sold.kinds(pack)[1:] == [("spent", -1), ("returned", 1)] * 2
    assert sold.kinds(other)[1:] == [("spent", -1), ("returned", 1)]


def count_as_used(booking: Any, cause: str, **data: Any) -> Any:
    with transaction.atomic():
        return spending.count_as_used(
            booking_id=booking, cause=cause, rule="window:24", now=MAY, actor=sold.COACH, data=data
        )


def test_what_counts_as_used_is_said_once_and_changes_no_balance() -> None:
    pack, booking = sold.bought(at=MAY), uuid4()
    assert count_as_used(booking, "late") is None
    sold.spend(pack, booking_id=booking, at=MAY)
    kept = count_as_used(booking, "no_show")
    assert (kept.units, kept.balance_after, kept.booking_id) == (0, 9, booking)
    assert count_as_used(booking, "no_show") is None
    assert count_as_used(booking, "came").cause == "came"
    assert count_as_used(booking, "no_show").cause == "no_show"
    assert count_as_used(booking, "moved", starts_at="a")
    assert count_as_used(booking, "moved", starts_at="b")
    assert (spending.spent_on(booking), ledger.balance_of(pack.pk)) == (1, 9)
    sold.give_back(booking, at=MAY)
    assert count_as_used(booking, "late") is None


def test_nothing_is_spent_outside_of_a_use_case() -> None:
    from kit.database import TransactionRequired

    asked: dict[str, Any] = {"booking_id": uuid4(), "now": MAY, "actor": sold.COACH}
    for step in (spending.give_back, spending.count_as_used):
        with pytest.raises(TransactionRequired):
            step(cause="x", rule="x", **asked)
