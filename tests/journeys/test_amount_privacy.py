"""A father pays for his family, a company for its director: none of those reads an amount, anywhere.

Everything happens that can happen to a pack and to a retainer; then each of them opens every mail and every
link that they have, and all that those lead to. The digits of what was paid occur nowhere else in the world.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from django.core import mail
from django.db import transaction
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from kit import clock
from kit.actors import Actor
from tenants.billing.coach_refunds import Because
from tenants.clients import notes, relations
from tenants.clients.models import Client
from tenants.offers.models import SessionType
from tenants.packs import links as pack_links
from tenants.packs import removals
from tenants.packs.models import Pack, PackOffer
from tenants.paperwork import accepting, forms
from tenants.paperwork.models import ClientPaper
from tenants.retainers import subscribing
from tenants.retainers.links import OF_PAYER
from tenants.retainers.models import Retainer, RetainerPlan
from tenants.scheduling import bookings, cancelling, links, moving
from tenants.scheduling.models import Booking, Cause
from tenants.shop import packs_for_refunds
from tenants.shop.models import Order
from tests import worlds
from tests.journeys import reading
from tests.journeys.reading import Reading
from tests.journeys.steps import later
from tests.journeys.test_packs import use
from tests.journeys.test_retainers import use as use_retainer
from tests.paperwork import worlds as papers
from tests.portal.people import browser_of
from tests.retainers import stack
from tests.shop import families
from tests.worlds import Shop

ANNA = Actor("coach", "1", "Anna")
COMPANY, NORA = "office@falk.example", "nora@example.com"
DAY = 86400

# Per person, of all five, per session, back so far, and of the retainer: in minor units.
EACH, ALL, UNIT, REST = 739147, 3695735, 73915, 591317
MONTHLY = 618253
SECRET = (EACH, ALL, UNIT, 73914, REST, MONTHLY)
NOTE, ANSWER = "She is afraid of the deep end.", "I want to swim a mile."
AGREED = """{{client_name}} has {{sessions}}.

