"""What a client finds on their own pages: the next session, balances and why, what is open, what is to do."""

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM, Actor
from tenants.activity.models import Event
from tenants.clients import relations
from tenants.clients.models import Client, Relation
from tenants.offers.models import SessionType
from tenants.packs import selling
from tenants.packs.models import Pack
from tenants.paperwork import papers
from tenants.paperwork.giving import give
from tenants.paperwork.models import ClientPaper, PaperKind
from tenants.scheduling import bookings
from tenants.shop import links as order_links
from tenants.shop import proposal_links, proposals
from tenants.shop.models import Order, Product, Proposal
from tests import worlds
from tests.billing import owing
from tests.pages.clients import counted, words
from tests.portal import people
from tests.retainers import stack
from tests.worlds import Shop

ANNA = Actor("coach", "7", "Anna")
MOST_QUERIES = 17


def said(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return words(re.sub("<[^>]+>", " ", answer.text))


@pytest.fixture
def kind(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant, place_detail="https://meet.example/anna")


def given(shop: Shop, client: Client, kind: str = PaperKind.AGREEMENT, name: str = "Terms") -> ClientPaper:
    with tenant_context(shop.tenant):
        paper = papers.save(line=None, kind=kind, name=name, body="Be kind.", now=clock.now(), actor=ANNA)
        with transaction.atomic():
            return give(paper=paper, client=client, now=clock.now(), actor=SYSTEM)


def sold_pack(shop: Shop, client: Client, kind: SessionType, **terms: Any) -> Pack:
    offer = worlds.pack_offer(shop.tenant, kind, **terms)
    with tenant_context(shop.tenant):
        return selling.sell(offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=ANNA)


# --- the next session -------------------------------------------------------------------------------


def test_the_next_session_is_moved_cancelled_or_booked_again_in_one_tap(
    shop: Shop, cleo: Client, own: Browser, kind: SessionType
) -> None:
    for at in (worlds.hour(200), worlds.hour(60)):
        worlds.sell(shop, kind, at=at)
    page = own.get("/my/")
    assert "Your next session Lesson" in said(page)
    assert "1 more booked" in said(page)
    assert 'href="https://meet.example/anna"' in page.text
    [move] = re.findall(r'href="(/b/[^"]+/move)"', page.text)
    [cancel] = re.findall(r'href="(/b/[^"]+/cancel)"', page.text)
    [again] = re.findall(r'href="(/book/[^"]+/)"', page.text)
    for path in (move, cancel, again):
        assert own.get(path).status_code == 200


def test_where_nothing_is_booked_the_last_kind_is_booked_again(
    shop: Shop, cleo: Client, own: Browser, kind: SessionType
) -> None:
    booking = worlds.sell(shop, kind, at=worlds.hour(0))
    with clock.travel((booking.session.ends_at - clock.now()).total_seconds() + 60):
        page = own.get("/my/")
        assert "Nothing is booked." in said(page)
        assert "Book Lesson again" in said(page)
        assert f'href="/book/{kind.slug}/"' in page.text
        over = own.get("/my/sessions/")
        assert "Past" in said(over)
        assert f'href="/book/{kind.slug}/"' in over.text


def test_a_late_session_can_be_cancelled_and_not_moved(
    shop: Shop, cleo: Client, own: Browser, kind: SessionType
) -> None:
    booking = worlds.sell(shop, kind, at=worlds.hour(30))
    with clock.travel((booking.session.starts_at - clock.now()).total_seconds() - 3600):
        page = own.get("/my/").text
    assert "/cancel" in page
    assert "/move" not in page


def test_missed_and_cancelled_sessions_say_so(
    shop: Shop, cleo: Client, own: Browser, kind: SessionType
) -> None:
    booking = worlds.sell(shop, kind, at=worlds.hour(0))
    with clock.travel((booking.session.ends_at - clock.now()).total_seconds() + 60):
        with tenant_context(shop.tenant):
            bookings.record_attendance(booking_id=booking.pk, came=False, now=clock.now(), actor=ANNA)
        assert "Missed" in said(own.get("/my/sessions/"))


def test_booking_while_signed_in_asks_for_nothing_that_is_known(
    shop: Shop, cleo: Client, own: Browser, kind: SessionType
) -> None:
    held = own.post(f"/book/{kind.slug}/hold", {"starts_at": worlds.hour(90).isoformat()})
    page = own.get(held.headers["Location"]).text
    assert 'value="Cleo Bright"' in page
    assert 'value="cleo@example.com"' in page


def test_a_pack_pays_with_one_press_while_signed_in_and_not_after_signing_out(
    shop: Shop, cleo: Client, own: Browser, kind: SessionType
) -> None:
    worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    held = own.post(f"/book/{kind.slug}/hold", {"starts_at": worlds.hour(90).isoformat()}).headers["Location"]
    assert "Use 1 session and book" in own.get(held).text
    own.post("/my/sign-out/")
    assert "Use 1 session and book" not in own.get(held).text


# --- what is left, and what is open -----------------------------------------------------------------


def test_balances_stand_with_their_sentence(
    shop: Shop, cleo: Client, own: Browser, kind: SessionType
) -> None:
    worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    for path in ("/my/", "/my/packs/"):
        page = said(own.get(path))
        assert "10-session pack" in page
        assert "Balance: 10 of 10 sessions." in page


def test_a_retainer_stands_with_its_period(shop: Shop, cleo: Client, own: Browser, kind: SessionType) -> None:
    stack.begin(shop, stack.plan(shop, kind))
    for path in ("/my/", "/my/packs/"):
        page = said(own.get(path))
        assert "Monthly coaching" in page
        assert "4 included" in page


def test_what_is_open_is_paid_from_there(shop: Shop, cleo: Client, own: Browser, kind: SessionType) -> None:
    sold_pack(shop, cleo, kind, unpaid="freely")
    page = own.get("/my/")
    assert "Open to pay 10-session pack" in said(page)
    assert "€450.00" in said(page)
    [pay] = re.findall(r'href="(/pay/[^"]+)"', page.text)
    assert "€450.00" in said(own.get(pay))


def test_payments_are_the_page_that_the_mailed_link_opens_with_the_way_back(
    shop: Shop, cleo: Client, own: Browser
) -> None:
    owing.pack_in_three(shop)
    answer = own.get("/my/payments/", follow=True)
    assert answer.redirect_chain[0][0].startswith("/payments/")
    assert "Charged by itself" in said(answer)
    assert 'href="/my/sessions/"' in answer.text
    elsewhere = Browser(HTTP_HOST=shop.host).get(answer.redirect_chain[0][0])
    assert 'href="/my/sessions/"' not in elsewhere.text


# --- who pays and who uses --------------------------------------------------------------------------


@pytest.fixture
def payer(shop: Shop, cleo: Client) -> Client:
    """Paul pays for Cleo, and has no sessions."""
    paul = people.client(shop.tenant, name="Paul Payer", email="paul@example.com")
    with tenant_context(shop.tenant), transaction.atomic():
        Client.objects.filter(pk=paul.pk).update(pays_only=True)
    return paul


def gift(shop: Shop, cleo: Client, payer: Client, kind: SessionType) -> None:
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind), email=payer.email)
    with tenant_context(shop.tenant), transaction.atomic():
        Pack.objects.filter(pk=pack.pk).update(client=cleo)


