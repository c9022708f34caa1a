"""Buying a product: terms first, paid once, given at once; and what a refund takes back."""

import uuid

import pytest
from django_tenants.utils import tenant_context

from fees import accounts as fee_accounts
from kit import clock
from kit.actors import Actor
from tenants.billing.models import Charge, ChargeStatus, Document, PaymentAttempt
from tenants.offers import coupons
from tenants.offers.practice import practice
from tenants.offers.prices import PriceTooSmall
from tenants.packs import ledger, offers, removals
from tenants.packs.models import Pack
from tenants.paperwork.models import Acceptance, ClientPaper, ClientPaperStatus
from tenants.scheduling.models import Booking
from tenants.shop import buying, products
from tenants.shop.models import Order, OrderStatus
from tenants.shop.terms import Said, shown_of
from tests import worlds
from tests.billing.test_coach_refunds import press
from tests.shop import shelves
from tests.worlds import Shop

ANNA = Actor("coach", "1", "Anna")


def left_of(shop: Shop, order: Order) -> int:
    assert order.pack_id
    with tenant_context(shop.tenant):
        return ledger.balance_of(order.pack_id)


def with_sessions(shop: Shop, **fields: object) -> Order:
    kind = worlds.session_type(shop.tenant)
    four = worlds.pack_offer(shop.tenant, kind, name="Four lessons", units=4, price_minor=16000)
    return shelves.sold(shop, shelves.product(shop.tenant, pack_line=four.line, **fields))


def refund(shop: Shop, order: Order, minor: int | None = None) -> None:
    """By the coach, and brought to Stripe."""
    press(shop, order, minor)
    worlds.drain()
    worlds.hear_stripe(shop.stripe)


# --- bought ------------------------------------------------------------------------------------------


def test_a_product_is_paid_and_is_the_buyers(shop: Shop) -> None:
    order = shelves.sold(shop, shelves.product(shop.tenant, files=2))
    assert (order.status, order.price_minor) == (OrderStatus.PAID, 12000)
    assert order.paid_at
    with tenant_context(shop.tenant):
        charge = Charge.objects.get(reference=order.pk)
        assert (charge.purpose, charge.status, charge.paid_minor) == ("order", ChargeStatus.PAID, 12000)


def test_a_product_without_sessions_bears_the_fee_and_takes_no_free_session(shop: Shop) -> None:
    order = shelves.sold(shop, shelves.product(shop.tenant))
    attempt = worlds.attempt_for(shop.tenant, order)
    assert (attempt.fee_minor, attempt.free_numbers) == (1200, [])
    assert fee_accounts.numbers_taken(schema_name=shop.tenant.schema_name) == set()


def test_included_sessions_are_units_and_their_pack_is_there_when_it_is_paid(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 2)
    order = with_sessions(shop)
    assert left_of(shop, order) == 4
    assert worlds.attempt_for(shop.tenant, order).free_numbers == [1, 2]
    assert worlds.attempt_for(shop.tenant, order).fee_minor == 600


