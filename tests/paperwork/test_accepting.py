"""Accepting and declining: what is kept, and that it is kept once."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django_tenants.utils import tenant_context

from kit.ledgers import AppendOnly
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.paperwork import accepting, giving
from tenants.paperwork.models import Acceptance, ClientPaper
from tenants.registry.models import Tenant
from tests.crowd import at_once
from tests.paperwork.agreed import CLIENT, COACH, NOW, accepted, given, written


def test_what_was_shown_is_kept_with_who_said_yes(cleo: Client) -> None:
    mine = given(written(), cleo)
    kept = accepted(mine, name="  Cleo  Smith ", agent="B" * 900, address="2001:db8::1")
    assert (kept.text, kept.text_hash, kept.name) == (mine.text, mine.text_hash, "Cleo Smith")
    assert (kept.at, kept.address, kept.agent) == (NOW, "2001:db8::1", "B" * 300)
    assert (kept.paper_line, kept.paper_version, kept.client_id) == (mine.paper.line, 1, cleo.pk)
    mine.refresh_from_db()
    assert (mine.status, mine.done_at, mine.seen_at) == ("done", NOW, NOW)
    event = Event.objects.get(kind="paper.accepted")
    assert (event.subject_id, event.client_id) == (mine.pk, cleo.pk)
    assert event.data == {"line": str(mine.paper.line), "paper_kind": "agreement", "version": 1}


def test_pressed_twice_it_is_accepted_once(cleo: Client) -> None:
    mine = given(written(), cleo)
    first = accepted(mine)
    assert accepted(mine, name="Somebody else") == first
    assert Acceptance.objects.count() == Event.objects.filter(kind="paper.accepted").count() == 1


def test_two_browsers_at_once_accept_once(berlin: Tenant, cleo: Client) -> None:
    mine = given(written(), cleo)

    def press() -> Acceptance:
        with tenant_context(berlin):
            return accepted(mine)

    assert len(set(at_once([press, press]))) == 1
    assert Acceptance.objects.count() == 1


def test_another_text_than_the_papers_is_not_accepted(cleo: Client) -> None:
    mine = given(written(), cleo)
    for shown in ("", "0" * 64):
        with pytest.raises(accepting.TextChanged):
            accepted(mine, shown=shown)
    assert not Acceptance.objects.exists()
    assert ClientPaper.objects.get().status == "open"


def test_declined_once_with_words_for_the_coach(cleo: Client) -> None:
    mine = given(written(), cleo)
    for words in ("  Too dear. ", "Twice"):
        accepting.decline(client_paper_id=mine.pk, words=words, now=NOW, actor=CLIENT)
    mine.refresh_from_db()
    assert (mine.status, mine.answers) == ("declined", {accepting.DECLINED_WORDS: "Too dear."})
    assert "Too dear" not in str(Event.objects.get(kind="paper.declined").data)
    with pytest.raises(accepting.NotOpen) as refused:
        accepted(mine)
    assert refused.value.status == "declined"


def test_what_is_withdrawn_or_accepted_is_not_open(cleo: Client) -> None:
    mine = given(written(), cleo)
    giving.withdraw(client_paper_id=mine.pk, now=NOW, actor=COACH)
    with pytest.raises(accepting.NotOpen):
        accepted(mine)
    with pytest.raises(accepting.NotOpen):
        accepting.decline(client_paper_id=mine.pk, now=NOW, actor=CLIENT)
    done = given(mine.paper, cleo)
    accepted(done)
    with pytest.raises(accepting.NotOpen):
        accepting.decline(client_paper_id=done.pk, now=NOW, actor=CLIENT)


def test_an_acceptance_cannot_be_changed_nor_a_second_one_written(cleo: Client) -> None:
    kept = accepted(given(written(), cleo))
    with pytest.raises(AppendOnly):
        Acceptance.objects.update(name="Other")
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE paperwork_acceptance SET name = 'Other'")
    with pytest.raises(IntegrityError), transaction.atomic():
        accepting.Acceptance.objects.create(
            client_paper=kept.client_paper,
            client_id=kept.client_id,
            name="Other",
            text="x",
            text_hash="x",
            paper_line=kept.paper_line,
            paper_version=1,
        )
