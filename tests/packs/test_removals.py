"""Refunds take units, disputes freeze them, and a coach corrects them with a reason."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from kit.states import change
from tenants.activity.models import Event
from tenants.billing.refund_preview import units_to_remove
from tenants.packs import ledger, removals, spending, transfers
from tenants.packs.models import EntryNote, Pack
from tenants.packs.removals import CannotCorrect
from tests.packs import sold

pytestmark = pytest.mark.usefixtures("berlin")

MAY = datetime(2026, 5, 3, 10, tzinfo=UTC)
ENDS = datetime(2026, 11, 3, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("captured", "refunded", "units"),
    [
        (45000, 0, 0),
        (45000, 1, 1),
        (45000, 4500, 1),
        (45000, 4501, 2),
        (45000, 44999, 10),
        (45000, 45000, 10),
        (45000, 99999, 10),
        (0, 0, 0),
        (3, 1, 4),
    ],
)
def test_a_refund_takes_units_in_proportion_rounded_up(captured: int, refunded: int, units: int) -> None:
    assert units_to_remove(units=10, captured_minor=captured, refunded_minor=refunded) == units


def refund(pack: Pack, refunded_minor: int, reference: str = "re_1", captured_minor: int = 45000) -> int:
    with transaction.atomic():
        return removals.remove_refunded(
            pack_id=pack.pk,
            captured_minor=captured_minor,
            refunded_minor=refunded_minor,
            reference=reference,
            now=MAY,
            actor=sold.COACH,
        )


def left_and_owed(pack: Pack) -> tuple[int, int]:
    return ledger.balance_of(pack.pk), sold.reread(pack).owed_minor


def use(pack: Pack, times: int) -> list[object]:
    return [sold.spend(pack, at=MAY).booking_id for _ in range(times)]


def test_refunds_add_up_and_each_counts_once() -> None:
    pack = sold.bought(at=MAY)
    assert [refund(pack, 4500, "re_1"), refund(pack, 4500, "re_1"), refund(pack, 4500, "re_2")] == [1, 0, 0]
    assert refund(pack, 9001, "re_2") == 2
    assert refund(pack, 4500, "re_1") == 0
    assert left_and_owed(pack) == (7, 0)
    assert sold.kinds(pack)[1:] == [("refunded", -1), ("refunded", -2)]
    told = (
        Event.objects.filter(kind="pack.refunded").order_by("at", "pk").values_list("data__units", flat=True)
    )
    assert list(told) == [1, 2]


def test_what_was_used_is_owed_at_the_packs_price() -> None:
    pack = sold.bought(at=MAY, units=3, price_minor=10000)
    use(pack, 2)
    assert refund(pack, 10000, captured_minor=10000) == 1
    # 33.34, 33.33 and 33.33: together the whole price.
    assert left_and_owed(pack) == (0, 3334 + 3333)
    assert refund(pack, 10000, captured_minor=10000) == 0
    assert left_and_owed(pack) == (0, 6667)


def test_a_refund_of_a_pack_that_is_used_up_leaves_an_entry_and_a_debt() -> None:
    pack = sold.bought(at=MAY)
    use(pack, 10)
    for _ in range(2):
        assert refund(pack, 9000) == 0
        assert left_and_owed(pack) == (0, 9000)
    assert sold.kinds(pack)[-1] == ("refunded", 0)
    assert len(sold.kinds(pack)) == 12


def test_a_unit_that_comes_back_pays_the_debt() -> None:
    pack = sold.bought(at=MAY)
    bookings = use(pack, 9)
    refund(pack, 13500)
    assert left_and_owed(pack) == (0, 9000)
    for booking, expected in zip(bookings[:3], [(0, 4500), (0, 0), (1, 0)], strict=True):
        sold.give_back(booking, at=MAY)  # type: ignore[arg-type]
        assert left_and_owed(pack) == expected
    assert sold.kinds(pack)[-5:] == [
        ("returned", 1),
        ("refunded", -1),
        ("returned", 1),
        ("refunded", -1),
        ("returned", 1),
    ]


def test_what_expired_is_not_owed() -> None:
    from tenants.packs import expiry

    pack = sold.bought(at=MAY)
    use(pack, 4)
    expiry.expire(reference=pack.pk, now=ENDS)
    refund(pack, 45000)
    assert left_and_owed(pack) == (0, 18000)


def passed_on(pack: Pack, units: int, email: str = "dora@example.com") -> Pack:
    return transfers.pass_on(
        pack_id=pack.pk, units=units, name="Dora", email=email, now=MAY, actor=sold.CLIENT
    )


def test_what_was_passed_on_goes_after_what_was_not() -> None:
    pack = sold.bought(at=MAY)
    received = passed_on(pack, 4)
    further = passed_on(received, 1, "eve@example.com")
    refund(pack, 6 * 4500)
    assert [ledger.balance_of(each.pk) for each in (pack, received, further)] == [0, 3, 1]
    refund(pack, 45000, "re_2")
    assert [ledger.balance_of(each.pk) for each in (pack, received, further)] == [0, 0, 0]
    assert sold.reread(pack).owed_minor == 0
    told = Event.objects.filter(kind="pack.refunded", subject_id=further.pk).values_list("client_id", "data")
    assert list(told) == [(further.client_id, {"units": 1})]


def test_what_the_receiver_used_is_owed_by_the_pack_that_was_bought() -> None:
    pack = sold.bought(at=MAY)
    received = passed_on(pack, 4)
    [booking, _other] = use(received, 2)
    refund(pack, 45000)
    assert left_and_owed(pack) == (0, 9000)
    sold.give_back(booking, at=MAY)  # type: ignore[arg-type]
    assert (ledger.balance_of(received.pk), left_and_owed(pack)) == (0, (0, 4500))
    assert sold.reread(received).owed_minor == 0


def test_what_the_coach_gave_after_a_refund_is_not_taken_for_it() -> None:
    pack = sold.bought(at=MAY)
    [booking] = use(pack, 1)
    refund(pack, 45000)
    correct(pack, 2)
    assert refund(pack, 45000) == 0
    sold.give_back(booking, at=MAY)  # type: ignore[arg-type]
    assert left_and_owed(pack) == (2, 0)


# --- disputes ---------------------------------------------------------------------------------------


def dispute(pack: Pack, *, is_open: bool) -> None:
    step = removals.freeze if is_open else removals.unfreeze
    with transaction.atomic():
        step(pack_id=pack.pk, reference="dp_1", now=MAY, actor=sold.COACH)


def test_a_dispute_freezes_what_is_not_spent_until_it_is_over() -> None:
    pack = sold.bought(at=MAY)
    received = passed_on(pack, 4)
    booked = sold.spend(received, at=MAY)
    for _ in range(2):
        dispute(pack, is_open=True)
    for each in (pack, received):
        with pytest.raises(spending.CannotSpend, match=spending.Refusal.FROZEN):
            sold.spend(each, at=MAY)
    assert sold.give_back(booked.booking_id, at=MAY)
    for _ in range(2):
        dispute(pack, is_open=False)
    assert [kind for kind, _ in sold.kinds(pack)] == ["bought", "sent", "frozen", "unfrozen"]
    sold.spend(pack, at=MAY)
    sold.spend(received, at=MAY)
    dispute(pack, is_open=True)
    assert sold.kinds(pack)[-1] == ("frozen", 0)
    assert pack.entries.latest("number").data == {"dispute": "dp_1"}
    told = Event.objects.filter(subject_id=pack.pk, kind__in=["pack.frozen", "pack.unfrozen"])
    assert told.count() == 3


# --- corrections ------------------------------------------------------------------------------------


def correct(pack: Pack, units: int, note: str = "Came twice", *, at: datetime = MAY) -> None:
    removals.correct(pack_id=pack.pk, units=units, note=note, now=at, actor=sold.COACH)


def test_a_correction_has_its_reason() -> None:
    pack = sold.bought(at=MAY)
    correct(pack, -2, " Came twice ")
    entry = pack.entries.latest("number")
    assert (entry.kind, entry.units, entry.balance_after, entry.actor_name) == ("corrected", -2, 8, "Anna")
    assert EntryNote.objects.get(entry=entry).text == "Came twice"
    told = Event.objects.get(kind="pack.corrected")
    assert (told.subject_id, told.data) == (pack.pk, {"units": -2, "left": 8})


@pytest.mark.parametrize(("units", "note"), [(0, "Why"), (1, ""), (1, "  ")])
def test_a_correction_without_a_number_or_a_reason_is_refused(units: int, note: str) -> None:
    pack = sold.bought(at=MAY)
    with pytest.raises(CannotCorrect, match="Nothing was changed"):
        correct(pack, units, note)
    assert sold.kinds(pack) == [("bought", 10)]


def test_a_correction_takes_no_more_than_is_left() -> None:
    pack = sold.bought(at=MAY)
    with pytest.raises(ledger.NotEnoughUnits):
        correct(pack, -11)
    correct(pack, -10)
    assert ledger.balance_of(pack.pk) == 0


def test_nothing_is_added_to_a_pack_that_has_ended_or_was_not_sold() -> None:
    pack = sold.bought(at=MAY)
    with pytest.raises(CannotCorrect, match="Extend it first"):
        correct(pack, 1, at=ENDS)
    correct(pack, 1, at=ENDS - timedelta(seconds=1))
    with transaction.atomic():
        change(pack, status="pending")
    with pytest.raises(CannotCorrect, match="not sold"):
        correct(pack, 1)
