"""What is announced goes to every coach by mail, once each: in batches, from where the last one ended.

The logins are gone through in the order of their keys. Each is passed before its mail is handed in, so that
a worker that dies leaves one out rather than mailing somebody twice.
"""

import uuid
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts import mails
from accounts.models import Announcement, User
from accounts.news_letter import letter
from tenants.registry.models import TenantStatus

log = structlog.get_logger()

BATCH = 25
# Longer than a batch takes when the mail server is slow.
LEASE = timedelta(minutes=6)
# When the mail server takes nothing, it is let alone for a while.
PAUSE = timedelta(minutes=1)


def send_batch(*, now: datetime) -> bool:
    """Use case of the sweep: mail the oldest announcement to the next ones; whether there may be more."""
    announcement = _leased(now)
    if announcement is None:
        return False
    for user in readers(announcement)[:BATCH]:
        last, passed = announcement.mailed_to, _pass(announcement, user.pk)
        if not passed:
            return False
        if not _mailed(announcement, user):
            _give_back(announcement, mailed_to=last, mail_leased_until=now + PAUSE)
            return False
    is_done = not readers(announcement).exists()
    _give_back(announcement, mailed_at=now if is_done else None, mail_leased_until=None)
    return True


def readers(announcement: Announcement) -> QuerySet[User]:
    """Who is still to be mailed: works for an open practice, and was there when it was published."""
    there = User.objects.filter(
        is_active=True,
        joined_at__lte=announcement.published_at,
        memberships__tenant__status=TenantStatus.OPEN,
        memberships__tenant__is_sandbox=False,
    )
    if announcement.mailed_to:
        there = there.filter(pk__gt=announcement.mailed_to)
    return there.distinct().order_by("pk")


def _leased(now: datetime) -> Announcement | None:
    """The oldest that is to be mailed, for this worker alone."""
    free = Q(mail_leased_until__isnull=True) | Q(mail_leased_until__lte=now)
    wanted = Announcement.objects.filter(
        free, mail_wanted_at__isnull=False, mailed_at__isnull=True, withdrawn_at__isnull=True
    )
    with transaction.atomic(durable=True):
        found = wanted.select_for_update(skip_locked=True).order_by("mail_wanted_at", "pk").first()
        if found is not None:
            found.mail_leased_until = now + LEASE
            found.save(update_fields=["mail_leased_until"])
    return found


def _mine(announcement: Announcement) -> QuerySet[Announcement]:
    """Nothing, when another worker has it by now, or it was withdrawn."""
    return Announcement.objects.filter(
        pk=announcement.pk, mail_leased_until=announcement.mail_leased_until, withdrawn_at__isnull=True
    )


def _pass(announcement: Announcement, user_id: uuid.UUID) -> bool:
    with transaction.atomic(durable=True):
        moved = _mine(announcement).update(mailed_to=user_id)
    announcement.mailed_to = user_id
    return moved == 1


def _mailed(announcement: Announcement, user: User) -> bool:
    """False where the mail server takes nothing just now: this one is the next to be tried."""
    try:
        mails.send(letter(announcement), to=user.email)
    except mails.UNSENT as error:
        log.warning("news not mailed", user=str(user.pk), error=type(error).__name__)
        return mails.never_arrives(error)
    return True


def _give_back(announcement: Announcement, **changes: object) -> None:
    with transaction.atomic(durable=True):
        _mine(announcement).update(**changes)
