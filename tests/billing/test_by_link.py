"""Paying from a link: the next part or all that is owed, on one page at a time, and nothing twice."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect.simulator.client import SimulatorRefused
from kit import clock
from kit.actors import SYSTEM
from kit.signed_links import BadLink
from tenants.billing import by_link, charges, links
from tenants.billing.models import AttemptStatus, Charge
from tenants.billing.sales import Mandated
from tenants.clients.models import Client
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing import owing
from tests.billing.owing import Calendar
from tests.worlds import Shop


@pytest.fixture
def calendar(shop: Shop) -> Iterator[Calendar]:
    worlds.set_free_units(shop.tenant, 0)
    calendar = Calendar(shop)
    with calendar.passed:
        yield calendar


@pytest.fixture
def pack(shop: Shop, calendar: Calendar) -> Pack:
    return owing.pack_in_three(shop)


def press(shop: Shop, pack: Pack, *, everything: bool = False, mandate: Mandated | None = None) -> str:
    with tenant_context(shop.tenant):
        return by_link.pay(
            charge_id=owing.charge_of(shop, pack).pk,
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
            everything=everything,
            mandate=mandate,
        )


def amounts(shop: Shop, pack: Pack) -> list[tuple[str, int]]:
    return [(each.status, each.amount_minor) for each in owing.payments_of(shop, pack)[1:]]


def test_the_next_part_is_asked_for_and_the_page_is_gone_on_with(shop: Shop, pack: Pack) -> None:
    page = press(shop, pack)
    assert press(shop, pack) == page
    assert amounts(shop, pack) == [("open", 3335)]
    name = owing.payments_of(shop, pack)[1].parameters["line_items"][0]["price_data"]["product_data"]["name"]
    assert name == "10-session pack, payment 2 of 3"
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    assert owing.paid_so_far(shop, pack) == [("paid", 3335), ("paid", 3335), ("open", 0)]


def test_all_that_is_owed_is_paid_at_once(shop: Shop, pack: Pack) -> None:
    press(shop, pack, everything=True)
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    assert [status for status, _ in owing.paid_so_far(shop, pack)] == ["paid"] * 3
    assert worlds.reread_pack(shop.tenant, pack).paid_at
    assert [each.fee_minor for each in owing.payments_of(shop, pack)] == [333, 667]
    with pytest.raises(by_link.AlreadyPaid):
        press(shop, pack)


def test_all_parts_that_are_due_are_asked_for_together(shop: Shop, calendar: Calendar, pack: Pack) -> None:
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id, "lost_card")
    calendar.go_to(owing.parts_of(shop, pack)[2].due_at)
    press(shop, pack)
    assert amounts(shop, pack)[-1] == ("open", 6670)


def test_a_page_of_another_amount_is_closed_first(shop: Shop, pack: Pack) -> None:
    press(shop, pack)
    press(shop, pack, everything=True)
    assert amounts(shop, pack) == [("expired", 3335), ("open", 6670)]
    first = owing.payments_of(shop, pack)[1]
    with pytest.raises(SimulatorRefused):
        shop.stripe.pay(first.checkout_id)


def test_a_page_that_keeps_the_card_is_another_page(shop: Shop, pack: Pack) -> None:
    press(shop, pack)
    press(shop, pack, mandate=Mandated("instalment", "Keep this one for the next."))
    assert [status for status, _ in amounts(shop, pack)] == ["expired", "open"]
    worlds.pay(shop, pack, card="5555555555554444")
    worlds.hear_stripe(shop.stripe)
    assert owing.card_of(shop).last4 == "4444"


def test_a_page_that_was_paid_meanwhile_is_found_paid_and_nothing_more_is_asked(
    shop: Shop, pack: Pack
) -> None:
    press(shop, pack)
    worlds.pay(shop, pack)
    with pytest.raises(by_link.AlreadyPaid):
        press(shop, pack, everything=True)
    assert amounts(shop, pack) == [("captured", 3335)]
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)


def test_what_ended_is_not_asked_for(shop: Shop, calendar: Calendar) -> None:
    booking = owing.session_with_deposit(shop)
    charge = owing.charge_of(shop, booking)
    with tenant_context(shop.tenant), transaction.atomic():
        charges.void_rest(purpose="booking", reference=booking.pk, now=clock.now(), actor=SYSTEM)
    with tenant_context(shop.tenant), pytest.raises(by_link.AlreadyPaid):
        by_link.pay(charge_id=charge.pk, links=lambda _id: worlds.RETURN_PAGES, now=clock.now())


def test_money_by_hand_between_the_page_and_the_payment_releases_what_is_too_much(
    shop: Shop, pack: Pack
) -> None:
    """The coach took all of it in cash while the client was typing the card."""
    press(shop, pack, everything=True)
    worlds.pay(shop, pack)
    with tenant_context(shop.tenant), transaction.atomic():
        charge = Charge.objects.get()
        charges.apply(charge, now=clock.now(), actor=SYSTEM, paid_minor=1000)
    worlds.hear_stripe(shop.stripe)
    assert amounts(shop, pack) == [("released", 6670)]
    assert owing.charge_of(shop, pack).paid_minor == 4335


# --- the links ----------------------------------------------------------------------------------------


def test_a_link_opens_its_charge_and_no_other_and_ends_with_its_version(
    shop: Shop, pack: Pack, ben: Tenant
) -> None:
    with tenant_context(shop.tenant):
        charge = owing.charge_of(shop, pack)
        token = links.pay_token(charge)
        assert links.charge_by(token).pk == charge.pk
        assert links.pay_address(charge).endswith(f"/pay/{token}/")
        payments = links.payments_token(charge.client)
        assert links.payer_by(payments).pk == charge.client_id
        with pytest.raises(BadLink):
            links.charge_by(payments)
        with pytest.raises(BadLink):
            links.payer_by(token)
    with tenant_context(ben), pytest.raises(BadLink):
        links.charge_by(token)
    with tenant_context(shop.tenant):
        with transaction.atomic():
            Client.objects.filter(pk=charge.client_id).update(link_version=2)
        for opens, secret in ((links.charge_by, token), (links.payer_by, payments)):
            with pytest.raises(BadLink):
                opens(secret)


def test_a_link_to_pay_ends_when_somebody_else_is_to_pay(shop: Shop, pack: Pack) -> None:
    with tenant_context(shop.tenant):
        charge = owing.charge_of(shop, pack)
        token = links.pay_token(charge)
        with transaction.atomic():
            other = Client.objects.create(name="Jo", email="jo@example.com")
            Charge.objects.filter(pk=charge.pk).update(client=other)
        with pytest.raises(BadLink):
            links.charge_by(token)


def test_a_payment_closes_after_half_an_hour_and_the_next_press_opens_another(
    shop: Shop, calendar: Calendar, pack: Pack
) -> None:
    press(shop, pack)
    calendar.go_on(timedelta(minutes=45))
    press(shop, pack)
    assert [status for status, _ in amounts(shop, pack)] == [AttemptStatus.EXPIRED, AttemptStatus.OPEN]
