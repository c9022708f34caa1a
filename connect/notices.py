"""Events as Stripe posts them, verified and brought into one shape."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import stripe

TOLERANCE = timedelta(seconds=300)
# A time beyond the calendar raises any of three of these, by how far it is beyond.
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError)


class BadSignature(Exception):
    """The body was not signed with this secret, or not within 300 seconds of now. Nothing may be stored."""


class MalformedEvent(Exception):
    """The body is signed but is no event that we can read."""


@dataclass(frozen=True)
class StripeNotice:
    """That something happened to an object. What it is now must be fetched: notices come late and twice."""

    id: str
    type: str
    account_id: str | None
    object_id: str | None
    object_type: str
    livemode: bool
    created: datetime


def parse_event(*, payload: bytes, signature: str, secret: str, now: datetime) -> StripeNotice:
    """Verify and read one posted event; thin and snapshot forms become the same notice.

    `payload` is the raw body: a re-encoded one has another signature. The type never bears the `v1.`
    that thin events put before it.

    Raises BadSignature (wrong secret, tampered, or more than 300 s from `now` either way: the SDK's own
    check lets the future pass) and MalformedEvent.
    """
    _verify(payload=payload, signature=signature, secret=secret, now=now)
    try:
        body = json.loads(payload)
        return _READERS[body["object"]](body)
    except UNREADABLE as error:
        raise MalformedEvent(f"not an event that can be read: {error!r}") from error


def _verify(*, payload: bytes, signature: str, secret: str, now: datetime) -> None:
    try:
        stripe.WebhookSignature.verify_header(payload, signature, secret, tolerance=None)
        signed_at = _signed_at(signature)
    except (stripe.SignatureVerificationError, *UNREADABLE) as error:
        raise BadSignature("the signature does not fit the body and the secret") from error
    if abs(now - signed_at) > TOLERANCE:
        raise BadSignature(f"signed at {signed_at:%Y-%m-%d %H:%M:%S} UTC, more than 300 seconds from now")


def _signed_at(signature: str) -> datetime:
    parts = dict(part.split("=", 1) for part in reversed(signature.split(",")))
    return datetime.fromtimestamp(int(parts["t"]), tz=UTC)


def _read_snapshot(body: Mapping[str, Any]) -> StripeNotice:
    subject = body["data"]["object"]
    return StripeNotice(
        id=_text(body["id"]),
        type=_text(body["type"]),
        account_id=body.get("account") or _account_in(body.get("context")),
        object_id=subject.get("id"),
        object_type=_text(subject["object"]),
        livemode=bool(body["livemode"]),
        created=datetime.fromtimestamp(body["created"], tz=UTC),
    )


def _read_thin(body: Mapping[str, Any]) -> StripeNotice:
    subject = body.get("related_object") or {}
    is_account = subject.get("type") == "v2.core.account"
    return StripeNotice(
        id=_text(body["id"]),
        type=_text(body["type"]).removeprefix("v1."),
        # An event about the account itself may come in the platform's own context.
        account_id=subject.get("id") if is_account else _account_in(body.get("context")),
        object_id=subject.get("id"),
        object_type=subject.get("type") or "",
        livemode=bool(body["livemode"]),
        created=datetime.fromisoformat(body["created"]).astimezone(UTC),
    )


_READERS = {"event": _read_snapshot, "v2.core.event": _read_thin}


def _account_in(context: str | None) -> str | None:
    """A context is a path of accounts; the last one is where it happened."""
    last = (context or "").rsplit("/", 1)[-1]
    return last if last.startswith("acct_") else None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a text, got {value!r}")
    return value
