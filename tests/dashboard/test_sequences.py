"""The coach's sequences and the mails of a client, at the desk."""

import re
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from tenants.messaging import bounces
from tenants.messaging.models import Mail, Sequence, SequenceRun
from tenants.registry.models import Tenant
from tests.dashboard.desk import Coach
from tests.messaging import mailroom, sequence_room
from tests.messaging.sequence_room import NEXT_DAY, WELCOME, begins, made
from tests.worlds import Shop


def the_one(tenant: Tenant) -> Sequence:
    with tenant_context(tenant):
        return Sequence.objects.get()


def test_the_empty_list_says_what_it_is_for_and_begins_with_our_words(anna: Tenant) -> None:
    coach = Coach(anna)
    page = coach.read("offers/sequences/")
    assert "No sequences yet" in page
    for starter, mails in (("signing", 3), ("purchase", 2)):
        answer = coach.post("offers/sequences/begin", {"starter": starter})
        assert answer.status_code == 303
        with tenant_context(anna):
            begun = Sequence.objects.latest("created_at")
        assert (len(begun.steps), begun.is_active) == (mails, False)
    assert coach.post("offers/sequences/begin", {"starter": "other"}).status_code == 404
    assert "Welcome after signing" in coach.read("offers/sequences/")


def test_a_sequence_is_made_written_ordered_and_switched_on(anna: Tenant) -> None:
    coach = Coach(anna)
    coach.post("offers/sequences/new/", {"name": "Hello", "starts_on": "pack.bought"})
    base = f"offers/sequences/{the_one(anna).pk}/"
    assert coach.post(base + "switch", {"to": "on"}).status_code == 303
    assert not the_one(anna).is_active, "there is nothing to send"
    for after, subject in (("2", "Later"), ("1", "Sooner")):
        coach.post(
            base + "mails/new/", {"after": after, "unit": "days", "subject": subject, "body": "Words."}
        )
    assert [step["subject"] for step in the_one(anna).steps] == ["Sooner", "Later"]
    page = coach.read(base).partition("Its mails")[2]
    assert page.index("Sooner") < page.index("Later")
    assert "After 2 days" in page
    first = the_one(anna).steps[0]["id"]
    coach.post(f"{base}mails/{first}/move", {"to": "down"})
    assert [(step["subject"], step["after_hours"]) for step in the_one(anna).steps] == [
        ("Later", 24),
        ("Sooner", 48),
    ]
    coach.post(f"{base}mails/{first}/remove")
    assert [step["subject"] for step in the_one(anna).steps] == ["Later"]
    coach.post(base + "switch", {"to": "on"})
    assert the_one(anna).is_active


def test_what_cannot_be_sent_is_said_and_what_was_typed_is_kept(anna: Tenant) -> None:
    coach = Coach(anna)
    coach.post("offers/sequences/new/", {"name": "Hello", "starts_on": "pack.bought"})
    base = f"offers/sequences/{the_one(anna).pk}/"
    typed = {"after": "1", "unit": "days", "subject": "Hi", "body": "Dear {{surname}}, kept words"}
    answer = coach.post(base + "mails/new/", typed)
    assert answer.status_code == 422
    assert "kept words" in answer.content.decode()
    assert "There is no field" in answer.content.decode()
    assert coach.post(base + "mails/new/", {**typed, "body": "x", "after": "400"}).status_code == 422
    assert coach.post(base, {"name": "", "stops_on": []}).status_code == 422
    assert the_one(anna).steps == []
    coach.post(base, {"name": "Other", "stops_on": ["booking.confirmed"]})
    assert (the_one(anna).name, the_one(anna).stops_on) == ("Other", ["booking.confirmed"])


def test_a_test_comes_to_the_coachs_own_address(shop: Shop) -> None:
    sequence = made(shop, WELCOME, on=False)
    step = sequence.steps[0]["id"]
    Coach(shop.tenant).post(f"offers/sequences/{sequence.pk}/mails/{step}/test")
    mailroom.work_off()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["anna@example.com"], "Welcome, Alex")
    ]


def test_who_got_it_is_shown_there_and_at_the_client_and_can_be_stopped(shop: Shop) -> None:
    sequence, cleo = made(shop, WELCOME, NEXT_DAY), sequence_room.client(shop)
    begins(shop, cleo)
    coach = Coach(shop.tenant)
    for page in (f"offers/sequences/{sequence.pk}/", f"clients/{cleo.pk}/mails/"):
        shown = coach.read(page)
        assert "On the way" in shown
        assert "Welcome, {{client_first_name}}" in shown
    with tenant_context(shop.tenant):
        run = SequenceRun.objects.get()
    coach.post(f"offers/sequences/runs/{run.pk}/stop")
    assert "Stopped by you" in coach.read(f"clients/{cleo.pk}/mails/")


def test_what_came_back_is_shown_where_it_is_looked_for_and_sent_again(shop: Shop) -> None:
    cleo = sequence_room.client(shop)
    made(shop, WELCOME)
    begins(shop, cleo)
    coach = Coach(shop.tenant)
    assert "came back" not in coach.read("")
    with tenant_context(shop.tenant):
        sent = Mail.objects.get()
        bounces.note(mail_id=sent.pk, message_id="", why="Nobody lives there.", now=clock.now())
    for page in ("", f"clients/{cleo.pk}/mails/"):
        shown = coach.read(page)
        assert "Nobody lives there." in shown, page
        assert "came back" in shown, page
    assert "A mail came back" in coach.read(f"clients/{cleo.pk}/")
    answer = coach.post(f"mails/{sent.pk}/again")
    assert answer["Location"].endswith(f"/clients/{cleo.pk}/mails/")
    mailroom.work_off()
    assert len(mail.outbox) == 2
    assert "came back" not in coach.read("")


@pytest.mark.parametrize("clients", [1, 6])
def test_the_pages_ask_the_same_however_many_are_on_the_way(shop: Shop, clients: int) -> None:
    sequence = made(shop, WELCOME, NEXT_DAY)
    for number in range(clients):
        begins(shop, sequence_room.client(shop, f"Client {number}", f"c{number}@example.com"))
    with tenant_context(shop.tenant):
        run = SequenceRun.objects.latest("started_at")
    coach = Coach(shop.tenant)
    pages = ("offers/sequences/", f"offers/sequences/{sequence.pk}/", f"clients/{run.client_id}/mails/")
    for page in pages:
        with CaptureQueriesContext(connection) as asked:
            assert coach.get(page).status_code == 200
        queries = [each["sql"] for each in asked if not re.match("BEGIN|COMMIT", each["sql"])]
        assert len(queries) <= 12, "\n".join(queries)


def test_another_coachs_sequences_are_not_there(shop: Shop, ben: Tenant) -> None:
    sequence, cleo = made(shop, WELCOME), sequence_room.client(shop)
    begins(shop, cleo)
    coach: Any = Coach(ben)
    assert coach.get(f"offers/sequences/{sequence.pk}/").status_code == 404
    assert coach.get(f"clients/{cleo.pk}/mails/").status_code == 404
    assert coach.post(f"offers/sequences/{sequence.pk}/switch", {"to": "off"}).status_code == 404