{{#price}}
It costs {{price}}, {{price_per_session}} each.
{{/price}}"""


@dataclass
class Family:
    """Frank and those he pays for; Nora, for whom a company does."""

    shop: Shop
    kind: SessionType
    order: Order
    retainer: Retainer
    mias: list[Booking] = field(default_factory=list)

    def client(self, email: str) -> Client:
        with tenant_context(self.shop.tenant):
            return Client.objects.get(email=email)

    @property
    def packs(self) -> list[Pack]:
        return families.packs(self.shop, self.order)

    def read(self, client: Client) -> Reading:
        """All that somebody reads: of who has no address, what their payer is sent about them."""
        about = "" if client.email else client.name
        messages = reading.mails_to(client.email or families.DAD, about=about)
        assert messages, f"nobody wrote to {client}"
        letters = reading.letters(messages)
        starts = [link for text in letters.values() for link in reading.WRITTEN.findall(text)]
        browser = browser_of(self.shop.tenant, client)
        return letters | reading.pages(browser, self.shop.host, [*starts, "/my/", "/my/data/download"])


@pytest.fixture
def begun(shop: Shop) -> Family:
    """What was bought, with the agreement signed on both sides; it stands on no page for everybody."""
    kind = worlds.session_type(shop.tenant, name="Swimming", price_minor=8880)
    offer = _private_pack(shop, kind)
    told = Family(shop, kind, families.bought(shop, offer), _paid_by_company(shop, kind))
    _sign_and_answer(told, told.packs[1].client, papers.form(shop.tenant))
    _off_every_page(shop, offer, told.retainer.plan)
    return told


@pytest.fixture
def family(begun: Family, stripe: Simulator) -> Iterator[Family]:
    """Half a year later."""
    _book_and_call_off(begun)
    _money_goes_back(begun)
    with ExitStack() as time:
        for days in (3, 27, 125, 20, 12):
            time.enter_context(later(stripe, days * DAY))
            _work(begun.shop)
            if days == 3:
                _attendance(begun)
        yield begun


def _book_and_call_off(told: Family) -> None:
    shop, kind, mias = told.shop, told.kind, told.packs[1]
    told.mias = [use(shop.tenant, mias, kind, worlds.hour(hour)) for hour in (30, 60, 90, 100)]
    _first, moved, called_off, by_coach = told.mias
    for hour in (200, 205):
        use(shop.tenant, told.packs[4], kind, worlds.hour(hour))
    use_retainer(shop, told.retainer, kind, worlds.hour(120))
    mia = Actor("client", str(mias.client_id))
    with tenant_context(shop.tenant):
        moving.move_by_client(booking_id=moved.pk, starts_at=worlds.hour(70), now=clock.now(), actor=mia)
        for each, cause, who in ((called_off, Cause.CLIENT, mia), (by_coach, Cause.COACH, ANNA)):
            cancelling.cancel(booking_id=each.pk, cause=cause, now=clock.now(), actor=who)
        ida = told.packs[3]
        removals.correct(pack_id=ida.pk, units=-7, note="Counted anew.", now=clock.now(), actor=ANNA)
    use(shop.tenant, told.packs[3], kind, worlds.hour(210))
    _work(shop)


def _attendance(told: Family) -> None:
    first = told.mias[0]
    with tenant_context(told.shop.tenant):
        bookings.record_attendance(booking_id=first.pk, came=False, now=clock.now(), actor=ANNA)
        notes.add(
            client_id=told.packs[1].client_id, text=NOTE, booking_id=first.pk, now=clock.now(), actor=ANNA
        )


def _private_pack(shop: Shop, kind: worlds.SessionType) -> PackOffer:
    offer = worlds.pack_offer(shop.tenant, kind, name="Family project", price_minor=EACH)
    paper = papers.agreement(shop.tenant, name="Project agreement", body=AGREED)
    with tenant_context(shop.tenant), transaction.atomic():
        PackOffer.objects.filter(pk=offer.pk).update(requires=[str(paper.line)])
        offer.refresh_from_db()
    return offer


def _off_every_page(shop: Shop, offer: PackOffer, plan: RetainerPlan) -> None:
    """What anybody may read on the coach's page is no secret: so nothing of it stands there."""
    with tenant_context(shop.tenant), transaction.atomic():
        PackOffer.objects.filter(pk=offer.pk).update(is_active=False)
        RetainerPlan.objects.filter(pk=plan.pk).update(is_active=False)


def _paid_by_company(shop: Shop, kind: worlds.SessionType) -> Retainer:
    nora, company = (
        papers.client(shop.tenant, email=email, name=name)
        for email, name in ((NORA, "Nora Lind"), (COMPANY, "Falk GmbH"))
    )
    plan = stack.plan(shop, kind, price_minor=MONTHLY)
    with tenant_context(shop.tenant):
        retainer = subscribing.invite(
            plan_id=plan.pk, client_id=nora.pk, payer_id=company.pk, now=clock.now(), actor=ANNA
        )
        subscribing.accept(
            retainer_id=retainer.pk,
            accepted=subscribing.agreement(text="Four.", mandate="Charge it.", address="", now=clock.now()),
            links=lambda _retainer: lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    stack.pay(shop, retainer)
    _work(shop)
    return stack.reread(shop, retainer)


def _sign_and_answer(told: Family, mia: Client, intake: object) -> None:
    tenant, actor = told.shop.tenant, Actor("client", str(mia.pk))
    given = papers.given(tenant, intake, mia)  # type: ignore[arg-type]
    with tenant_context(tenant):
        own = ClientPaper.objects.get(client=mia, hides_prices=True)
        how = {"name": mia.name, "address": "", "agent": "test", "now": clock.now(), "actor": actor}
        # Tom leaves his where it is.
        for own in ClientPaper.objects.filter(hides_prices=True).exclude(client__name="Tom Falk"):
            accepting.accept(client_paper_id=own.pk, shown=own.text_hash, **how)  # type: ignore[arg-type]
        forms.hand_in(client_paper_id=given.pk, answers={papers.GOAL: ANSWER}, **how)  # type: ignore[arg-type]


def _money_goes_back(told: Family) -> None:
    """Tom's share; and the bank looks into the rest for a while."""
    shop = told.shop
    with tenant_context(shop.tenant):
        packs_for_refunds.refund_share(
            order=told.order,
            pack=told.packs[2],
            because=Because.CLIENT_ASKED,
            now=clock.now(),
            actor=ANNA,
        )
    _work(shop)
    disputed = shop.stripe.open_dispute(worlds.attempt_for(shop.tenant, told.order).stripe_charge_id)  # type: ignore[arg-type]
    _work(shop)
    assert all(pack.frozen_at for pack in told.packs)
    shop.stripe.win_dispute(disputed)
    _work(shop)


def _work(shop: Shop) -> None:
    worlds.drain()
    worlds.hear_stripe(shop.stripe)
    worlds.drain()


def beneficiaries(family: Family) -> list[Client]:
    """Those who did not pay: with Ben, whose mails his father reads."""
    others = [pack.client for pack in family.packs[1:]]
    return [*others, family.client(NORA)]


def test_who_pays_reads_what_it_cost_and_nobody_else_does(family: Family) -> None:
    _everything_happened()
    _nobody_else_reads_an_amount(family)
    _who_pays_reads_amounts_and_nothing_of_the_others(family)


def _everything_happened() -> None:
    subjects = {each.subject for each in mail.outbox}
    for word in ("Reminder", "Moved", "Cancelled", "Paused", "goes on", "Changed", "left", "valid until"):
        assert any(word in subject for subject in subjects), f"the world lacks a mail “{word}”: {subjects}"


def _nobody_else_reads_an_amount(family: Family) -> None:
    for client in beneficiaries(family):
        read = family.read(client)
        assert reading.amounts_in(read, *SECRET) == [], client.name
        assert "/my/data/download own-data.json" in read
        assert not [place for place in read if place.startswith(("/packs-for/", "/pay/", "/payments/"))]
    mias = family.read(family.client("mia@example.com"))
    kinds = (".ics", "statement.pdf", "/sign/", "/statement", "/b/", "/p/", "/my/packs", "own-data.json")
    assert not [each for each in kinds if not any(each in place for place in mias)]


def _who_pays_reads_amounts_and_nothing_of_the_others(family: Family) -> None:
    dad = family.read(family.client(families.DAD))
    assert reading.amounts_in(dad, ALL)
    assert reading.amounts_in(dad, EACH)
    assert reading.said_in(dad, NOTE, ANSWER, "no-show", "did not come") == []
    with tenant_context(family.shop.tenant):
        theirs = [links.token_of(each) for each in family.mias]
        theirs += [pack_links.token_of(each) for each in family.packs[1:4]]
    assert reading.said_in(dad, *theirs) == []
    office = family.read(family.client(COMPANY))
    assert reading.amounts_in(office, MONTHLY)
    assert [place for place in office if place.startswith("/b/")] == []


def test_a_leak_is_found(begun: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    """One place says too much, and the search finds it: else it would find nothing anywhere."""
    mia, nora = begun.client("mia@example.com"), begun.client(NORA)
    assert reading.amounts_in(begun.read(mia), *SECRET) == []
    assert reading.amounts_in(begun.read(nora), *SECRET) == []
    with monkeypatch.context() as leaky:
        leaky.setattr(relations, "may_see_amounts", lambda _viewer, _payer: True)
        assert reading.amounts_in(begun.read(mia), EACH)
    monkeypatch.setattr("tenants.retainers.links.OF_CLIENT", OF_PAYER)
    assert reading.amounts_in(begun.read(nora), MONTHLY)


@pytest.mark.parametrize(
    "written",
    ["€7,391.47", "7.391,47 €", "7 391,47", "7’391.47", '{"minor": 739147}', "EUR 7391", "<b>7,391</b>.47"],
)
def test_an_amount_is_found_however_it_is_written(written: str) -> None:
    assert reading.amounts_in({"page": f"It was {written}, all told."}, EACH)


def test_other_numbers_are_not_taken_for_it() -> None:
    assert reading.amounts_in({"page": "17391478 of 2026-07-39, 14:70; €739.15; 7 of 391"}, EACH) == []
