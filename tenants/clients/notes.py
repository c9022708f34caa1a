"""What a coach writes for themselves about a client or one session. Nobody else reads it."""

import uuid
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from tenants.clients.models import Client, Note

LONGEST = 4000


class EmptyNote(ValueError):
    """There is nothing in it. The message is for the coach."""


def add(
    *, client_id: uuid.UUID, text: str, now: datetime, actor: Actor, booking_id: uuid.UUID | None = None
) -> Note:
    """Use case of the coach: a note about a client, or about one session of theirs. Raises EmptyNote."""
    said = _said(text)
    with transaction.atomic(durable=True):
        return Note.objects.create(
            client=Client.objects.get(pk=client_id, erased_at=None),
            booking_id=booking_id,
            text=said,
            actor_name=actor.name[:120],
            created_at=now,
        )


def change(*, note_id: uuid.UUID, text: str, now: datetime) -> Note:
    """Use case of the coach: other words in the same place. Raises EmptyNote and Note.DoesNotExist."""
    said = _said(text)
    with transaction.atomic(durable=True):
        note = Note.objects.select_for_update(no_key=True).get(pk=note_id)
        if note.text != said:
            note.text, note.changed_at = said, now
            note.save(update_fields=["text", "changed_at"])
    return note


def remove(*, note_id: uuid.UUID) -> None:
    """Use case of the coach: gone for good. Removed twice it is removed once."""
    with transaction.atomic(durable=True):
        Note.objects.filter(pk=note_id).delete()


def of_client(client_id: uuid.UUID) -> list[Note]:
    """All notes about a client and their sessions, the newest first."""
    return list(Note.objects.filter(client=client_id).order_by("-created_at", "-pk"))


def of_booking(booking_id: uuid.UUID, client_id: uuid.UUID) -> list[Note]:
    """Those about one session, the newest first."""
    notes = Note.objects.filter(client=client_id, booking_id=booking_id)
    return list(notes.order_by("-created_at", "-pk"))


def _said(text: str) -> str:
    said = text.replace("\x00", "").strip()
    if not said:
        raise EmptyNote("Write something, or leave the page: nothing was kept.")
    return said[:LONGEST]
