"""Erasing a person: what says who they are is gone, the books tie, and the numbers stay."""

import io
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from connect import gateway
from connect.gateway import GatewayUnavailable
from kit import clock
from kit.actors import SYSTEM, Actor
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing.models import Document, LedgerEntry, SavedCard
from tenants.clients.models import Client, Note, SignIn
from tenants.files.models import StoredFile
from tenants.messaging.models import Mail
from tenants.offers.models import SessionType
from tenants.packs.models import EntryNote, PackEntry
from tenants.paperwork import accepting, verifying
from tenants.paperwork.models import Acceptance, ClientPaper
from tenants.paperwork.questions import Part
from tenants.people import erasing, overwriting
from tenants.scheduling import cancelling
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.billing.by_hand import charge_of, record
from tests.pages.clients import browser, words
from tests.paperwork import worlds as paperwork
from tests.portal import people
from tests.portal.test_own_pages import given, sold_pack
from tests.worlds import Shop

ANNA = Actor("coach", "7", "Anna")
NAME, EMAIL = "Cleopatra Quincy", "cleo@example.com"
# Kept for the reasons that the preview gives: numbered papers and what was accepted, word for word.
KEPT_WORDS = {"billing_document", "paperwork_acceptance", "billing_mandate"}


@pytest.fixture
def cleo(shop: Shop) -> Client:
    return people.client(shop.tenant, name=NAME, email=EMAIL)


@pytest.fixture
def kind(shop: Shop) -> SessionType:
    return worlds.session_type(shop.tenant)


@pytest.fixture
def over(shop: Shop, cleo: Client, kind: SessionType) -> Client:
    """Everything with Cleo is over and settled: paid, refunded, agreed to, written down."""
    done = worlds.sell(shop, kind, at=worlds.hour(0))
    off = worlds.sell(shop, kind, at=worlds.hour(60), browser="two")
    worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    by_hand = sold_pack(shop, cleo, kind, name="Second pack", unpaid="freely")
    record(shop.tenant, charge_of(shop.tenant, by_hand.pk), 45000)
    agreed, not_agreed = given(shop, cleo), given(shop, cleo, name="Other terms")
    with tenant_context(shop.tenant):
        cancelling.cancel(booking_id=off.pk, cause=Cause.CLIENT, now=clock.now(), actor=SYSTEM)
        accepting.accept(
            client_paper_id=agreed.pk,
            name=NAME,
            shown=agreed.text_hash,
            address="203.0.113.7",
            agent="",
            now=clock.now(),
            actor=SYSTEM,
        )
        with transaction.atomic():
            _write_about(cleo, done)
    shop.stripe.advance(120)
    worlds.hear_stripe(shop.stripe)
    assert not_agreed
    return cleo


def _write_about(client: Client, booking: Booking) -> None:
    """Free text wherever a person can write some."""
    Client.objects.filter(pk=client.pk).update(phone="+49 30 4711", billing={"name": f"{NAME} Ltd"})
    Booking.objects.filter(pk=booking.pk).update(message=f"{NAME} has a bad knee")
    Note.objects.create(client=client, text=f"{NAME} is nervous")
    EntryNote.objects.create(entry=PackEntry.objects.earliest("at"), text=f"for {NAME}")
    StoredFile.objects.create(
        name=f"{NAME}.png", content_type="image/png", size=1, digest="0", content=b"x", client_id=client.pk
    )


@pytest.fixture
def later(shop: Shop, over: Client) -> Any:
    """A week after, when nothing is to come; the workers have done what there was to do."""
    with clock.travel(7 * 86_400):
        shop.stripe.advance(7 * 86_400)
        worlds.sweep()
        worlds.hear_stripe(shop.stripe)
        yield over


def erase(shop: Shop, client: Client) -> None:
    with tenant_context(shop.tenant):
        erasing.erase(client_id=client.pk, now=clock.now(), actor=Actor("client", str(client.pk)))
    worlds.sweep()
    assert not worlds.failures()


def everything(as_owner: Any, shop: Shop) -> dict[str, str]:
    """Each table of the coach as one text."""
    schema = shop.tenant.schema_name
    with as_owner.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        tables = [name for (name,) in cursor.fetchall()]
        texts = {}
        for name in tables:
            cursor.execute(f'SELECT string_agg(t::text, \'|\') FROM "{schema}"."{name}" t')
            texts[name] = cursor.fetchone()[0] or ""
    return texts


