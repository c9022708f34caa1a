"""How a client gets into their own pages: by a mailed code or link, without a password.

What opens is never stored. The code and the link are made anew from the row's key and the platform's secret
when the mail is written; of a browser's session there is only the digest. Whoever reads the table cannot
sign in with it, and what one coach's table knows is unknown to any other's.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from kit.actors import SYSTEM
from kit.database import current_schema, require_transaction
from kit.ids import uuid7
from kit.limits import counted
from kit.requests import said_by
from kit.signed_links import SignedLinks
from tenants.activity import events
from tenants.clients.browsers import SESSION_LIVES, agent_of, forget, keep, secret_of
from tenants.clients.models import Client, SignIn, SignInKind

__all__ = [
    "Asked",
    "CodeEnded",
    "WrongCode",
    "agent_of",
    "ask",
    "client_in",
    "client_of",
    "code_of",
    "end",
    "end_all",
    "end_everywhere",
    "forget",
    "keep",
    "link_opens",
    "link_token",
    "note_seen",
    "open_portal",
    "open_session",
    "open_with_code",
    "open_with_link",
    "secret_of",
    "session_in",
    "session_of",
    "sessions_of",
]

CODE_LIVES: Final = timedelta(minutes=15)
DIGITS: Final = 6
MOST_TRIES: Final = 5
MOST_CODES: Final = 5
WITHIN: Final = timedelta(hours=1)
MOST_SESSIONS: Final = 20

_LINK: Final = SignedLinks("upfront.sign-in-link")
_CODE: Final = b"upfront.sign-in-code"


class WrongCode(Exception):
    """Not the code that was mailed; it may be typed `tries_left` more times."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"That is not the code. Tries left: {tries_left}.")
        self.tries_left = tries_left


class CodeEnded(Exception):
    """The code or link was used, is too old, or was typed wrong too often. A new one can be asked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser keeps while its code is on the way: the same for an address that nobody has."""

    asked_id: UUID
    ends_at: datetime


# --- asking -----------------------------------------------------------------------------------------


def ask(*, email: str, browser: str, now: datetime) -> Asked:
    """Use case: mail a code and a link to the client with this address, for the browser with this secret.

    The answer is the same whether or not somebody has the address, or has asked five times in an hour.
    """
    asked = Asked(uuid7(), now + CODE_LIVES)
    with transaction.atomic(durable=True):
        client = Client.objects.filter(email=email.lower(), erased_at=None).first()
        if client and _may_ask(client, now):
            SignIn.objects.create(
                id=asked.asked_id,
                client=client,
                kind=SignInKind.CODE,
                digest=_digest(link_token(asked.asked_id)),
                code_digest=_code_digest(asked.asked_id, code_of(asked.asked_id)),
                browser=_digest(browser),
                created_at=now,
                expires_at=asked.ends_at,
            )
            events.record(
                kind="portal.code_asked",
                subject_id=asked.asked_id,
                client_id=client.pk,
                actor=SYSTEM,
                now=now,
            )
    return asked


def _may_ask(client: Client, now: datetime) -> bool:
    """Nobody's mailbox is filled. What is over is swept away on the occasion."""
    codes = SignIn.objects.filter(client=client, kind=SignInKind.CODE)
    codes.filter(created_at__lte=now - WITHIN).delete()
    return codes.count() < MOST_CODES


def code_of(asked_id: UUID) -> str:
    """The six digits of a request, for its mail."""
    key = hashlib.sha256(_CODE + settings.SECRET_KEY.encode()).digest()
    made = hmac.digest(key, f"{current_schema()}:{asked_id}".encode(), "sha256")
    return f"{int.from_bytes(made[:8], 'big') % 10**DIGITS:0{DIGITS}}"


def link_token(asked_id: UUID) -> str:
    """The secret part of a request's link, for its mail."""
    return _LINK.token(asked_id, 1)


def _code_digest(asked_id: UUID, code: str) -> str:
    """Keyed: a million codes are soon tried against a digest that anybody can compute."""
    key = hashlib.sha256(_CODE + b".digest" + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, f"{current_schema()}:{asked_id}:{code}".encode(), "sha256").hex()


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# --- opening ----------------------------------------------------------------------------------------


def open_with_code(*, asked_id: UUID, code: str, browser: str, agent: str, now: datetime) -> str:
    """Use case: the secret of a new session for who typed the mailed code in the browser that asked for it.

    Raises WrongCode, which counts against the code, and CodeEnded.
    """
    typed = "".join(filter(str.isdigit, code))
    with transaction.atomic(durable=True):
        asked = SignIn.objects.filter(pk=asked_id, kind=SignInKind.CODE, browser=_digest(browser))
        row = asked.select_for_update().first()
        if row and (row.expires_at <= now or row.tries >= MOST_TRIES):
            raise CodeEnded("over")
        given = constant_time_compare(_code_digest(asked_id, typed), row.code_digest if row else "")
        if row and given:
            return _use(row, agent, now)
        tried = _one_more_try(row) if row else 0
    raise _wrong(tried or counted("sign-in-of-nobody", str(asked_id), seconds=CODE_LIVES.seconds))


def _one_more_try(row: SignIn) -> int:
    row.tries += 1
    row.save(update_fields=["tries"])
    return row.tries


