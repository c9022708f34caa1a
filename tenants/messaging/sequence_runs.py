"""Clients on their way through sequences: begun once per event, one mail at a time, each asked for once.

That a step was due is an event of the run, written in the transaction that aims at the next one: of two
workers, or after a crash, one of them finds it done.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from kit.actors import SYSTEM, Actor
from kit.database import insert_unless_there, new
from tenants.activity import events
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.messaging import bounces, sequence_times, unsubscribing
from tenants.messaging.models import Sequence, SequenceRun
from tenants.offers.practice import practice
from tenants.registry import standing, wakeups

OPEN: Final = Q(stopped_at__isnull=True, next_at__isnull=False)
DUE: Final = "sequence.due"
# How often it is looked whether a mail that came back can be sent again.
PATIENCE: Final = timedelta(days=1)
BY_COACH, UNSUBSCRIBED, GONE, NO_ADDRESS = "coach", "unsubscribed", "archived", "no_address"


@dataclass
class Progress:
    """What a run has had: ids of steps, and the moment from which the next ones are counted."""

    counted_from: datetime
    sent: set[str] = field(default_factory=set)


def start(*, sequence: Sequence, client: Client, event: Event, now: datetime) -> SequenceRun | None:
    """Step: the client is on the way, unless the event has begun it before, or one of theirs still runs.

    The client's row is locked in this transaction.
    """
    aimed = sequence_times.aim(steps=sequence.steps, sent=(), counted_from=event.at, tz=practice().timezone)
    if aimed.at is None or SequenceRun.objects.filter(OPEN, sequence=sequence, client=client).exists():
        return None
    run = new(
        SequenceRun,
        sequence=sequence,
        client=client,
        event_id=event.pk,
        next_step=aimed.index,
        next_at=aimed.at,
        started_at=event.at,
    )
    if not insert_unless_there(run):
        return None
    _tell("sequence.started", run, now, SYSTEM, sequence=str(sequence.pk))
    wakeups.ask(kind="sequence", reference=run.pk, due_at=aimed.at, now=now)
    return run


def turn(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeups: have the mail that is due written, and answer when the next one is.

    None when there is no next one, and while the sequence is switched off, which asks again when it is on.
    """
    with transaction.atomic(durable=True):
        run = _locked(reference)
        if run is None or run.stopped_at or run.next_at is None:
            return None
        # Read after the lock, so that it is what a change of the steps has left.
        sequence = Sequence.objects.get(pk=run.sequence_id)
        if not sequence.is_active:
            return None
        if run.next_at > now:
            return run.next_at
        if not standing.does_business():
            # Suspended: what is said of the coach's own accord waits. Reminders of sessions still go.
            return now + PATIENCE
        if because := hindrance(client=run.client):
            end(run=run, because=because, now=now, actor=SYSTEM)
            return None
        return _send_next(run, sequence, now)


def _locked(run_id: uuid.UUID) -> SequenceRun | None:
    """Step: the run, for this transaction alone; None where its client was erased."""
    rows = SequenceRun.objects.select_for_update(of=("self",)).select_related("client")
    return rows.filter(pk=run_id).first()


