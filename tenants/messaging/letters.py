"""What a mail says, before it is a mail: the same words for its plain text and its HTML."""

import re
from dataclasses import dataclass
from typing import Literal

from django.template.loader import render_to_string

from tenants.messaging.heads import Head
from tenants.offers.vocabulary import called

_GAPS = re.compile(r"\n{3,}")


class Outdated(Exception):
    """What the mail would say is not true, or of no use, any more. The message is kept as the reason."""


@dataclass(frozen=True)
class Link:
    words: str
    href: str


@dataclass(frozen=True)
class Fact:
    """One line of what the mail is about; with `href` its words are a link."""

    label: str
    words: str
    href: str = ""


@dataclass(frozen=True)
class Invitation:
    """A calendar file, and what the reader's calendar shall do with it."""

    method: Literal["REQUEST", "CANCEL", "PUBLISH"]
    content: bytes


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """One mail in words. `fact` is its first line, `choices` are links of which one is to be taken.

    `sessions` are several that were booked in one go, each with its link. `balances` are the lines that
    explain what is left of each pack, the number first; `balance` where it is about one. `unsubscribe` is the
    address of a page that ends mails of its kind.
    """

    subject: str
    fact: str
    why: str
    facts: tuple[Fact, ...] = ()
    sessions: tuple[Link, ...] = ()
    balance: tuple[str, ...] = ()
    more_balances: tuple[tuple[str, ...], ...] = ()
    paragraphs: tuple[str, ...] = ()
    choices_title: str = ""
    choices: tuple[Link, ...] = ()
    action: Link | None = None
    invitation: Invitation | None = None
    attachments: tuple[Attachment, ...] = ()
    reply_to: str = ""
    unsubscribe: str = ""

    @property
    def balances(self) -> tuple[tuple[str, ...], ...]:
        return tuple(filter(None, (self.balance, *self.more_balances)))


def as_text(letter: Letter, *, sender: str) -> str:
    text = render_to_string("messaging/letter.txt", _context(letter, Head(sender))).strip()
    return _GAPS.sub("\n\n", text) + "\n"


def as_html(letter: Letter, *, head: Head) -> str:
    return render_to_string("messaging/letter.html", _context(letter, head))


def _context(letter: Letter, head: Head) -> dict[str, object]:
    return {
        "letter": letter,
        "called": called,
        "subject": letter.subject,
        "why": letter.why,
        "coach": head,
        "action_url": letter.action.href if letter.action else "",
        "action_words": letter.action.words if letter.action else "",
        "manage_url": letter.unsubscribe,
        "manage_words": "Unsubscribe",
    }
