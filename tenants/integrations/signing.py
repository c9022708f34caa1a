"""Signing what is sent, as Standard Webhooks say: a receiver knows whose it is, and that it is whole."""

import base64
import secrets
from datetime import UTC, datetime
from typing import Final

from standardwebhooks.webhooks import Webhook

from tenants.integrations.models import WebhookEndpoint
from tenants.integrations.sealing import opened

BEGINS: Final = "whsec_"
SECRET_BYTES: Final = 32
# Encrypted and written as text it has to fit its column.
MOST_BYTES: Final = 48


def new_secret() -> str:
    return BEGINS + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


class BadSecret(ValueError):
    """It does not sign well. Its message is for people."""


def checked_secret(brought: str) -> str:
    """One that a program brings: 24 to 64 bytes in base64 behind `whsec_`. Raises BadSecret."""
    try:
        if not brought.startswith(BEGINS):
            raise ValueError(BEGINS)
        length = len(base64.b64decode(brought.removeprefix(BEGINS), validate=True))
    except ValueError as error:
        raise BadSecret(f"A secret is {BEGINS} and base64 behind it.") from error
    if not 24 <= length <= MOST_BYTES:
        raise BadSecret(f"A secret has 24 to {MOST_BYTES} bytes of chance.")
    return brought


def headers(endpoint: WebhookEndpoint, *, message_id: str, body: str, now: datetime) -> dict[str, str]:
    """The three headers. After a rotation both secrets sign, until the old one's time is up.

    The time is the machine's, not the one that the demo moves: receivers hold it against their own clock.
    """
    kept = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_secret_until and endpoint.old_secret_until > now:
        kept.append(endpoint.old_secret)
    at = datetime.now(UTC)
    signed = [Webhook(opened(each)).sign(msg_id=message_id, timestamp=at, data=body) for each in kept]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signed),
    }
