"""Buying packs: an order, a payment that decides, units; and what becomes of them when money goes back."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect.accounts import CannotCharge
from connect.simulator.client import SimulatorRefused
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.billing.checkout import AlreadyPaid, PageUnavailable
from tenants.billing.models import AttemptStatus, Charge, ChargeStatus
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.packs import ledger, offers, selling
from tenants.packs.models import Pack, PackEntry, PackOffer, PackStatus
from tenants.registry.models import Wakeup
from tests import worlds
from tests.crowd import at_once
from tests.journeys import steps
from tests.worlds import Shop

COACH = Actor("coach", "7", "Anna")
DAY = 24 * 3600


@pytest.fixture
def offer(shop: Shop) -> PackOffer:
    return worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant))


def entries(shop: Shop, pack: Pack) -> list[tuple[str, int, str]]:
    with tenant_context(shop.tenant):
        rows = PackEntry.objects.filter(pack=pack).order_by("number")
        return list(rows.values_list("kind", "units", "cause"))


def left(shop: Shop, pack: Pack) -> int:
    with tenant_context(shop.tenant):
        return ledger.balance_of(pack.pk)


def charge_of(shop: Shop, pack: Pack) -> Charge:
    with tenant_context(shop.tenant):
        return Charge.objects.get(purpose="pack", reference=pack.pk)


def packs(shop: Shop) -> list[Pack]:
    with tenant_context(shop.tenant):
        return list(Pack.objects.order_by("bought_at", "pk"))


def pay_page(shop: Shop, pack: Pack) -> str:
    with tenant_context(shop.tenant):
        return selling.pay(
            pack_id=pack.pk, links=lambda _pack: lambda _attempt: worlds.RETURN_PAGES, now=clock.now()
        )


def sold_by_coach(shop: Shop, offer: PackOffer, *, pack_id: UUID | None = None) -> Pack:
    with tenant_context(shop.tenant):
        client = Client.objects.first() or _add_client()
        return selling.sell(
            offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=COACH, pack_id=pack_id
        )


def _add_client() -> Client:
    with transaction.atomic():
        return find_or_add(name="Cleo", email="cleo@example.com", phone="", timezone="", now=clock.now())


# --- by the client -----------------------------------------------------------------------------------


def test_bought_is_units_from_the_moment_of_payment(shop: Shop, offer: PackOffer) -> None:
    pack = worlds.ordered_pack(shop, offer)
    assert (pack.status, entries(shop, pack)) == (PackStatus.PENDING, [])
    with steps.later(shop.stripe, 600):
        worlds.pay(shop, pack)
        worlds.hear_stripe(shop.stripe)
        bought = worlds.reread_pack(shop.tenant, pack)
        assert bought.paid_at
        assert bought.paid_at - pack.bought_at >= timedelta(seconds=600)
        assert bought.bought_at == bought.paid_at
        assert entries(shop, pack) == [("bought", 10, "bought")]
        assert charge_of(shop, pack).status == ChargeStatus.PAID
        [event] = steps.events_of(shop.tenant, "pack.bought")
        assert (event.subject_id, event.client_id) == (pack.pk, pack.client_id)
    assert bought.expires_at
    assert timedelta(days=180) < bought.expires_at - bought.paid_at < timedelta(days=185)
    watched = Wakeup.objects.filter(reference=pack.pk).values_list("kind", flat=True)
    assert sorted(watched) == ["pack_expiry", "pack_nudge"]


def test_told_again_nothing_more_is_bought(shop: Shop, offer: PackOffer) -> None:
    shop.stripe.delivery_mode("duplicate")
    pack = worlds.buy_pack(shop, offer)
    with clock.travel(3600):
        worlds.sweep()
    assert entries(shop, pack) == [("bought", 10, "bought")]
    assert len(steps.events_of(shop.tenant, "pack.bought")) == 1


def test_what_was_shown_is_kept_with_the_order(shop: Shop, offer: PackOffer) -> None:
    accepted = worlds.ordered_pack(shop, offer).accepted
    assert set(accepted) == {"text", "sha256", "at", "address"}
    assert accepted["text"] == "Ten sessions."
    assert accepted["sha256"] == "027d9bb289ea2c87b603e5ebed83489ead0989186ff677069d356de8c2044d3b"


@pytest.mark.parametrize(("free", "fee", "kept"), [(0, 4500, 0), (6, 1800, 0), (10, 0, 0), (14, 0, 4)])
def test_the_fee_is_for_the_units_that_are_not_free(
    shop: Shop, offer: PackOffer, free: int, fee: int, kept: int
) -> None:
    worlds.set_free_units(shop.tenant, free)
    attempt = worlds.attempt_for(shop.tenant, worlds.buy_pack(shop, offer))
    assert (attempt.application_fee_minor, attempt.captured_minor) == (fee, 45000)
    assert attempt.free_numbers == list(range(1, min(free, 10) + 1))
    assert free - len(steps.numbers_taken(shop)) == kept


def test_a_single_session_before_leaves_the_pack_the_other_free_ones(shop: Shop, offer: PackOffer) -> None:
    worlds.set_free_units(shop.tenant, 7)
    worlds.sell(shop, worlds.session_type(shop.tenant, name="Single"), at=worlds.hour(100))
    attempt = worlds.attempt_for(shop.tenant, worlds.buy_pack(shop, offer))
    assert (attempt.free_numbers, attempt.application_fee_minor) == ([2, 3, 4, 5, 6, 7], 1800)


def test_a_declined_card_buys_nothing_and_another_one_does(shop: Shop, offer: PackOffer) -> None:
    pack = worlds.ordered_pack(shop, offer)
    worlds.pay(shop, pack, card="4000000000000002")
    worlds.hear_stripe(shop.stripe)
    assert (worlds.reread_pack(shop.tenant, pack).status, left(shop, pack)) == (PackStatus.PENDING, 0)
    assert steps.numbers_taken(shop) == set()
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    assert left(shop, pack) == 10


def test_an_order_that_is_left_ends_with_its_page(shop: Shop, offer: PackOffer) -> None:
    pack = worlds.ordered_pack(shop, offer)
    with steps.later(shop.stripe, 3600):
        worlds.hear_stripe(shop.stripe)
        worlds.sweep()
        assert worlds.reread_pack(shop.tenant, pack).status == PackStatus.VOID
        [event] = steps.events_of(shop.tenant, "pack.released")
        assert event.data["reason"] == "payment_abandoned"
        with pytest.raises(selling.OrderEnded):
            pay_page(shop, pack)
        again = worlds.buy_pack(shop, offer)
    assert again.pk != pack.pk
    assert (left(shop, again), left(shop, pack)) == (10, 0)


def test_an_order_that_can_be_paid_is_gone_on_with(shop: Shop, offer: PackOffer) -> None:
    first = worlds.ordered_pack(shop, offer)
    page = worlds.attempt_for(shop.tenant, first).checkout_url
    assert worlds.ordered_pack(shop, offer).pk == first.pk
    assert pay_page(shop, first) == page
    other = worlds.ordered_pack(shop, offer, email="dora@example.com")
    assert [each.pk for each in packs(shop)] == [first.pk, other.pk]


def test_ordered_five_times_at_once_it_is_one_order(shop: Shop, offer: PackOffer) -> None:
    with tenant_context(shop.tenant):
        # Otherwise they would wait for each other where the first one adds the client.
        _add_client()
    at_once([partial(worlds.ordered_pack, shop, offer)] * 5)
    assert len(packs(shop)) == 1


def test_who_has_bought_one_can_buy_another(shop: Shop, offer: PackOffer) -> None:
    first, second = worlds.buy_pack(shop, offer), worlds.buy_pack(shop, offer)
    assert first.pk != second.pk
    assert (left(shop, first), left(shop, second)) == (10, 10)


def test_a_page_at_its_end_that_was_paid_on_is_not_sold_again(shop: Shop, offer: PackOffer) -> None:
    pack = worlds.ordered_pack(shop, offer)
    worlds.pay(shop, pack)
    with steps.later(shop.stripe, 31 * 60 - 10), pytest.raises(AlreadyPaid):
        worlds.ordered_pack(shop, offer)
    assert [each.status for each in packs(shop)] == [PackStatus.ACTIVE]


def test_a_paid_pack_is_not_paid_again(shop: Shop, offer: PackOffer) -> None:
    pack = worlds.buy_pack(shop, offer)
    with pytest.raises(AlreadyPaid):
        pay_page(shop, pack)


def test_another_version_than_the_one_that_was_shown_is_not_sold(shop: Shop, offer: PackOffer) -> None:
    with tenant_context(shop.tenant):
        offers.edit(line=offer.line, now=clock.now(), price_minor=50000)
        with pytest.raises(offers.OfferChanged) as changed:
            _buy(offer.slug, offer_id=offer.pk)
        assert changed.value.current.price_minor == 50000
        with pytest.raises(selling.NotOnOffer):
            _buy("no-such-pack")
    assert packs(shop) == []


def test_when_stripe_cannot_be_asked_the_order_waits(shop: Shop, offer: PackOffer) -> None:
    shop.stripe.fail_next("POST .*/sessions$", "unreachable", count=3)
    with pytest.raises(PageUnavailable):
        worlds.ordered_pack(shop, offer)
    [waiting] = packs(shop)
    assert worlds.buy_pack(shop, offer).pk == waiting.pk


def test_a_coach_who_cannot_charge_sells_nothing(shop: Shop, offer: PackOffer) -> None:
    shop.stripe.restrict(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    with pytest.raises(CannotCharge):
        worlds.ordered_pack(shop, offer)
    assert packs(shop) == []


def _buy(slug: str, *, offer_id: UUID | None = None) -> str:
    return selling.buy(
        slug=slug,
        name="Cleo",
        email="cleo@example.com",
        phone="",
        timezone="",
        accepted={},
        links=lambda _pack: lambda _attempt: worlds.RETURN_PAGES,
        now=clock.now(),
        offer_id=offer_id,
    )


# --- in Stripe's dashboard, and too late -------------------------------------------------------------


def void(shop: Shop, pack: Pack) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        Pack.objects.filter(pk=pack.pk).update(status=PackStatus.VOID)


def test_a_late_authorisation_of_an_order_that_ended_is_released(shop: Shop, offer: PackOffer) -> None:
    pack = worlds.ordered_pack(shop, offer)
    worlds.pay(shop, pack)
    void(shop, pack)
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, pack)
    assert (attempt.status, attempt.captured_minor) == (AttemptStatus.RELEASED, 0)
    assert entries(shop, pack) == []
    assert steps.numbers_taken(shop) == set()
    [event] = steps.events_of(shop.tenant, "pack.released")
    assert event.data["reason"] == "payment_released"


def test_captured_for_an_order_that_ended_it_goes_back(shop: Shop, offer: PackOffer) -> None:
    pack = worlds.ordered_pack(shop, offer)
    intent_id = worlds.pay(shop, pack).intent_id
    void(shop, pack)
    shop.stripe.dashboard_capture(intent_id)
    worlds.hear_stripe(shop.stripe)
    assert worlds.attempt_for(shop.tenant, pack).refunded_minor == 45000
    assert entries(shop, pack) == []


def test_a_capture_in_stripes_dashboard_buys_the_pack(shop: Shop, offer: PackOffer) -> None:
    worlds.set_free_units(shop.tenant, 6)
    pack = worlds.ordered_pack(shop, offer)
    shop.stripe.dashboard_capture(worlds.pay(shop, pack).intent_id)
    worlds.hear_stripe(shop.stripe)
    attempt = worlds.attempt_for(shop.tenant, pack)
    assert (attempt.status, attempt.application_fee_minor) == (AttemptStatus.CAPTURED, 1800)
    assert entries(shop, pack) == [("bought", 10, "bought")]


def refund(shop: Shop, pack: Pack, amount: int | None = None) -> None:
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, pack).stripe_charge_id, amount)
    worlds.hear_stripe(shop.stripe)


def test_half_refunded_in_stripes_dashboard_half_of_the_units_go(shop: Shop, offer: PackOffer) -> None:
    worlds.set_free_units(shop.tenant, 6)
    pack = worlds.buy_pack(shop, offer)
    refund(shop, pack, 22500)
    assert entries(shop, pack)[1:] == [("refunded", -5, "refund")]
    attempt = worlds.attempt_for(shop.tenant, pack)
    assert (attempt.fee_returned_minor, len(steps.numbers_taken(shop))) == (900, 3)
    assert charge_of(shop, pack).status == ChargeStatus.PARTIALLY_REFUNDED
    refund(shop, pack, 100)
    assert left(shop, pack) == 4
    refund(shop, pack)
    assert left(shop, pack) == 0
    attempt = worlds.attempt_for(shop.tenant, pack)
    assert (attempt.fee_returned_minor, steps.numbers_taken(shop)) == (1800, set())


def test_refunded_in_stripes_dashboard_nothing_is_left(shop: Shop, offer: PackOffer) -> None:
    pack = worlds.buy_pack(shop, offer)
    refund(shop, pack)
    assert left(shop, pack) == 0
    assert charge_of(shop, pack).status == ChargeStatus.REFUNDED
    with pytest.raises(SimulatorRefused):
        refund(shop, pack)


# --- by the coach ------------------------------------------------------------------------------------


def test_sold_unpaid_its_units_are_there_and_paying_adds_none(shop: Shop, offer: PackOffer) -> None:
    pack = sold_by_coach(shop, offer)
    assert (pack.status, pack.paid_at) == (PackStatus.ACTIVE, None)
    assert entries(shop, pack) == [("bought", 10, "sold_unpaid")]
    assert pack.expires_at
    assert [event.subject_id for event in steps.events_of(shop.tenant, "pack.sold")] == [pack.pk]
    with steps.later(shop.stripe, 3 * DAY):
        pay_page(shop, pack)
        worlds.pay(shop, pack)
        worlds.hear_stripe(shop.stripe)
    paid = worlds.reread_pack(shop.tenant, pack)
    assert paid.paid_at
    assert paid.paid_at - paid.bought_at > timedelta(days=2)
    assert paid.expires_at == pack.expires_at
    assert entries(shop, pack) == [("bought", 10, "sold_unpaid")]
    assert steps.events_of(shop.tenant, "pack.bought") == []
    assert len(steps.events_of(shop.tenant, "pack.paid")) == 1


def test_a_page_that_was_left_takes_nothing_from_a_pack_that_the_coach_sold(
    shop: Shop, offer: PackOffer
) -> None:
    pack = sold_by_coach(shop, offer)
    pay_page(shop, pack)
    with steps.later(shop.stripe, 3600):
        worlds.hear_stripe(shop.stripe)
        worlds.sweep()
        assert (worlds.reread_pack(shop.tenant, pack).status, left(shop, pack)) == (PackStatus.ACTIVE, 10)
        assert steps.events_of(shop.tenant, "pack.released") == []
        assert pay_page(shop, pack)


def test_a_button_that_is_pressed_twice_sells_once(shop: Shop, offer: PackOffer) -> None:
    pressed = uuid7()
    first = sold_by_coach(shop, offer, pack_id=pressed)
    assert sold_by_coach(shop, offer, pack_id=pressed).pk == first.pk
    assert len(packs(shop)) == 1
    assert left(shop, first) == 10
