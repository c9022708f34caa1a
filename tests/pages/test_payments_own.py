"""A payer's own page: what is open and to come, the cards, the papers; and its link, sent again."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from tenants.billing import links
from tenants.billing.models import Mandate, SavedCard
from tenants.clients.models import Client
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing import owing
from tests.billing.owing import Calendar
from tests.pages.clients import browser, words
from tests.retainers import stack
from tests.worlds import Shop


@pytest.fixture
def calendar(shop: Shop) -> Iterator[Calendar]:
    calendar = Calendar(shop)
    with calendar.passed:
        yield calendar


@pytest.fixture
def pack(shop: Shop, calendar: Calendar) -> Pack:
    """100.05 in three payments of 33.35, the first of which is paid with a card that is kept."""
    return owing.pack_in_three(shop)


@pytest.fixture
def visitor(shop: Shop) -> Browser:
    return browser(shop.tenant)


@pytest.fixture
def page(shop: Shop, pack: Pack) -> str:
    return page_of(shop, pack.client)


def page_of(shop: Shop, client: Client) -> str:
    with tenant_context(shop.tenant):
        return links.payments_address(client).partition(shop.host)[2]


def said(answer: Any) -> str:
    return words(re.sub("<[^>]+>", " ", answer.text))


def kept(shop: Shop) -> list[SavedCard]:
    with tenant_context(shop.tenant):
        return list(SavedCard.objects.filter(removed_at=None).order_by("-created_at"))


def checkout_of(answer: Any) -> str:
    return re.search(r"cs_\w+", answer.headers["Location"])[0]  # type: ignore[index]


# --- what stands there ------------------------------------------------------------------------------


def test_what_is_charged_by_itself_stands_with_its_day_amount_and_purpose(
    visitor: Browser, page: str
) -> None:
    answer = visitor.get(page)
    assert "Nothing is open just now." in said(answer)
    charged = said(answer).split("Charged by itself")[1].split("Cards")[0]
    assert "10-session pack, payment 2 of 3" in charged
    assert charged.count("€33.35") == 2
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Robots-Tag"] == "noindex"


def test_the_card_stands_with_what_was_agreed_to_word_for_word(
    shop: Shop, visitor: Browser, page: str
) -> None:
    answer = visitor.get(page)
    assert "Visa ending in 4242" in said(answer)
    assert "Good until 12/2034" in said(answer)
    with tenant_context(shop.tenant):
        assert words(Mandate.objects.get().text) in said(answer)


def test_what_a_card_could_not_pay_is_open_with_its_link(
    shop: Shop, pack: Pack, calendar: Calendar, visitor: Browser, page: str
) -> None:
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id, "lost_card")
    calendar.go_to(owing.parts_of(shop, pack)[1].due_at)
    answer = visitor.get(page)
    assert "Cannot be charged" in said(answer)
    assert "No card can be charged" in said(answer)
    [pay] = set(re.findall(r'href="(/pay/[^"]+)"', answer.text.split('id="coming"')[0]))
    assert "The card was declined" in visitor.get(pay).text


def test_receipts_and_packs_are_led_to(shop: Shop, visitor: Browser, page: str) -> None:
    worlds.sweep()
    answer = visitor.get(page)
    [receipt] = re.findall(r'href="http://anna[^"]*(/paper/[^"]+)"', answer.text)
    assert visitor.get(receipt).status_code == 200
    [own_pack] = re.findall(r'href="(/p/[^"]+)"', answer.text)
    assert "Balance: 3 of 3 sessions." in visitor.get(own_pack).text


def test_the_next_charge_of_a_retainer_stands_there(shop: Shop, visitor: Browser) -> None:
    retainer = stack.begin(shop, stack.plan(shop, worlds.session_type(shop.tenant)))
    answer = visitor.get(page_of(shop, retainer.payer))
    charged = said(answer).split("Charged by itself")[1].split("Cards")[0]
    assert retainer.plan.name in charged
    [own_retainer] = set(re.findall(r'href="(/r/[^"]+)"', answer.text))
    assert visitor.get(own_retainer).status_code == 200


def test_who_has_nothing_reads_so(shop: Shop, visitor: Browser) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        nobody = Client.objects.create(name="Nils", email="nils@example.com")
    answer = said(visitor.get(page_of(shop, nobody)))
    assert "Nothing is open just now." in answer
    assert "No card is kept." in answer
    assert "There are none yet." in answer


def test_somebody_elses_things_are_not_there(shop: Shop, pack: Pack, visitor: Browser) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        nobody = Client.objects.create(name="Nils", email="nils@example.com")
    path = page_of(shop, nobody)
    assert "4242" not in visitor.get(path).text
    card = owing.card_of(shop)
    assert visitor.get(f"{path}cards/{card.pk}/remove").status_code == 404
    assert visitor.post(f"{path}cards/{card.pk}/remove").status_code == 404
    assert kept(shop) == [card]


def test_a_link_that_has_ended_opens_nothing(shop: Shop, pack: Pack, visitor: Browser, page: str) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        Client.objects.filter(pk=pack.client_id).update(link_version=2)
    for path in (page, f"{page}card-kept?cs=cs_1", f"{page}cards/{uuid4()}/remove"):
        assert visitor.get(path).status_code == 404
    assert visitor.post(f"{page}cards/new").status_code == 404


def test_another_coachs_host_refuses_the_link(page: str, ben: Tenant) -> None:
    assert browser(ben).get(page).status_code == 404


# --- cards ------------------------------------------------------------------------------------------


def test_a_card_is_replaced_and_what_was_open_is_tried_with_the_new_one(
    shop: Shop, pack: Pack, calendar: Calendar, visitor: Browser, page: str
) -> None:
    old = owing.card_of(shop)
    shop.stripe.decline_from_now_on(old.method_id, "lost_card")
    calendar.go_to(owing.parts_of(shop, pack)[1].due_at)
    answer = visitor.post(f"{page}cards/{old.pk}/replace")
    back = shop.stripe.pay(checkout_of(answer), card="5555555555554444").success_url
    answer = visitor.get(back.partition(shop.host)[2], follow=True)
    assert "Mastercard ending in 4444 is kept now" in said(answer)
    assert [card.last4 for card in kept(shop)] == ["4444"]
    worlds.sweep()
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)


def test_the_old_card_stays_when_no_new_one_is_typed(
    shop: Shop, pack: Pack, visitor: Browser, page: str
) -> None:
    old = owing.card_of(shop)
    answer = visitor.post(f"{page}cards/{old.pk}/replace")
    checkout = checkout_of(answer)
    answer = visitor.get(f"{page}card-kept?cs={checkout}&instead={old.pk}", follow=True)
    assert "Stripe has not told us of your card yet" in said(answer)
    assert [card.pk for card in kept(shop)] == [old.pk]


def test_one_more_card_stands_beside_the_other_and_pays_from_then_on(
    shop: Shop, pack: Pack, visitor: Browser, page: str
) -> None:
    answer = visitor.post(f"{page}cards/new")
    back = shop.stripe.pay(checkout_of(answer), card="5555555555554444").success_url
    answer = visitor.get(back.partition(shop.host)[2], follow=True)
    assert [card.last4 for card in kept(shop)] == ["4444", "4242"]
    assert re.search(r"Mastercard ending in 4444 Good until \S+ In use", said(answer))
    assert re.search(r"Visa ending in 4242 Good until \S+ Kept", said(answer))


def test_stripe_out_of_reach_keeps_everything(shop: Shop, pack: Pack, visitor: Browser, page: str) -> None:
    shop.stripe.fail_next("POST /v1/", "unreachable", count=30)
    answer = visitor.post(f"{page}cards/new", follow=True)
    assert "could not be opened just now. Nothing has changed" in said(answer)
    card = owing.card_of(shop)
    answer = visitor.post(f"{page}cards/{card.pk}/remove", follow=True)
    assert "the card is still kept" in said(answer)
    shop.stripe.clear_faults()
    assert len(kept(shop)) == 1


def test_before_a_card_is_removed_it_is_said_what_that_means(
    shop: Shop, pack: Pack, visitor: Browser, page: str
) -> None:
    card = owing.card_of(shop)
    answer = visitor.get(f"{page}cards/{card.pk}/remove")
    assert "These are not charged by itself any more. You get a link" in said(answer)
    assert said(answer).count("€33.35") == 2
    assert len(kept(shop)) == 1
    answer = visitor.post(f"{page}cards/{card.pk}/remove", follow=True)
    assert "Visa ending in 4242 is not kept any more." in said(answer)
    assert "No card is kept." in said(answer)
    assert kept(shop) == []
    answer = visitor.post(f"{page}cards/{card.pk}/remove", follow=True)
    assert "This card is not kept any more." in said(answer)


def test_a_card_that_pays_nothing_can_go_without_a_change(
    shop: Shop, pack: Pack, visitor: Browser, page: str
) -> None:
    old = owing.card_of(shop)
    answer = visitor.post(f"{page}cards/new")
    shop.stripe.pay(checkout_of(answer), card="5555555555554444")
    worlds.hear_stripe(shop.stripe)
    assert "nothing changes" in said(visitor.get(f"{page}cards/{old.pk}/remove"))
    newest = owing.card_of(shop)
    answer = visitor.get(f"{page}cards/{newest.pk}/remove")
    assert re.search(r"Visa ending in 4242, good until \S+ is charged instead", said(answer))


# --- details for papers -----------------------------------------------------------------------------


def test_the_details_for_papers_are_the_payers_own(
    shop: Shop, pack: Pack, visitor: Browser, page: str
) -> None:
    typed = {"name": "Adler GmbH", "address": "Lindenweg 3\n10115 Berlin", "vat_number": "DE123"}
    answer = visitor.post(f"{page}details", typed, follow=True)
    assert "Papers from now on say so" in said(answer)
    with tenant_context(shop.tenant):
        assert Client.objects.get(pk=pack.client_id).billing == typed
    assert "Lindenweg 3" in visitor.get(page).text


def test_details_that_are_too_long_are_answered_with_what_was_typed(visitor: Browser, page: str) -> None:
    answer = visitor.post(f"{page}details", {"name": "x" * 200})
    assert answer.status_code == 422
    assert "x" * 200 in answer.text


# --- the link again ---------------------------------------------------------------------------------


def test_the_link_goes_to_the_address_that_pays_and_the_answer_is_always_the_same(
    shop: Shop, pack: Pack, visitor: Browser, page: str
) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        email = f"cleo-{uuid4().hex}@example.com"
        Client.objects.filter(pk=pack.client_id).update(email=email)
    worlds.sweep()
    mail.outbox.clear()
    for asked in (email.upper(), f"nobody-{uuid4().hex}@example.com"):
        answer = visitor.post("/payments-link", {"email": asked}, follow=True)
        assert f"If {asked.lower()} pays for something here, its link is on its way" in said(answer)
    worlds.sweep()
    [message] = mail.outbox
    assert message.to == [email]
    assert page in str(message.body)


def test_nobodys_mailbox_is_filled(shop: Shop, pack: Pack, visitor: Browser) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        email = f"cleo-{uuid4().hex}@example.com"
        Client.objects.filter(pk=pack.client_id).update(email=email)
    worlds.sweep()
    mail.outbox.clear()
    for _ in range(5):
        assert visitor.post("/payments-link", {"email": email}).status_code == 302
    worlds.sweep()
    assert len(mail.outbox) == 3


@pytest.mark.parametrize("typed", ["", "nobody", "a@b"])
def test_an_address_that_is_none_is_answered_with_how_to_write_it(visitor: Browser, typed: str) -> None:
    answer = visitor.post("/payments-link", {"email": typed})
    assert answer.status_code == 422
    assert "Write" in said(answer)


def test_looking_changes_nothing(shop: Shop, visitor: Browser, page: str) -> None:
    with tenant_context(shop.tenant):
        before = list(SavedCard.objects.values()), list(Client.objects.values())
    visitor.get(page)
    with tenant_context(shop.tenant):
        assert (list(SavedCard.objects.values()), list(Client.objects.values())) == before
