"""Secret links to one row: signed for this tenant, this row and this version of its link."""

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils.crypto import constant_time_compare

from kit.database import current_schema

SIGNATURE_BYTES = 16
M = TypeVar("M", bound=Model)


class BadLink(Exception):
    """Not a link of this coach's, or one that does not work any more."""


class SignedLinks:
    """The links to rows of one kind, told apart from those of others by `salt`."""

    def __init__(self, salt: str) -> None:
        self.salt = salt

    def token(self, row_id: uuid.UUID, version: int) -> str:
        """The secret part of a row's link. It opens nothing at another tenant's."""
        raw = self._raw(row_id, version, settings.SECRET_KEY)
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    def named_by(self, token: str) -> uuid.UUID:
        """The row that a link says it is for, which is a claim until `require_opens`. Raises BadLink."""
        return uuid.UUID(bytes=_decoded(token)[:16])

    def row_by(
        self, token: str, rows: QuerySet[M], version: Callable[[M], int] = attrgetter("link_version")
    ) -> M:
        """The one of these rows that a link opens, whose present `version` it has to be. Raises BadLink."""
        row = rows.filter(pk=self.named_by(token)).first()
        if row is None:
            raise BadLink("unknown")
        self.require_opens(token, row.pk, version(row))
        return row

    def require_opens(self, token: str, row_id: uuid.UUID, version: int) -> None:
        """Raise BadLink unless this is the row's link, in its present version.

        Links that were signed with a secret before the present one go on opening: those stand in mails, and
        some of them came here with a practice from another installation.
        """
        said = _decoded(token)
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            if constant_time_compare(said, self._raw(row_id, version, secret)):
                return
        raise BadLink("unknown")

    def _raw(self, row_id: uuid.UUID, version: int, secret: str) -> bytes:
        """The row's key and the signature of it, by one of the installation's secrets."""
        message = f"{current_schema()}:{row_id}:{version}"
        key = _derived(self.salt, secret)
        return row_id.bytes + hmac.digest(key, message.encode(), "sha256")[:SIGNATURE_BYTES]


@cache
def _derived(salt: str, secret: str) -> bytes:
    """As Django derives the keys of its signatures."""
    return hashlib.sha256(salt.encode() + secret.encode()).digest()


def _decoded(token: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadLink("unreadable") from error
    if len(raw) != 16 + SIGNATURE_BYTES:
        raise BadLink("unreadable")
    return raw
