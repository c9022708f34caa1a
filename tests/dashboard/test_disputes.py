"""Disputes at the desk: seen at once, until when they can be answered, and with what."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django_tenants.utils import tenant_context

from accounts.models import User
from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.dashboard import evidence_bundle
from tenants.dashboard.desk import desk_of
from tenants.dashboard.evidence_bundle import Section
from tenants.dashboard.payment_page import taken_or_none
from tenants.packs.models import Pack
from tenants.scheduling import bookings, cancelling
from tenants.scheduling.models import Booking, Cause
from tests import worlds
from tests.dashboard.desk import Coach
from tests.pdf_text import text_of
from tests.scheduling import booked
from tests.worlds import Shop

ANNA = Actor("coach", "7", "Anna")
HOUR = 3600


@pytest.fixture
def sold(shop: Shop) -> Booking:
    worlds.set_free_units(shop.tenant, 0)
    return worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(30))


def page_of(shop: Shop, what: Booking | Pack) -> str:
    return f"money/payments/{worlds.attempt_for(shop.tenant, what).pk}/"


def words(answer: HttpResponse) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def disputed(shop: Shop, what: Booking | Pack, **how: Any) -> str:
    name = shop.stripe.open_dispute(worlds.attempt_for(shop.tenant, what).stripe_charge_id, **how)
    worlds.hear_stripe(shop.stripe)
    return name


# --- where it is seen --------------------------------------------------------------------------------


def test_a_dispute_needs_the_coach_and_says_until_when(shop: Shop, sold: Booking) -> None:
    name = disputed(shop, sold, reason="product_not_received")
    coach = Coach(shop.tenant)
    today = words(coach.get())
    assert "€45.00 by Cleo is disputed" in today
    assert "Answer it in Stripe until" in today
    page = words(coach.get(page_of(shop, sold)))
    for said in ("Waits for your answer", "nothing was given for the payment", "Answer until"):
        assert said in page, said
    assert "Taken back by the card’s bank −€45.00" in page
    raw = coach.read(page_of(shop, sold))
    assert f"https://dashboard.stripe.com/test/disputes/{name}" in raw
    assert "evidence.pdf" in raw
    assert "Disputed" in words(coach.get(f"booking/{sold.pk}/"))


def test_while_it_is_open_the_button_for_refunds_is_away(shop: Shop, sold: Booking) -> None:
    disputed(shop, sold)
    coach, page = Coach(shop.tenant), page_of(shop, sold)
    assert f"{page}refund/" not in coach.read(page)
    assert "Refunds are closed while the bank looks into this payment" in words(coach.get(page))
    answer = coach.post(
        f"{page}refund/", {"how": "whole", "because": "goodwill", "key": str(uuid7()), "shown": "x"}
    )
    assert answer.status_code == 409
    assert "The client’s bank looks into this payment" in words(answer)


def test_what_is_answered_waits_for_the_bank_and_needs_nobody(shop: Shop, sold: Booking) -> None:
    name = disputed(shop, sold)
    shop.stripe.answer_dispute(name)
    worlds.hear_stripe(shop.stripe)
    coach = Coach(shop.tenant)
    assert "is disputed" not in words(coach.get())
    assert "The bank decides" in words(coach.get(page_of(shop, sold)))


@pytest.mark.parametrize(("ends", "said"), [("win_dispute", "Won"), ("lose_dispute", "Lost")])
def test_what_is_decided_is_told_with_what_it_comes_to(
    shop: Shop, sold: Booking, ends: str, said: str
) -> None:
    getattr(shop.stripe, ends)(disputed(shop, sold))
    worlds.hear_stripe(shop.stripe)
    page = words(Coach(shop.tenant).get(page_of(shop, sold)))
    assert said in page
    assert ("Given back by the card’s bank €45.00" in page) == (said == "Won")
    assert ("Platform fee returned €4.50" in page) == (said == "Lost")


def test_a_question_of_the_bank_leaves_the_refund_open(shop: Shop, sold: Booking) -> None:
    disputed(shop, sold, kind="inquiry")
    coach, page = Coach(shop.tenant), page_of(shop, sold)
    assert "The bank asks about €45.00 by Cleo" in words(coach.get())
    assert "Question from the bank" in words(coach.get(page))
    assert f"{page}refund/" in coach.read(page)


def test_a_warning_suggests_a_refund_until_it_is_made(shop: Shop, sold: Booking) -> None:
    shop.stripe.warn_of_fraud(worlds.attempt_for(shop.tenant, sold).stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    coach = Coach(shop.tenant)
    assert "The bank suspects fraud in a payment by Cleo" in words(coach.get())
    assert "refund the payment now" in words(coach.get(page_of(shop, sold)))
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id)
    worlds.hear_stripe(shop.stripe)
    assert "suspects fraud" not in words(coach.get())


# --- the evidence ------------------------------------------------------------------------------------


def bundle(shop: Shop, what: Booking | Pack) -> list[Section]:
    request = RequestFactory().get("/")
    request.user = User.objects.get(memberships__tenant=shop.tenant)
    request.tenant = shop.tenant  # type: ignore[attr-defined]
    with tenant_context(shop.tenant):
        attempt = taken_or_none(worlds.attempt_for(shop.tenant, what).pk)
        assert attempt
        return evidence_bundle.bundle(desk_of(request), attempt)


def printed(shop: Shop, what: Booking | Pack) -> str:
    answer = Coach(shop.tenant).get(page_of(shop, what) + "evidence.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert "attachment" in answer["Content-Disposition"]
    return " ".join(text_of(answer.content).split())


def facts(sections: list[Section]) -> Iterator[tuple[str, str, str]]:
    for section in sections:
        for line in section.lines:
            yield line.label, line.words, line.source


@pytest.fixture
def held(shop: Shop) -> Booking:
    """A session with a message that took place; part of it was refunded, and then it was disputed."""
    worlds.set_free_units(shop.tenant, 0)
    booking = worlds.held(shop.tenant, worlds.session_type(shop.tenant), at=worlds.hour(30))
    with tenant_context(shop.tenant):
        bookings.book(
            booking_id=booking.pk,
            name="Cleo Bright",
            email="cleo@example.com",
            phone="",
            message="Bring a second racket, please.",
            timezone="Europe/Berlin",
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    worlds.pay(shop, booking)
    worlds.hear_stripe(shop.stripe)
    with clock.travel(80 * HOUR), tenant_context(shop.tenant):
        bookings.record_attendance(booking_id=booking.pk, came=True, now=clock.now(), actor=ANNA)
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, booking).stripe_charge_id, 500)
    worlds.hear_stripe(shop.stripe)
    disputed(shop, booking, reason="product_not_received", amount=4000)
    return booking


def test_every_fact_has_a_source_and_stands_in_the_document(shop: Shop, held: Booking) -> None:
    sections = bundle(shop, held)
    document = printed(shop, held)
    assert len(list(facts(sections))) > 20
    for label, said, source in facts(sections):
        assert source in vars(evidence_bundle).values(), (label, source)
        for part in (label, said, source):
            assert all(word in document for word in part.split()), (label, part)


def test_the_evidence_of_a_session_tells_all_that_was_agreed_and_done(shop: Shop, held: Booking) -> None:
    found = {label: (said, source) for label, said, source in facts(bundle(shop, held))}
    attempt = worlds.attempt_for(shop.tenant, held)
    assert found["Paid by"] == ("Cleo Bright, cleo@example.com", evidence_bundle.PERSON)
    assert found["Amount"] == ("€45.00", evidence_bundle.STRIPE)
    assert attempt.stripe_charge_id in found["Stripe’s names"][0]
    assert found["Chosen"] == ("Lesson, 1 hour, €45.00", evidence_bundle.AGREED)
    assert "Free to cancel until" in found["Rule for cancelling, shown before paying"][0]
    marked, source = found["Attendance marked"]
    assert marked.endswith("by Anna")
    assert source == evidence_bundle.RECORD
    said = [text for _, text, _ in facts(bundle(shop, held))]
    assert "Bring a second racket, please." in said
    assert "Confirmation of the session" in said
    assert any("nothing was given for the payment" in text for text in said)
    labels = [label for label, _, _ in facts(bundle(shop, held))]
    assert "Refund of €5.00" in labels
    assert "Dispute of €40.00" in labels


def test_the_evidence_of_a_pack_has_its_terms_word_for_word_and_its_ledger(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    pack = worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, kind))
    booked.with_unit(shop.tenant, kind, pack, at=worlds.hour(30))
    found = {label: said for label, said, _ in facts(bundle(shop, pack))}
    assert found["Terms of the pack"] == pack.accepted["text"]
    assert found["Hash of the terms (SHA-256)"] == pack.accepted["sha256"]
    assert found["From the address"] == "203.0.113.7"
    assert found["Balance"] == "Balance: 9 of 10 sessions."
    document = printed(shop, pack)
    assert "9 left" in document
    assert pack.accepted["sha256"] in document.replace(" ", "")


def test_a_cancellation_is_told_with_its_rule_and_without_private_notes(shop: Shop, sold: Booking) -> None:
    with tenant_context(shop.tenant):
        cancelling.cancel(
            booking_id=sold.pk,
            cause=Cause.CLIENT,
            now=clock.now(),
            actor=ANNA,
            waived_because="Her mother is in hospital",
        )
    with clock.travel(61):
        worlds.drain()
    document = printed(shop, sold)
    assert "Cancelled by the client" in document
    assert "Rule" in document
    assert "hospital" not in document


def test_nothing_of_other_clients_stands_in_the_evidence(shop: Shop, held: Booking) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(60), email="maya@example.com")
    document = printed(shop, held)
    assert "maya" not in document
    assert "Platform fee" not in document


def test_the_evidence_is_for_its_own_coach(shop: Shop, sold: Booking, ben: Any) -> None:
    assert Coach(ben).get(page_of(shop, sold) + "evidence.pdf").status_code == 404
