"""What is required before a payment, chosen where a session, a pack or a retainer is offered."""

from typing import Any

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from kit.clock import zone
from kit.ids import uuid7
from tenants.offers.models import SessionType
from tenants.packs import offers
from tenants.packs.models import PackOffer
from tenants.paperwork import papers as use_cases
from tenants.paperwork.models import Paper
from tenants.registry.models import Tenant
from tenants.retainers.models import RetainerPlan
from tests import worlds
from tests.architecture import routes
from tests.dashboard.desk import Coach
from tests.paperwork import worlds as papers
from tests.paperwork.worlds import COACH


@pytest.fixture
def coach(anna: Tenant) -> Browser:
    return routes.signed_in(anna)


@pytest.fixture
def agreement(anna: Tenant) -> Paper:
    papers.form(anna)
    return papers.agreement(anna)


def test_it_is_offered_only_where_there_are_papers(anna: Tenant, coach: Browser) -> None:
    address = f"/coach/{anna.slug}/offers/new/"
    assert "before the payment" not in coach.get(address).text.lower()
    papers.agreement(anna)
    shown = coach.get(address).text
    assert "Coaching agreement (agreement)" in shown


def post(coach: Browser, address: str, said: dict[str, Any]) -> None:
    answer = coach.post(address, said)
    assert answer.status_code == 303, answer.text


def test_a_session_type_requires_it(anna: Tenant, coach: Browser, agreement: Paper) -> None:
    said = {
        "name": "Lesson",
        "duration_min": 60,
        "price": "45",
        "place": "online",
        "minimum_notice_min": 0,
        "horizon_days": 60,
        "buffer_before_min": 0,
        "buffer_after_min": 0,
        "answer_within_hours": 48,
        "deposit_kind": "whole",
        "rest_due_hours": 24,
    }
    base = f"/coach/{anna.slug}/offers/"
    post(coach, f"{base}new/", {**said, "requires": [str(agreement.line)]})
    with tenant_context(anna):
        kind = SessionType.objects.get()
        assert kind.requires == [str(agreement.line)]
    assert "checked" in coach.get(f"{base}{kind.pk}/").text.partition("Coaching agreement")[0][-200:]
    with tenant_context(anna):
        use_cases.switch(line=agreement.line, on=False, now=clock.now(), actor=COACH)
    assert "not in use" in coach.get(f"{base}{kind.pk}/").text
    post(coach, f"{base}{kind.pk}/", said)
    with tenant_context(anna):
        assert SessionType.objects.get().requires == []


def test_a_pack_keeps_it_over_its_versions(anna: Tenant, coach: Browser, agreement: Paper) -> None:
    kind = worlds.session_type(anna)
    said = {
        "name": "Ten",
        "units": 10,
        "price": "450",
        "covers": [str(kind.pk)],
        "valid_months": 6,
        "cancel_window_hours": 24,
        "refund_rule": "unused",
        "transfer": "nobody",
        "unpaid": "nothing",
        "requires": [str(agreement.line)],
    }
    base = f"/coach/{anna.slug}/offers/packs/"
    post(coach, f"{base}new/", said)
    with tenant_context(anna):
        line = PackOffer.objects.get().line
    post(coach, f"{base}{line}/", {**said, "price": "460"})
    with tenant_context(anna):
        current = PackOffer.objects.get(is_current=True)
        offers.edit(line=line, price_minor=47000, now=clock.now())
        newest = PackOffer.objects.get(is_current=True)
    assert (current.version, current.requires) == (2, [str(agreement.line)])
    assert (newest.version, newest.requires) == (3, [str(agreement.line)])


def test_a_retainer_requires_it(anna: Tenant, coach: Browser, agreement: Paper) -> None:
    kind = worlds.session_type(anna)
    said = {
        "name": "Monthly",
        "price": "160",
        "rhythm": "1 month",
        "included": 4,
        "covers": [str(kind.pk)],
        "rollover": "none",
        "cancel_window_hours": 24,
        "charge_days_before": 3,
        "requires": [str(agreement.line)],
    }
    post(coach, f"/coach/{anna.slug}/offers/retainers/new/", said)
    with tenant_context(anna):
        assert RetainerPlan.objects.get().requires == [str(agreement.line)]


def test_the_coach_books_without_it_and_is_told_what_is_missing(anna: Tenant, agreement: Paper) -> None:
    worlds.open_for_bookings(anna)
    kind = worlds.session_type(anna, requires=[str(agreement.line)], price_minor=0)
    cleo, desk = papers.client(anna), Coach(anna)
    day = worlds.hour(40).astimezone(zone(worlds.practice(anna).timezone))
    when = {"type": kind.slug, "day": f"{day:%Y-%m-%d}", "time": f"{day:%H:%M}"}
    path = f"clients/{cleo.pk}/book-one/"
    page = desk.get(path, data=when).content.decode()
    assert "Cleo Adler has not done “Coaching agreement” yet" in " ".join(page.split())
    assert desk.post(path, {**when, "key": str(uuid7())}).status_code == 303
    papers.accepted(anna, papers.given(anna, agreement, cleo))
    assert "has not done" not in desk.get(path, data=when).content.decode()


def test_a_line_that_there_is_not_is_refused(anna: Tenant, coach: Browser, agreement: Paper) -> None:
    answer = coach.post(f"/coach/{anna.slug}/offers/new/", {"name": "Lesson", "requires": [str(anna.pk)]})
    assert answer.status_code == 422
