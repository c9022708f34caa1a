"""Mails about agreements, as their readers see them."""

from email.message import EmailMessage

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.clients.models import Client
from tenants.paperwork import accepting, giving, mail_words, papers, sending
from tenants.paperwork.models import ClientPaper, Paper, PaperKind
from tests.messaging import mailroom, pack_room
from tests.messaging.mailroom import CLIENT, COACH, History, later
from tests.messaging.pack_room import ANNA
from tests.pdf_text import text_of
from tests.worlds import Shop

BODY = "You pay what the offer says, {{client_name}}.{{#price}} It is {{price}}.{{/price}}"


def written(shop: Shop) -> Paper:
    with tenant_context(shop.tenant):
        return papers.save(
            line=None,
            kind=PaperKind.AGREEMENT,
            name="Coaching agreement",
            body=BODY,
            now=clock.now(),
            actor=ANNA,
        )


def sent(shop: Shop) -> ClientPaper:
    paper, client = written(shop), pack_room.known(shop)
    with tenant_context(shop.tenant):
        return sending.send(line=paper.line, client_id=client.pk, now=clock.now(), actor=ANNA)


def agreement_sent(shop: Shop) -> None:
    sent(shop)
    mailroom.work_off()


def agreement_sent_in_own_words(shop: Shop) -> None:
    with tenant_context(shop.tenant):
        mail_words.save(
            subject="What we said, {{client_name}}",
            body="Hello {{client_first_name}}!\n\nAs promised.\nYours, {{coach_name}}",
            now=clock.now(),
            actor=ANNA,
        )
    agreement_sent(shop)


def agreement_reminded(shop: Shop) -> None:
    given = sent(shop)
    mailroom.work_off()
    mail.outbox.clear()
    with later(shop, days=3), tenant_context(shop.tenant):
        sending.remind(client_paper_id=given.pk, now=clock.now(), actor=ANNA)
    with later(shop, days=3):
        mailroom.work_off()


def agreement_accepted(shop: Shop) -> None:
    given = sent(shop)
    mailroom.work_off()
    mail.outbox.clear()
    accept(shop, given)
    mailroom.work_off()


def accept(shop: Shop, given: ClientPaper) -> None:
    with tenant_context(shop.tenant):
        accepting.accept(
            client_paper_id=given.pk,
            name="Cleo Bright",
            shown=given.text_hash,
            address="203.0.113.7",
            agent="Browser 1",
            now=clock.now(),
            actor=Actor("client", str(given.client_id)),
        )


def agreement_declined(shop: Shop) -> None:
    given = sent(shop)
    mailroom.work_off()
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        who = Actor("client", str(given.client_id))
        accepting.decline(client_paper_id=given.pk, words="Too dear.\nSorry.", now=clock.now(), actor=who)
    mailroom.work_off()


HISTORIES: dict[History, tuple[str, ...]] = {
    agreement_sent: ("client",),
    agreement_sent_in_own_words: ("client",),
    agreement_reminded: ("client",),
    agreement_accepted: ("client", "coach"),
    agreement_declined: ("coach",),
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_the_mails_of(history: History, shop: Shop) -> None:
    history(shop)
    mailroom.compare(history.__name__, HISTORIES[history])


def copy_in(message: EmailMultiAlternatives) -> tuple[str, str]:
    """The name and the text of the PDF that came with a mail."""
    [part] = [each for each in message.attachments if not isinstance(each, EmailMessage)]
    name, content, kind = part
    assert kind == "application/pdf"
    assert isinstance(content, bytes)
    return name, " ".join(text_of(content).split())


def test_both_get_the_text_with_its_certificate(shop: Shop) -> None:
    agreement_accepted(shop)
    for address in (CLIENT, COACH):
        name, text = copy_in(mailroom.sent_to(address))
        assert name == "agreement-2031-06-02.pdf"
        assert "You pay what the offer says, Cleo Bright." in text
        assert "Certificate of acceptance" in text
        assert "203.0.113.7" in text


def test_the_copy_of_who_does_not_pay_names_no_price(shop: Shop) -> None:
    paper, client = written(shop), pack_room.known(shop)
    with tenant_context(shop.tenant):
        with transaction.atomic():
            given = giving.give(
                paper=paper,
                client=client,
                now=clock.now(),
                actor=ANNA,
                values={"price": "€450.00"},
                hides_prices=True,
            )
        sending.remind(client_paper_id=given.pk, now=clock.now(), actor=ANNA)
    accept(shop, given)
    mailroom.work_off()
    message = mailroom.sent_to(CLIENT)
    for told in (message.body, mailroom.html_of(message), copy_in(message)[1]):
        assert "450.00" not in told


def test_what_is_withdrawn_before_it_is_sent_is_not_sent(shop: Shop) -> None:
    given = sent(shop)
    with tenant_context(shop.tenant):
        giving.withdraw(client_paper_id=given.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()
    assert mail.outbox == []


def test_pressed_twice_it_is_sent_once(shop: Shop) -> None:
    given = sent(shop)
    with tenant_context(shop.tenant):
        for _ in range(2):
            sending.send(line=given.paper.line, client_id=given.client_id, now=clock.now(), actor=ANNA)
            sending.remind(client_paper_id=given.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()
    assert len(mail.outbox) == 1


def test_what_is_done_or_out_of_use_is_not_sent(shop: Shop) -> None:
    given = sent(shop)
    accept(shop, given)
    line, client_id = given.paper.line, given.client_id
    with tenant_context(shop.tenant):
        with pytest.raises(giving.CannotBeGiven, match="done"):
            sending.send(line=line, client_id=client_id, now=clock.now(), actor=ANNA)
        with pytest.raises(giving.CannotBeGiven, match="not open"):
            sending.remind(client_paper_id=given.pk, now=clock.now(), actor=ANNA)
        papers.switch(line=line, on=False, now=clock.now(), actor=ANNA)
        with transaction.atomic():
            other = Client.objects.create(name="Mia", email="mia@example.com")
        with pytest.raises(giving.CannotBeGiven, match="not in use"):
            sending.send(line=line, client_id=other.pk, now=clock.now(), actor=ANNA)
