"""Sequences of Anna's, clients who begin them, and what was sent."""

from datetime import datetime
from typing import Any

from django.core import mail
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from kit.ids import uuid7
from tenants.activity import events
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.messaging import sequences
from tenants.messaging.models import Sequence, SequenceRun
from tests.messaging import mailroom
from tests.messaging.mailroom import CLIENT
from tests.worlds import Shop

ANNA = Actor("coach", "1", "Anna")
WELCOME = {"after_hours": 0, "subject": "Welcome, {{client_first_name}}", "body": "Good to have you.\n\nAnna"}
NEXT_DAY = {"after_hours": 24, "subject": "A day later", "body": "How are you?"}
NEXT_WEEK = {"after_hours": 7 * 24, "subject": "A week later", "body": "Book here: {{book_link}}"}


def made(shop: Shop, *steps: dict[str, Any], on: bool = True, **changes: Any) -> Sequence:
    """A sequence that a bought pack starts, switched on unless said otherwise."""
    starts_on = changes.pop("starts_on", "pack.bought")
    with tenant_context(shop.tenant):
        now = clock.now()
        sequence = sequences.make(
            name="After a pack", starts_on=starts_on, steps=steps or (WELCOME, NEXT_DAY), now=now, actor=ANNA
        )
        if changes:
            given = {"name": sequence.name, "applies_to": [], "stops_on": []} | changes
            sequences.change(sequence_id=sequence.pk, now=now, actor=ANNA, **given)
        if on:
            sequences.switch(sequence_id=sequence.pk, on=True, now=now, actor=ANNA)
        return Sequence.objects.get(pk=sequence.pk)


def client(shop: Shop, name: str = "Cleo Bright", email: str = CLIENT) -> Client:
    with tenant_context(shop.tenant), transaction.atomic():
        return Client.objects.create(name=name, email=email)


def happens(shop: Shop, kind: str, who: Client, **data: Any) -> Event:
    """Something of a client's that subscribers hear of, without the rows that it would be about."""
    with tenant_context(shop.tenant), transaction.atomic():
        return events.record(
            kind=kind,
            subject_id=uuid7(),
            client_id=who.pk,
            actor=Actor("client", str(who.pk)),
            now=clock.now(),
            data=data,
        )


def begins(shop: Shop, who: Client, kind: str = "pack.bought", **data: Any) -> Event:
    """As `happens`, told to the sequences alone: the mails about a pack want the pack."""
    with tenant_context(shop.tenant), transaction.atomic():
        event = Event.objects.create(
            kind=kind,
            subject_id=uuid7(),
            client_id=who.pk,
            actor_kind="client",
            data=data,
            at=clock.now(),
        )
        sequences.begin(event=event, now=clock.now())
    mailroom.work_off()
    return event


def runs(shop: Shop) -> list[SequenceRun]:
    with tenant_context(shop.tenant):
        return list(SequenceRun.objects.order_by("pk"))


def subjects() -> list[str]:
    return [message.subject for message in mail.outbox]


def until(shop: Shop, at: datetime) -> Any:
    """Time goes on to a moment, here and at Stripe."""
    return mailroom.later(shop, seconds=int((at - clock.now()).total_seconds()) + 1)
