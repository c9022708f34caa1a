"""One purchase of a pack for a family: everybody gets their own, one pays, and one alone reads amounts."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django_tenants.utils import tenant_context

from fees import accounts as fee_accounts
from kit import clock
from kit.actors import Actor
from tenants.billing import by_hand
from tenants.billing.coach_refunds import Because
from tenants.billing.models import Charge, ChargeStatus, Document
from tenants.clients import relations
from tenants.clients.models import Client, Relation
from tenants.earnings.owed import standing
from tenants.packs import ledger, statements
from tenants.packs.models import Pack, PackOffer
from tenants.paperwork import accepting
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, Paper
from tenants.paperwork.requirements import PaperworkMissing
from tenants.scheduling.models import FUNDED
from tenants.shop import packs_for, packs_for_refunds
from tenants.shop.models import Order, OrderStatus
from tenants.shop.packs_for import Payer, Person
from tests import worlds
from tests.billing.by_hand import record
from tests.billing.test_coach_refunds import press
from tests.earnings.test_books import books_of, look
from tests.journeys.steps import later
from tests.journeys.test_packs import use
from tests.shop import families, shelves
from tests.worlds import Shop

ANNA = Actor("coach", "1", "Anna")


@pytest.fixture
def kind(shop: Shop) -> worlds.SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def offer(shop: Shop, kind: worlds.SessionType) -> PackOffer:
    return worlds.pack_offer(shop.tenant, kind, name="10-session summer pack")


def lefts(shop: Shop, order: Order) -> list[int]:
    with tenant_context(shop.tenant):
        return [ledger.balance_of(pack.pk) for pack in families.packs(shop, order)]


def share_back(shop: Shop, order: Order, nth: int) -> None:
    """The coach gives one beneficiary's share back."""
    with tenant_context(shop.tenant):
        packs_for_refunds.refund_share(
            order=order,
            pack=families.packs(shop, order)[nth],
            because=Because.CLIENT_ASKED,
            now=clock.now(),
            actor=ANNA,
        )
    worlds.drain()
    worlds.hear_stripe(shop.stripe)


# --- bought ------------------------------------------------------------------------------------------


def test_five_have_their_own_and_one_has_paid(shop: Shop, offer: PackOffer) -> None:
    order = families.bought(shop, offer)
    assert (order.status, order.price_minor) == (OrderStatus.PAID, 225000)
    packs = families.packs(shop, order)
    assert [pack.client.name for pack in packs] == [
        "Frank Falk",
        "Mia Falk",
        "Tom Falk",
        "Ida Falk",
        "Ben Falk",
    ]
    assert {pack.buyer.email for pack in packs} == {families.DAD}
    assert lefts(shop, order) == [10] * 5
    with tenant_context(shop.tenant):
        [charge] = Charge.objects.all()
        assert (charge.purpose, charge.units, charge.status) == ("packs_for", 50, ChargeStatus.PAID)
        assert sum(pack.price_minor for pack in packs) == charge.paid_minor == 225000
        assert Document.objects.get().amount_minor == 225000


def test_an_order_that_is_not_paid_leaves_nobody_on_record(shop: Shop, offer: PackOffer) -> None:
    families.ordered(shop, offer)
    with tenant_context(shop.tenant):
        assert [each.email for each in Client.objects.all()] == [families.DAD]
        assert not Pack.objects.exists()
        assert not Relation.objects.exists()


def test_ordering_again_goes_on_with_the_same_order(shop: Shop, offer: PackOffer) -> None:
    first, pay_at = families.ordered(shop, offer)
    assert families.ordered(shop, offer) == (first, pay_at)
    assert families.ordered(shop, offer, families.FIVE[:3])[0] != first


def test_the_fee_counts_every_session_once(shop: Shop, offer: PackOffer) -> None:
    """Ten of fifty are free: of 2,250.00 the fee is that of forty times 45.00."""
    families.bought(shop, offer)
    attempt = worlds.attempt_for(shop.tenant, families.ordered(shop, offer)[0])
    assert attempt
    with tenant_context(shop.tenant):
        paid = Charge.objects.filter(paid_minor__gt=0).get().attempts.get(captured_at__isnull=False)
    assert len(paid.free_numbers) == 10
    assert paid.fee_minor == 18000
    assert fee_accounts.terms(schema_name=shop.tenant.schema_name).free_units == 10


def test_who_is_bought_for_again_is_the_same_person(shop: Shop, offer: PackOffer) -> None:
    """The child without an address too: by name, among those for whom this payer pays."""
    families.bought(shop, offer)
    with later(shop.stripe, 60):
        families.bought(shop, offer, (Person("ben falk"), Person("M.", "MIA@example.com")))
    with tenant_context(shop.tenant):
        assert Client.objects.count() == 5
        assert Client.objects.get(email="mia@example.com").name == "Mia Falk"


