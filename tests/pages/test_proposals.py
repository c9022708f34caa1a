"""A proposal's page: what is offered, its answer, and what there is to do afterwards."""

from typing import Any

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.registry.models import Tenant
from tenants.shop import proposals
from tenants.shop.models import Proposal, ProposalStatus
from tenants.shop.proposal_links import token_of
from tests import worlds
from tests.messaging.test_golden_proposals import proposed
from tests.pages.clients import browser, words
from tests.paperwork import agreed
from tests.worlds import Shop


@pytest.fixture
def visitor(shop: Shop) -> Browser:
    return browser(shop.tenant)


def page(shop: Shop, proposal: Proposal) -> str:
    with tenant_context(shop.tenant):
        return f"/proposal/{token_of(proposal)}/"


def status(shop: Shop, proposal: Proposal) -> str:
    with tenant_context(shop.tenant):
        return Proposal.objects.get(pk=proposal.pk).status


def test_it_says_what_is_offered_and_changes_nothing(shop: Shop, visitor: Browser) -> None:
    proposal = proposed(shop)
    look = words(visitor.get(page(shop, proposal)).text)
    for said in ("Six lessons", "6 sessions", "300.00", "As we said.", "Nothing is charged now."):
        assert said in look
    assert status(shop, proposal) == ProposalStatus.SENT


def test_accepted_twice_it_leads_to_one_invoice(shop: Shop, visitor: Browser) -> None:
    proposal = proposed(shop)
    address = page(shop, proposal)
    for _ in range(2):
        assert visitor.post(f"{address}accept").status_code == 302
    worlds.drain()
    look = visitor.get(address).text
    assert "Pay the invoice" in look
    assert "/pay/" in look
    assert status(shop, proposal) == ProposalStatus.ACCEPTED


def test_one_with_an_agreement_is_accepted_by_signing_it_alone(shop: Shop, visitor: Browser) -> None:
    with tenant_context(shop.tenant):
        paper = agreed.written()
    proposal = proposed(shop, agreement=paper.line)
    address = page(shop, proposal)
    assert "/sign/" in visitor.get(address).text
    visitor.post(f"{address}accept")
    assert status(shop, proposal) == ProposalStatus.SENT


@pytest.mark.parametrize("end", ["decline", "withdraw", "run out"])
def test_what_has_ended_cannot_be_accepted(shop: Shop, visitor: Browser, end: str) -> None:
    proposal = proposed(shop)
    address = page(shop, proposal)
    days = 15 if end == "run out" else 0
    if end == "decline":
        visitor.post(f"{address}decline")
    elif end == "withdraw":
        with tenant_context(shop.tenant):
            proposals.withdraw(proposal_id=proposal.pk, now=clock.now(), actor=agreed.COACH)
    with clock.travel(days * 86_400):
        look = visitor.get(address).text
        assert "I accept" not in look
        visitor.post(f"{address}accept")
    assert status(shop, proposal) != ProposalStatus.ACCEPTED


def test_its_link_opens_nothing_at_another_coach(shop: Shop, ben: Tenant) -> None:
    proposal = proposed(shop)
    answer: Any = browser(ben).get(page(shop, proposal))
    assert answer.status_code == 404
    assert "Six lessons" not in answer.text
