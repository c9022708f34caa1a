"""From an event to a mail that was sent: once, later, or not at all, but never twice and never silently."""

import uuid
from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django_tenants.utils import schema_context, tenant_context

from accounts.models import User
from kit import clock
from tenants.activity import events
from tenants.activity.models import Event
from tenants.messaging import outbox
from tenants.messaging.models import MailStatus
from tenants.registry.models import Membership, Wakeup
from tests import worlds
from tests.messaging import mailroom
from tests.messaging.mailroom import CLIENT, COACH, asked, later, lesson, sold
from tests.worlds import Shop

GONE_FOR_GOOD = SMTPRecipientsRefused({CLIENT: (550, b"no such mailbox")})
TRY_LATER = SMTPRecipientsRefused({CLIENT: (451, b"greylisted")})


def faults(monkeypatch: pytest.MonkeyPatch, *errors: Exception, to: str = CLIENT) -> list[str]:
    """The mail server's next answers to mails for `to`; returns the list of what it was asked to send."""
    left, asked_for, really = list(errors), [], EmailBackend.send_messages

    def send_messages(self: EmailBackend, messages: Any) -> Any:
        assert not connection.in_atomic_block, "a transaction is open while the mail server is spoken to"
        asked_for.extend(message.to[0] for message in messages)
        if messages[0].to == [to] and left:
            raise left.pop(0)
        return really(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send_messages)
    return asked_for


def states(shop: Shop) -> dict[str, str]:
    return {row.audience: row.status for row in mailroom.mails(shop)}


def test_an_event_that_is_announced_again_sends_nothing_again(shop: Shop) -> None:
    booking = asked(shop, lesson(shop, price_minor=0))
    mailroom.work_off()
    with tenant_context(shop.tenant):
        event = Event.objects.get(kind="booking.confirmed", subject_id=booking.pk)
        events.announce(reference=event.pk, now=clock.now())
    mailroom.work_off()

    assert sorted(message.to[0] for message in mail.outbox) == [COACH, CLIENT]
    assert len(mailroom.mails(shop)) == 2


def test_a_mail_that_was_sent_is_not_sent_when_its_wakeup_comes_again(shop: Shop) -> None:
    asked(shop, lesson(shop, price_minor=0))
    mailroom.work_off()
    with tenant_context(shop.tenant):
        for row in mailroom.mails(shop):
            assert outbox.send(reference=row.pk, now=clock.now()) is None

    assert len(mail.outbox) == 2


def test_a_mail_that_another_worker_has_is_left_to_it_until_its_lease_ends(shop: Shop) -> None:
    asked(shop, lesson(shop, price_minor=0))
    mailroom.announce(shop)
    row = mailroom.mails(shop)[0]
    with tenant_context(shop.tenant):
        outbox._claim(row.pk, clock.now())
        until = outbox.send(reference=row.pk, now=clock.now())
        assert until is not None
        assert until > clock.now()
        assert mail.outbox == []
        outbox.send(reference=row.pk, now=until)
    assert len(mail.outbox) == 1


def test_a_server_that_is_away_for_a_while_delays_the_mail(shop: Shop, monkeypatch: Any) -> None:
    tried = faults(monkeypatch, SMTPServerDisconnected("gone"), TRY_LATER, SMTPDataError(452, b"full"))
    asked(shop, lesson(shop, price_minor=0))
    mailroom.work_off()
    assert states(shop) == {"client": MailStatus.WAITING, "coach": MailStatus.SENT}

    for _ in range(3):
        with clock.travel(60):
            mailroom.work_off()
        with schema_context("public"), transaction.atomic():
            Wakeup.objects.filter(kind="mail").update(due_at=clock.now())

    assert states(shop)["client"] == MailStatus.SENT
    assert tried.count(CLIENT) == 4
    assert [message.to[0] for message in mail.outbox].count(CLIENT) == 1


def test_every_try_is_the_same_mail_to_a_server(shop: Shop, monkeypatch: Any) -> None:
    """Sent, and the worker killed before it could say so: the second one can be told by its id."""
    asked(shop, lesson(shop, price_minor=0))
    mailroom.announce(shop)
    row = next(row for row in mailroom.mails(shop) if row.audience == "client")
    with tenant_context(shop.tenant), monkeypatch.context() as killed:
        killed.setattr(outbox, "_close", lambda *_args, **_changes: None)
        outbox.send(reference=row.pk, now=clock.now())
    with tenant_context(shop.tenant):
        outbox.send(reference=row.pk, now=clock.now() + outbox.LEASE + timedelta(seconds=1))

    first, second = (message.message()["Message-ID"] for message in mail.outbox)
    assert first == second == f"<{row.pk}@upfront.example>"


