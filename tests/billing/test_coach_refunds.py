"""What a coach gives back of a payment: what was shown is what happens, once, and about money only."""

import itertools
from typing import Any
from uuid import UUID

import pytest
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connect import gateway
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.billing import coach_refunds
from tenants.billing.coach_refunds import Because
from tenants.billing.models import PaymentAttempt, Refund, RefundStatus
from tenants.billing.refund_preview import NothingLeft, Preview, TooMuch
from tenants.packs import ledger
from tenants.scheduling import patrol
from tenants.scheduling.models import Booking, BookingStatus, Funding
from tests import worlds
from tests.journeys import steps
from tests.scheduling import booked
from tests.worlds import Shop

ANNA = Actor("coach", "7", "Anna")


@pytest.fixture
def sold(shop: Shop) -> Booking:
    """Paid, 45.00, of which 4.50 are the platform's."""
    worlds.set_free_units(shop.tenant, 0)
    return worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))


def attempt_of(shop: Shop, sold: Any) -> PaymentAttempt:
    return worlds.attempt_for(shop.tenant, sold)


def told(shop: Shop, sold: Any, amount_minor: int | None = None) -> Preview:
    with tenant_context(shop.tenant):
        attempt = PaymentAttempt.objects.select_related("charge").get(pk=attempt_of(shop, sold).pk)
        return coach_refunds.facts_of(attempt=attempt).preview(amount_minor)


def press(
    shop: Shop,
    sold: Any,
    amount_minor: int | None = None,
    *,
    shown: str = "",
    reference: UUID | None = None,
) -> Refund:
    with tenant_context(shop.tenant):
        return coach_refunds.refund(
            attempt_id=attempt_of(shop, sold).pk,
            amount_minor=amount_minor,
            because=Because.GOODWILL,
            shown=shown or told(shop, sold, amount_minor).fingerprint,
            reference=reference or uuid7(),
            now=clock.now(),
            actor=ANNA,
        )


def reread(shop: Shop, refund: Refund) -> Refund:
    with tenant_context(shop.tenant):
        return Refund.objects.get(pk=refund.pk)


def test_what_was_shown_is_what_happens(shop: Shop, sold: Booking) -> None:
    shown = told(shop, sold, 1500)
    assert (shown.amount_minor, shown.left_minor, shown.fee_back_minor) == (1500, 3000, 150)
    refund = press(shop, sold, 1500)
    assert (refund.status, refund.cause) == (RefundStatus.ASKED, Because.GOODWILL)
    worlds.sweep()
    attempt = attempt_of(shop, sold)
    assert (attempt.refunded_minor, attempt.fee_returned_minor) == (1500, 150)
    net = sum(amount for _, amount in steps.ledger(shop))
    assert net == shown.nets_minor
    [event] = steps.events_of(shop.tenant, "refund.decided")
    assert (event.actor_name, event.data["because"]) == ("Anna", "goodwill")


def test_all_that_is_left_goes_back_and_the_session_stays_as_a_gift(shop: Shop, sold: Booking) -> None:
    press(shop, sold)
    worlds.sweep()
    kept = worlds.reread(shop.tenant, sold)
    assert (kept.status, kept.funding) == (BookingStatus.CONFIRMED, Funding.COMP)
    assert kept.comp_reason
    with tenant_context(shop.tenant):
        assert patrol.refunded_bookings(now=clock.now()) == []
        assert patrol.unpaid_bookings(now=clock.now()) == []


def test_the_same_press_twice_is_one_refund(shop: Shop, sold: Booking) -> None:
    key, shown = uuid7(), told(shop, sold, 1000).fingerprint
    first = press(shop, sold, 1000, shown=shown, reference=key)
    assert press(shop, sold, 1000, shown=shown, reference=key).pk == first.pk
    worlds.sweep()
    assert press(shop, sold, 1000, shown=shown, reference=key).pk == first.pk
    assert attempt_of(shop, sold).refunded_minor == 1000


def test_what_has_changed_since_the_look_is_told_and_not_done(shop: Shop, sold: Booking) -> None:
    shown = told(shop, sold).fingerprint
    press(shop, sold, 500)
    with pytest.raises(coach_refunds.PreviewChanged) as changed:
        press(shop, sold, shown=shown)
    assert changed.value.now_told[0].amount_minor == 4000
    with tenant_context(shop.tenant):
        assert Refund.objects.count() == 1


def test_what_is_on_its_way_is_not_there_to_be_given_again(shop: Shop, sold: Booking) -> None:
    press(shop, sold, 3000)
    with pytest.raises(TooMuch) as refused:
        told(shop, sold, 1501)
    assert refused.value.left_minor == 1500
    press(shop, sold)
    with pytest.raises(NothingLeft):
        told(shop, sold)
    worlds.sweep()
    with pytest.raises(NothingLeft):
        told(shop, sold)


