"""What was done without the coach, one by one: as it happened, for whom, and as often as it is counted."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.earnings import deeds
from tenants.earnings.deeds import Deed, Done
from tenants.messaging.models import MailStatus
from tenants.messaging.switches import Automation
from tenants.scheduling.models import Booking
from tests import worlds
from tests.billing import owing
from tests.billing.owing import Calendar
from tests.messaging import mailroom, test_golden_papers
from tests.worlds import Shop

DAY = 86_400
ANNA = Actor("coach", "1", "Anna")


@pytest.fixture
def sold(shop: Shop) -> Booking:
    """A paid lesson, with all that follows from it."""
    booking = worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(12))
    worlds.drain()
    return booking


def every(shop: Shop, automation: str = "") -> list[Done]:
    """All pages of the log."""
    with tenant_context(shop.tenant):
        first = deeds.log(automation=automation)
        numbers = first.paginator.page_range
        return [each for number in numbers for each in deeds.log(automation=automation, number=number)]


def counted(shop: Shop, days: int = 30) -> dict[str, int]:
    with tenant_context(shop.tenant):
        found = deeds.tallies(since=clock.now() - timedelta(days=days))
    return {name: each.times for name, each in found.items()}


def of(shop: Shop, automation: str) -> Done:
    (done,) = every(shop, automation)
    return done


def test_a_booking_leaves_what_was_done_about_it(shop: Shop, sold: Booking) -> None:
    attempt = worlds.attempt_for(shop.tenant, sold)
    booked, paid = of(shop, Deed.BOOKED), of(shop, Deed.PAID)
    assert (booked.subject_id, booked.client_id) == (sold.pk, sold.client_id)
    assert (paid.subject_id, paid.client_id, paid.minor, paid.currency) == (
        attempt.pk,
        sold.client_id,
        4500,
        "eur",
    )
    paper, told = of(shop, Deed.PAPERS), of(shop, Automation.CONFIRMATIONS)
    assert (paper.what, paper.client_id, paper.minor) == ("receipt", sold.client_id, 4500)
    assert (told.what, told.audience, told.subject_id) == ("booking_confirmed", "client", sold.pk)
    assert told.client_id == sold.client_id
    assert of(shop, Automation.NEWS_BOOKED).audience == "coach"


def test_the_log_is_newest_first_and_what_is_counted(shop: Shop, sold: Booking) -> None:
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id, 1000)
    worlds.hear_stripe(shop.stripe)
    worlds.drain()
    rows = every(shop)
    assert [each.at for each in rows] == sorted((each.at for each in rows), reverse=True)
    assert Counter(each.automation for each in rows) == counted(shop)
    refund = of(shop, Deed.RETURNED)
    assert refund.subject_id == worlds.attempt_for(shop.tenant, sold).pk
    with clock.travel(40 * DAY):
        assert set(counted(shop).values()) == {0}
        with tenant_context(shop.tenant):
            last = deeds.tallies(since=clock.now())[Deed.RETURNED].last
    assert last == refund.at


def test_a_page_of_the_log_is_two_questions(
    shop: Shop, sold: Booking, django_assert_num_queries: Any
) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        with django_assert_num_queries(2):
            deeds.log()
        with django_assert_num_queries(2):
            deeds.log(automation=Deed.PAID, number="2")
        with django_assert_num_queries(6):
            deeds.tallies(since=clock.now())


def test_pages_leave_nothing_out_and_tell_nothing_twice(
    shop: Shop, sold: Booking, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = every(shop)
    monkeypatch.setattr(deeds, "ON_A_PAGE", 2)
    assert len(whole) > 4
    assert Counter(map(repr, every(shop))) == Counter(map(repr, whole))


def test_what_the_coach_did_is_not_among_it(shop: Shop, sold: Booking) -> None:
    before = len(every(shop, Automation.CONFIRMATIONS))
    test_golden_papers.send(shop)
    mailroom.work_off()
    assert ("invoice_sent", MailStatus.SENT) in {(each.kind, each.status) for each in mailroom.mails(shop)}
    assert "invoice_sent" not in {each.what for each in every(shop)}
    assert len(every(shop, Automation.CONFIRMATIONS)) == before


def test_a_card_is_charged_and_tried_again_without_the_coach(shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    calendar = Calendar(shop)
    with calendar.passed:
        pack = owing.pack_in_three(shop)
        second, third = owing.parts_of(shop, pack)[1:]
        calendar.go_to(second.due_at)
        shop.stripe.decline_from_now_on(owing.card_of(shop).method_id)
        calendar.go_to(third.due_at)
        calendar.go_on(timedelta(days=2))
        charged, again = every(shop, Deed.CHARGED), every(shop, Deed.RETRIED)
        assert [(each.what, each.minor) for each in charged] == [("captured", second.amount_minor)]
        assert [(each.what, each.minor) for each in again] == [("declined", third.amount_minor)]


def test_a_time_that_nobody_paid_for_was_freed(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    left = worlds.held(shop.tenant, kind, at=worlds.hour(12))
    worlds.book(shop.tenant, left)
    worlds.held(shop.tenant, kind, at=worlds.hour(15), browser="nobody in particular")
    with clock.travel(3 * 3600):
        shop.stripe.advance(3 * 3600)
        mailroom.work_off()
        freed = of(shop, Deed.FREED)
    assert freed.subject_id == left.pk
