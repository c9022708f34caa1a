"""Mails about forms, documents and packets that the coach gives, as their readers see them."""

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from kit import clock
from tenants.messaging import switches
from tenants.paperwork import giving, papers, sending
from tenants.paperwork.handing_over import hand_over
from tenants.paperwork.models import ClientPaper, Paper, PaperKind
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import CLIENT, History, later
from tests.messaging.pack_room import ANNA
from tests.paperwork import worlds as paperwork
from tests.worlds import Shop


def handed(shop: Shop, paper: Paper, *, mails: bool = True) -> ClientPaper:
    client = pack_room.known(shop)
    with tenant_context(shop.tenant):
        return hand_over(line=paper.line, client_id=client.pk, mails=mails, now=clock.now(), actor=ANNA)


def packet(shop: Shop) -> Paper:
    form, rules = paperwork.form(shop.tenant), paperwork.document(shop.tenant)
    parts = [
        {"line": str(form.line)},
        {"line": str(rules.line)},
        {"name": "The way", "address": "https://example.org/map"},
    ]
    with tenant_context(shop.tenant):
        return papers.save(
            line=None,
            kind=PaperKind.PACKET,
            name="Welcome",
            body="Good to have you.",
            parts=parts,
            now=clock.now(),
            actor=ANNA,
        )


def form_given(shop: Shop) -> None:
    handed(shop, paperwork.form(shop.tenant))
    mailroom.work_off()


def document_given(shop: Shop) -> None:
    handed(shop, paperwork.document(shop.tenant))
    mailroom.work_off()


def packet_given(shop: Shop) -> None:
    """One mail for all that is in it, some of which was done before."""
    made = packet(shop)
    with tenant_context(shop.tenant):
        form = Paper.objects.get(kind=PaperKind.FORM)
    paperwork.handed_in(shop.tenant, paperwork.given(shop.tenant, form, pack_room.known(shop)))
    mailroom.work_off()
    mail.outbox.clear()
    handed(shop, made)
    mailroom.work_off()


def form_asked_for_again(shop: Shop) -> None:
    given = handed(shop, paperwork.form(shop.tenant))
    mailroom.work_off()
    mail.outbox.clear()
    with later(shop, days=3):
        with tenant_context(shop.tenant):
            sending.remind(client_paper_id=given.pk, now=clock.now(), actor=ANNA)
        mailroom.work_off()


HISTORIES: list[History] = [form_given, document_given, packet_given, form_asked_for_again]


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, ("client",))


def test_given_twice_it_is_mailed_once(shop: Shop) -> None:
    form = paperwork.form(shop.tenant)
    for _ in range(2):
        handed(shop, form)
        mailroom.work_off()
    assert len(mail.outbox) == 1


def test_what_is_done_already_is_not_mailed(shop: Shop) -> None:
    form = paperwork.form(shop.tenant)
    paperwork.handed_in(shop.tenant, paperwork.given(shop.tenant, form, pack_room.known(shop)))
    mail.outbox.clear()
    assert handed(shop, form).sent_at is None
    mailroom.work_off()
    assert mail.outbox == []


def test_what_is_withdrawn_before_it_is_sent_is_not_sent(shop: Shop) -> None:
    given = handed(shop, paperwork.form(shop.tenant))
    with tenant_context(shop.tenant):
        giving.withdraw(client_paper_id=given.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()
    assert mail.outbox == []


def test_switched_off_it_is_sent_only_when_the_coach_presses(shop: Shop) -> None:
    with tenant_context(shop.tenant):
        switches.switch(automation=switches.Automation.PAPERS_GIVEN, on=False, now=clock.now(), actor=ANNA)
    given = handed(shop, paperwork.form(shop.tenant))
    mailroom.work_off()
    assert mail.outbox == []
    with clock.travel(3600):
        with tenant_context(shop.tenant):
            sending.remind(client_paper_id=given.pk, now=clock.now(), actor=ANNA)
        mailroom.work_off()
    assert [each.to for each in mail.outbox] == [[CLIENT]]
