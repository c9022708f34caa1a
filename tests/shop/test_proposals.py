"""A proposal for one client: accepted, it has its invoice, its sessions and its welcome packet in one go."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from kit import clock
from kit.actors import Actor
from tenants.billing.models import Charge, ChargeStatus, Document
from tenants.clients.models import Client
from tenants.packs import ledger
from tenants.packs.offers import NothingCovered
from tenants.paperwork import accepting, papers
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, Paper, PaperKind
from tenants.shop import proposals
from tenants.shop.models import Proposal, ProposalStatus
from tests import worlds
from tests.worlds import Shop

COACH = Actor("coach", "7", "Anna")
TEXT = "{{client_name}} gets {{sessions}}.\n\n{{#price}}It costs {{price}}.\n\n{{/price}}Be on time."


@pytest.fixture
def cleo(shop: Shop) -> Client:
    with tenant_context(shop.tenant), transaction.atomic():
        return Client.objects.create(name="Cleo Smith", email="cleo@example.com")


@pytest.fixture
def agreement(shop: Shop) -> Paper:
    with tenant_context(shop.tenant):
        said: dict[str, Any] = {"line": None, "kind": PaperKind.AGREEMENT, "name": "Coaching"}
        return papers.save(**said, body=TEXT, now=clock.now(), actor=COACH)


@pytest.fixture
def offered(shop: Shop, cleo: Client, agreement: Paper) -> Callable[..., Proposal]:
    lesson = worlds.session_type(shop.tenant)

    def propose(**terms: Any) -> Proposal:
        said = {
            "client_id": cleo.pk,
            "title": "Six lessons",
            "price_minor": 30000,
            "units": 6,
            "covers": {str(lesson.pk): 1},
            "agreement": agreement.line,
            **terms,
        }
        with tenant_context(shop.tenant):
            return proposals.propose(now=clock.now(), actor=COACH, **said)

    return propose


def sign(shop: Shop, paper: ClientPaper) -> None:
    with tenant_context(shop.tenant):
        accepting.accept(
            client_paper_id=paper.pk,
            name="Cleo Smith",
            shown=paper.text_hash,
            address="203.0.113.7",
            agent="A browser",
            now=clock.now(),
            actor=Actor("client", str(paper.client_id)),
        )
    worlds.drain()


def again(shop: Shop, proposal: Proposal) -> Proposal:
    with tenant_context(shop.tenant):
        return Proposal.objects.select_related("pack", "agreement").get(pk=proposal.pk)


def own_paper(shop: Shop, proposal: Proposal, client: Client) -> ClientPaper:
    with tenant_context(shop.tenant):
        return ClientPaper.objects.get(reference=proposal.pk, client=client)


def test_signing_sends_the_invoice_and_holds_the_sessions_ready(
    shop: Shop, offered: Callable[..., Proposal], cleo: Client
) -> None:
    proposal = offered()
    sign(shop, own_paper(shop, proposal, cleo))
    accepted = again(shop, proposal)
    assert accepted.status == ProposalStatus.ACCEPTED
    with tenant_context(shop.tenant):
        charge = Charge.objects.get(purpose="pack", reference=accepted.pack_id)
        invoice = Document.objects.get(pk=accepted.invoice_id)
        assert (charge.amount_minor, charge.status) == (30000, ChargeStatus.OPEN)
        assert (invoice.charge_id, invoice.amount_minor) == (charge.pk, 30000)
        assert accepted.pack is not None
        assert accepted.pack.paid_at is None
        assert ledger.balance_of(accepted.pack.pk) == 6


def test_accepted_twice_it_is_sold_once(shop: Shop, offered: Callable[..., Proposal], cleo: Client) -> None:
    proposal = offered()
    paper = own_paper(shop, proposal, cleo)
    sign(shop, paper)
    sign(shop, paper)
    with tenant_context(shop.tenant):
        assert Charge.objects.count() == Document.objects.count() == 1


def test_the_agreement_names_the_price_to_the_payer_only(
    shop: Shop, offered: Callable[..., Proposal], cleo: Client
) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        ben = Client.objects.create(name="Ben Smith", email="ben@example.com")
    proposal = offered(payer_id=ben.pk)
    priced, unpriced = own_paper(shop, proposal, ben), own_paper(shop, proposal, cleo)
    assert "300.00" in priced.text
    assert "300.00" not in unpriced.text
    assert unpriced.twin_id == priced.pk == proposal.agreement_id
    sign(shop, unpriced)
    assert again(shop, proposal).status == ProposalStatus.SENT
    sign(shop, priced)
    accepted = again(shop, proposal)
    assert accepted.pack is not None
    assert (accepted.pack.client_id, accepted.pack.buyer_id) == (cleo.pk, ben.pk)


def test_what_has_run_out_cannot_be_signed(
    shop: Shop, offered: Callable[..., Proposal], cleo: Client, stripe: Simulator
) -> None:
    proposal = offered(valid_days=2)
    with clock.travel(timedelta(days=2, minutes=1).total_seconds()):
        worlds.sweep()
        assert again(shop, proposal).status == ProposalStatus.EXPIRED
        paper = own_paper(shop, proposal, cleo)
        assert paper.status == ClientPaperStatus.WITHDRAWN
        with pytest.raises(accepting.NotOpen):
            sign(shop, paper)


def test_what_is_withdrawn_cannot_be_signed(
    shop: Shop, offered: Callable[..., Proposal], cleo: Client
) -> None:
    proposal = offered()
    with tenant_context(shop.tenant):
        proposals.withdraw(proposal_id=proposal.pk, now=clock.now(), actor=COACH)
        with pytest.raises(proposals.NotOpen):
            proposals.withdraw(proposal_id=proposal.pk, now=clock.now(), actor=COACH)
    assert own_paper(shop, proposal, cleo).status == ClientPaperStatus.WITHDRAWN


def test_without_an_agreement_the_proposal_itself_is_accepted(
    shop: Shop, offered: Callable[..., Proposal], cleo: Client
) -> None:
    proposal = offered(agreement=None, units=0, covers={}, title="A workshop")
    client = Actor("client", str(cleo.pk))
    with tenant_context(shop.tenant):
        for _ in range(2):
            proposals.accept(proposal_id=proposal.pk, now=clock.now(), actor=client)
        charge = Charge.objects.get()
        assert (charge.purpose, charge.reference, charge.units) == ("invoice", proposal.pk, 0)
        with pytest.raises(proposals.NotOpen):
            proposals.decline(proposal_id=proposal.pk, now=clock.now(), actor=client)


def test_sessions_need_a_price_and_a_use(offered: Callable[..., Proposal]) -> None:
    with pytest.raises(proposals.SessionsNeedPrice):
        offered(price_minor=0)
    with pytest.raises(NothingCovered):
        offered(covers={})


def test_proposed_twice_from_one_form_it_is_proposed_once(
    shop: Shop, offered: Callable[..., Proposal]
) -> None:
    first = offered()
    assert offered(proposal_id=first.pk).pk == first.pk
    with tenant_context(shop.tenant):
        assert Proposal.objects.count() == 1