def test_a_beneficiary_reads_units_and_no_amount(
    shop: Shop, cleo: Client, own: Browser, payer: Client, kind: SessionType
) -> None:
    gift(shop, cleo, payer, kind)
    for path in ("/my/", "/my/packs/", "/my/payments/", "/my/sessions/", "/my/data/"):
        page = said(own.get(path))
        for amount in ("€", "450", "45.00"):
            assert amount not in page, path
    assert "Balance: 10 of 10 sessions." in said(own.get("/my/packs/"))
    assert "Nothing to pay" in said(own.get("/my/payments/"))


def test_who_only_pays_sees_what_they_pay_and_no_sessions(
    shop: Shop, cleo: Client, payer: Client, kind: SessionType
) -> None:
    gift(shop, cleo, payer, kind)
    worlds.sell(shop, kind, at=worlds.hour(60))
    pauls = people.browser_of(shop.tenant, payer)
    home = pauls.get("/my/")
    assert "Your next session" not in said(home)
    assert 'href="/my/sessions/"' not in home.text
    packs = said(pauls.get("/my/packs/"))
    assert "Paid by you for others 10-session pack for Cleo Bright €450.00" in packs
    assert "Balance:" not in packs


def related(shop: Shop, payer: Client, cleo: Client) -> Relation:
    with tenant_context(shop.tenant):
        return relations.begin(
            payer_id=payer.pk,
            beneficiary_id=cleo.pk,
            label="my daughter",
            names_payer=True,
            now=clock.now(),
            actor=ANNA,
        )


