"""What needs an operator now, in one list for the top of the overview: each entry leads to its rows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min
from django.urls import reverse

from accounts import support
from accounts.models import WaitlistEntry, WaitlistStatus
from operators import matching, stuck, work
from operators.sandboxes import in_sandbox
from tenants.registry.models import Wakeup

# Workers do within seconds what is due, and set up a practice within a minute.
LATE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Need:
    """How much there is of something, in words, and where its rows are. `meaning` as badges have it."""

    words: str
    address: str
    meaning: str = "problem"


def needs(*, now: datetime) -> list[Need]:
    """What is wrong first, then what people wait for; empty when nothing needs anybody."""
    work_page = reverse("operators_work")
    found = [
        _of(stuck.count(now=now), "thing is stuck", "things are stuck", reverse("operators_stuck")),
        _late_work(now, work_page),
        _of(
            matching.do_not_tie().count(),
            "practice’s books do not tie",
            "practices’ books do not tie",
            reverse("operators_books"),
        ),
        _of(
            work.waiting_for_a_schema().filter(is_sandbox=False, created_at__lt=now - LATE).count(),
            "coach waits for the practice to be set up",
            "coaches wait for their practices to be set up",
            f"{work_page}#setting-up",
        ),
        _of(
            work.failed_states().count(),
            "practice could not be brought up to date",
            "practices could not be brought up to date",
            f"{work_page}#migrations",
        ),
        _of(
            support.unanswered().count(),
            "question to answer",
            "questions to answer",
            reverse("operators_questions"),
            "attention",
        ),
        _of(
            WaitlistEntry.objects.filter(status=WaitlistStatus.WAITING).count(),
            "person to invite",
            "people to invite",
            reverse("operators_waitlist"),
            "neutral",
        ),
    ]
    return [need for need in found if need]


def _of(count: int, one: str, several: str, address: str, meaning: str = "problem") -> Need | None:
    return Need(f"{count} {one if count == 1 else several}", address, meaning) if count else None


def _late_work(now: datetime, address: str) -> Need | None:
    """That workers stand still is told by the age of what is due, not by how much it is."""
    due = Wakeup.objects.filter(~in_sandbox(), due_at__lte=now - LATE, attempts__lt=stuck.OFTEN)
    oldest = due.aggregate(oldest=Min("due_at"))["oldest"]
    if oldest is None:
        return None
    minutes = int((now - oldest).total_seconds() // 60)
    return Need(f"Work is due since {minutes} minutes and not done", address)