def stop(*, run_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """Use case of the coach: nothing more of it goes to this client. False where it had ended before."""
    with transaction.atomic(durable=True):
        run = _locked(run_id)
        if run is None or run.stopped_at or run.next_at is None:
            return False
        end(run=run, because=BY_COACH, now=now, actor=actor)
        return True


def end(*, run: SequenceRun, because: str, now: datetime, actor: Actor) -> None:
    """Step: the locked run is over, for a reason that the coach can read."""
    run.stopped_at, run.stopped_because = now, because
    run.save(update_fields=["stopped_at", "stopped_because"])
    wakeups.withdraw(kind="sequence", reference=run.pk)
    _tell("sequence.stopped", run, now, actor, because=because)


def end_by(*, event: Event, now: datetime) -> None:
    """Step: end the client's runs of those sequences that such an event ends."""
    mine = SequenceRun.objects.filter(OPEN, client=event.client_id, sequence__stops_on__contains=[event.kind])
    for run in mine.exclude(event_id=event.pk).select_for_update(of=("self",)).order_by("pk"):
        end(run=run, because=event.kind, now=now, actor=SYSTEM)


def aim_again(*, sequence: Sequence, now: datetime) -> None:
    """Step: all that are on the way go on with the steps as they are now. What was sent is not sent again."""
    runs = list(SequenceRun.objects.select_for_update().filter(OPEN, sequence=sequence).order_by("pk"))
    tz, had = practice().timezone, progress_of(runs)
    for run in runs:
        mine = had[run.pk]
        aimed = sequence_times.aim(
            steps=sequence.steps, sent=mine.sent, counted_from=mine.counted_from, tz=tz
        )
        run.next_step, run.next_at = aimed.index, aimed.at
        run.save(update_fields=["next_step", "next_at"])
        if aimed.at is None:
            wakeups.withdraw(kind="sequence", reference=run.pk)
        elif sequence.is_active:
            due_at = max(aimed.at, now)
            wakeups.ask(kind="sequence", reference=run.pk, due_at=due_at, now=now, replace=True)


def progress_of(runs: Iterable[SequenceRun]) -> dict[uuid.UUID, Progress]:
    """What each of them has had so far. One query."""
    found = {run.pk: Progress(run.started_at) for run in runs}
    rows = Event.objects.filter(subject_id__in=list(found), kind=DUE) if found else Event.objects.none()
    for run_id, data in rows.order_by("at", "pk").values_list("subject_id", "data"):
        found[run_id].sent.add(data["step"])
        found[run_id].counted_from = datetime.fromisoformat(data["counted_from"])
    return found


def hindrance(*, client: Client) -> str:
    """Why nothing more may go to this client; "" where nothing speaks against it."""
    if client.erased_at or client.archived_at:
        return GONE
    if not client.email:
        return NO_ADDRESS
    return UNSUBSCRIBED if unsubscribing.is_unsubscribed(client.pk) else ""


def _send_next(run: SequenceRun, sequence: Sequence, now: datetime) -> datetime | None:
    tz, mine = practice().timezone, progress_of([run])[run.pk]
    aimed = sequence_times.aim(steps=sequence.steps, sent=mine.sent, counted_from=mine.counted_from, tz=tz)
    if aimed.at is None:
        return _set(run, aimed)
    step = sequence.steps[aimed.index]
    if wait := _wait(run, step, now, tz):
        return _set(run, sequence_times.Aim(aimed.index, wait))
    counted_from = sequence_times.moved_on(counted_from=mine.counted_from, due=aimed.at, now=now)
    _tell(DUE, run, now, SYSTEM, step=step["id"], counted_from=counted_from.isoformat())
    had = mine.sent | {step["id"]}
    following = sequence_times.aim(steps=sequence.steps, sent=had, counted_from=counted_from, tz=tz)
    return _set(run, following)


def _wait(run: SequenceRun, step: sequence_times.Step, now: datetime, tz: str) -> datetime | None:
    """Until when a step that is due has to wait: for the morning, or for an address that works."""
    if bounces.came_back(client_id=run.client_id, now=now):
        return sequence_times.civil(now + PATIENCE, tz)
    if int(step["after_hours"]) < sequence_times.A_DAY:
        return None
    morning = sequence_times.civil(now, tz)
    return morning if morning > now else None


def _set(run: SequenceRun, aimed: sequence_times.Aim) -> datetime | None:
    run.next_step, run.next_at = aimed.index, aimed.at
    run.save(update_fields=["next_step", "next_at"])
    return aimed.at


def _tell(kind: str, run: SequenceRun, now: datetime, actor: Actor, **data: object) -> None:
    events.record(kind=kind, subject_id=run.pk, client_id=run.client_id, actor=actor, now=now, data=data)
