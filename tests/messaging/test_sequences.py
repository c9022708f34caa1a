"""Sequences: begun once, sent once, ended by what ends them, and never to who does not want them."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.messaging import sequence_runs, sequences, unsubscribing
from tenants.messaging.models import Mail, MailStatus, SequenceRun
from tenants.messaging.sequence_fields import UnusableText
from tenants.people import erasing, record
from tenants.registry import standing
from tests.console import OLGA
from tests.messaging import mailroom, sequence_room
from tests.messaging.mailroom import CLIENT
from tests.messaging.sequence_room import ANNA, NEXT_DAY, NEXT_WEEK, WELCOME, begins, made, runs, subjects
from tests.worlds import Shop


def test_each_mail_comes_after_its_own_delay_and_then_it_is_over(shop: Shop) -> None:
    made(shop, WELCOME, NEXT_DAY, NEXT_WEEK)
    begins(shop, sequence_room.client(shop))
    assert subjects() == ["Welcome, Cleo"]
    with mailroom.later(shop, hours=23):
        mailroom.work_off()
        assert len(subjects()) == 1
        with mailroom.later(shop, hours=1):
            mailroom.work_off()
            assert subjects()[1:] == ["A day later"]
            with mailroom.later(shop, days=6):
                mailroom.work_off()
                assert subjects()[2:] == ["A week later"]
                assert f"http://{shop.tenant.slug}.localhost:8000/" in mail.outbox[2].body
                (run,) = runs(shop)
                assert (run.next_at, run.stopped_at) == (None, None)
                with mailroom.later(shop, days=60):
                    mailroom.work_off()
                    assert len(subjects()) == 3


def test_a_day_over_a_clock_change_is_a_day_of_the_practice(shop: Shop) -> None:
    made(shop, NEXT_DAY)
    autumn = datetime(2031, 10, 25, 13, 0, tzinfo=UTC)  # 15:00 in Berlin; 25 hours later it is 15:00 again
    with sequence_room.until(shop, autumn):
        begins(shop, sequence_room.client(shop))
        with mailroom.later(shop, hours=24, minutes=30):
            mailroom.work_off()
            assert subjects() == []
            with mailroom.later(shop, minutes=31):
                mailroom.work_off()
                assert subjects() == ["A day later"]


def test_the_same_event_begins_it_once_and_another_not_while_it_runs(shop: Shop) -> None:
    made(shop)
    cleo = sequence_room.client(shop)
    event = begins(shop, cleo)
    with tenant_context(shop.tenant), transaction.atomic():
        sequences.begin(event=event, now=clock.now())
    begins(shop, cleo)
    assert len(runs(shop)) == 1
    with mailroom.later(shop, days=2):
        mailroom.work_off()
        begins(shop, cleo)
        assert len(runs(shop)) == 2
        assert subjects() == ["Welcome, Cleo", "A day later", "Welcome, Cleo"]


def test_two_workers_and_a_repeated_wakeup_send_one_mail(shop: Shop) -> None:
    made(shop)
    begins(shop, sequence_room.client(shop))
    (run,) = runs(shop)
    with mailroom.later(shop, days=1):
        now, start = clock.now(), threading.Barrier(4)

        def turn() -> None:
            start.wait()
            with tenant_context(shop.tenant):
                sequence_runs.turn(reference=run.pk, now=now)
            connection.close()

        threads = [threading.Thread(target=turn) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        mailroom.work_off()
        assert subjects() == ["Welcome, Cleo", "A day later"]
        assert len(mailroom.mails(shop)) == 2


def test_a_mail_server_that_is_away_for_a_while_gets_it_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(shop, WELCOME)
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", _refuse)
        begins(shop, sequence_room.client(shop))
        assert subjects() == []
    with mailroom.later(shop, hours=1):
        mailroom.work_off()
        assert subjects() == ["Welcome, Cleo"]


def _refuse(*_given: object) -> int:
    raise ConnectionRefusedError


# --- who gets none ------------------------------------------------------------------------------------


def test_it_is_only_for_what_it_is_meant_for(shop: Shop) -> None:
    wanted, other = str(uuid7()), str(uuid7())
    made(shop, WELCOME, applies_to=[wanted])
    cleo = sequence_room.client(shop)
    begins(shop, cleo, line=other)
    assert runs(shop) == []
    begins(shop, cleo, line=wanted)
    assert len(runs(shop)) == 1


def test_only_a_clients_first_booking_begins_one(shop: Shop) -> None:
    made(shop, WELCOME, starts_on="booking.confirmed")
    cleo = sequence_room.client(shop)
    begins(shop, cleo, "booking.confirmed")
    with mailroom.later(shop, hours=1):
        begins(shop, cleo, "booking.confirmed")
        assert len(runs(shop)) == 1


def test_what_ends_it_ends_it(shop: Shop) -> None:
    made(shop, stops_on=["booking.confirmed"])
    cleo = sequence_room.client(shop)
    begins(shop, cleo)
    begins(shop, cleo, "order.paid")
    assert runs(shop)[0].stopped_at is None
    begins(shop, cleo, "booking.confirmed")
    (run,) = runs(shop)
    assert run.stopped_because == "booking.confirmed"
    with mailroom.later(shop, days=2):
        mailroom.work_off()
        assert subjects() == ["Welcome, Cleo"]


def test_who_unsubscribed_gets_no_more_of_it_and_begins_no_other(shop: Shop) -> None:
    made(shop)
    cleo = sequence_room.client(shop)
    begins(shop, cleo)
    with tenant_context(shop.tenant):
        actor = Actor("client", str(cleo.pk))
        unsubscribing.unsubscribe(client_id=cleo.pk, now=clock.now(), actor=actor)
    with mailroom.later(shop, days=2):
        mailroom.work_off()
        begins(shop, cleo)
        assert subjects() == ["Welcome, Cleo"]
        assert [run.stopped_because for run in runs(shop)] == ["unsubscribed"]


def test_who_is_archived_or_erased_gets_no_more_of_it(shop: Shop) -> None:
    made(shop)
    cleo = sequence_room.client(shop)
    mia = sequence_room.client(shop, "Mia", mailroom.MIA)
    for who in (cleo, mia):
        begins(shop, who)
    with tenant_context(shop.tenant):
        record.archive(client_id=cleo.pk, now=clock.now(), actor=ANNA)
        erasing.erase(client_id=mia.pk, now=clock.now(), actor=ANNA)
    with mailroom.later(shop, days=2):
        mailroom.work_off()
    assert subjects() == ["Welcome, Cleo", "Welcome, Mia"]
    assert [run.stopped_because for run in runs(shop)] == ["archived"]


def test_erased_between_planning_and_sending_nothing_is_sent(shop: Shop) -> None:
    made(shop, WELCOME)
    cleo = sequence_room.client(shop)
    with tenant_context(shop.tenant):
        begun = _begin_only(shop, cleo)
        sequence_runs.turn(reference=begun.pk, now=clock.now())
        erasing.erase(client_id=cleo.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()
    assert subjects() == []


def test_who_has_no_address_begins_none(shop: Shop) -> None:
    made(shop)
    begins(shop, sequence_room.client(shop, "Tim", ""))
    assert runs(shop) == []


# --- switched off, stopped and changed ----------------------------------------------------------------


def test_switched_off_it_waits_and_goes_on_where_it_stood(shop: Shop) -> None:
    sequence = made(shop, WELCOME, NEXT_DAY, NEXT_WEEK)
    cleo = sequence_room.client(shop)
    begins(shop, cleo)
    _switch(shop, sequence.pk, on=False)
    with mailroom.later(shop, days=10):
        mailroom.work_off()
        begins(shop, sequence_room.client(shop, "Mia", mailroom.MIA))
        assert subjects() == ["Welcome, Cleo"]
        _switch(shop, sequence.pk, on=True)
        mailroom.work_off()
        assert subjects() == ["Welcome, Cleo", "A day later"]
        with mailroom.later(shop, days=5):
            mailroom.work_off()
            assert len(subjects()) == 2
            with mailroom.later(shop, days=1):
                mailroom.work_off()
                assert subjects()[2:] == ["A week later"]


def test_while_the_practice_is_suspended_nothing_of_it_goes_out(shop: Shop) -> None:
    made(shop, WELCOME, NEXT_DAY)
    begins(shop, sequence_room.client(shop))
    standing.suspend(schema_name=shop.tenant.schema_name, reason="Why.", now=clock.now(), actor=OLGA)
    with mailroom.later(shop, days=3):
        mailroom.work_off()
        assert subjects() == ["Welcome, Cleo", "Your practice is suspended"]
        standing.reopen(schema_name=shop.tenant.schema_name, reason="Over.", now=clock.now(), actor=OLGA)
        with mailroom.later(shop, days=1):
            mailroom.work_off()
            assert subjects()[2:] == ["Your practice is open again", "A day later"]


def test_the_coach_stops_it_for_one_client(shop: Shop) -> None:
    made(shop)
    begins(shop, sequence_room.client(shop))
    begins(shop, sequence_room.client(shop, "Mia", mailroom.MIA))
    first, _second = runs(shop)
    with tenant_context(shop.tenant):
        assert sequence_runs.stop(run_id=first.pk, now=clock.now(), actor=ANNA)
        assert not sequence_runs.stop(run_id=first.pk, now=clock.now(), actor=ANNA)
    with mailroom.later(shop, days=2):
        mailroom.work_off()
        assert [message.to for message in mail.outbox[2:]] == [[mailroom.MIA]]


def test_a_mail_that_is_under_way_when_it_is_stopped_is_not_sent(shop: Shop) -> None:
    made(shop, WELCOME, NEXT_DAY)
    with tenant_context(shop.tenant):
        begun = _begin_only(shop, sequence_room.client(shop))
        sequence_runs.turn(reference=begun.pk, now=clock.now())
        sequence_runs.stop(run_id=begun.pk, now=clock.now(), actor=ANNA)
    mailroom.work_off()
    assert subjects() == []
    with tenant_context(shop.tenant):
        assert Mail.objects.get().status == MailStatus.DROPPED


def test_steps_may_change_while_somebody_is_on_the_way(shop: Shop) -> None:
    sequence = made(shop, WELCOME, NEXT_DAY, NEXT_WEEK)
    begins(shop, sequence_room.client(shop))
    tomorrow = sequence.steps[1]
    with tenant_context(shop.tenant):
        about = {"sequence_id": sequence.pk, "now": clock.now(), "actor": ANNA}
        sequences.remove_step(step_id=tomorrow["id"], **about)
        sequences.save_step(step_id=None, after_hours=48, subject="Two days", body="Later.", **about)
    with mailroom.later(shop, days=2):
        mailroom.work_off()
        assert subjects() == ["Welcome, Cleo", "Two days"]
        (run,) = runs(shop)
        assert run.next_at == run.started_at + timedelta(days=7)


@pytest.mark.parametrize("body", ["Hi {{surname}}", "Hi {{client_first_name}", "It is only €50 today"])
def test_a_text_that_cannot_go_to_everybody_is_refused(shop: Shop, body: str) -> None:
    sequence = made(shop)
    with tenant_context(shop.tenant), pytest.raises(UnusableText):
        sequences.save_step(
            sequence_id=sequence.pk,
            step_id=None,
            after_hours=1,
            subject="Hello",
            body=body,
            now=clock.now(),
            actor=ANNA,
        )


# --- as it is read --------------------------------------------------------------------------------------


def test_the_mail_as_it_is_read(shop: Shop) -> None:
    words = "Hello {{client_first_name}},\n\nyour own pages: {{portal_link}}\nAnd more on {{product}}."
    made(shop, {"after_hours": 0, "subject": "From {{coach_name}}", "body": words})
    begins(shop, sequence_room.client(shop))
    mailroom.compare("sequence", ("client",))


def test_every_mail_ends_them_with_one_press(shop: Shop) -> None:
    made(shop, WELCOME)
    cleo = sequence_room.client(shop)
    begins(shop, cleo)
    (message,) = mail.outbox
    with tenant_context(shop.tenant):
        address = unsubscribing.address_of(cleo.pk)
    assert message.extra_headers["List-Unsubscribe"] == f"<{address}>"
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert address in message.body
    assert address in mailroom.html_of(message)  # type: ignore[arg-type]


def test_a_test_goes_to_the_coach_alone(shop: Shop) -> None:
    sequence = made(shop, WELCOME, on=False)
    with tenant_context(shop.tenant):
        step = sequence.steps[0]
        sequences.send_test(sequence_id=sequence.pk, step_id=step["id"], now=clock.now(), actor=ANNA)
    mailroom.work_off()
    mailroom.compare("sequence_test", ("coach",))


def _switch(shop: Shop, sequence_id: object, *, on: bool) -> None:
    with tenant_context(shop.tenant):
        sequences.switch(sequence_id=sequence_id, on=on, now=clock.now(), actor=ANNA)  # type: ignore[arg-type]


def _begin_only(shop: Shop, who: Client) -> SequenceRun:
    """On the way, with nothing worked off."""
    with tenant_context(shop.tenant), transaction.atomic():
        event = Event.objects.create(
            kind="pack.bought", subject_id=uuid7(), client_id=who.pk, actor_kind="client", at=clock.now()
        )
        sequences.begin(event=event, now=clock.now())
        assert who.email in (CLIENT, mailroom.MIA)
        return SequenceRun.objects.get(client=who)
