"""Which retainers pay for a session, what one takes, and what comes back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from kit import states
from kit.ids import uuid7
from tenants.billing.models import Charge
from tenants.offers.vocabulary import called
from tenants.retainers import charging, ledger, spending
from tenants.retainers.models import Retainer, RetainerEntryKind, RetainerStatus
from tenants.retainers.refusals import Refusal
from tenants.retainers.spending import CannotSpend
from tests.retainers import begun
from tests.retainers.begun import at

pytestmark = pytest.mark.usefixtures("berlin")

MAY = at("2026-05-01T10:00")
DAY = timedelta(days=1)


def usable(retainer: Retainer, *, starts_at: datetime = MAY + DAY, **of: Any) -> list[spending.Usable]:
    asked = {"client_id": retainer.client_id, "session_type_id": begun.LESSON, "now": MAY, **of}
    return spending.usable(starts_at=starts_at, **asked)


def change(retainer: Retainer, **changes: Any) -> None:
    with transaction.atomic():
        states.change(retainer, **changes)


# --- which -------------------------------------------------------------------------------------------


def test_a_page_shows_what_is_left_and_what_the_booking_leaves() -> None:
    retainer = begun.begun(now=MAY)
    [one] = usable(retainer, session_type_id=begun.DOUBLE)
    assert (one.retainer, one.left, one.takes, one.leaves) == (retainer, 4, 2, 2)


def test_an_unlimited_one_leaves_no_number() -> None:
    retainer = begun.begun(now=MAY, included=None)
    [one] = usable(retainer)
    assert (one.left, one.leaves) == (None, None)
    for _ in range(30):
        begun.spend(retainer, now=MAY)
    [period] = begun.periods(retainer)
    assert begun.left(period) == -30
    assert len(usable(retainer)) == 1


def test_the_one_whose_period_ends_first_pays_first() -> None:
    monthly = begun.begun(now=MAY)
    weekly = begun.begun(now=MAY, every="week")
    assert [each.retainer for each in usable(monthly)] == [weekly, monthly]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (RetainerStatus.PENDING, Refusal.NOT_BEGUN),
        (RetainerStatus.PAST_DUE, Refusal.LATE),
        (RetainerStatus.PAUSED, Refusal.PAUSED),
        (RetainerStatus.ENDED, Refusal.ENDED),
        (RetainerStatus.VOID, Refusal.ENDED),
    ],
)
def test_what_a_page_does_not_offer_a_booking_does_not_get(status: str, reason: Refusal) -> None:
    retainer = begun.begun(now=MAY)
    assert len(usable(retainer)) == 1
    change(retainer, status=status)
    assert usable(retainer) == []
    with pytest.raises(CannotSpend) as refused:
        begun.spend(retainer, now=MAY)
    assert refused.value.reason == reason
    assert str(refused.value) == called.said(reason)
    assert begun.left(begun.periods(retainer)[0]) == 4


def test_a_session_begins_within_a_paid_period() -> None:
    """On the coach's wall: May ends at 22:00 in UTC."""
    retainer = begun.begun(now=MAY)
    last, next_one = at("2026-05-31T21:59"), at("2026-05-31T22:00")
    assert usable(retainer, starts_at=last) != []
    assert usable(retainer, starts_at=next_one) == []
    with pytest.raises(CannotSpend, match=called.said(Refusal.NOT_PAID_THEN)):
        begun.spend(retainer, now=MAY, starts_at=next_one)
    june = begun.renewed(retainer, now=at("2026-05-29T07:00"))
    [one] = usable(retainer, starts_at=next_one)
    assert one.period == june
    begun.spend(retainer, now=at("2026-05-29T08:00"), starts_at=next_one)
    assert [begun.left(each) for each in begun.periods(retainer)] == [4, 3]


def test_somebody_else_and_another_kind_of_session_are_refused() -> None:
    retainer = begun.begun(now=MAY)
    other = begun.begun(now=MAY, email="dora@example.com")
    assert [each.retainer for each in usable(other)] == [other]
    assert usable(retainer, session_type_id=uuid4()) == []
    with pytest.raises(CannotSpend, match=called.said(Refusal.NOT_YOURS)):
        begun.spend(retainer, now=MAY, client_id=other.client_id)
    with pytest.raises(CannotSpend, match=called.said(Refusal.NOT_COVERED)):
        begun.spend(retainer, now=MAY, kind=uuid4())