def _wrong(tried: int) -> WrongCode | CodeEnded:
    return WrongCode(MOST_TRIES - tried) if tried < MOST_TRIES else CodeEnded("too many tries")


def open_with_link(*, token: str, agent: str, now: datetime) -> str:
    """Use case: the secret of a new session for who pressed the button behind the mailed link.

    In any browser, for mail is often read in another one than asked. Raises CodeEnded.
    """
    with transaction.atomic(durable=True):
        asked = SignIn.objects.filter(digest=_digest(token), kind=SignInKind.CODE, expires_at__gt=now)
        row = asked.select_for_update().first()
        if row is None or row.tries >= MOST_TRIES:
            raise CodeEnded("over")
        return _use(row, agent, now)


def link_opens(token: str, *, now: datetime) -> bool:
    """Whether a mailed link still opens something. It only looks."""
    asked = SignIn.objects.filter(digest=_digest(token), kind=SignInKind.CODE, expires_at__gt=now)
    return asked.filter(tries__lt=MOST_TRIES).exists()


def _use(row: SignIn, agent: str, now: datetime) -> str:
    """Code and link are one thing, and open once.

    Over since it was made: of two at the same moment, the second's `now` may be before the first's.
    """
    row.expires_at = row.created_at
    row.save(update_fields=["expires_at"])
    return open_session(client=row.client, agent=agent, now=now)


def open_session(*, client: Client, agent: str, now: datetime) -> str:
    """Step: a session for somebody who has just proved who they are; its secret, for `keep`.

    The first one opens the client's own pages (event `portal.opened`).
    """
    require_transaction()
    secret = secrets.token_urlsafe(32)
    _make_room(client, now)
    SignIn.objects.create(
        client=client,
        kind=SignInKind.SESSION,
        digest=_digest(secret),
        agent=agent[:120],
        created_at=now,
        seen_at=now,
        expires_at=now + SESSION_LIVES,
    )
    open_portal(client=client, now=now)
    return secret


def _make_room(client: Client, now: datetime) -> None:
    sessions = SignIn.objects.filter(client=client, kind=SignInKind.SESSION)
    sessions.filter(expires_at__lte=now).delete()
    surplus = sessions.order_by("-created_at").values_list("pk", flat=True)[MOST_SESSIONS - 1 :]
    SignIn.objects.filter(pk__in=list(surplus)).delete()


def open_portal(*, client: Client, now: datetime) -> None:
    """Step: note that the client has own pages from now on, and tell so once."""
    require_transaction()
    if Client.objects.filter(pk=client.pk, portal_since=None).update(portal_since=now):
        events.record(kind="portal.opened", subject_id=client.pk, client_id=client.pk, actor=SYSTEM, now=now)


# --- being signed in --------------------------------------------------------------------------------


def session_of(secret: str, *, now: datetime) -> SignIn | None:
    """The session that a browser's secret opens, with its client. Without a secret nothing is asked."""
    if not secret:
        return None
    rows = SignIn.objects.select_related("client").filter(digest=_digest(secret))
    return rows.filter(kind=SignInKind.SESSION, expires_at__gt=now, client__erased_at=None).first()


def client_of(secret: str, *, now: datetime) -> Client | None:
    """Who is signed in with this secret. It only reads; `note_seen` writes."""
    session = session_of(secret, now=now)
    return session.client if session else None


def session_in(request: HttpRequest, *, now: datetime) -> SignIn | None:
    """The session of the browser that asks, which is looked up once for each request."""
    if not hasattr(request, "own_session"):
        request.own_session = session_of(secret_of(request), now=now)  # type: ignore[attr-defined]
        if request.own_session:  # type: ignore[attr-defined]
            said_by(actor=f"client:{request.own_session.client_id}")  # type: ignore[attr-defined]
    found: SignIn | None = request.own_session  # type: ignore[attr-defined]
    return found


def client_in(request: HttpRequest, *, now: datetime) -> Client | None:
    """Who is signed in in the browser that asks."""
    session = session_in(request, now=now)
    return session.client if session else None


def note_seen(*, session: SignIn, now: datetime) -> None:
    """Use case: remember that a session is in use, at most once a day."""
    if session.seen_at and now - session.seen_at < timedelta(days=1):
        return
    with transaction.atomic(durable=True):
        SignIn.objects.filter(pk=session.pk).update(seen_at=now)


def sessions_of(client: Client, *, now: datetime) -> list[SignIn]:
    """The browsers in which a client is signed in, the last used first."""
    rows = SignIn.objects.filter(client=client, kind=SignInKind.SESSION, expires_at__gt=now)
    return list(rows.order_by("-seen_at"))


def end(*, session: SignIn, now: datetime) -> None:
    """Use case: sign out in one browser."""
    with transaction.atomic(durable=True):
        SignIn.objects.filter(pk=session.pk).delete()


def end_everywhere(*, client: Client, now: datetime) -> None:
    """Use case: sign out in every browser."""
    with transaction.atomic(durable=True):
        end_all(client=client, now=now)


def end_all(*, client: Client, now: datetime) -> None:
    """Step: every session, and every code that is still on its way, opens nothing any more."""
    require_transaction()
    SignIn.objects.filter(client=client).delete()
