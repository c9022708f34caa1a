"""Logs for machines to read: a line of JSON for each thing, of people nothing but their ids.

Cards, mails and links never belong there. Nothing here looks for what should not have been logged except
as a last wall: a name that holds such things is emptied, and so is whatever looks like one.
"""

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[hidden]"
PRIVATE_NAMES = frozenset(
    {
        *(
            "address",
            "answers",
            "authorization",
            "body",
            "card",
            "content",
            "cookie",
            "cookies",
            "cvc",
            "data",
        ),
        *("email", "headers", "iban", "name", "number", "password", "phone", "query", "recipient", "secret"),
        *("text", "to", "token", "url"),
    }
)
_MAIL_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_PRIVATE_TEXT = re.compile(
    r"""(?<![\w.-])(?:\d[ ]?){13,19}(?![\w.-])                     # the number of a card
    | (?<![\w.-])\d{4}-\d{4}-\d{4}-\d{1,7}(?![\w.-])
    | \b(?:sk|rk|pk)_(?:live|test)_\w+ | \bwhsec_[\w+/=]+           # keys of Stripe, secrets of webhooks
    | \bupf[a-z]_\w+                                               # keys of our own
    """,
    re.VERBOSE,
)


def without_secrets(_logger: Any, _method: str, event: Any) -> Any:
    """A step of structlog: the event with what must not be read taken out, at any depth."""
    return {name: _safe(name, value) for name, value in event.items()}


def hidden_in(text: str) -> str:
    """The text without mail addresses, card numbers and keys."""
    if "@" in text:
        # Looked for at every letter of every line, it would cost more than the line itself.
        text = _MAIL_ADDRESS.sub(HIDDEN, text)
    return _PRIVATE_TEXT.sub(HIDDEN, text)


def _safe(name: object, value: Any) -> Any:
    if name in PRIVATE_NAMES:
        return HIDDEN
    if isinstance(value, str):
        return hidden_in(value)
    if isinstance(value, Mapping):
        return {key: _safe(key, each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_safe(None, each) for each in value]
    return value