def test_nothing_is_given_before_it_is_paid(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    four = worlds.pack_offer(shop.tenant, kind, units=4)
    order = shelves.ordered(shop, shelves.product(shop.tenant, pack_line=four.line))
    assert (order.status, order.pack_id) == (OrderStatus.PENDING, None)
    worlds.sweep()
    with tenant_context(shop.tenant):
        assert not Pack.objects.exists()


def test_the_version_of_the_pack_that_was_shown_is_given(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    four = worlds.pack_offer(shop.tenant, kind, units=4)
    order = shelves.ordered(shop, shelves.product(shop.tenant, pack_line=four.line))
    with tenant_context(shop.tenant):
        offers.edit(line=four.line, units=2, now=clock.now())
    worlds.pay(shop, order)
    worlds.hear_stripe(shop.stripe)
    assert left_of(shop, shelves.reread(shop.tenant, order)) == 4


def test_what_is_free_is_there_at_once_and_owes_nothing(shop: Shop) -> None:
    answer = shelves.bought(shop, shelves.product(shop.tenant, price_minor=0, files=1))
    assert (answer.pay_at, answer.order.status) == ("", OrderStatus.PAID)
    with tenant_context(shop.tenant):
        assert not Charge.objects.exists()


def test_a_price_that_no_card_takes_is_refused(shop: Shop) -> None:
    with pytest.raises(PriceTooSmall):
        shelves.product(shop.tenant, price_minor=10)
    made = shelves.product(shop.tenant)
    with pytest.raises(PriceTooSmall):
        shelves.changed(shop.tenant, made, price_minor=10)


def test_a_receipt_says_what_was_bought_with_its_tax(shop: Shop) -> None:
    order = shelves.sold(shop, shelves.product(shop.tenant, price_minor=11900, tax_bp=1900))
    with tenant_context(shop.tenant):
        paper = Document.objects.get(charge__reference=order.pk)
        assert paper.lines[0]["text"] == "Eight-week plan"
        assert (paper.amount_minor, paper.lines[0]["tax_bp"]) == (11900, 1900)


# --- terms first -------------------------------------------------------------------------------------


def test_what_was_shown_is_kept_before_the_card_is_asked_for(shop: Shop) -> None:
    terms = shelves.terms(shop.tenant)
    order = shelves.ordered(shop, shelves.product(shop.tenant, requires=[str(terms.line)]))
    said = order.agreed
    assert "It costs €120.00." in said["text"]
    assert "for the buyer alone" in said["text"]
    assert (said["address"], said["agent"], said["by"]) == ("203.0.113.7", "A browser", "Cleo Adler")
    assert said["agreements"][0]["version"] == 1
    assert worlds.attempt_for(shop.tenant, order).created_at.isoformat() >= said["at"]


def test_paid_the_agreement_stands_among_the_buyers_papers_as_it_was_shown(shop: Shop) -> None:
    terms = shelves.terms(shop.tenant)
    wanted = shelves.product(shop.tenant, requires=[str(terms.line)])
    order = shelves.ordered(shop, wanted)
    shelves.terms(shop.tenant, line=terms.line, body="Something else.")
    worlds.pay(shop, order)
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        given = ClientPaper.objects.get(client=order.payer_id)
        kept = Acceptance.objects.get()
        assert (given.status, given.reference) == (ClientPaperStatus.DONE, order.pk)
        shown = order.agreed["agreements"][0]
        assert (kept.text, kept.text_hash, kept.paper_version) == (shown["text"], shown["sha256"], 1)
        assert (kept.name, kept.address, kept.agent) == ("Cleo Adler", "203.0.113.7", "A browser")
        assert kept.at.isoformat() == order.agreed["at"]
        assert given.text_hash == kept.text_hash


def test_who_only_typed_an_address_has_accepted_nothing_in_its_name(shop: Shop) -> None:
    terms = shelves.terms(shop.tenant)
    shelves.ordered(shop, shelves.product(shop.tenant, requires=[str(terms.line)]))
    worlds.sweep()
    with tenant_context(shop.tenant):
        assert not ClientPaper.objects.exists()


def test_what_changed_since_it_was_read_is_not_sold(shop: Shop) -> None:
    wanted = shelves.product(shop.tenant)
    with tenant_context(shop.tenant):
        read = shown_of(wanted, practice=practice(), now=clock.now()).digest
        products.edit(product_id=wanted.pk, price_minor=13000)
        with pytest.raises(buying.ProductChanged):
            buying.buy(
                slug=wanted.slug,
                shown=read,
                name="Cleo",
                email=shelves.CLEO,
                timezone="",
                said=Said("Cleo"),
                links=lambda _order: lambda _attempt: worlds.RETURN_PAGES,
                now=clock.now(),
            )
        assert not Order.objects.exists()


# --- pressed twice, left, and gone on with -----------------------------------------------------------


def test_a_press_that_comes_twice_orders_once(shop: Shop) -> None:
    wanted, key = shelves.product(shop.tenant), uuid.uuid4()
    first = shelves.bought(shop, wanted, order_id=key)
    assert shelves.bought(shop, wanted, order_id=key) == first
    with tenant_context(shop.tenant):
        assert (Order.objects.count(), PaymentAttempt.objects.count()) == (1, 1)


def test_what_is_free_is_taken_once_by_a_double_press(shop: Shop) -> None:
    wanted, key = shelves.product(shop.tenant, price_minor=0), uuid.uuid4()
    shelves.bought(shop, wanted, order_id=key)
    shelves.bought(shop, wanted, order_id=key)
    with tenant_context(shop.tenant):
        assert Order.objects.count() == 1


def test_the_same_browser_goes_on_with_the_payment_that_it_left(shop: Shop) -> None:
    wanted = shelves.product(shop.tenant)
    first = shelves.bought(shop, wanted)
    assert shelves.bought(shop, wanted) == first
    other = shelves.bought(shop, wanted, browser="another")
    assert other.order != first.order


def test_somebody_elses_order_is_not_taken_over_by_its_id(shop: Shop) -> None:
    wanted, key = shelves.product(shop.tenant), uuid.uuid4()
    first = shelves.ordered(shop, wanted, order_id=key)
    second = shelves.ordered(shop, wanted, order_id=key, email="mia@example.com", browser="hers")
    assert first.pk != second.pk
    assert second.payer_id != first.payer_id


def test_an_order_that_is_never_paid_ends_and_can_be_bought_again(shop: Shop) -> None:
    wanted = shelves.product(shop.tenant)
    order = shelves.ordered(shop, wanted)
    shop.stripe.advance(32 * 60)
    with clock.travel(32 * 60):
        worlds.hear_stripe(shop.stripe)
        worlds.drain()
        assert shelves.reread(shop.tenant, order).status == OrderStatus.VOID
        assert shelves.sold(shop, wanted).status == OrderStatus.PAID


def test_a_coupon_takes_off_and_all_off_makes_it_free(shop: Shop) -> None:
    wanted = shelves.product(shop.tenant)
    with tenant_context(shop.tenant):
        coupons.create(code="HALF", off_bp=5000, now=clock.now())
        coupons.create(code="WHOLE", off_bp=10000, now=clock.now())
    assert shelves.ordered(shop, wanted, coupon="half").price_minor == 6000
    free = shelves.bought(shop, wanted, coupon="whole", browser="another")
    assert (free.order.price_minor, free.order.status) == (0, OrderStatus.PAID)


# --- refunds and disputes ----------------------------------------------------------------------------


def test_a_full_refund_ends_the_order_and_takes_unused_sessions(shop: Shop) -> None:
    order = with_sessions(shop)
    refund(shop, order)
    order = shelves.reread(shop.tenant, order)
    assert order.status == OrderStatus.REFUNDED
    assert left_of(shop, order) == 0


def test_a_part_of_the_money_back_takes_nothing(shop: Shop) -> None:
    order = with_sessions(shop)
    refund(shop, order, 6000)
    assert shelves.reread(shop.tenant, order).status == OrderStatus.PAID
    assert left_of(shop, order) == 4
    refund(shop, order, 6000)
    assert shelves.reread(shop.tenant, order).status == OrderStatus.REFUNDED
    assert left_of(shop, order) == 0


def test_a_session_that_was_used_stays_used_after_a_full_refund(shop: Shop) -> None:
    order = with_sessions(shop)
    assert order.pack
    with tenant_context(shop.tenant):
        removals.correct(pack_id=order.pack.pk, units=-1, note="used", now=clock.now(), actor=ANNA)
    refund(shop, order)
    assert left_of(shop, order) == 0
    with tenant_context(shop.tenant):
        assert Pack.objects.get(pk=order.pack.pk).owed_minor == 0
        assert not Booking.objects.exists()


def test_while_the_bank_looks_into_it_nothing_is_booked_with_its_sessions(shop: Shop) -> None:
    order = with_sessions(shop)
    dispute = shop.stripe.open_dispute(worlds.attempt_for(shop.tenant, order).stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        assert Pack.objects.get(pk=order.pack_id).frozen_at
    shop.stripe.win_dispute(dispute)
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        assert Pack.objects.get(pk=order.pack_id).frozen_at is None