def test_the_person_stands_in_no_table_but_those_that_the_preview_names(
    shop: Shop, later: Client, as_owner: Any
) -> None:
    before = everything(as_owner, shop)
    said = (NAME, EMAIL, "4711", "bad knee", "is nervous")
    assert all(any(each in text for text in before.values()) for each in said)
    erase(shop, later)
    found = {
        (name, each) for name, text in everything(as_owner, shop).items() for each in said if each in text
    }
    assert {name for name, _ in found} <= KEPT_WORDS, found
    with tenant_context(shop.tenant):
        client = Client.objects.get(pk=later.pk)
    assert (client.name, client.email, client.phone, client.billing) == (overwriting.NOBODY, "", "", {})


def test_the_books_tie_afterwards_and_no_number_is_missing(shop: Shop, later: Client) -> None:
    def numbers() -> list[Any]:
        with tenant_context(shop.tenant):
            return [
                *Document.objects.order_by("kind", "number").values_list("kind", "number", "amount_minor"),
                *LedgerEntry.objects.order_by("pk").values_list("kind", "amount_minor", "client_id"),
                *PackEntry.objects.order_by("pk").values_list("kind", "units", "balance_after"),
            ]

    before = numbers()
    assert len(before) > 8
    erase(shop, later)
    assert numbers() == before
    out = io.StringIO()
    call_command("verify_money", "--coach", "anna", "--patience", "0", stdout=out)
    assert "0 differences at 1 practice" in out.getvalue()


def test_what_was_agreed_to_can_still_be_proved(shop: Shop, later: Client) -> None:
    erase(shop, later)
    with tenant_context(shop.tenant):
        acceptance = Acceptance.objects.get()
        assert acceptance.name == NAME
        open_one = ClientPaper.objects.exclude(pk=acceptance.client_paper_id).get()
        assert (open_one.status, open_one.text, open_one.answers) == ("withdrawn", "", {})
    call_command("verify_acceptances", coach="anna", stdout=io.StringIO())


def test_answers_of_a_form_are_gone_and_that_it_was_handed_in_stays(
    shop: Shop, cleo: Client, as_owner: Any
) -> None:
    asked = paperwork.form(shop.tenant, Part("long_text", "Health?", id=paperwork.HEALTH))
    paperwork.handed_in(
        shop.tenant, paperwork.given(shop.tenant, asked, cleo), **{paperwork.HEALTH: "Asthma"}
    )
    assert any("Asthma" in text for text in everything(as_owner, shop).values())
    erase(shop, cleo)
    assert not [name for name, text in everything(as_owner, shop).items() if "Asthma" in text]
    with tenant_context(shop.tenant):
        assert "Health?" in Acceptance.objects.get().text
        assert verifying.verify() == (1, [])


def test_events_hold_no_word_of_the_person(shop: Shop, later: Client) -> None:
    erase(shop, later)
    with tenant_context(shop.tenant):
        told = str(list(Event.objects.filter(client_id=later.pk).values()))
        assert Event.objects.filter(kind="client.erased").count() == 1
    for word in (NAME, EMAIL, "knee"):
        assert word not in told


def test_nobody_is_written_to_any_more_and_the_coach_does_not_get_it_instead(
    shop: Shop, later: Client
) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        events.record(
            kind="payments.link_asked", subject_id=later.pk, client_id=later.pk, actor=SYSTEM, now=clock.now()
        )
        known = {each.pk for each in Mail.objects.all()}
    mail.outbox.clear()
    erase(shop, later)
    with clock.travel(200 * 86_400):
        worlds.sweep()
    with tenant_context(shop.tenant):
        written = {(each.audience, each.status) for each in Mail.objects.exclude(pk__in=known)}
    assert ("client", "dropped") in written
    assert {audience for audience, status in written if status == "sent"} <= {"coach"}
    assert EMAIL not in str([message.to for message in mail.outbox])


def test_every_way_in_is_closed(shop: Shop, later: Client) -> None:
    own = people.browser_of(shop.tenant, later)
    assert own.get("/my/").status_code == 200
    payments = own.get("/my/payments/").headers["Location"]
    links = [payments, *_links(own)]
    assert len(links) >= 3
    erase(shop, later)
    assert own.get("/my/").status_code == 302
    visitor = browser(shop.tenant)
    for link in links:
        assert visitor.get(link).status_code == 404, link
    with tenant_context(shop.tenant):
        assert not SignIn.objects.exists()