def test_one_left_does_not_pay_for_what_takes_two() -> None:
    retainer = begun.begun(now=MAY, included=3)
    begun.spend(retainer, now=MAY, kind=begun.DOUBLE)
    assert usable(retainer, session_type_id=begun.DOUBLE) == []
    with pytest.raises(CannotSpend, match=called.said(Refusal.USED_UP)):
        begun.spend(retainer, now=MAY, kind=begun.DOUBLE)
    assert [each.leaves for each in usable(retainer)] == [0]


def test_a_period_whose_payment_is_disputed_pays_for_nothing() -> None:
    retainer = begun.begun(now=MAY)
    [period] = begun.periods(retainer)
    with transaction.atomic():
        charging.open_charge(retainer, period, due_at=MAY, now=MAY)
        Charge.objects.filter(reference=period.pk).update(disputed_at=MAY)
    assert usable(retainer) == []
    with pytest.raises(CannotSpend, match=called.said(Refusal.DISPUTED)):
        begun.spend(retainer, now=MAY)


# --- spending and giving back ------------------------------------------------------------------------


def test_a_confirmation_that_comes_twice_takes_once() -> None:
    retainer, booking = begun.begun(now=MAY), uuid7()
    first = begun.spend(retainer, now=MAY, booking_id=booking)
    assert begun.spend(retainer, now=MAY, booking_id=booking) == first
    assert (begun.left(begun.periods(retainer)[0]), spending.spent_on(booking)) == (3, 1)
    other = begun.begun(now=MAY)
    with pytest.raises(CannotSpend, match=called.said(Refusal.PAID_ALREADY)):
        begun.spend(other, now=MAY, booking_id=booking)


def test_what_was_taken_comes_back_once_and_can_be_taken_again() -> None:
    retainer, booking = begun.begun(now=MAY), uuid7()
    [period] = begun.periods(retainer)
    begun.spend(retainer, now=MAY, booking_id=booking, kind=begun.DOUBLE)
    back = begun.give_back(booking, now=MAY, minutes_before=3000)
    assert back is not None
    assert (back.units, back.data["minutes_before"], back.data["session_type"]) == (
        2,
        3000,
        str(begun.DOUBLE),
    )
    assert begun.give_back(booking, now=MAY) is None
    begun.spend(retainer, now=MAY, booking_id=booking)
    begun.give_back(booking, now=MAY)
    assert begun.books(period) == [
        ("included", 4), ("spent", -2), ("returned", 2), ("spent", -1), ("returned", 1),
    ]  # fmt: skip


def test_what_counts_as_used_says_why_and_changes_nothing() -> None:
    retainer, booking = begun.begun(now=MAY), uuid7()
    [period] = begun.periods(retainer)
    said: dict[str, Any] = {"booking_id": booking, "rule": "window:24", "now": MAY, "actor": begun.CLIENT}
    with transaction.atomic():
        assert spending.count_as_used(cause="late", **said) is None
    begun.spend(retainer, now=MAY, booking_id=booking)
    with transaction.atomic():
        kept = spending.count_as_used(cause="late", data={"minutes_before": 300}, **said)
        again = spending.count_as_used(cause="late", data={"minutes_before": 300}, **said)
    assert kept is not None
    assert again is None
    assert (kept.kind, kept.units, begun.left(period)) == (RetainerEntryKind.KEPT, 0, 3)


def test_each_entry_names_its_cause_its_rule_and_who(anna: object) -> None:
    retainer = begun.begun(now=MAY)
    entry = begun.spend(retainer, now=MAY)
    assert (entry.cause, entry.rule, entry.actor_kind, entry.is_limited) == (
        "booking",
        "units:1",
        "client",
        True,
    )
    [period] = begun.periods(retainer)
    included = period.entries.get(number=1)
    assert (included.cause, included.rule, included.actor_name) == ("paid", "period", "Anna")


def test_the_ledger_never_falls_below_zero() -> None:
    retainer = begun.begun(now=MAY)
    [period] = begun.periods(retainer)
    with transaction.atomic(), pytest.raises(ledger.NotEnoughLeft) as refused:
        ledger.enter(
            period=period, kind=RetainerEntryKind.LAPSED, units=-5, cause="test", rule="test",
            actor=begun.COACH, reference="r", now=MAY,
        )  # fmt: skip
    assert refused.value.left == 4
