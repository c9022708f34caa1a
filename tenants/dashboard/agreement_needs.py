"""Agreements that wait for an answer, or were declined: for Today."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet

from kit.words import ago
from tenants.dashboard.desk import Desk
from tenants.dashboard.need import Need
from tenants.paperwork import overview
from tenants.paperwork.models import ClientPaper, ClientPaperStatus

SILENT_FOR = timedelta(days=2)
MATTERS_FOR = timedelta(days=14)
MOST = 5


def waiting(now: datetime) -> QuerySet[ClientPaper]:
    """Sent two days ago or longer without an answer, or declined within two weeks."""
    return overview.unanswered(sent_before=now - SILENT_FOR, declined_since=now - MATTERS_FOR)


def needs(desk: Desk) -> Iterable[Need]:
    """The oldest first. One query."""
    rows = waiting(desk.now).select_related("paper", "client").defer("text", "paper__body")
    for given in rows.order_by("sent_at", "given_at")[:MOST]:
        yield _declined(desk, given) if given.status == ClientPaperStatus.DECLINED else _silent(desk, given)


def _silent(desk: Desk, given: ClientPaper) -> Need:
    sent = ago(given.sent_at or given.given_at, desk.now, desk.practice.locale)
    return Need(
        "attention",
        f"{given.client.name} has not answered “{given.paper.name}”",
        f"Sent {sent}. Ask once more, or talk about it.",
        "See the agreement",
        desk.address("agreement_given", given.pk),
    )


def _declined(desk: Desk, given: ClientPaper) -> Need:
    return Need(
        "problem",
        f"{given.client.name} has declined “{given.paper.name}”",
        "Read what they wrote. You can change it and send it again, or withdraw it.",
        "See the agreement",
        desk.address("agreement_given", given.pk),
    )
