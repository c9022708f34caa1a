"""Sequences as the coach reads them: two to begin with, when each mail goes out, and how each run stands."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, Q

from tenants.activity.models import Event
from tenants.messaging import sequence_runs
from tenants.messaging.models import Mail, MailStatus, Sequence, SequenceRun, Trigger

STARTERS: Final[Mapping[str, dict[str, Any]]] = {
    "signing": {
        "name": "Welcome after signing",
        "starts_on": Trigger.PAPER_ACCEPTED.value,
        "text": "Three mails after an agreement is accepted: what happens next, how to prepare, how it goes.",
        "steps": (
            {
                "after_hours": 1,
                "subject": "Good to have you, {{client_first_name}}",
                "body": "Hi {{client_first_name}},\n\nthank you for your yes. From here on everything we "
                "have agreed on stands in one place, your own pages: {{portal_link}}\n\nIf anything is "
                "unclear, just answer this mail.\n\n{{coach_name}}",
            },
            {
                "after_hours": 24,
                "subject": "Before we begin",
                "body": "Hi {{client_first_name}},\n\nthree questions to take along to our first session: "
                "What should be different in three months? What have you tried so far? How will you notice "
                "that it works?\n\nA few words for each are plenty.\n\n{{coach_name}}",
            },
            {
                "after_hours": 7 * 24,
                "subject": "How is it going?",
                "body": "Hi {{client_first_name}},\n\na week has passed. What went well, and where are you "
                "stuck? Answer in a line or two, and if you want to talk about it, choose a time here: "
                "{{book_link}}\n\n{{coach_name}}",
            },
        ),
    },
    "purchase": {
        "name": "After a purchase",
        "starts_on": Trigger.ORDER_PAID.value,
        "text": "Two mails after a product is bought: how to get the most out of it, and what could follow.",
        "steps": (
            {
                "after_hours": 24,
                "subject": "Getting started with {{product}}",
                "body": "Hi {{client_first_name}},\n\nhave you had a first look at {{product}}? Half an hour "
                "in one go helps more than five minutes a day. What you bought is always here: "
                "{{portal_link}}\n\n{{coach_name}}",
            },
            {
                "after_hours": 5 * 24,
                "subject": "One question about {{product}}",
                "body": "Hi {{client_first_name}},\n\nwhat was the most useful part of {{product}}, and what "
                "did you miss? I read every answer.\n\nIf you would rather talk it through: {{book_link}}"
                "\n\n{{coach_name}}",
            },
        ),
    },
}
ENDED: Final[Mapping[str, str]] = {
    sequence_runs.BY_COACH: "Stopped by you",
    sequence_runs.UNSUBSCRIBED: "Ended: unsubscribed",
    sequence_runs.GONE: "Ended: archived",
    sequence_runs.NO_ADDRESS: "Ended: no e-mail address",
    Trigger.PAPER_ACCEPTED: "Ended: accepted an agreement",
    Trigger.ORDER_PAID: "Ended: bought a product",
    Trigger.PACK_BOUGHT: "Ended: bought a pack",
    Trigger.RETAINER_STARTED: "Ended: began a retainer",
    Trigger.FIRST_BOOKING: "Ended: booked a session",
    Trigger.SESSION_DONE: "Ended: a session took place",
}
MAILED: Final[Mapping[str, tuple[str, str]]] = {
    MailStatus.WAITING: ("neutral", "On its way"),
    MailStatus.SENT: ("paid", "Sent"),
    MailStatus.FAILED: ("problem", "Not delivered"),
    MailStatus.DROPPED: ("neutral", "Not sent"),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail of a run: what it said on top, and what became of it."""

    mail: Mail
    subject: str
    meaning: str
    state: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """A client on the way, or at the end of it."""

    run: SequenceRun
    state: str
    is_open: bool
    next_at: datetime | None
    mails: list[Sent]


def after(hours: int) -> str:
    """How long after the start: "At once", "After 3 hours", "After 2 days"."""
    if not hours:
        return "At once"
    days, rest = divmod(hours, 24)
    parts = [_count(days, "day")] if days else []
    return f"After {' and '.join([*parts, _count(rest, 'hour')] if rest or not days else parts)}"


def list_rows() -> list[dict[str, Any]]:
    """Those that are on first, by name, with how many are on the way. One query."""
    on_the_way = Count("runs", filter=Q(runs__stopped_at=None, runs__next_at__isnull=False))
    rows = Sequence.objects.annotate(on_the_way=on_the_way).order_by("-is_active", "name", "created_at")
    return [{"sequence": each, "mails": _count(len(each.steps), "mail")} for each in rows]


def run_rows(runs: Iterable[SequenceRun]) -> list[RunRow]:
    """With sequence and client read already. Two queries."""
    every = list(runs)
    ids = [run.pk for run in every]
    steps = dict(Event.objects.filter(subject_id__in=ids, kind=sequence_runs.DUE).values_list("pk", "data"))
    mails: dict[uuid.UUID, list[Mail]] = {}
    for mail in Mail.objects.filter(subject_id__in=ids, kind="sequence_mail").order_by("created_at"):
        mails.setdefault(mail.subject_id, []).append(mail)
    return [_run_row(run, [_sent(run, mail, steps) for mail in mails.get(run.pk, ())]) for run in every]


def became_of(mail: Mail) -> tuple[str, str]:
    """Meaning and words of where a mail is."""
    return ("problem", "Came back") if mail.bounced_at else MAILED[mail.status]


def _run_row(run: SequenceRun, mails: list[Sent]) -> RunRow:
    is_open = run.stopped_at is None and run.next_at is not None
    if run.stopped_at:
        state = ENDED.get(run.stopped_because, "Ended")
    elif run.next_at is None:
        state = "All mails sent"
    elif not run.sequence.is_active:
        state = "Waits: the sequence is off"
    elif any(each.mail.bounced_at for each in mails):
        state = "Waits: a mail came back"
    else:
        state = "On the way"
    return RunRow(run, state, is_open, run.next_at if state == "On the way" else None, mails)


def _sent(run: SequenceRun, mail: Mail, steps: Mapping[uuid.UUID, Mapping[str, str]]) -> Sent:
    wanted = steps.get(mail.event_id, {}).get("step")
    step = next((each for each in run.sequence.steps if each["id"] == wanted), None)
    return Sent(mail, step["subject"] if step else "A mail that was removed since", *became_of(mail))


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
