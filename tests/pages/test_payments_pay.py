"""The page of one charge: what is owed of it, paid by its link, and what is said when that does not work."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from connect.simulator.client import SimulatorRefused
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.billing import by_hand, charges, links
from tenants.billing.codes import code_of
from tenants.billing.models import Charge, PaymentAttempt, Tender
from tenants.offers.practice import change_practice
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tests import worlds
from tests.billing import owing
from tests.billing.owing import Calendar
from tests.crowd import at_once
from tests.journeys.steps import DECLINED
from tests.pages.clients import browser, words
from tests.worlds import Shop

COACH = Actor("coach", "1", "Anna")


@pytest.fixture
def calendar(shop: Shop) -> Iterator[Calendar]:
    calendar = Calendar(shop)
    with calendar.passed:
        yield calendar


@pytest.fixture
def pack(shop: Shop, calendar: Calendar) -> Pack:
    """100.05 in three payments of 33.35, the first of which is paid."""
    return owing.pack_in_three(shop)


@pytest.fixture
def visitor(shop: Shop) -> Browser:
    return browser(shop.tenant)


def path_of(shop: Shop, charge: Charge, *, to_payer: bool = True) -> str:
    with tenant_context(shop.tenant):
        return links.pay_address(charge, to_payer=to_payer).partition(shop.host)[2]


def page_of(shop: Shop, pack: Pack) -> str:
    return path_of(shop, owing.charge_of(shop, pack))


def presses(page: Any) -> list[tuple[str, str]]:
    """The buttons of a page that pay, by what they send and say."""
    found = re.findall(r'<button[^>]*name="pay"[^>]*value="([^"]*)"[^>]*>(.*?)</button>', page.text, re.S)
    return [(value, words(re.sub("<[^>]+>", " ", inside))) for value, inside in found]


def press(visitor: Browser, path: str, value: str) -> Any:
    return visitor.post(f"{path}now", {"pay": value})


def live(shop: Shop, pack: Pack) -> PaymentAttempt:
    return worlds.attempt_for(shop.tenant, pack)


def come_back(shop: Shop, visitor: Browser, pack: Pack, **how: Any) -> Any:
    """Pay on Stripe's page and follow it back."""
    back = worlds.pay(shop, pack, **how).success_url.partition(shop.host)[2]
    return visitor.get(back, follow=True)


def test_all_parts_stand_there_with_their_state_and_day(shop: Shop, pack: Pack, visitor: Browser) -> None:
    page = visitor.get(page_of(shop, pack))
    said = words(re.sub("<[^>]+>", " ", page.text))
    assert page.status_code == 200
    assert "10-session pack with Anna" in said
    assert "Payment 1 of 3 Paid" in said
    assert said.count("Charged to your card") == 2
    assert "the next part; nothing is due today, €66.70 open in all" in said
    assert page["Cache-Control"] == "private, no-cache"


def test_the_next_part_or_all_of_it_can_be_paid(shop: Shop, pack: Pack, visitor: Browser) -> None:
    path = page_of(shop, pack)
    assert presses(visitor.get(path)) == [("now:3335", "Pay €33.35 now"), ("all:6670", "Pay all €66.70")]
    answer = press(visitor, path, "now:3335")
    assert answer.status_code == 302
    assert answer.headers["Location"] == live(shop, pack).checkout_url
    page = come_back(shop, visitor, pack)
    assert presses(page) == [("all:3335", "Pay €33.35 now")]
    assert owing.charge_of(shop, pack).paid_minor == 6670


def test_when_all_is_paid_the_page_is_calm_and_has_the_receipts(
    shop: Shop, pack: Pack, visitor: Browser
) -> None:
    path = page_of(shop, pack)
    press(visitor, path, "all:6670")
    come_back(shop, visitor, pack)
    worlds.sweep()
    page = visitor.get(path)
    assert "<h1>All paid</h1>" in page.text
    assert presses(page) == []
    receipts = re.findall(r'href="http://anna[^"]*(/paper/[^"]+)"', page.text)
    assert len(receipts) == 2
    assert visitor.get(receipts[0]).status_code == 200


def test_a_page_of_another_amount_is_closed_before_the_new_one_opens(
    shop: Shop, pack: Pack, visitor: Browser
) -> None:
    path = page_of(shop, pack)
    press(visitor, path, "now:3335")
    first = live(shop, pack)
    press(visitor, path, "all:6670")
    second = live(shop, pack)
    assert (first.amount_minor, second.amount_minor) == (3335, 6670)
    with pytest.raises(SimulatorRefused):
        shop.stripe.pay(first.checkout_id)
    come_back(shop, visitor, pack)
    assert owing.charge_of(shop, pack).paid_minor == 10005


