"""Sequences of the coach: what starts them, their steps, and whether they are on."""

import uuid
from collections.abc import Sequence as Row
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from kit.actors import Actor
from kit.ids import uuid7
from tenants.activity import events
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.messaging import sequence_runs, sequence_subjects, sequence_times
from tenants.messaging.models import Sequence, Trigger
from tenants.messaging.sequence_fields import refuse_unusable

# Only the first of a client begins one; each later one may still end it.
FIRST_OF_A_CLIENT: Final = frozenset({Trigger.FIRST_BOOKING, Trigger.SESSION_DONE})
MOST_STEPS: Final = 20
LATEST_HOURS: Final = 24 * 365


class TooManySteps(ValueError):
    """A sequence is full. The message is for the coach."""


# --- what starts them ---------------------------------------------------------------------------------


def begin(*, event: Event, now: datetime) -> None:
    """Step of an announcement: end what the event ends for its client, and start what it starts.

    Each sequence once per event however often it is announced, and not for who has no address, was put out
    of the lists, or wants no such mails.
    """
    if event.client_id is None:
        return
    wanted = _wanted(event)
    # Before runs, as wherever both are locked.
    client = Client.objects.select_for_update(no_key=True).get(pk=event.client_id) if wanted else None
    sequence_runs.end_by(event=event, now=now)
    if client is None or sequence_runs.hindrance(client=client):
        return
    for sequence in wanted:
        sequence_runs.start(sequence=sequence, client=client, event=event, now=now)


def _wanted(event: Event) -> list[Sequence]:
    if event.kind in FIRST_OF_A_CLIENT and not _is_the_first(event):
        return []
    starting = [each for each in _starting_on(event.kind) if each.steps]
    about = sequence_subjects.ids_of(event) if starting else set()
    return [each for each in starting if not each.applies_to or about & set(each.applies_to)]


def _starting_on(kind: str) -> list[Sequence]:
    return list(Sequence.objects.filter(is_active=True, starts_on=kind).order_by("created_at", "pk"))


def _is_the_first(event: Event) -> bool:
    before = Q(at__lt=event.at) | Q(at=event.at, pk__lt=event.pk)
    return not Event.objects.filter(before, client_id=event.client_id, kind=event.kind).exists()


# --- what the coach makes -----------------------------------------------------------------------------


def make(
    *, name: str, starts_on: str, steps: Row[dict[str, Any]] = (), now: datetime, actor: Actor
) -> Sequence:
    """Use case of the coach: a new one, off until it is read and switched on. Raises UnusableText."""
    for step in steps:
        refuse_unusable(f"{step['subject']}\n{step['body']}")
    with transaction.atomic(durable=True):
        made = Sequence.objects.create(
            name=name,
            starts_on=Trigger(starts_on),
            steps=sequence_times.in_order([{"id": str(uuid7()), **step} for step in steps]),
            is_active=False,
            created_at=now,
        )
        _tell("sequence.made", made, now, actor)
    return made


def change(
    *,
    sequence_id: uuid.UUID,
    name: str,
    applies_to: Row[str],
    stops_on: Row[str],
    now: datetime,
    actor: Actor,
) -> None:
    """Use case of the coach: its name, what it is about and what ends it, for what happens from now on."""
    with transaction.atomic(durable=True):
        sequence = _locked(sequence_id)
        sequence.name = name
        sequence.applies_to, sequence.stops_on = (
            sorted(applies_to),
            sorted(Trigger(each) for each in stops_on),
        )
        sequence.save(update_fields=["name", "applies_to", "stops_on"])
        _tell("sequence.changed", sequence, now, actor)


def switch(*, sequence_id: uuid.UUID, on: bool, now: datetime, actor: Actor) -> None:
    """Use case of the coach. Off, nobody is started and whoever is on the way waits.

    On again they go on where they stood: what would have been sent meanwhile is sent next, and the rest as
    much later.
    """
    with transaction.atomic(durable=True):
        sequence = _locked(sequence_id)
        if sequence.is_active == on:
            return
        sequence.is_active = on
        sequence.save(update_fields=["is_active"])
        _tell("sequence.switched", sequence, now, actor, to="on" if on else "off")
        if on:
            sequence_runs.aim_again(sequence=sequence, now=now)


def save_step(
    *,
    sequence_id: uuid.UUID,
    step_id: uuid.UUID | None,
    after_hours: int,
    subject: str,
    body: str,
    now: datetime,
    actor: Actor,
) -> uuid.UUID:
    """Use case of the coach: a new step, or other words or another moment of one.

    Raises UnusableText, and TooManySteps. A step that was removed meanwhile is a new one.
    """
    refuse_unusable(f"{subject}\n{body}")
    kept = step_id or uuid7()
    written = {
        "id": str(kept),
        "after_hours": max(0, min(after_hours, LATEST_HOURS)),
        "subject": " ".join(subject.split()),
        "body": body.strip(),
    }
    with transaction.atomic(durable=True):
        sequence = _locked(sequence_id)
        steps = [written if step["id"] == str(kept) else step for step in sequence.steps]
        if written not in steps:
            steps.append(written)
        if len(steps) > MOST_STEPS:
            raise TooManySteps(f"A sequence has {MOST_STEPS} mails at most. Make another one that goes on.")
        _keep(sequence, steps, now, actor)
    return kept


def remove_step(*, sequence_id: uuid.UUID, step_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case of the coach: it is not sent any more; whoever waits for it gets the next one."""
    with transaction.atomic(durable=True):
        sequence = _locked(sequence_id)
        _keep(sequence, [step for step in sequence.steps if step["id"] != str(step_id)], now, actor)


def move_step(
    *, sequence_id: uuid.UUID, step_id: uuid.UUID, earlier: bool, now: datetime, actor: Actor
) -> None:
    """Use case of the coach: the step and its neighbour change places, and moments with them."""
    with transaction.atomic(durable=True):
        sequence = _locked(sequence_id)
        _keep(sequence, sequence_times.swapped(sequence.steps, step_id, earlier=earlier), now, actor)


def send_test(*, sequence_id: uuid.UUID, step_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case of the coach: the step as it stands, to their own address, with an example for each field."""
    with transaction.atomic(durable=True):
        sequence = Sequence.objects.get(pk=sequence_id)
        _tell("sequence.tested", sequence, now, actor, step=str(step_id))


def step_of(sequence: Sequence, step_id: uuid.UUID | str) -> dict[str, Any] | None:
    """A step as it is now; None where it was removed."""
    return next((step for step in sequence.steps if step["id"] == str(step_id)), None)


def _locked(sequence_id: uuid.UUID) -> Sequence:
    return Sequence.objects.select_for_update(no_key=True).get(pk=sequence_id)


def _keep(sequence: Sequence, steps: Row[Any], now: datetime, actor: Actor) -> None:
    ordered = sequence_times.in_order(steps)
    if ordered == sequence.steps:
        return
    sequence.steps = ordered
    sequence.save(update_fields=["steps"])
    sequence_runs.aim_again(sequence=sequence, now=now)
    _tell("sequence.changed", sequence, now, actor)


def _tell(kind: str, sequence: Sequence, now: datetime, actor: Actor, **data: object) -> None:
    events.record(kind=kind, subject_id=sequence.pk, actor=actor, now=now, data=data)
