"""News of the platform for its coaches: written, published, and withdrawn; and what a login has read of it.

Operators write; every login of a coach reads. Whom they are mailed to is the registry's to say.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from django.db import transaction
from django.db.models import Q, QuerySet
from django_tenants.utils import schema_context

from accounts import audit
from accounts.models import Announcement, User
from kit.actors import Actor
from kit.database import insert

log = structlog.get_logger()

MOST_SHOWN = 30


class NotADraft(Exception):
    """It is published, or was withdrawn: what coaches have read is not changed any more."""


class NotPublished(Exception):
    """It cannot be withdrawn: it is a draft, or was withdrawn before."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """What happens on one day, by which announcement."""

    day: date
    text: str
    title: str


# --- writing ------------------------------------------------------------------------------------------


def write(
    *,
    announcement_id: uuid.UUID | None,
    title: str,
    text: str,
    milestones: Sequence[tuple[date, str]],
    now: datetime,
    actor: Actor,
) -> Announcement:
    """Use case of an operator: a new draft, or other words for one.

    Raises NotADraft, which it also is when it is not there.
    """
    days = [{"day": day.isoformat(), "text": words} for day, words in sorted(milestones)]
    said = {"title": title, "text": text, "milestones": days}
    with transaction.atomic(durable=True):
        if announcement_id is None:
            written = Announcement(created_at=now, **said)
            insert(written)
            audit.note(actor=actor, kind="announcement.write", reference=str(written.pk), now=now)
            return written
        if not Announcement.objects.filter(pk=announcement_id, published_at__isnull=True).update(**said):
            raise NotADraft(str(announcement_id))
        audit.note(actor=actor, kind="announcement.write", reference=str(announcement_id), now=now)
    return Announcement.objects.get(pk=announcement_id)


def publish(*, announcement_id: uuid.UUID, mails: bool, now: datetime, actor: Actor) -> None:
    """Use case of an operator: every coach sees it from now on, and with `mails` is mailed it, too.

    Raises NotADraft.
    """
    draft = Announcement.objects.filter(pk=announcement_id, published_at__isnull=True)
    with transaction.atomic(durable=True):
        if not draft.update(published_at=now, mail_wanted_at=now if mails else None):
            raise NotADraft(str(announcement_id))
        audit.note(
            actor=actor,
            kind="announcement.publish",
            reference=str(announcement_id),
            data={"mails": mails},
            now=now,
        )
    log.info("announced", announcement=str(announcement_id), actor_kind=actor.kind, actor_id=actor.id)


def withdraw(*, announcement_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case of an operator: nobody sees it any more, nor is mailed it who was not yet.

    Raises NotPublished.
    """
    published = Announcement.objects.filter(
        pk=announcement_id, published_at__isnull=False, withdrawn_at__isnull=True
    )
    with transaction.atomic(durable=True):
        if not published.update(withdrawn_at=now):
            raise NotPublished(str(announcement_id))
        audit.note(actor=actor, kind="announcement.withdraw", reference=str(announcement_id), now=now)
    log.info("withdrawn", announcement=str(announcement_id), actor_kind=actor.kind, actor_id=actor.id)


# --- reading ------------------------------------------------------------------------------------------


def published(*, now: datetime) -> list[Announcement]:
    """What coaches see, the newest first; from wherever it is asked."""
    with schema_context("public"):
        return list(_published(now).order_by("-published_at", "-pk")[:MOST_SHOWN])


def unread(*, user: User, now: datetime) -> int:
    """How many were published since this login last said that it has read them, or joined."""
    with schema_context("public"):
        return _published(now).filter(published_at__gt=seen_until(user)).count()


def seen_until(user: User) -> datetime:
    """What was published before they came is no news to them."""
    return user.news_seen_at or user.joined_at


def mark_read(*, user_id: uuid.UUID, until: datetime, now: datetime) -> None:
    """Use case: everything published until then has been read. It never goes back."""
    until = min(until, now)
    with schema_context("public"), transaction.atomic(durable=True):
        earlier = Q(news_seen_at__isnull=True) | Q(news_seen_at__lt=until)
        User.objects.filter(earlier, pk=user_id).update(news_seen_at=until)


def milestones_of(announcement: Announcement) -> list[Milestone]:
    """In the order of their days."""
    return [
        Milestone(date.fromisoformat(each["day"]), each["text"], announcement.title)
        for each in announcement.milestones
    ]


def upcoming(announcements: Iterable[Announcement], *, today: date) -> list[Milestone]:
    """What is still to come, of all of them, the nearest first."""
    every = [milestone for each in announcements for milestone in milestones_of(each)]
    return sorted((each for each in every if each.day >= today), key=lambda each: each.day)


def _published(now: datetime) -> QuerySet[Announcement]:
    return Announcement.objects.filter(published_at__lte=now, withdrawn_at__isnull=True)
