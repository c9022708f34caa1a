"""What comes before a payment, as pages say it: announced before anything is typed, then done one by one."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from kit.words import listing
from public_pages.paperwork.way_back import with_way_back
from tenants.paperwork import links, requirements
from tenants.paperwork.models import ClientPaperStatus, Paper
from tenants.paperwork.packets import TO_DO
from tenants.paperwork.requirements import ToDo

WHAT: Final = {
    "agreement": ("an agreement", "agreements"),
    "form": ("a short form", "forms"),
    "document": ("a document to read", "documents to read"),
}


def announced(lines: Collection[str | UUID], locale: str, *, before: str = "payment") -> str:
    """ "An agreement and a short form come before payment: “Terms” and “Intake”. Once, not every time."

    Empty, and without a query, where nothing is required.
    """
    papers = requirements.missing(lines=lines, client=None)
    if not papers:
        return ""
    comes = "comes" if len(papers) == 1 else "come"
    names = listing([f"“{paper.name}”" for paper in papers], locale)
    what = listing(_counted(papers), locale)
    return f"{what[:1].upper()}{what[1:]} {comes} before {before}: {names}. Once, not every time."


def _counted(papers: Sequence[Paper]) -> list[str]:
    counts = Counter(paper.kind for paper in papers)
    return [WHAT[kind][0] if count == 1 else f"{count} {WHAT[kind][1]}" for kind, count in counts.items()]


def listed(to_do: Sequence[ToDo], *, path: str) -> dict[str, Any]:
    """For the page that waits for them: each with its own page, which leads back to this `path`."""
    rows = [_row(each, path) for each in to_do]
    return {
        "papers": rows,
        "next_paper": next((row for row in rows if row["href"]), None),
        "papers_done": sum(row["is_done"] for row in rows),
        "papers_words": f"{sum(row['is_done'] for row in rows)} of {len(rows)} done",
        "papers_stuck": [row for row in rows if not row["is_done"] and not row["href"]],
    }


def _row(each: ToDo, path: str) -> dict[str, Any]:
    to_be_done = not each.is_done and each.can_be_done
    return {
        "name": each.given.paper.name,
        "to_do": TO_DO[each.given.paper.kind],
        "is_done": each.is_done,
        "href": with_way_back(links.path_of(each.given), path=path) if to_be_done else "",
        "is_declined": each.given.status == ClientPaperStatus.DECLINED,
    }