def test_pressing_twice_leads_to_the_same_page(shop: Shop, pack: Pack, visitor: Browser) -> None:
    path = page_of(shop, pack)
    first, second = press(visitor, path, "now:3335"), press(visitor, path, "now:3335")
    assert first.headers["Location"] == second.headers["Location"]


def test_a_page_that_was_paid_meanwhile_is_found_paid_and_nothing_more_is_asked(
    shop: Shop, pack: Pack, visitor: Browser
) -> None:
    path = page_of(shop, pack)
    press(visitor, path, "now:3335")
    worlds.pay(shop, pack)
    answer = press(visitor, path, "all:6670")
    assert answer.headers["Location"] == path
    assert "Nothing was charged by this press" in visitor.get(path).text
    assert owing.charge_of(shop, pack).paid_minor == 6670


def test_an_amount_that_has_changed_is_shown_before_anything_is_asked(
    shop: Shop, pack: Pack, visitor: Browser
) -> None:
    path = page_of(shop, pack)
    answer = press(visitor, path, "now:4000")
    assert answer.status_code == 409
    assert "The amount has changed" in answer.text
    assert len(owing.payments_of(shop, pack)) == 1


def test_a_declined_card_is_said_in_words_and_can_be_tried_again(
    shop: Shop, pack: Pack, visitor: Browser
) -> None:
    path = page_of(shop, pack)
    press(visitor, path, "now:3335")
    worlds.pay(shop, pack, card=DECLINED)
    worlds.hear_stripe(shop.stripe)
    page = visitor.get(path)
    assert "The card was declined" in page.text
    assert presses(page)[0] == ("now:3335", "Pay €33.35 now")


def test_coming_back_before_stripe_answers_waits_and_looks_again(
    shop: Shop, pack: Pack, visitor: Browser
) -> None:
    path = page_of(shop, pack)
    press(visitor, path, "now:3335")
    back = worlds.pay(shop, pack).success_url.partition(shop.host)[2]
    shop.stripe.fail_next("GET /v1/checkout", "500", count=3)
    page = visitor.get(back, follow=True)
    assert "We are confirming your payment" in page.text
    assert page["Refresh"].startswith(f"3; url={path}paid?asked=1")
    shop.stripe.clear_faults()
    page = visitor.get(page["Refresh"].partition("url=")[2], follow=True)
    assert presses(page) == [("all:3335", "Pay €33.35 now")]


def test_coming_back_unpaid_shows_the_page_as_before(shop: Shop, pack: Pack, visitor: Browser) -> None:
    path = page_of(shop, pack)
    press(visitor, path, "now:3335")
    page = visitor.get(path)
    assert presses(page)[0] == ("now:3335", "Pay €33.35 now")
    assert "Refresh" not in page


def test_stripe_out_of_reach_is_said_and_can_be_tried_again(shop: Shop, pack: Pack, visitor: Browser) -> None:
    path = page_of(shop, pack)
    shop.stripe.fail_next("POST /v1/checkout", "unreachable", count=3)
    answer = visitor.post(f"{path}now", {"pay": "now:3335"}, follow=True)
    assert "could not be opened just now. Nothing was charged" in answer.text
    assert press(visitor, path, "now:3335").status_code == 302


def test_a_coach_who_takes_no_cards_leaves_the_other_ways(shop: Shop, pack: Pack, visitor: Browser) -> None:
    set_bank_details(shop.tenant)
    shop.stripe.restrict(shop.account_id)
    worlds.hear_stripe(shop.stripe)
    answer = press(visitor, page_of(shop, pack), "now:3335")
    assert answer.status_code == 409
    assert "The card payment is not possible right now" in answer.text
    assert "IBAN DE89" in answer.text


def set_bank_details(tenant: Tenant) -> None:
    with tenant_context(tenant):
        change_practice(now=clock.now(), bank_details="IBAN DE89 3704 0044 0532 0130 00")


def test_bank_details_stand_with_the_code_that_the_coach_finds_again(
    shop: Shop, pack: Pack, visitor: Browser
) -> None:
    path = page_of(shop, pack)
    assert "Bank transfer to" not in visitor.get(path).text
    set_bank_details(shop.tenant)
    page = visitor.get(path).text
    assert "IBAN DE89 3704 0044 0532 0130 00" in page
    assert code_of(owing.charge_of(shop, pack).pk) in page


def test_cash_stands_among_what_was_paid(shop: Shop, pack: Pack, visitor: Browser) -> None:
    charge = owing.charge_of(shop, pack)
    with tenant_context(shop.tenant):
        by_hand.record(
            key=uuid7(),
            charge_id=charge.pk,
            tender=Tender.CASH,
            amount_minor=3335,
            received_on=clock.now().date(),
            reference="",
            now=clock.now(),
            actor=COACH,
        )
    page = words(visitor.get(path_of(shop, charge)).text)
    assert "Paid in cash" in page
    assert "Visa ending in 4242" in page