def _links(own: Browser) -> list[str]:
    with_secrets = ("/b/", "/p/", "/sign/")
    pages = "".join(own.get(f"/my/{path}").text for path in ("", "sessions/", "packs/", "papers/"))
    found = {part.split('"')[0] for part in pages.split('href="')[1:]}
    return sorted(link for link in found if link.startswith(with_secrets) and link.count("/") == 3)


def test_the_address_can_be_somebody_elses_afterwards(shop: Shop, later: Client) -> None:
    erase(shop, later)
    other = people.client(shop.tenant, name="Another Cleo", email=EMAIL)
    assert other.pk != later.pk
    second = people.client(shop.tenant, name="Bo", email="bo@example.com")
    erase(shop, second)


def test_erased_twice_is_erased_once(shop: Shop, later: Client) -> None:
    for _ in range(2):
        erase(shop, later)
    with tenant_context(shop.tenant):
        assert Event.objects.filter(kind="client.erased").count() == 1


# --- what stands in the way -------------------------------------------------------------------------


def test_what_binds_both_sides_is_settled_first(shop: Shop, cleo: Client, kind: SessionType) -> None:
    worlds.sell(shop, kind, at=worlds.hour(60))
    sold_pack(shop, cleo, kind, unpaid="freely")
    with tenant_context(shop.tenant):
        told = erasing.preview(client=cleo, now=clock.now())
        assert [each.split(".")[0] for each in told.hindrances] == [
            "A session is booked",
            "Something is owed",
        ]
        with pytest.raises(erasing.StillUnderWay):
            erasing.erase(client_id=cleo.pk, now=clock.now(), actor=SYSTEM)
        assert Client.objects.get(pk=cleo.pk).name == NAME


def test_a_payment_under_way_is_waited_for(shop: Shop, cleo: Client, kind: SessionType) -> None:
    worlds.ordered_pack(shop, worlds.pack_offer(shop.tenant, kind))
    with tenant_context(shop.tenant):
        told = erasing.preview(client=cleo, now=clock.now())
    assert any("under way" in each for each in told.hindrances)


def test_a_card_that_stripe_does_not_forget_leaves_everything(
    shop: Shop, later: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        SavedCard.objects.create(
            client=later,
            account_id=shop.account_id,
            method_id="pm_x",
            brand="visa",
            last4="4242",
            exp_month=1,
            exp_year=2040,
        )

    def unavailable(**_asked: Any) -> None:
        raise GatewayUnavailable("no answer")

    monkeypatch.setattr(gateway, "detach_card", unavailable)
    with tenant_context(shop.tenant):
        with pytest.raises(GatewayUnavailable):
            erasing.erase(client_id=later.pk, now=clock.now(), actor=SYSTEM)
        assert Client.objects.get(pk=later.pk).erased_at is None


# --- the page ---------------------------------------------------------------------------------------


def test_the_page_says_what_goes_what_stays_and_why_and_asks_for_a_tick(shop: Shop, later: Client) -> None:
    own = people.browser_of(shop.tenant, later)
    page = words(own.get("/my/data/erase/").text)
    for said in (
        "This goes, for good",
        "Receipts, invoices",
        "Tax law",
        "sessions",
        "left, which nobody can use",
    ):
        assert said in page, said
    answer = own.post("/my/data/erase/")
    assert answer.status_code == 422
    assert "Nothing was erased" in answer.text
    answer = own.post("/my/data/erase/", {"confirmed": "erase"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert answer.cookies["own-pages"]["max-age"] == 0
    assert own.get("/my/").status_code == 302


def test_the_page_offers_no_press_while_something_is_under_way(
    shop: Shop, cleo: Client, kind: SessionType
) -> None:
    worlds.sell(shop, kind, at=worlds.hour(60))
    own = people.browser_of(shop.tenant, cleo)
    page = own.get("/my/data/erase/").text
    assert "A session is booked" in page
    assert 'name="confirmed"' not in page
    answer = own.post("/my/data/erase/", {"confirmed": "erase"})
    assert answer.status_code == 409
    assert "A session is booked" in answer.text
