"""Requests of programs that have one effect, however often they are sent.

The record is put in by the very transaction that has the effect, as its first statement: both are there, or
neither is. Whoever sends the same key meanwhile waits at the database's own unique index, and is answered as
the first one was.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, transaction

from kit import outcomes
from kit.database import beginning_with, current_schema, insert_unless_there, typed
from tenants.integrations.models import ApiRequest
from tenants.registry import wakeups

KEPT = timedelta(days=7)
# Longer than a request may take: who has not answered by then has died.
ANSWERS_WITHIN = timedelta(seconds=60)
# `status` while there is no answer: somebody is at it; or has left it, and another may go on.
OPEN: Final = 0
LEFT: Final = -1
NOTED = "UPDATE integrations_apirequest SET subject_id = %s WHERE id = %s AND subject_id IS NULL"
_NAMESPACE: Final = uuid.UUID("0b8f6c2e-5d5f-4b63-9c1b-6f0f3f6a2c11")


class AlreadyAsked(DatabaseError):
    """The key was used before, so this transaction is undone: the record says what came of the first."""


class Claim:
    """One request: what it is known by, and whether its record is in the database for good."""

    def __init__(self, row: ApiRequest, then: Callable[[], object] | None) -> None:
        self.row = row
        self.is_made = False
        self._then = then

    def make(self) -> None:
        """Step, the first of the use case. Raises AlreadyAsked, and what `then` does."""
        if not insert_unless_there(self.row):
            raise AlreadyAsked(str(self.row.pk))
        transaction.on_commit(self._made)
        if self._then is not None:
            self._then()

    def _made(self) -> None:
        self.is_made = True

    def note(self, subject_id: uuid.UUID) -> None:
        """Step: the first thing that something happened to is what the request came to."""
        typed().send_later([typed().with_values(NOTED, [subject_id, self.row.pk])])


@contextmanager
def once(
    *,
    asked_by: str,
    key: str,
    digest: str,
    now: datetime,
    subject_id: uuid.UUID | None = None,
    then: Callable[[], object] | None = None,
) -> Iterator[Claim]:
    """Have the use case that is called inside claim the request in its own transaction.

    `subject_id` is what it is about, where that is known before; otherwise it is what the first event is
    about. `then` is a step that looks, in that transaction, whether the request still holds good.
    """
    row = ApiRequest(
        pk=key_of(asked_by=asked_by, key=key),
        asked_by=asked_by,
        digest=digest,
        subject_id=subject_id,
        created_at=now,
    )
    claim = Claim(row, then)
    with beginning_with(claim.make), outcomes.listening(claim.note):
        yield claim


def key_of(*, asked_by: str, key: str) -> uuid.UUID:
    """The record's own key: of who asks, and of the key that was sent."""
    return uuid.uuid5(_NAMESPACE, f"{asked_by}\n{key}")


def earlier(*, asked_by: str, key: str) -> ApiRequest | None:
    """What is known of a request that was made under this key."""
    return ApiRequest.objects.filter(pk=key_of(asked_by=asked_by, key=key)).first()


def is_abandoned(row: ApiRequest, *, now: datetime) -> bool:
    """Whether nobody is at it any more, although it was never answered."""
    return row.status == LEFT or (row.status == OPEN and row.created_at + ANSWERS_WITHIN <= now)


def answered(*, claim: Claim, status: int, headers: Mapping[str, str], body: str) -> None:
    """Use case: keep the answer for whoever asks again. What had no transaction of its own is kept here."""
    row = claim.row
    with transaction.atomic(durable=True):
        insert_unless_there(row)
        ApiRequest.objects.filter(pk=row.pk, status__lte=OPEN).update(
            status=status, headers=dict(headers), body=body
        )
        wakeups.ask(
            kind="api_requests", reference=_of_tenant(), due_at=row.created_at + KEPT, now=row.created_at
        )


def left(*, claim: Claim) -> None:
    """Use case: it had its effect, and then something broke: whoever asks again may go on at once."""
    with transaction.atomic(durable=True):
        ApiRequest.objects.filter(pk=claim.row.pk, status=OPEN).update(status=LEFT)


def withdrawn(*, claim: Claim) -> None:
    """Use case: it was refused without an effect, and may be tried again under the same key."""
    with transaction.atomic(durable=True):
        ApiRequest.objects.filter(pk=claim.row.pk, status=OPEN).delete()


def taken_over(*, row: ApiRequest, now: datetime) -> Claim | None:
    """Use case: go on with what was abandoned; None when somebody else has, at the same moment."""
    with transaction.atomic(durable=True):
        mine = ApiRequest.objects.filter(pk=row.pk, status=row.status, created_at=row.created_at)
        if not mine.update(status=OPEN, created_at=now):
            return None
    row.status, row.created_at = OPEN, now
    claim = Claim(row, None)
    claim.is_made = True
    return claim


def forget(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the sweeper: records live for a week."""
    with transaction.atomic(durable=True):
        ApiRequest.objects.filter(created_at__lte=now - KEPT).delete()
        oldest = ApiRequest.objects.order_by("created_at").values_list("created_at", flat=True).first()
    return oldest + KEPT if oldest else None


def _of_tenant() -> uuid.UUID:
    return uuid.UUID(current_schema().removeprefix("t_"))
