"""Keys of a practice's API: made, rotated, revoked, and asked what they open."""

import hmac
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet
from django_tenants.utils import schema_context

from kit import limits
from kit.actors import Actor
from kit.database import current_schema
from kit.ids import uuid7
from kit.requests import after_answer
from tenants.activity import events
from tenants.integrations import scopes as names
from tenants.integrations.models import ApiKey

BEGINS: Final = "upfk_"
# After a rotation the old key goes on for so long, so that a program can be changed over.
OVERLAP = timedelta(hours=24)
USE_NOTED_SECONDS = 60
_PREFIX_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_PREFIX_LENGTH: Final = 8


class NoSuchKey(LookupError):
    """There is no such key, or it opens nothing any more."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that has shown who it is. `asked_by` names the key, or the partner's access, for ever.

    `version` is the day that the program was made for: the version then in force is its own.
    """

    asked_by: str
    name: str
    scopes: frozenset[str]
    version: str

    @property
    def actor(self) -> Actor:
        """A program acts for the coach who gave it its key."""
        return Actor("coach", self.asked_by, self.name)


def make(
    *, name: str, scopes: Collection[str], expires_at: datetime | None, now: datetime, actor: Actor
) -> tuple[ApiKey, str]:
    """Use case: a key, and its secret, which nobody can be shown again. Raises `scopes.UnknownScope`."""
    said = names.written(scopes)
    with transaction.atomic(durable=True):
        key, secret = _written(
            line=uuid7(), name=name, scopes=said, expires_at=expires_at, now=now, actor=actor
        )
        _record("key.made", key, now, actor)
    return key, secret


def rotate(*, key_id: uuid.UUID, now: datetime, actor: Actor) -> tuple[ApiKey, str]:
    """Use case: a new key with the same name, scopes and end; the old one works for 24 hours more.

    Raises NoSuchKey.
    """
    with transaction.atomic(durable=True):
        old = _living(now).select_for_update().filter(pk=key_id).first()
        if old is None:
            raise NoSuchKey("This key opens nothing any more, so there is nothing to change it for.")
        same = {"line": old.line, "name": old.name, "scopes": old.scopes, "expires_at": old.expires_at}
        new, secret = _written(**same, now=now, actor=actor)
        old.expires_at = min(old.expires_at or now + OVERLAP, now + OVERLAP)
        old.save(update_fields=["expires_at"])
        _record("key.rotated", old, now, actor, by=new.prefix)
    return new, secret


def revoke(*, key_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Use case: the key opens nothing from now on. Done twice it is done once. Raises NoSuchKey."""
    with transaction.atomic(durable=True):
        key = ApiKey.objects.select_for_update().filter(pk=key_id).first()
        if key is None:
            raise NoSuchKey("There is no such key.")
        if key.revoked_at is None:
            key.revoked_at = now
            key.save(update_fields=["revoked_at"])
            _record("key.revoked", key, now, actor)


def opener(token: str, *, now: datetime) -> Caller | None:
    """Whose key this is, in the current practice; None when it opens nothing here.

    Found by its digest, compared in constant time. Its use is noted after the answer, once a minute at most.
    """
    if not token.startswith(BEGINS):
        return None
    digest = digest_of(token)
    key = _living(now).filter(digest=digest).first()
    if key is None or not hmac.compare_digest(key.digest, digest):
        return None
    _note_use(key, now)
    return Caller(
        # Of the line: what was asked with the old key and is asked again with the new one is the same.
        asked_by=f"key:{key.line}",
        name=key.name,
        scopes=frozenset(key.scopes.split()),
        version=f"{key.created_at:%Y-%m-%d}",
    )


def digest_of(token: str) -> str:
    """What is kept of a key: its secret has 256 bits of chance, so a plain digest tells nothing."""
    return sha256(token.encode()).hexdigest()


def all_keys() -> list[ApiKey]:
    """Every key there was, the newest first: who looks at the list sees what was revoked, too."""
    return list(ApiKey.objects.order_by("-created_at", "-pk"))


def is_living(key: ApiKey, *, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def _living(now: datetime) -> QuerySet[ApiKey]:
    return ApiKey.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), revoked_at__isnull=True)


def _written(*, now: datetime, actor: Actor, **fields: Any) -> tuple[ApiKey, str]:
    prefix = BEGINS + "".join(secrets.choice(_PREFIX_LETTERS) for _ in range(_PREFIX_LENGTH))
    secret = f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        prefix=prefix, digest=digest_of(secret), made_by=actor.id, created_at=now, **fields
    )
    return key, secret


def _record(kind: str, key: ApiKey, now: datetime, actor: Actor, **said: str) -> None:
    data = {"prefix": key.prefix, "scopes": key.scopes, **said}
    events.record(kind=kind, subject_id=key.pk, actor=actor, now=now, data=data)


def _note_use(key: ApiKey, now: datetime) -> None:
    """A GET may not write, and nobody waits for this: it is done when the answer is sent."""
    if limits.allows("api-key-used", str(key.pk), most=1, seconds=USE_NOTED_SECONDS):
        after_answer(partial(_write_use, current_schema(), key.pk, now))


def _write_use(schema_name: str, key_id: uuid.UUID, now: datetime) -> None:
    with schema_context(schema_name), transaction.atomic():
        ApiKey.objects.filter(pk=key_id).update(last_used_at=now)