def test_what_was_refused_can_be_asked_for_again_once(
    shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = press(shop, sold, 1500)
    with monkeypatch.context() as at_stripe:
        at_stripe.setattr(gateway, "refund", refuse)
        worlds.sweep()
    assert (reread(shop, refused).status, reread(shop, refused).note) == ("refused", "insufficient_funds")
    again = [try_again(shop, refused) for _ in range(2)]
    assert again[0].pk == again[1].pk != refused.pk
    worlds.sweep()
    assert attempt_of(shop, sold).refunded_minor == 1500
    assert try_again(shop, refused).pk == again[0].pk


def test_what_was_not_refused_is_not_asked_for_again(shop: Shop, sold: Booking) -> None:
    with pytest.raises(coach_refunds.NotRefundable):
        try_again(shop, press(shop, sold, 1500))


def refuse(**_asked: Any) -> None:
    raise gateway.GatewayRefused("insufficient_funds", None, "Your balance is too low.")


def try_again(shop: Shop, refund: Refund) -> Refund:
    with tenant_context(shop.tenant):
        return coach_refunds.try_again(refund_id=refund.pk, now=clock.now(), actor=ANNA)


def test_a_payment_that_took_nothing_gives_nothing_back(shop: Shop) -> None:
    booking = worlds.held(shop.tenant, worlds.session_type(shop.tenant), at=worlds.hour(300))
    worlds.book(shop.tenant, booking)
    with pytest.raises(coach_refunds.NotRefundable):
        told(shop, booking)


# --- several people at once --------------------------------------------------------------------------


def each_shown(shop: Shop, *sold: Booking) -> list[coach_refunds.Shown]:
    return [coach_refunds.Shown(attempt_of(shop, each).pk, told(shop, each).fingerprint) for each in sold]


def press_each(shop: Shop, shown: list[coach_refunds.Shown], key: UUID) -> list[Refund]:
    with tenant_context(shop.tenant):
        return coach_refunds.refund_each(
            shown=shown, because=Because.NOT_HELD, key=key, now=clock.now(), actor=ANNA
        )


@pytest.fixture
def three(shop: Shop) -> list[Booking]:
    kind = worlds.session_type(shop.tenant)
    return [
        worlds.sell(shop, kind, at=worlds.hour(300 + 2 * n), email=f"client{n}@example.com") for n in range(3)
    ]


def test_each_person_of_a_list_is_refunded_once(shop: Shop, three: list[Booking]) -> None:
    key, shown = uuid7(), each_shown(shop, *three)
    first, second = press_each(shop, shown, key), press_each(shop, shown, key)
    assert {each.pk for each in first} == {each.pk for each in second}
    worlds.sweep()
    assert [attempt_of(shop, each).refunded_minor for each in three] == [4500] * 3


def test_if_one_of_a_list_has_changed_nobody_is_refunded(shop: Shop, three: list[Booking]) -> None:
    shown = each_shown(shop, *three)
    press(shop, three[1], 100)
    with pytest.raises(coach_refunds.PreviewChanged):
        press_each(shop, shown, uuid7())
    with tenant_context(shop.tenant):
        assert Refund.objects.count() == 1


# --- packs, and any amounts ---------------------------------------------------------------------------


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(parts=st.lists(st.integers(1, 45000), min_size=1, max_size=3), used=st.integers(0, 3))
def test_whatever_is_given_back_of_a_pack_does_what_was_shown(
    shop: Shop, parts: list[int], used: int
) -> None:
    """Money, fee, free sessions, units and what is owed: as the preview said, refund by refund."""
    kind = worlds.session_type(shop.tenant)
    email = f"{uuid7()}@example.com"
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind, units=4), email=email)
    for _ in range(used):
        booked.with_unit(shop.tenant, kind, pack, at=worlds.hour(next(HOURS)))
    for part in parts:
        before = standing(shop, pack)
        try:
            shown = told(shop, pack, part)
        except (TooMuch, NothingLeft):
            continue
        press(shop, pack, part)
        worlds.sweep()
        after = standing(shop, pack)
        moved = [now - then for now, then in zip(after, before, strict=True)]
        expected = [part, shown.fee_back_minor, -shown.free_units_back, -shown.units_go, shown.owed_minor]
        assert moved == expected, (part, before, after)


# The examples share one calendar.
HOURS = itertools.count(300, 2)


def standing(shop: Shop, pack: Any) -> list[int]:
    """Money back, fee back, free sessions taken, units left, and what is owed for used ones."""
    attempt = attempt_of(shop, pack)
    with tenant_context(shop.tenant):
        left = ledger.balance_of(pack.pk)
    owed = worlds.reread_pack(shop.tenant, pack).owed_minor
    taken = len(steps.numbers_taken(shop))
    return [attempt.refunded_minor, attempt.fee_returned_minor, taken, left, owed]
