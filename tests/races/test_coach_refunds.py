"""Refunds pressed at the same moment, or while a dispute opens: money goes back once, and nobody hangs."""

from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.billing import coach_refunds, disputes
from tenants.billing.coach_refunds import Because, NotRefundable, PreviewChanged
from tenants.billing.models import Charge, PaymentAttempt, Refund
from tenants.billing.refund_preview import NothingLeft
from tenants.scheduling.models import Booking
from tests import worlds
from tests.crowd import at_once, meeting
from tests.worlds import Shop

TOGETHER = 20


@pytest.fixture
def sold(shop: Shop) -> Booking:
    return worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(300))


def whole(shop: Shop, sold: Booking) -> Callable[[UUID], Refund]:
    """A press of the button for all of it, as the page stands now; each press has the key of its form."""
    attempt = worlds.attempt_for(shop.tenant, sold)
    with tenant_context(shop.tenant):
        fresh = PaymentAttempt.objects.select_related("charge").get(pk=attempt.pk)
        shown = coach_refunds.facts_of(attempt=fresh).preview().fingerprint

    def press(key: UUID) -> Refund:
        with tenant_context(shop.tenant):
            return coach_refunds.refund(
                attempt_id=attempt.pk,
                amount_minor=None,
                because=Because.GOODWILL,
                shown=shown,
                reference=key,
                now=clock.now(),
                actor=Actor("coach", "7", "Anna"),
            )

    return press


def asked_for(shop: Shop) -> list[int]:
    with tenant_context(shop.tenant):
        return list(Refund.objects.values_list("amount_minor", flat=True))


def test_one_button_pressed_twice_at_once_is_one_refund(shop: Shop, sold: Booking) -> None:
    press, key = whole(shop, sold), uuid7()
    got = at_once([partial(press, key)] * 4)
    assert [each for each in got if isinstance(each, Exception)] == []
    assert asked_for(shop) == [4500]


def test_two_forms_pressed_at_once_give_it_back_once(shop: Shop, sold: Booking) -> None:
    press = whole(shop, sold)
    got = at_once([partial(press, uuid7()) for _ in range(4)])
    refused = [each for each in got if isinstance(each, Exception)]
    assert len(refused) == 3
    assert all(isinstance(each, PreviewChanged | NothingLeft) for each in refused), refused
    assert asked_for(shop) == [4500]
    worlds.sweep()
    assert worlds.attempt_for(shop.tenant, sold).refunded_minor == 4500


def test_looking_first_alone_would_give_it_back_twice(
    shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the lock of the charge both see the whole payment: that is the race which the lock ends."""

    def unlocked(_attempt_id: UUID, reference: UUID) -> Refund | None:
        return Refund.objects.filter(reference=reference).first()

    press = whole(shop, sold)
    monkeypatch.setattr(coach_refunds, "_pressed_before", unlocked)
    monkeypatch.setattr(coach_refunds, "_seen_again", meeting(coach_refunds._seen_again, 2))
    at_once([partial(press, uuid7()) for _ in range(2)])
    assert asked_for(shop) == [4500, 4500]


def test_a_refund_and_a_dispute_that_meet_do_not_wait_for_each_other_for_ever(
    shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has its first lock when they meet: one may have to wait, none may be turned away."""
    press, attempt = whole(shop, sold), worlds.attempt_for(shop.tenant, sold)
    shop.stripe.open_dispute(attempt.stripe_charge_id)
    shop.stripe.pending_events()
    meet = Barrier(2)
    decide, lose = coach_refunds._decide, disputes.refunds.lose

    def deciding(*args: Any) -> Refund:
        meet.wait(TOGETHER)
        return decide(*args)

    def losing(**what: Any) -> None:
        meet.wait(TOGETHER)
        lose(**what)

    def look() -> Any:
        with tenant_context(shop.tenant):
            return disputes.look_after(reference=attempt.pk, now=clock.now())

    monkeypatch.setattr(coach_refunds, "_decide", deciding)
    monkeypatch.setattr(disputes.refunds, "lose", losing)
    calls: list[Callable[[], Any]] = [partial(press, uuid7()), look]
    got = at_once(calls)
    assert [each for each in got if isinstance(each, Exception)] == []
    monkeypatch.undo()
    worlds.sweep()
    # Stripe has taken the money for the bank, and makes no refund of it.
    with tenant_context(shop.tenant):
        [refund] = Refund.objects.all()
        assert (refund.status, refund.note) == ("refused", "charge_disputed")
        assert Charge.objects.get().disputed_at
    with pytest.raises(NotRefundable):
        press(uuid7())
    assert worlds.attempt_for(shop.tenant, sold).refunded_minor == 0