def test_a_card_that_the_bank_wants_confirmed_is_paid_here(
    shop: Shop, calendar: Calendar, visitor: Browser
) -> None:
    pack = owing.pack_in_three(shop, card=owing.ASKS_EVERY_TIME)
    calendar.go_to(owing.parts_of(shop, pack)[1].due_at)
    path = page_of(shop, pack)
    page = visitor.get(path)
    assert "Your bank wants you to confirm this payment" in page.text
    assert presses(page)[0] == ("now:3335", "Pay €33.35 now")
    press(visitor, path, "now:3335")
    come_back(shop, visitor, pack, card=owing.ASKS_EVERY_TIME, authenticate=True)
    assert owing.paid_so_far(shop, pack)[1] == ("paid", 3335)


def test_the_banks_words_stand_at_a_part_that_failed(
    shop: Shop, pack: Pack, calendar: Calendar, visitor: Browser
) -> None:
    shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
    calendar.go_to(owing.parts_of(shop, pack)[1].due_at)
    page = words(visitor.get(page_of(shop, pack)).text)
    assert "The card was declined: there is not enough money on it." in page
    assert "Tried again" in page


def test_what_was_let_off_is_not_asked_for(shop: Shop, pack: Pack, visitor: Browser) -> None:
    charge = owing.charge_of(shop, pack)
    with tenant_context(shop.tenant):
        charges.waive(charge_id=charge.pk, because="a gift", now=clock.now(), actor=COACH)
    page = visitor.get(path_of(shop, charge))
    assert "<h1>All paid</h1>" in page.text
    assert "Not asked for" in page.text
    answer = press(visitor, path_of(shop, charge), "all:6670")
    assert answer.status_code == 302
    assert len(owing.payments_of(shop, pack)) == 1


def test_a_link_that_a_booking_page_shows_leads_to_no_papers(
    shop: Shop, pack: Pack, visitor: Browser
) -> None:
    """Whoever typed a client's address to book with must not read the client's papers, with their address."""
    worlds.sweep()
    charge = owing.charge_of(shop, pack)
    page = visitor.get(path_of(shop, charge, to_payer=False))
    assert page.status_code == 200
    assert "/paper/" not in page.text
    assert "/paper/" in visitor.get(path_of(shop, charge)).text


def test_a_link_that_was_cut_or_ended_opens_nothing(shop: Shop, pack: Pack, visitor: Browser) -> None:
    charge = owing.charge_of(shop, pack)
    path = path_of(shop, charge)
    assert visitor.get(f"{path[:-3]}/").status_code == 404
    with tenant_context(shop.tenant), transaction.atomic():
        charge.client.link_version += 1
        charge.client.save(update_fields=["link_version"])
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert "Mail me my payments link" in answer.text
    assert press(visitor, path, "now:3335").status_code == 404


def test_another_coachs_host_refuses_the_link(shop: Shop, pack: Pack, ben: Tenant) -> None:
    assert browser(ben).get(page_of(shop, pack)).status_code == 404


def test_looking_changes_nothing(shop: Shop, pack: Pack, visitor: Browser) -> None:
    with tenant_context(shop.tenant):
        before = list(Charge.objects.values()), list(PaymentAttempt.objects.values())
    visitor.get(page_of(shop, pack))
    with tenant_context(shop.tenant):
        assert (list(Charge.objects.values()), list(PaymentAttempt.objects.values())) == before


def test_two_presses_while_the_card_is_charged_are_one_payment(
    shop: Shop, pack: Pack, calendar: Calendar
) -> None:
    """Two tabs and the sweeper at the same moment: the part is paid once, whoever was first."""
    path, second = page_of(shop, pack), owing.parts_of(shop, pack)[1]
    ahead = int((second.due_at - clock.now() + timedelta(seconds=5)).total_seconds())
    calendar.passed.enter_context(clock.travel(ahead))
    shop.stripe.advance(ahead)
    tab = partial(press, path=path, value="now:3335")
    tabs: list[Callable[[], object]] = [partial(tab, browser(shop.tenant)) for _ in range(2)]
    got = at_once([*tabs, worlds.sweep])
    assert not [each for each in got if isinstance(each, Exception)]
    for attempt in owing.payments_of(shop, pack)[1:]:
        if attempt.status == "open" and attempt.checkout_id:
            shop.stripe.pay(attempt.checkout_id)
    worlds.hear_stripe(shop.stripe)
    worlds.sweep()
    assert owing.paid_so_far(shop, pack) == [("paid", 3335), ("paid", 3335), ("open", 0)]
    paid = [each for each in owing.payments_of(shop, pack) if each.captured_minor]
    assert [each.captured_minor for each in paid] == [3335, 3335]