def test_two_without_an_address_are_two_people(shop: Shop, offer: PackOffer) -> None:
    families.bought(shop, offer, (Person("Ben"), Person("Leo")))
    with tenant_context(shop.tenant), transaction.atomic():
        assert Client.objects.filter(email="").count() == 2
        with pytest.raises(IntegrityError), transaction.atomic():
            Client.objects.create(name="Another Frank", email=families.DAD.upper())


def test_a_company_pays_only_and_stands_on_the_receipt(shop: Shop, offer: PackOffer) -> None:
    billing = {"name": "Falk GmbH", "address": "Ring 1\nBerlin", "vat_number": "DE123456789"}
    payer = Payer("Falk GmbH", "office@falk.example", is_company=True, billing=billing)
    families.bought(shop, offer, families.FIVE[1:3], payer=payer)
    with tenant_context(shop.tenant):
        company = Client.objects.get(email="office@falk.example")
        assert (company.pays_only, company.is_company) == (True, True)
        assert Document.objects.get().payer == billing


def test_nobody_who_types_an_address_changes_what_is_on_record(shop: Shop, offer: PackOffer) -> None:
    families.bought(shop, offer)
    stranger = Payer("Somebody", families.DAD, is_company=True, billing={"name": "Evil Ltd"})
    families.ordered(shop, offer, families.FIVE[1:2], payer=stranger)
    with tenant_context(shop.tenant):
        dad = Client.objects.get(email=families.DAD)
    assert (dad.name, dad.is_company, dad.pays_only, dad.billing) == ("Frank Falk", False, False, {})


@pytest.mark.parametrize(
    "people",
    [
        (),
        (Person("A", "a@example.com"), Person("B", "A@example.com")),
        (Person("Me again", families.DAD),),
        (Person(is_payer=True), Person(is_payer=True)),
        tuple(Person(f"P{nth}") for nth in range(13)),
    ],
    ids=["nobody", "one address twice", "the payer's address", "the payer twice", "too many"],
)
def test_what_cannot_be_ordered(shop: Shop, offer: PackOffer, people: tuple[Person, ...]) -> None:
    with pytest.raises(packs_for.CannotBuyFor):
        families.ordered(shop, offer, people)
    with tenant_context(shop.tenant):
        assert not Order.objects.exists()


def test_a_gift_begins_on_the_day_on_which_it_is_handed_over(shop: Shop, offer: PackOffer) -> None:
    day = (clock.now() + timedelta(days=20)).date()
    order = families.bought(shop, offer, families.FIVE[:2], told_on=day)
    own, gift = families.packs(shop, order)
    assert own.expires_at
    assert gift.expires_at
    assert gift.expires_at - own.expires_at > timedelta(days=18)
    assert gift.bought_at.date() == day


# --- what the coach sells ----------------------------------------------------------------------------


def sold(shop: Shop, offer: PackOffer) -> Order:
    with tenant_context(shop.tenant), transaction.atomic():
        payer = Client.objects.create(name="Falk GmbH", email="office@falk.example", pays_only=True)
    with tenant_context(shop.tenant):
        return packs_for.sell(
            order_id=shop.tenant.pk,
            offer_id=offer.pk,
            payer_id=payer.pk,
            people=families.FIVE[1:3],
            gift=packs_for.Gift(),
            now=clock.now(),
            actor=ANNA,
        )


def test_what_the_coach_has_set_up_is_theirs_once_it_is_paid(shop: Shop, offer: PackOffer) -> None:
    order = sold(shop, offer)
    assert sold_again_is_the_same(shop, offer, order)
    with tenant_context(shop.tenant):
        assert not Pack.objects.exists()
        packs_for.pay(
            order_id=order.pk, links=lambda _order: lambda _attempt: worlds.RETURN_PAGES, now=clock.now()
        )
    worlds.pay(shop, order)  # type: ignore[arg-type]
    worlds.hear_stripe(shop.stripe)
    assert lefts(shop, order) == [10, 10]


def sold_again_is_the_same(shop: Shop, offer: PackOffer, order: Order) -> bool:
    with tenant_context(shop.tenant):
        again = packs_for.sell(
            order_id=order.pk,
            offer_id=offer.pk,
            payer_id=order.payer_id,
            people=families.FIVE[1:3],
            gift=packs_for.Gift(),
            now=clock.now(),
            actor=ANNA,
        )
        return again == order and Charge.objects.count() == 1


