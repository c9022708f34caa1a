"""What has to be done before a card is asked for: once per client, unless everybody is asked again."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from tenants.paperwork import papers as use_cases
from tenants.paperwork import requirements
from tenants.paperwork.models import ClientPaper, Paper
from tenants.registry.models import Tenant
from tests.pages.clients import counted
from tests.paperwork import worlds as papers
from tests.paperwork.worlds import AGREEMENT, COACH


@pytest.fixture
def asked(anna: Tenant) -> list[Paper]:
    return [papers.form(anna), papers.agreement(anna)]


@contextmanager
def opened(tenant: Tenant) -> Iterator[None]:
    """A transaction that is under way: its beginning goes with its first question."""
    with tenant_context(tenant), transaction.atomic():
        Paper.objects.exists()
        yield


def missing(tenant: Tenant, asked: list[Paper], email: str = "cleo@example.com") -> list[str]:
    cleo = papers.client(tenant, email=email)
    with tenant_context(tenant):
        lines = [str(paper.line) for paper in asked]
        return [paper.name for paper in requirements.missing(lines=lines, client=cleo)]


def test_where_nothing_is_required_nothing_is_asked(anna: Tenant) -> None:
    cleo = papers.client(anna)
    with opened(anna), counted() as statements:
        assert requirements.missing(lines=[], client=cleo) == []
        requirements.insist(lines=[], client=cleo, now=clock.now())
        given = requirements.hand_out(lines=[], client=cleo, reference=uuid.uuid4(), now=clock.now())
        assert given is None
    assert statements == []


def test_it_is_one_question_in_the_order_of_the_lines(anna: Tenant, asked: list[Paper]) -> None:
    cleo = papers.client(anna)
    with opened(anna), counted() as statements:
        found = requirements.missing(lines=[str(paper.line) for paper in asked], client=cleo)
    assert [paper.name for paper in found] == ["Intake form", "Coaching agreement"]
    assert len(statements) == 1


def test_what_one_client_has_done_is_not_asked_again_of_them_alone(anna: Tenant, asked: list[Paper]) -> None:
    cleo = papers.client(anna)
    papers.handed_in(anna, papers.given(anna, asked[0], cleo))
    assert missing(anna, asked) == ["Coaching agreement"]
    papers.accepted(anna, papers.given(anna, asked[1], cleo, reference=uuid.uuid4()))
    assert missing(anna, asked) == []
    assert missing(anna, asked, "ben@example.com") == ["Intake form", "Coaching agreement"]


def test_a_newer_version_is_asked_for_only_where_the_coach_says_so(anna: Tenant) -> None:
    paper, cleo = papers.agreement(anna), papers.client(anna)
    papers.accepted(anna, papers.given(anna, paper, cleo))
    papers.agreement(anna, line=paper.line, body=AGREEMENT + " A comma.")
    assert missing(anna, [paper]) == []
    papers.agreement(anna, line=paper.line, body=AGREEMENT + " Other terms.", ask_again=True)
    assert missing(anna, [paper]) == ["Coaching agreement"]
    papers.agreement(anna, line=paper.line, body=AGREEMENT + " Other terms, spelled.")
    assert missing(anna, [paper]) == ["Coaching agreement"], "a correction does not undo the question"


def test_what_is_switched_off_is_not_required(anna: Tenant, asked: list[Paper]) -> None:
    with tenant_context(anna):
        use_cases.switch(line=asked[0].line, on=False, now=clock.now(), actor=COACH)
    assert missing(anna, asked) == ["Coaching agreement"]


def test_insisting_refuses_with_what_is_missing(anna: Tenant, asked: list[Paper]) -> None:
    cleo = papers.client(anna)
    with tenant_context(anna), transaction.atomic(), pytest.raises(requirements.PaperworkMissing) as refused:
        requirements.insist(lines=[asked[1].line], client=cleo, now=clock.now())
    assert [paper.name for paper in refused.value.papers] == ["Coaching agreement"]


def test_papers_that_are_handed_out_belong_to_what_they_are_for(anna: Tenant, asked: list[Paper]) -> None:
    """Somebody who only typed the address finds no draft of the client's."""
    cleo, order, other = papers.client(anna), uuid.uuid4(), uuid.uuid4()
    own = papers.given(anna, asked[0], cleo)
    lines = [paper.line for paper in asked]
    with tenant_context(anna), transaction.atomic():
        first = requirements.hand_out(lines=lines, client=cleo, reference=order, now=clock.now())
        again = requirements.hand_out(lines=lines, client=cleo, reference=order, now=clock.now())
        later = requirements.hand_out(
            lines=lines, client=cleo, reference=other, begun=[order], now=clock.now()
        )
    assert first is not None
    assert again is not None
    assert later is not None
    ids = [given.pk for given in first.client_papers]
    assert own.pk not in ids
    assert [given.pk for given in again.client_papers] == ids
    assert [given.pk for given in later.client_papers] == ids
    with tenant_context(anna):
        assert ClientPaper.objects.count() == 3
