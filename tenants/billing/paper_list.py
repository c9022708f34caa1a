"""The coach's papers of a time, each with how it stands. Read only."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tenants.billing.models import Document, DocumentKind
from tenants.billing.paper_lines import Line, read
from tenants.billing.paper_words import ISSUED, state_of

# What can be asked for -> the states that it means.
STATES = {
    "to_pay": ("To be paid", "Partly paid", "Overdue"),
    "overdue": ("Overdue",),
    "paid": ("Paid",),
    "issued": (ISSUED,),
    "ended": ("Cancelled", "Replaced", "Taken back", "Refunded", "Partly refunded"),
}


@dataclass(frozen=True, slots=True)
class Row:
    document: Document
    state: str
    meaning: str

    @property
    def kind(self) -> str:
        return str(DocumentKind(self.document.kind).label)

    @property
    def lines(self) -> list[Line]:
        return read(self.document.lines)

    @property
    def settles(self) -> str:
        """The invoice that was paid with it: its sums stand on that one already."""
        return next((line.settles for line in self.lines if line.settles), "")


def papers(
    *,
    today: date,
    first: date | None = None,
    last: date | None = None,
    kind: str = "",
    state: str = "",
    client_id: uuid.UUID | None = None,
) -> list[Row]:
    """Those issued from `first` to `last`, the newest first. `state` is one of STATES. Two queries."""
    asked = {
        "issued_on__gte": first,
        "issued_on__lte": last,
        "kind": kind or None,
        "client_id": client_id,
    }
    wanted = {name: value for name, value in asked.items() if value is not None}
    found = Document.objects.select_related("charge__client", "corrects").filter(**wanted)
    rows = _rows(list(found.order_by("-issued_at", "-number")), today)
    return [row for row in rows if row.state in STATES[state]] if state else rows


def _rows(documents: Sequence[Document], today: date) -> list[Row]:
    corrections: dict[uuid.UUID | None, list[Document]] = defaultdict(list)
    for note in Document.objects.filter(corrects__in=[each.pk for each in documents]):
        corrections[note.corrects_id].append(note)
    return [Row(each, *state_of(each, corrections[each.pk], today)) for each in documents]
