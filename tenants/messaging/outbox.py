"""From what happened to a mail that was sent: planned once, claimed by one worker, marked when it is out."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from kit.database import insert
from tenants.activity.models import Event
from tenants.messaging import delivery
from tenants.messaging.letters import Outdated
from tenants.messaging.models import Mail, MailStatus
from tenants.messaging.plans import mails_of
from tenants.registry import wakeups

# Longer than any mail server takes: only a killed worker's mail is taken up by another.
LEASE = timedelta(minutes=10)
# With the pauses of `wakeups` about ten hours.
MOST_TRIES = 20
# A carrier may know that a mail came back before it is noted here that it went out.
UNLESS_BACK = Case(When(bounced_at__isnull=True, then=Value("")), default=F("error"))


def plan(*, event: Event, now: datetime) -> None:
    """Step: note the mails that an event leads to, each once however often the event is announced."""
    planned = [
        Mail(event_id=event.pk, kind=kind, audience=audience, subject_id=event.subject_id, created_at=now)
        for kind, audience in mails_of(event)
    ]
    insert(unless_there=planned)
    for mail in Mail.objects.filter(event_id=event.pk, status=MailStatus.WAITING):
        wakeups.ask(kind="mail", reference=mail.pk, due_at=now, now=now)


def send(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the wakeups: write a mail from the state as it is now, and send it.

    Answers when to come back while another worker has it. Raises whatever keeps it from being sent for
    the moment, and marks it as failed when that lasts, or when it is refused for good.
    """
    mail = _claim(reference, now)
    if mail is None:
        return _taken_until(reference)
    try:
        message_id = delivery.deliver(mail=mail, now=now)
    except Outdated as reason:
        _close(mail, MailStatus.DROPPED, error=str(reason)[:200])
    except delivery.Refused as reason:
        _close(mail, MailStatus.FAILED, error=str(reason)[:200])
    except Exception as error:
        _try_later(mail, error)
    else:
        _close(mail, MailStatus.SENT, sent_at=now, message_id=message_id, error=UNLESS_BACK)
    return None


def _claim(mail_id: uuid.UUID, now: datetime) -> Mail | None:
    """The mail, for this worker alone; None when it is done with, or with another worker."""
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    with transaction.atomic(durable=True):
        waiting = Mail.objects.filter(free, pk=mail_id, status=MailStatus.WAITING)
        if not waiting.update(leased_until=now + LEASE, tries=F("tries") + 1):
            return None
        return Mail.objects.get(pk=mail_id)


def _taken_until(mail_id: uuid.UUID) -> datetime | None:
    waiting = Mail.objects.filter(pk=mail_id, status=MailStatus.WAITING)
    return waiting.values_list("leased_until", flat=True).first()


def _close(mail: Mail, status: MailStatus, **changes: Any) -> None:
    """Mark what became of it, unless the lease has lapsed and another worker has it now."""
    with transaction.atomic(durable=True):
        mine = Mail.objects.filter(pk=mail.pk, status=MailStatus.WAITING, leased_until=mail.leased_until)
        mine.update(status=status, leased_until=None, **changes)


def _try_later(mail: Mail, error: Exception) -> None:
    """Give the mail back and raise, so that its wakeup comes again; or end it after too many tries."""
    if mail.tries >= MOST_TRIES:
        _close(mail, MailStatus.FAILED, error=f"Given up after {mail.tries} tries.")
        return
    _close(mail, MailStatus.WAITING, error=f"{type(error).__name__}: {error}"[:200])
    raise error
