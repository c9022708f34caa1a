"""The demo's mail carrier: keeps mails as files, and says of an address bounce@… that the mail came back.

What it says is signed and read like the news of a real carrier.
"""

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any, Final

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.filebased import EmailBackend
from django.test import RequestFactory

from tenants.messaging.carriers import mail_events

BOUNCES: Final = "bounce"
ADDRESS: Final = "/mail/events"


class Backend(EmailBackend):
    """As Django's own for files, for a world in which not every address works."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        sent = super().send_messages(email_messages)
        for message in email_messages:
            for to in message.to:
                if parseaddr(to)[1].partition("@")[0].lower().split("+")[0] == BOUNCES:
                    come_back(message, to)
        return int(sent or 0)


def come_back(message: EmailMessage, to: str) -> None:
    """Tell what a carrier tells when a mailbox does not exist."""
    event = {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "id": uuid.uuid4().hex,
        "timestamp": time.time(),
        "recipient": parseaddr(to)[1],
        "user-variables": getattr(message, "metadata", {}),
        "message": {"headers": {"message-id": uuid.uuid4().hex}},
        "delivery-status": {"code": 550, "message": "No such mailbox"},
    }
    mail_events(RequestFactory().post(ADDRESS, signed(event), content_type="application/json"))


def signed(event: dict[str, Any]) -> str:
    """The event as Mailgun posts it, signed with the key of the settings."""
    key = settings.ANYMAIL["MAILGUN_WEBHOOK_SIGNING_KEY"].encode()
    timestamp, token = str(int(time.time())), uuid.uuid4().hex
    signature = hmac.new(key, f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    block = {"timestamp": timestamp, "token": token, "signature": signature}
    return json.dumps({"signature": block, "event-data": event})