def test_attendance_is_shared_by_who_attends_and_by_nobody_else(
    shop: Shop, cleo: Client, own: Browser, payer: Client, kind: SessionType
) -> None:
    booking, relation = worlds.sell(shop, kind, at=worlds.hour(0)), related(shop, payer, cleo)
    with clock.travel((booking.session.ends_at - clock.now()).total_seconds() + 60):
        with tenant_context(shop.tenant):
            bookings.record_attendance(booking_id=booking.pk, came=False, now=clock.now(), actor=ANNA)
        pauls, share = people.browser_of(shop.tenant, payer), f"/my/profile/shares/{relation.pk}/"
        assert "Paul Payer pays for you" in said(own.get("/my/profile/"))
        assert "pays for you" not in said(pauls.get("/my/profile/"))
        assert pauls.post(share, {"share": "yes"}).status_code == 404
        assert "Missed" not in said(pauls.get("/my/packs/"))
        own.post(share, {"share": "yes"})
        assert "Sessions of Cleo Bright" in said(pauls.get("/my/packs/"))
        assert "Missed" in said(pauls.get("/my/packs/"))
        own.post(share, {"share": "no"})
        assert "Sessions of Cleo Bright" not in said(pauls.get("/my/packs/"))


def test_what_was_bought_in_the_shop_leads_to_its_page(
    shop: Shop, cleo: Client, own: Browser, payer: Client
) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        product = Product.objects.create(name="Training plan", slug="plan", price_minor=2900, currency="eur")
        said_of = {"product": product, "payer": cleo, "price_minor": 2900, "currency": "eur"}
        Order.objects.create(**said_of, status="paid", paid_at=clock.now())
        Order.objects.create(**said_of)
    page = own.get("/my/packs/")
    [token] = re.findall(r'href="/o/([^"]+)/"', page.text)
    with tenant_context(shop.tenant):
        assert order_links.order_by(token).status == "paid"
    assert "Bought Training plan" in said(page)
    assert "Training plan" not in said(people.browser_of(shop.tenant, payer).get("/my/packs/"))


# --- papers -----------------------------------------------------------------------------------------


def test_papers_to_do_lead_to_their_page(shop: Shop, cleo: Client, own: Browser) -> None:
    given(shop, cleo)
    home, own_papers = own.get("/my/"), own.get("/my/papers/")
    assert "To read and sign Terms" in said(home)
    [first], [second] = (re.findall(r'href="(/sign/[^"]+)"', each.text) for each in (home, own_papers))
    assert first == second
    assert own.get(first).status_code == 200


def proposed(shop: Shop, client: Client, **terms: Any) -> Proposal:
    with tenant_context(shop.tenant):
        usual: dict[str, Any] = {"title": "Six lessons", "price_minor": 30000}
        return proposals.propose(client_id=client.pk, **{**usual, **terms}, now=clock.now(), actor=ANNA)


def test_an_open_proposal_leads_to_its_page_until_it_is_answered(
    shop: Shop, cleo: Client, own: Browser
) -> None:
    terms = given(shop, people.client(shop.tenant, name="Kim", email="kim@example.com"), name="House terms")
    with tenant_context(shop.tenant):
        line = terms.paper.line
    offer = proposed(shop, cleo, agreement=line)
    home = own.get("/my/")
    told = said(home)
    assert "Proposed to you Six lessons Open until" in told
    assert "€300.00" in told
    assert "House terms" not in told, "it is reached by the proposal"
    with tenant_context(shop.tenant):
        page = f"/proposal/{proposal_links.token_of(offer)}/"
    assert f'href="{page}"' in home.text
    assert own.get(page).status_code == 200
    with tenant_context(shop.tenant):
        proposals.withdraw(proposal_id=offer.pk, now=clock.now(), actor=ANNA)
    assert "Proposed to you" not in said(own.get("/my/"))


