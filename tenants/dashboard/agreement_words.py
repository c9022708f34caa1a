"""Agreements in the coach's words: how each stands, a text to begin with, and the values of a preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from kit.money import format_money
from kit.words import wall_time
from tenants.dashboard.desk import Desk
from tenants.paperwork.models import ClientPaper, ClientPaperStatus, Paper

STARTER_NAME: Final = "Coaching agreement"
STARTER: Final = """\
This agreement is between {{coach_name}} (the coach) and {{client_name}} (the client), from {{date}}.

## What it is about

{{#sessions}}
The client gets {{sessions}}, valid for {{validity}}.

{{/sessions}}
The coach prepares each session and keeps to the time that was agreed. The client comes on time, and says \
openly what helps and what does not.

{{#price}}
## What it costs

The price is {{price}}{{#price_per_session}}, which is {{price_per_session}} for each \
session{{/price_per_session}}. It is paid before the first session.

{{/price}}
## Moving and cancelling

A session can be moved or cancelled free of charge until 24 hours before it begins. After that it counts as \
used. If the coach cancels, the session is returned in full.

## What stays between the two

What the client tells stays with the coach, unless the law demands otherwise or somebody is in danger. \
Neither side records a session without asking first.

## What coaching is not

Coaching is no medical, legal or financial advice, and takes the place of none. What the client does is the \
client’s own decision.

## Ending it

Both sides can end this agreement in writing. Sessions that are paid for and were not used are settled by \
the rules under which they were bought.
"""

_STATES: Final[Mapping[str, tuple[str, str]]] = {
    ClientPaperStatus.OPEN: ("attention", "Not accepted yet"),
    ClientPaperStatus.DONE: ("paid", "Accepted"),
    ClientPaperStatus.DECLINED: ("problem", "Declined"),
    ClientPaperStatus.WITHDRAWN: ("neutral", "Withdrawn"),
}


@dataclass(frozen=True, slots=True)
class GivenRow:
    """One client's paper in a list."""

    given: ClientPaper
    meaning: str
    state: str
    when: str


def state_of(given: ClientPaper) -> tuple[str, str]:
    """The meaning and the words of how a client's paper stands."""
    meaning, words = _STATES[given.status]
    if given.paper.kind != "agreement":
        words = {"Accepted": "Done", "Not accepted yet": "To be done"}.get(words, words)
    return meaning, words


def row_of(given: ClientPaper, desk: Desk) -> GivenRow:
    """As a list shows it, with when it was last heard of."""
    at = given.done_at or given.sent_at or given.given_at
    verb = "accepted" if given.done_at else "sent" if given.sent_at else "given"
    if given.done_at and given.paper.kind != "agreement":
        verb = "done"
    when = f"{verb} {wall_time(at, desk.tz, desk.practice.locale)}"
    return GivenRow(given, *state_of(given), when)


def counted(counts: Mapping[str, int]) -> str:
    """ "12 accepted, 1 open", or that nobody has it."""
    told = (("done", "accepted"), ("open", "open"), ("declined", "declined"))
    parts = [f"{counts[status]} {words}" for status, words in told if counts.get(status)]
    return ", ".join(parts) or "nobody has it yet"


def example_values(desk: Desk) -> dict[str, str]:
    """What a preview says where something is sold."""

    def amount(minor: int) -> str:
        return format_money(minor, desk.practice.currency, desk.practice.locale)

    return {
        "client_name": "Kim Example",
        "client_first_name": "Kim",
        "sessions": "10 sessions",
        "validity": "6 months",
        "price": amount(45_000),
        "price_per_session": amount(4_500),
        "payer_name": "Pat Example",
    }


def draft(name: str, body: str) -> Paper:
    """A paper as it would be: nothing is kept of it."""
    return Paper(name=name, body=body)
