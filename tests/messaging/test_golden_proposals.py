"""Mails about proposals, as their readers see them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.shop import proposals
from tenants.shop.models import Proposal
from tests import worlds
from tests.messaging import mailroom, pack_room, test_golden_agreements
from tests.messaging.mailroom import History
from tests.messaging.pack_room import ANNA
from tests.paperwork import agreed
from tests.worlds import Shop


def proposed(shop: Shop, **terms: Any) -> Proposal:
    """Six lessons for Cleo, who has not read the mail yet."""
    client, kind = pack_room.known(shop), worlds.session_type(shop.tenant)
    usual: dict[str, Any] = {
        "price_minor": 30000,
        "units": 6,
        "covers": {str(kind.pk): 1},
        "message": "As we said.\n\nAnna",
    }
    with tenant_context(shop.tenant):
        return proposals.propose(
            client_id=client.pk, title="Six lessons", now=clock.now(), actor=ANNA, **{**usual, **terms}
        )


def read(shop: Shop, **terms: Any) -> Proposal:
    proposal = proposed(shop, **terms)
    mailroom.work_off()
    mail.outbox.clear()
    return proposal


def proposal_sent(shop: Shop) -> None:
    proposed(shop)
    mailroom.work_off()


def proposal_accepted(shop: Shop) -> None:
    """With no agreement: the invoice, and the word to the coach."""
    decide(shop, read(shop), proposals.accept)


def proposal_signed(shop: Shop) -> None:
    """With an agreement: copies of it, the invoice, and the word to the coach."""
    with tenant_context(shop.tenant):
        paper = agreed.written()
    proposal = read(shop, agreement=paper.line)
    assert proposal.agreement is not None
    test_golden_agreements.accept(shop, proposal.agreement)
    mailroom.work_off()


def proposal_declined(shop: Shop) -> None:
    decide(shop, read(shop), proposals.decline)


def proposal_withdrawn(shop: Shop) -> None:
    proposal = read(shop)
    with tenant_context(shop.tenant):
        proposals.withdraw(proposal_id=proposal.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()


def proposal_expired(shop: Shop) -> None:
    read(shop)
    with mailroom.later(shop, days=15):
        mailroom.work_off()


def decide(shop: Shop, proposal: Proposal, how: Callable[..., object]) -> None:
    with tenant_context(shop.tenant):
        by = Actor("client", str(proposal.payer_id))
        how(proposal_id=proposal.pk, now=clock.now(), actor=by)
    mailroom.work_off()


HISTORIES: dict[History, tuple[str, ...]] = {
    proposal_sent: ("client",),
    proposal_accepted: ("client", "coach"),
    proposal_signed: ("client", "client", "coach"),
    proposal_declined: ("coach",),
    proposal_withdrawn: ("client",),
    proposal_expired: ("coach",),
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])
