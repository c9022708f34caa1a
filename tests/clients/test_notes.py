"""What the coach writes for themselves."""

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.activity.models import Event
from tenants.clients import notes
from tenants.clients.models import Client, Note
from tenants.people import record
from tenants.registry.models import Tenant

ANNA = Actor("coach", "7", "Anna")


@pytest.fixture
def cleo(anna: Tenant) -> Client:
    with tenant_context(anna):
        return record.add(
            name="Cleo", email="cleo@example.com", phone="", timezone="", now=clock.now(), actor=ANNA
        )


def test_a_note_is_kept_changed_and_removed(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        note = notes.add(client_id=cleo.pk, text="  Backhand late. ", now=clock.now(), actor=ANNA)
        assert (note.text, note.actor_name, note.changed_at) == ("Backhand late.", "Anna", None)
        notes.change(note_id=note.pk, text="Backhand better.", now=clock.now())
        [kept] = notes.of_client(cleo.pk)
        assert kept.text == "Backhand better."
        assert kept.changed_at is not None
        notes.remove(note_id=note.pk)
        notes.remove(note_id=note.pk)
        assert not Note.objects.exists()


def test_nothing_but_blanks_is_no_note(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        with pytest.raises(notes.EmptyNote):
            notes.add(client_id=cleo.pk, text=" \n", now=clock.now(), actor=ANNA)
        assert not Note.objects.exists()


def test_no_event_holds_a_word_of_it(anna: Tenant, cleo: Client) -> None:
    with tenant_context(anna):
        notes.add(client_id=cleo.pk, text="Secretword", now=clock.now(), actor=ANNA)
        assert not any("Secretword" in str(each.data) for each in Event.objects.all())