# --- back --------------------------------------------------------------------------------------------


def test_a_refund_of_all_takes_what_nobody_used(
    shop: Shop, offer: PackOffer, kind: worlds.SessionType
) -> None:
    order = families.bought(shop, offer)
    used = use(shop.tenant, families.packs(shop, order)[1], kind, worlds.hour(5))
    assert used.status in FUNDED
    press(shop, order)
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    assert lefts(shop, order) == [0] * 5
    packs = families.packs(shop, order)
    assert [pack.owed_minor for pack in packs] == [0, 4500, 0, 0, 0]
    assert families.reread(shop, order).status == OrderStatus.REFUNDED


def test_a_part_takes_units_in_the_order_of_the_order(shop: Shop, offer: PackOffer) -> None:
    order = families.bought(shop, offer)
    press(shop, order, 4500 * 12)
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    assert lefts(shop, order) == [0, 8, 10, 10, 10]


def test_one_share_goes_back_with_its_units_alone(
    shop: Shop, offer: PackOffer, kind: worlds.SessionType
) -> None:
    order = families.bought(shop, offer)
    use(shop.tenant, families.packs(shop, order)[3], kind, worlds.hour(5))
    share_back(shop, order, 3)
    assert lefts(shop, order) == [10, 10, 10, 0, 10]
    assert [pack.owed_minor for pack in families.packs(shop, order)] == [0, 0, 0, 4500, 0]
    with tenant_context(shop.tenant):
        assert Charge.objects.get(purpose="packs_for").refunded_minor == 45000
    share_back(shop, order, 3)
    with tenant_context(shop.tenant):
        assert Charge.objects.get(purpose="packs_for").refunded_minor == 45000
    share_back(shop, order, 0)
    assert lefts(shop, order) == [0, 10, 10, 0, 10]


