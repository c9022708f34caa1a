"""Who was given which paper, and how it stands: for the coach's lists."""

import uuid
from collections import defaultdict
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from tenants.paperwork.models import ClientPaper, ClientPaperStatus, PaperKind

LATELY_DAYS = 14


def counts_by_line(*, kind: str) -> dict[uuid.UUID, dict[str, int]]:
    """How many of each state there are of every paper of a kind. One query."""
    rows = (
        ClientPaper.objects.filter(paper__kind=kind)
        .values_list("paper__line", "status")
        .annotate(count=Count("pk"))
    )
    counts: dict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    for line, status, count in rows:
        counts[line][status] = count
    return counts


def given_of(*, line: uuid.UUID, most: int) -> list[ClientPaper]:
    """To whom a paper was given, in any version, the newest first; without those that newer ones replaced."""
    rows = _rows().filter(paper__line=line).exclude(status=ClientPaperStatus.WITHDRAWN)
    return list(rows.order_by("-given_at", "-pk")[:most])


def papers_of(*, client_id: uuid.UUID) -> list[ClientPaper]:
    """All papers of a client, those to be done first, then the newest. One query."""
    rows = _rows().filter(client_id=client_id).exclude(status=ClientPaperStatus.WITHDRAWN)
    found = list(rows.order_by("-given_at", "position", "pk"))
    return sorted(found, key=lambda each: each.status != ClientPaperStatus.OPEN)


def twins_of(given: ClientPaper) -> list[ClientPaper]:
    """The same agreement for the other readers: who pays reads the prices, the others do not."""
    pair = {given.pk, given.twin_id} - {None}
    rows = _rows().filter(Q(pk__in=pair) | Q(twin__in=pair)).exclude(pk=given.pk)
    return list(rows.exclude(status=ClientPaperStatus.WITHDRAWN).order_by("given_at", "pk"))


def newer_than(given: ClientPaper) -> ClientPaper | None:
    """What is open in the place of one that was withdrawn."""
    rows = ClientPaper.objects.select_related("paper").filter(
        paper__line=given.paper.line,
        client_id=given.client_id,
        reference=given.reference,
        status=ClientPaperStatus.OPEN,
    )
    return rows.order_by("given_at", "pk").last()


def unanswered(*, sent_before: datetime, declined_since: datetime) -> QuerySet[ClientPaper]:
    """Agreements that a client was sent and has not answered, and those that were declined of late."""
    silent = Q(status=ClientPaperStatus.OPEN, sent_at__lte=sent_before)
    declined = Q(status=ClientPaperStatus.DECLINED, seen_at__gte=declined_since)
    return ClientPaper.objects.filter(silent | declined, paper__kind=PaperKind.AGREEMENT)


def _rows() -> QuerySet[ClientPaper]:
    """Without their texts, which lists do not show."""
    return ClientPaper.objects.select_related("paper", "client").defer("text", "paper__body")
