"""Who pays for whom at the coach's desk: relations, a sale for others, and one share that goes back."""

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit.ids import uuid7
from tenants.clients.models import Client, Relation
from tenants.packs import ledger
from tenants.packs.models import PackOffer
from tenants.registry.models import Tenant
from tenants.shop.models import Order
from tests import worlds
from tests.dashboard.desk import Coach
from tests.paperwork import worlds as papers
from tests.shop import families
from tests.worlds import Shop


@pytest.fixture
def offer(shop: Shop) -> PackOffer:
    return worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant), name="Ten lessons")


def relation(tenant: Tenant) -> Relation:
    with tenant_context(tenant):
        return Relation.objects.get()


def test_a_relation_is_noted_and_ended(anna: Tenant) -> None:
    coach = Coach(anna)
    dad, mia = (papers.client(anna, email=f"{name}@example.com", name=name) for name in ("dad", "mia"))
    page = f"clients/{dad.pk}/pays-for/"
    assert "Nobody so far" in coach.read(page)
    wrong = coach.post(page, {"beneficiary": "nobody@example.com"})
    assert (wrong.status_code, "No client of yours" in wrong.content.decode()) == (422, True)
    assert coach.post(page, {"beneficiary": dad.email}).status_code == 422
    assert coach.post(page, {"beneficiary": "MIA@example.com", "label": "his niece"}).status_code == 303
    assert "his niece" in coach.read(page)
    assert "dad" in coach.read(f"clients/{mia.pk}/pays-for/")
    coach.post(f"clients/relations/{relation(anna).pk}/end")
    assert relation(anna).ended_at
    assert "Nobody so far" in coach.read(page)


def test_the_coach_sells_for_others_and_the_payer_is_written_to(shop: Shop, offer: PackOffer) -> None:
    coach = Coach(shop.tenant)
    dad = papers.client(shop.tenant, email=families.DAD, name="Frank Falk")
    page = f"clients/{dad.pk}/sell-for-others/"
    assert "Ten lessons: 10 sessions, €450.00 each" in coach.read(page)
    assert coach.post(page, {"offer": str(offer.pk), "key": str(uuid7())}).status_code == 422
    said = {
        "offer": str(offer.pk),
        "key": str(uuid7()),
        "for_payer": "on",
        "person_1": "Mia Falk",
        "address_1": "mia@example.com",
    }
    answer = coach.post(page, said)
    assert answer.status_code == 303, answer.content.decode()
    assert coach.post(page, said).status_code == 303
    with tenant_context(shop.tenant):
        order = Order.objects.get()
    worlds.drain()
    [written] = mail.outbox
    assert (written.to, written.subject) == (
        [families.DAD],
        f"2 × Ten lessons with {shop.tenant.name}: €900.00 to pay",
    )
    shown = coach.read(f"packs-for/{order.pk}/")
    assert "€900.00" in shown
    assert "/packs-for/" in shown
    assert "mia@example.com" in shown


def test_one_share_is_refunded_from_the_order(shop: Shop, offer: PackOffer) -> None:
    order = families.bought(shop, offer)
    coach = Coach(shop.tenant)
    page = f"packs-for/{order.pk}/"
    assert coach.read(page).count("Refund this share") == 5
    toms = families.packs(shop, order)[2]
    assert coach.post(f"{page}refund-share", {"pack": str(toms.pk)}).status_code == 303
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    with tenant_context(shop.tenant):
        assert ledger.balance_of(toms.pk) == 0
    assert coach.read(page).count("Refund this share") == 4
    assert "of it refunded" in coach.read(page)
    assert coach.post(f"{page}refund-share", {"pack": str(uuid7())}).status_code == 404


def test_a_client_leads_to_whom_they_pay_for_and_a_pack_to_its_order(shop: Shop, offer: PackOffer) -> None:
    order = families.bought(shop, offer)
    coach = Coach(shop.tenant)
    with tenant_context(shop.tenant):
        dad = Client.objects.get(email=families.DAD)
    assert f"clients/{dad.pk}/pays-for/" in coach.read(f"clients/{dad.pk}/")
    pack = families.packs(shop, order)[1]
    assert f"packs-for/{order.pk}/" in coach.read(f"clients/packs/{pack.pk}/")


def test_its_payment_has_the_pages_of_any_payment(shop: Shop, offer: PackOffer) -> None:
    order = families.bought(shop, offer)
    attempt = worlds.attempt_for(shop.tenant, order)
    coach, page = Coach(shop.tenant), f"money/payments/{attempt.pk}/"
    assert "5 × Ten lessons" in coach.read(page)
    assert "50 sessions of these packs go with it" in coach.read(f"{page}refund/?how=whole&because=goodwill")
    assert coach.get(f"{page}evidence.pdf").status_code == 200
    assert "5 × Ten lessons" in coach.read("money/?period=all")