def test_a_dispute_freezes_all_and_its_end_frees_them(shop: Shop, offer: PackOffer) -> None:
    order = families.bought(shop, offer)
    attempt = worlds.attempt_for(shop.tenant, order)  # type: ignore[arg-type]
    disputed = shop.stripe.open_dispute(attempt.stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    assert all(pack.frozen_at for pack in families.packs(shop, order))
    shop.stripe.win_dispute(disputed)
    worlds.hear_stripe(shop.stripe)
    assert not any(pack.frozen_at for pack in families.packs(shop, order))


def test_who_does_not_pay_in_the_end_is_told_and_nobody_else(shop: Shop, offer: PackOffer) -> None:
    order, _pay_at = families.ordered(shop, offer)
    with later(shop.stripe, 3 * 3600):
        worlds.drain()
        worlds.hear_stripe(shop.stripe)
    assert families.reread(shop, order).status == OrderStatus.VOID
    with tenant_context(shop.tenant):
        assert Client.objects.count() == 1


# --- who reads what ----------------------------------------------------------------------------------


def test_one_function_says_who_reads_an_amount(shop: Shop, offer: PackOffer) -> None:
    own, mias = families.packs(shop, families.bought(shop, offer))[:2]
    assert relations.may_see_amounts(own.client, own.buyer_id)
    assert relations.may_see_amounts(mias.buyer_id, mias.buyer_id)
    assert not relations.may_see_amounts(mias.client, mias.buyer_id)
    assert not relations.may_see_amounts(None, mias.buyer_id)
    assert not relations.may_see_amounts(mias.client, None)
    assert not relations.may_see_amounts(None, None)


@pytest.mark.parametrize("named", [True, False])
def test_a_gift_names_who_gave_it_if_they_want(shop: Shop, offer: PackOffer, named: bool) -> None:
    mias = families.packs(shop, families.bought(shop, offer, names_payer=named))[1]
    with tenant_context(shop.tenant):
        said = statements.statement_of(
            pack=mias, tz="Europe/Berlin", now=clock.now(), reader_id=mias.client_id
        ).balance.bought
    assert ("Frank Falk" in said) is named
    assert "450.00" not in said


def test_attendance_is_shared_by_the_beneficiary_alone_and_ends(shop: Shop, offer: PackOffer) -> None:
    mias = families.packs(shop, families.bought(shop, offer))[1]

    def seen() -> set[UUID]:
        return relations.sees_attendance_of(payer_id=mias.buyer_id, beneficiary_ids=[mias.client_id])

    with tenant_context(shop.tenant):
        relation = Relation.objects.get(beneficiary=mias.client)
        assert seen() == set()
        with pytest.raises(Relation.DoesNotExist):
            relations.share_attendance(
                relation_id=relation.pk, beneficiary_id=mias.buyer_id, share=True, now=clock.now()
            )
        relations.share_attendance(
            relation_id=relation.pk, beneficiary_id=mias.client_id, share=True, now=clock.now()
        )
        assert seen() == {mias.client_id}
        relations.end(relation_id=relation.pk, now=clock.now(), actor=ANNA)
        assert seen() == set()


# --- the agreement -----------------------------------------------------------------------------------

AGREED = "For {{client_name}}: {{sessions}}.\n\n{{#price}}\nIt costs {{price}}.\n{{/price}}"


def requires(shop: Shop, offer: PackOffer, paper: Paper) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        PackOffer.objects.filter(pk=offer.pk).update(requires=[str(paper.line)])


def test_the_payer_signs_the_price_and_the_others_a_twin_without(shop: Shop, offer: PackOffer) -> None:
    paper = shelves.terms(shop.tenant, name="Family agreement", body=AGREED)
    requires(shop, offer, paper)
    _order, pay_at = families.ordered(shop, offer)
    assert pay_at == ""
    with tenant_context(shop.tenant):
        [priced] = ClientPaper.objects.all()
        assert "2,250" in priced.text
        assert not Charge.objects.exists()
    families.bought(shop, offer)
    with tenant_context(shop.tenant):
        papers = list(ClientPaper.objects.exclude(pk=priced.pk).select_related("client"))
    assert {each.client.name for each in papers} == {"Mia Falk", "Tom Falk", "Ida Falk", "Ben Falk"}
    assert {each.twin_id for each in papers} == {priced.pk}
    assert {each.status for each in papers} == {ClientPaperStatus.OPEN}
    for each in papers:
        assert each.hides_prices
        assert "250.00" not in each.text
        assert "450.00" not in each.text
    assert len({priced.text_hash, *(each.text_hash for each in papers)}) == 5


def test_an_agreement_that_changed_is_signed_again_before_the_card(shop: Shop, offer: PackOffer) -> None:
    paper = shelves.terms(shop.tenant, name="Family agreement", body=AGREED)
    requires(shop, offer, paper)
    order, _pay_at = families.ordered(shop, offer)
    families.sign(shop, order)
    assert families.ordered(shop, offer)[1]


def test_a_first_session_waits_for_ones_own_version(
    shop: Shop, offer: PackOffer, kind: worlds.SessionType
) -> None:
    """Not for another one: what was given with the pack is what is to be accepted."""
    paper = shelves.terms(shop.tenant, name="Family agreement", body=AGREED)
    requires(shop, offer, paper)
    mias = families.packs(shop, families.bought(shop, offer))[1]
    with pytest.raises(PaperworkMissing) as refused:
        use(shop.tenant, mias, kind, worlds.hour(5))
    with tenant_context(shop.tenant):
        own = ClientPaper.objects.get(client=mias.client)
        assert [each.pk for each in refused.value.client_papers] == [own.pk]
        assert own.hides_prices
        accepting.accept(
            client_paper_id=own.pk,
            name="Mia Falk",
            shown=own.text_hash,
            address="",
            agent="",
            now=clock.now(),
            actor=Actor("client", str(mias.client_id)),
        )
    assert use(shop.tenant, mias, kind, worlds.hour(50)).status in FUNDED


def test_what_is_owed_is_what_the_coach_has_set_up(shop: Shop, offer: PackOffer) -> None:
    """An order that a visitor has left is owed by nobody."""
    families.ordered(shop, offer)
    with tenant_context(shop.tenant):
        assert not standing().exists()
    order = sold(shop, offer)
    with tenant_context(shop.tenant):
        assert [charge.reference for charge in standing()] == [order.pk]


def test_a_company_pays_by_transfer(shop: Shop, offer: PackOffer) -> None:
    """Noted by hand, everybody has their own; taken back as a slip, nothing can be booked with it."""
    order = sold(shop, offer)
    with tenant_context(shop.tenant):
        charge = Charge.objects.get()
    payment = record(shop.tenant, charge, minor=charge.amount_minor)
    assert lefts(shop, order) == [10, 10]
    with tenant_context(shop.tenant):
        by_hand.take_back(payment_id=payment.pk, because="A slip.", now=clock.now(), actor=ANNA)
    assert [pack.paid_at for pack in families.packs(shop, order)] == [None, None]
    record(shop.tenant, charge, minor=charge.amount_minor)
    assert all(pack.paid_at for pack in families.packs(shop, order))
    assert lefts(shop, order) == [10, 10]


def test_the_books_tie(shop: Shop, offer: PackOffer) -> None:
    order = families.bought(shop, offer)
    share_back(shop, order, 2)
    look(shop)
    assert books_of(shop).differences == []
