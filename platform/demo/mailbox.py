"""The mails that the demo sent: files of Django's file backend, read with the standard library."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parsedate_to_datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

# A file holds what one connection sent, and each mail in it ends with a line of dashes.
_BETWEEN = b"\n" + b"-" * 79 + b"\n"
_KEY = re.compile(r"(?P<file>[0-9A-Za-z-]+)\.(?P<number>[0-9]{1,4})")


class NoSuchMail(LookupError):
    """There is no mail, or no attachment, of this name."""


@dataclass(frozen=True)
class Attachment:
    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class Mail:
    """One sent mail, by the name under which it can be found again."""

    key: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "(no subject)")

    @property
    def sender(self) -> str:
        return str(self.message["From"] or "")

    @property
    def to(self) -> str:
        return str(self.message["To"] or "")

    @property
    def sent_at(self) -> datetime:
        """By the machine's clock, which the demo's moved time does not change."""
        return parsedate_to_datetime(str(self.message["Date"])).astimezone(UTC)

    @property
    def text(self) -> str:
        return _content(self.message.get_body(("plain",)))

    @property
    def html(self) -> str:
        return _content(self.message.get_body(("html",)))

    @property
    def attachments(self) -> list[Attachment]:
        return [
            Attachment(
                part.get_filename() or f"attachment-{number}",
                part.get_content_type(),
                part.get_payload(decode=True) or b"",  # type: ignore[arg-type]
            )
            for number, part in enumerate(self.message.iter_attachments(), start=1)
        ]


def mails(*, to: str = "") -> list[Mail]:
    """Every mail, the newest first; with `to`, those to addresses that contain it."""
    # Names tell the second only.
    files = sorted(_folder().glob("*.log"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    every = (mail for path in files for mail in _in_file(path))
    return [mail for mail in every if to.casefold() in mail.to.casefold()]


def mail(key: str) -> Mail:
    """Raises NoSuchMail."""
    match = _KEY.fullmatch(key)
    path = _folder() / f"{match['file']}.log" if match else None
    if path is None or not path.is_file():
        raise NoSuchMail(key)
    found = next((each for each in _in_file(path) if each.key == key), None)
    if found is None:
        raise NoSuchMail(key)
    return found


def attachment(key: str, number: int) -> Attachment:
    """The n-th attachment, counted from 1. Raises NoSuchMail."""
    every = mail(key).attachments
    if not 1 <= number <= len(every):
        raise NoSuchMail(f"{key} {number}")
    return every[number - 1]


def _folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH)


def _in_file(path: Path) -> Iterator[Mail]:
    """The last one of a file first, as it was sent last."""
    messages = _messages(path, path.stat().st_mtime_ns)
    for number, message in reversed(list(enumerate(messages))):
        yield Mail(f"{path.stem}.{number}", message)


@lru_cache(maxsize=500)
def _messages(path: Path, _version: int) -> tuple[EmailMessage, ...]:
    parts = (part.lstrip(b"\n") for part in path.read_bytes().split(_BETWEEN))
    return tuple(message_from_bytes(part, policy=policy.default) for part in parts if part.strip())


def _content(part: MIMEPart | None) -> str:
    return str(part.get_content()) if part else ""