def test_a_proposal_stands_with_who_pays_and_only_while_it_is_open(
    shop: Shop, cleo: Client, own: Browser
) -> None:
    payer = people.client(shop.tenant, name="Pat", email="pat@example.com")
    proposed(shop, cleo, payer_id=payer.pk)
    assert "Six lessons" not in said(own.get("/my/"))
    pats = people.browser_of(shop.tenant, payer)
    assert "For Cleo Bright" in said(pats.get("/my/"))
    with clock.travel(14 * 86_400 + 60):
        assert "Proposed to you" not in said(people.browser_of(shop.tenant, payer).get("/my/"))


def test_a_paper_of_somebody_else_is_not_there(shop: Shop, cleo: Client, own: Browser) -> None:
    given(shop, people.client(shop.tenant, name="Mia", email="mia@example.com"))
    assert "Terms" not in said(own.get("/my/papers/"))


# --- the profile ------------------------------------------------------------------------------------


def test_the_profile_is_changed_and_nothing_that_is_said_stands_in_the_record_of_events(
    shop: Shop, cleo: Client, own: Browser
) -> None:
    own.post("/my/profile/", {"name": "  Cleopatra   Bright ", "phone": "+49 30 555"})
    page = own.get("/my/profile/")
    assert 'value="Cleopatra Bright"' in page.text
    assert 'value="+49 30 555"' in page.text
    with tenant_context(shop.tenant):
        told = str(list(Event.objects.filter(kind="client.changed").values()))
    assert told != "[]"
    assert "Cleopatra" not in told
    assert "30 555" not in told


def test_what_was_typed_stays_when_the_name_is_missing(own: Browser) -> None:
    answer = own.post("/my/profile/", {"name": "", "phone": "+49 30 555"})
    assert answer.status_code == 422
    assert 'value="+49 30 555"' in answer.text
    assert "Write your name." in answer.text


def test_details_for_papers_are_changed_there_too(shop: Shop, cleo: Client, own: Browser) -> None:
    own.post("/my/profile/papers/", {"name": "Bright Ltd", "address": "1 High St", "vat_number": ""})
    with tenant_context(shop.tenant):
        assert Client.objects.get(pk=cleo.pk).billing == {"name": "Bright Ltd", "address": "1 High St"}
    answer = own.post("/my/profile/papers/", {"name": "x" * 200})
    assert answer.status_code == 422
    assert "x" * 200 in answer.text


def test_one_sees_where_one_is_signed_in(shop: Shop, cleo: Client, own: Browser) -> None:
    people.opened(shop.tenant, cleo)
    page = said(own.get("/my/profile/"))
    assert page.count("Chrome on Android") == 2
    assert page.count("This browser") == 1
    assert "Sign out everywhere" in page


# --- the way in, and the budget ---------------------------------------------------------------------


def test_every_page_of_the_coach_leads_there(shop: Shop, kind: SessionType) -> None:
    visitor = Browser(HTTP_HOST=shop.host)
    for path in ("/", f"/book/{kind.slug}/"):
        assert 'href="/my/">Sign in' in visitor.get(path).text


@pytest.mark.parametrize("path", ["", "sessions/", "packs/", "papers/", "profile/", "calendar/"])
def test_no_page_asks_the_database_more_the_more_there_is(
    shop: Shop, cleo: Client, own: Browser, kind: SessionType, path: str
) -> None:
    def fill(turn: int) -> None:
        worlds.sell(shop, kind, at=worlds.hour(60 + turn))
        worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind, name=f"Pack {turn}"))
        sold_pack(shop, cleo, kind, name=f"Unpaid {turn}", unpaid="freely")
        given(shop, cleo, name=f"Terms {turn}")

    def asked() -> int:
        with counted() as statements:
            assert own.get(f"/my/{path}").status_code == 200
        return len(statements)

    fill(0)
    stack.begin(shop, stack.plan(shop, kind))
    few = asked()
    for turn in (1, 2):
        fill(turn)
    assert asked() <= few <= MOST_QUERIES