def test_a_mail_that_is_refused_for_good_is_marked_with_the_reason(shop: Shop, monkeypatch: Any) -> None:
    tried = faults(monkeypatch, GONE_FOR_GOOD)
    asked(shop, lesson(shop, price_minor=0))
    mailroom.work_off()

    assert states(shop) == {"client": MailStatus.FAILED, "coach": MailStatus.SENT}
    failed = next(row for row in mailroom.mails(shop) if row.audience == "client")
    assert CLIENT in failed.error
    assert "Check the address" in failed.error
    with clock.travel(7200):
        mailroom.work_off()
    assert tried.count(CLIENT) == 1


def test_tries_come_to_an_end(shop: Shop, monkeypatch: Any) -> None:
    monkeypatch.setattr(outbox, "MOST_TRIES", 2)
    faults(monkeypatch, *[OSError("no route")] * 5)
    asked(shop, lesson(shop, price_minor=0))
    mailroom.work_off()
    with clock.travel(60):
        mailroom.work_off()

    failed = next(row for row in mailroom.mails(shop) if row.audience == "client")
    assert (failed.status, failed.error) == (MailStatus.FAILED, "Given up after 2 tries.")


def test_a_confirmation_that_comes_after_the_cancellation_is_dropped(shop: Shop, monkeypatch: Any) -> None:
    faults(monkeypatch, SMTPServerDisconnected("gone"))
    booking = sold(shop, lesson(shop))
    mail.outbox.clear()
    mailroom.refunded(shop, booking, None)
    with clock.travel(60):
        mailroom.work_off()

    rows = {(row.kind, row.audience): row for row in mailroom.mails(shop)}
    late = rows["booking_confirmed", "client"]
    assert late.status == MailStatus.DROPPED
    assert "cancelled" in late.error
    assert {message.subject.split(":")[0] for message in mail.outbox} == {"Cancelled"}
    # The refund was part of the cancellation, and is told with it.
    assert rows["payment_refunded", "client"].status == MailStatus.DROPPED


def test_who_booked_again_meanwhile_is_not_told_of_the_first_time(shop: Shop, monkeypatch: Any) -> None:
    faults(monkeypatch, SMTPServerDisconnected("gone"))
    kind = lesson(shop)
    abandoned = asked(shop, kind)
    with later(shop, minutes=32):
        mailroom.settled(shop, abandoned)
        sold(shop, kind, at=mailroom.TUESDAY + timedelta(hours=2))
        with clock.travel(60):
            mailroom.work_off()

    released = next(row for row in mailroom.mails(shop) if row.kind == "booking_released")
    assert (released.status, released.error) == (MailStatus.DROPPED, "The client has booked again since.")


def test_nobody_is_told_of_a_hold_without_details(shop: Shop) -> None:
    worlds.held(shop.tenant, lesson(shop), at=mailroom.TUESDAY)
    with later(shop, minutes=11):
        mailroom.work_off()

    assert mailroom.mails(shop) == []


def test_stripe_that_is_content_again_is_not_complained_about(shop: Shop, monkeypatch: Any) -> None:
    faults(monkeypatch, SMTPServerDisconnected("gone"), to=COACH)
    shop.stripe.restrict(shop.account_id)
    mailroom.stripe_says(shop, "stripe.restricted")
    shop.stripe.activate(shop.account_id)
    worlds.accounts.refresh_account(account_id=shop.account_id, now=clock.now())
    with clock.travel(60):
        mailroom.work_off()

    (row,) = mailroom.mails(shop)
    assert row.status == MailStatus.DROPPED
    assert mail.outbox == []


def test_without_an_address_of_the_practice_its_owners_are_written_to(shop: Shop) -> None:
    mailroom.change_practice(shop, contact_email="")
    with schema_context("public"), transaction.atomic():
        owner = User.objects.create_user(f"owner-{uuid.uuid4().hex[:8]}@example.com")
        left = User.objects.create_user("left@example.com", is_active=False)
        for user in (owner, left):
            Membership.objects.create(user=user, tenant=shop.tenant)
    asked(shop, lesson(shop, price_minor=0))
    mailroom.work_off()

    readers = [message.to for message in mail.outbox]
    (to_owners,) = [to for to in readers if to != [CLIENT]]
    assert owner.email in to_owners
    assert left.email not in to_owners
    # Their sign-in is nobody else's business.
    client_mail = mailroom.sent_to(CLIENT)
    assert client_mail.reply_to == []
    assert owner.email not in mailroom.page_of(client_mail)
