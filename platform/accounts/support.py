"""Questions to the platform's people: kept first and mailed then, so that none is lost with a mail.

They come from a coach's dashboard or from anybody; one of the operators answers, once.
"""

import uuid
from datetime import datetime

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from accounts import audit, mails, support_mails
from accounts.models import SupportRequest
from kit.actors import Actor
from kit.database import current_schema, insert
from kit.tasks import enqueue

log = structlog.get_logger()

# How many are mailed in one go; the next sweep takes the others.
BATCH = 20
PAGE_LENGTH = 200


class CannotSend(Exception):
    """The mail server did not take the answer. Nothing has changed."""


class AnsweredAlready(Exception):
    """Somebody else was quicker. Nothing was sent."""


def ask(*, email: str, name: str, text: str, page: str = "", now: datetime) -> SupportRequest:
    """Use case: keep a question, of the practice that is entered or of nobody's; it is mailed at once.

    `page` is where the person was; what may hold a secret is cut off.
    """
    schema = current_schema()
    asked = SupportRequest(
        email=email,
        name=name,
        text=text,
        page=without_secrets(page),
        schema_name="" if schema == "public" else schema,
        created_at=now,
    )
    with transaction.atomic(durable=True):
        insert(asked)
        transaction.on_commit(_hint)
    return asked


def without_secrets(page: str) -> str:
    """The path of a page alone: what is asked for in it may be a name, and what follows # a key."""
    return page.partition("?")[0].partition("#")[0][:PAGE_LENGTH]


def _hint() -> None:
    from accounts.tasks import send_mails

    enqueue(send_mails)


def unanswered() -> QuerySet[SupportRequest]:
    return SupportRequest.objects.filter(answered_at__isnull=True)


def answered() -> QuerySet[SupportRequest]:
    """The newest answer first."""
    return SupportRequest.objects.filter(answered_at__isnull=False).order_by("-answered_at", "-pk")


# --- what is mailed ------------------------------------------------------------------------------------


def tell(*, now: datetime) -> int:
    """Use case of the sweep: mail what nobody was told of yet; how many went out.

    What the mail server does not take now goes out with a later sweep.
    """
    untold = SupportRequest.objects.filter(told_at__isnull=True).order_by("created_at")
    return sum(_tell(each, now) for each in untold[:BATCH])


def _tell(asked: SupportRequest, now: datetime) -> bool:
    mine = SupportRequest.objects.filter(pk=asked.pk)
    with transaction.atomic(durable=True):
        if not mine.filter(told_at__isnull=True).update(told_at=now):
            return False
    try:
        mails.send(support_mails.question(asked), to=settings.SUPPORT_EMAIL, reply_to=asked.email)
    except mails.UNSENT as error:
        log.warning("question not mailed", request=str(asked.pk), error=type(error).__name__)
        with transaction.atomic(durable=True):
            mine.update(told_at=None)
        return False
    _confirm(asked)
    return True


def _confirm(asked: SupportRequest) -> None:
    """Once and no more: an address that takes no mail must not bring the operators theirs again."""
    try:
        mails.send(support_mails.received(asked), to=asked.email, reply_to=settings.SUPPORT_EMAIL)
    except mails.UNSENT as error:
        log.warning("asker not told", request=str(asked.pk), error=type(error).__name__)


# --- the answer ----------------------------------------------------------------------------------------


def answer(*, request_id: uuid.UUID, text: str, now: datetime, actor: Actor) -> SupportRequest:
    """Use case of an operator: the answer is kept, and mailed to whoever asked.

    Raises SupportRequest.DoesNotExist, AnsweredAlready and CannotSend.
    """
    asked = SupportRequest.objects.get(pk=request_id)
    with transaction.atomic(durable=True):
        mine = SupportRequest.objects.filter(pk=asked.pk)
        said = {"answer": text, "answered_by": actor.name, "answered_at": now}
        if not mine.filter(answered_at__isnull=True).update(**said):
            raise AnsweredAlready(str(asked.pk))
        _note("support.answer", asked, now, actor)
    asked.answer = text
    try:
        mails.send(support_mails.answered(asked), to=asked.email, reply_to=settings.SUPPORT_EMAIL)
    except mails.UNSENT as error:
        with transaction.atomic(durable=True):
            mine.update(answer="", answered_by="", answered_at=None)
            _note("support.not_sent", asked, now, actor)
        raise CannotSend(asked.email) from error
    log.info("question answered", request=str(asked.pk), actor_kind=actor.kind, actor_id=actor.id)
    return asked


def _note(kind: str, asked: SupportRequest, now: datetime, actor: Actor) -> None:
    audit.note(actor=actor, kind=kind, schema_name=asked.schema_name, reference=str(asked.pk), now=now)
