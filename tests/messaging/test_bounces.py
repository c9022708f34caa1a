"""Mails that come back: believed only when the carrier has signed it, kept, and sent again."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client as Browser
from django.test import override_settings
from django_tenants.utils import tenant_context

from demo import carrier
from kit import clock
from tenants.activity.models import Event
from tenants.messaging import bounces, unsubscribing
from tenants.messaging.models import Mail, MailStatus
from tenants.people import record
from tenants.registry.models import Tenant
from tests.messaging import mailroom, sequence_room
from tests.messaging.sequence_room import ANNA, NEXT_DAY, WELCOME, begins, made, subjects
from tests.worlds import Shop


def news(shop: Shop, sent: Mail, event: str = "failed", **changes: Any) -> dict[str, Any]:
    """What the carrier says of a mail."""
    return {
        "event": event,
        "severity": "permanent",
        "reason": "bounce",
        "id": "event-1",
        "timestamp": clock.now().timestamp(),
        "recipient": mailroom.CLIENT,
        "user-variables": {"schema": shop.tenant.schema_name, "mail": str(sent.pk)},
        "message": {"headers": {"message-id": "carrier-1"}},
        "delivery-status": {"code": 550, "message": "No such mailbox"},
        **changes,
    }


def posted(body: str) -> int:
    browser = Browser(HTTP_HOST=settings.CENTRAL_HOST)
    return browser.post("/mail/events", body, content_type="application/json").status_code


@pytest.fixture
def sent(shop: Shop) -> Mail:
    """A mail to Cleo that went out."""
    made(shop, WELCOME, NEXT_DAY)
    begins(shop, sequence_room.client(shop))
    (one,) = mailroom.mails(shop)
    assert one.status == MailStatus.SENT
    return one


def test_every_mail_bears_what_the_carrier_sends_back(shop: Shop, sent: Mail) -> None:
    (message,) = mail.outbox
    assert message.metadata == {"schema": shop.tenant.schema_name, "mail": str(sent.pk)}  # type: ignore[attr-defined]


def test_what_the_carrier_has_signed_is_kept_with_the_mail(shop: Shop, sent: Mail) -> None:
    assert posted(carrier.signed(news(shop, sent))) == 200
    (back,) = mailroom.mails(shop)
    assert back.bounced_at is not None
    assert back.error == "The mail server there did not take it."
    assert posted(carrier.signed(news(shop, sent))) == 200
    with tenant_context(shop.tenant):
        assert Event.objects.filter(kind="mail.bounced").count() == 1


def test_what_nobody_has_signed_is_refused(shop: Shop, sent: Mail) -> None:
    whole = json.loads(carrier.signed(news(shop, sent)))
    forged = {**whole, "signature": {**whole["signature"], "signature": "0" * 64}}
    unsigned = {"event-data": whole["event-data"]}
    for body in (json.dumps(forged), json.dumps(unsigned), "", "not json"):
        assert posted(body) == 400
    with override_settings(ANYMAIL={"MAILGUN_WEBHOOK_SIGNING_KEY": "another"}):
        theirs = carrier.signed(news(shop, sent))
    assert posted(theirs) == 400
    with override_settings(MAIL_CARRIER=""):
        assert posted(carrier.signed(news(shop, sent))) == 404
    assert mailroom.mails(shop)[0].bounced_at is None


@pytest.mark.parametrize("schema", ["", "public", "t_" + "0" * 32, "pg_catalog"])
def test_news_of_what_is_no_coachs_change_nothing(shop: Shop, sent: Mail, schema: str) -> None:
    variables = {"schema": schema, "mail": str(sent.pk)}
    assert posted(carrier.signed(news(shop, sent, **{"user-variables": variables}))) == 200
    assert mailroom.mails(shop)[0].bounced_at is None


def test_a_mail_of_one_coach_is_not_found_at_another(shop: Shop, sent: Mail, ben: Tenant) -> None:
    variables = {"schema": ben.schema_name, "mail": str(sent.pk)}
    assert posted(carrier.signed(news(shop, sent, **{"user-variables": variables}))) == 200
    assert mailroom.mails(shop)[0].bounced_at is None


def test_news_of_an_earlier_try_are_not_about_the_mail_as_it_is(shop: Shop, sent: Mail) -> None:
    with tenant_context(shop.tenant):
        told = bounces.note(mail_id=sent.pk, message_id="<one>", why="Gone.", now=clock.now())
        again = bounces.send_again(mail_id=sent.pk, now=clock.now(), actor=ANNA)
        assert (told, again) == (True, True)
        assert not bounces.note(mail_id=sent.pk, message_id="<one>", why="Gone.", now=clock.now())


def test_whoever_calls_it_spam_gets_no_more_of_it(shop: Shop, sent: Mail) -> None:
    assert posted(carrier.signed(news(shop, sent, "complained"))) == 200
    with tenant_context(shop.tenant):
        client_id = Event.objects.get(pk=sent.event_id).client_id
        assert client_id is not None
        assert unsubscribing.is_unsubscribed(client_id)
    with mailroom.later(shop, days=2):
        mailroom.work_off()
        assert len(subjects()) == 1


def test_a_sequence_waits_until_the_address_is_corrected(shop: Shop, sent: Mail) -> None:
    assert posted(carrier.signed(news(shop, sent))) == 200
    with mailroom.later(shop, days=3):
        mailroom.work_off()
        assert len(subjects()) == 1
        with tenant_context(shop.tenant):
            client_id = Event.objects.get(pk=sent.event_id).client_id
            assert client_id is not None
            assert bounces.came_back(client_id=client_id, now=clock.now())
            said = {"name": "Cleo Bright", "email": "cleo@new.example", "phone": "", "timezone": ""}
            now = clock.now() + timedelta(seconds=1)
            record.edit(client_id=client_id, ends_links=False, now=now, actor=ANNA, **said)
            assert not bounces.came_back(client_id=client_id, now=clock.now())
            bounces.send_again(mail_id=sent.pk, now=clock.now(), actor=ANNA)
        with mailroom.later(shop, days=2):
            mailroom.work_off()
            assert [(message.to[0], message.subject) for message in mail.outbox[1:]] == [
                ("cleo@new.example", "Welcome, Cleo"),
                ("cleo@new.example", "A day later"),
            ]


def test_in_the_demo_an_address_lets_its_mails_come_back(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """Through the demo's own backend and the signed news: the mail is out, and it came back."""
    made(shop, WELCOME)
    with override_settings(EMAIL_BACKEND="demo.carrier.Backend", EMAIL_FILE_PATH=tmp_path):
        begins(shop, sequence_room.client(shop, email="bounce@example.com"))
        begins(shop, sequence_room.client(shop, "Mia", mailroom.MIA))
    first, second = mailroom.mails(shop)
    assert (first.status, second.status) == (MailStatus.SENT, MailStatus.SENT)
    assert first.bounced_at is not None
    assert first.error
    assert (second.bounced_at, second.error) == (None, "")
    assert len(list(tmp_path.iterdir())) == 2
