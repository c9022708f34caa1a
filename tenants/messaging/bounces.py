"""Mails that came back: the carrier tells, the mail keeps it, and the coach sends it again."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Q

from kit.actors import SYSTEM, Actor
from tenants.activity import events
from tenants.activity.models import Event
from tenants.messaging import unsubscribing
from tenants.messaging.models import Audience, Mail, MailStatus
from tenants.registry import wakeups

# After that an address is tried again: mailboxes are opened anew, and full ones emptied.
MATTERS_FOR: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CameBack:
    """A mail that did not arrive, and the client that it was about, if it was about one."""

    mail: Mail
    client_id: uuid.UUID | None


def came_back(*, client_id: uuid.UUID, now: datetime) -> bool:
    """Whether the address that the client has now is one that mails come back from."""
    mine = Event.objects.filter(client_id=client_id).values("pk")
    rows = Mail.objects.filter(bounced_at__gte=now - MATTERS_FOR, event_id__in=mine, audience=Audience.CLIENT)
    return bool(still_open(rows))


def still_open(mails: Iterable[Mail]) -> list[CameBack]:
    """Those among mails that came back whose client has no other address since. Two queries, or none."""
    back = [mail for mail in mails if mail.bounced_at is not None]
    if not back:
        return []
    rows = Event.objects.filter(pk__in=[mail.event_id for mail in back])
    about = dict(rows.values_list("pk", "client_id"))
    corrected = _corrected_at({client_id for client_id in about.values() if client_id})
    found = [CameBack(mail, about.get(mail.event_id)) for mail in back]
    return [each for each in found if not _is_corrected(each, corrected)]


def note(*, mail_id: uuid.UUID, message_id: str, why: str, now: datetime) -> bool:
    """Use case of a carrier's news: the mail came back. Told again, or late, it changes nothing."""
    with transaction.atomic(durable=True):
        ours = Q(message_id="") | Q(message_id=message_id[:120])
        out = Q(status=MailStatus.SENT) | Q(status=MailStatus.WAITING, leased_until__isnull=False)
        rows = Mail.objects.filter(ours, out, pk=mail_id, bounced_at__isnull=True)
        if not rows.update(bounced_at=now, error=why[:200]):
            return False
        mail = Mail.objects.get(pk=mail_id)
        events.record(
            kind="mail.bounced",
            subject_id=mail.pk,
            client_id=_client_of(mail),
            actor=SYSTEM,
            now=now,
            data={"kind": mail.kind, "audience": mail.audience},
        )
    return True


def note_complaint(*, mail_id: uuid.UUID, now: datetime) -> None:
    """Use case of a carrier's news: whoever calls a mail spam gets none any more that need not be sent."""
    mail = Mail.objects.filter(pk=mail_id, audience=Audience.CLIENT).first()
    if mail is not None and (client_id := _client_of(mail)):
        actor = Actor("client", str(client_id))
        unsubscribing.unsubscribe(client_id=client_id, now=now, actor=actor)


def send_again(*, mail_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """Use case of the coach: written anew from the state as it is, to the address as it is.

    False where it neither came back nor failed, or is under way again already.
    """
    with transaction.atomic(durable=True):
        rows = Mail.objects.filter(Q(bounced_at__isnull=False) | Q(status=MailStatus.FAILED), pk=mail_id)
        if not rows.exclude(status=MailStatus.WAITING).update(
            status=MailStatus.WAITING,
            bounced_at=None,
            sent_at=None,
            leased_until=None,
            message_id="",
            tries=0,
            error="",
        ):
            return False
        mail = Mail.objects.get(pk=mail_id)
        events.record(
            kind="mail.sent_again",
            subject_id=mail.pk,
            client_id=_client_of(mail),
            actor=actor,
            now=now,
            data={"kind": mail.kind},
        )
        wakeups.ask(kind="mail", reference=mail.pk, due_at=now, now=now)
    return True


def _client_of(mail: Mail) -> uuid.UUID | None:
    return Event.objects.values_list("client_id", flat=True).filter(pk=mail.event_id).first()


def _corrected_at(client_ids: set[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """When each of them got another address last."""
    changed = Event.objects.filter(
        subject_id__in=client_ids, kind="client.changed", data__fields__contains=["email"]
    )
    return dict(changed.order_by("at").values_list("subject_id", "at"))


def _is_corrected(each: CameBack, corrected: dict[uuid.UUID, datetime]) -> bool:
    if each.client_id is None or each.mail.audience != Audience.CLIENT or each.mail.bounced_at is None:
        return False
    at = corrected.get(each.client_id)
    return at is not None and at >= each.mail.bounced_at
