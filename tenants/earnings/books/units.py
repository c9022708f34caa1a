"""Balances of units: of each pack and each period of a retainer, the sum of its entries, step by step."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from tenants.earnings.books.verdict import Verdict
from tenants.packs.models import PackEntry
from tenants.retainers.models import RetainerEntry


def compare(verdict: Verdict) -> None:
    packs = PackEntry.objects.order_by("pack", "number").values_list(
        "pack_id", "number", "units", "balance_after"
    )
    _running(verdict, "balance of a pack", "pack", packs)
    periods = RetainerEntry.objects.order_by("period", "number")
    rows = periods.values_list("period_id", "number", "units", "balance_after")
    _running(verdict, "balance of a period", "period", rows)


def _running(verdict: Verdict, what: str, name: str, rows: Iterable[Any]) -> None:
    """The first entry of each that does not follow from the one before is named; the rest follow from it."""
    for owner, entries in groupby(rows, key=lambda row: row[0]):
        left = 0
        for count, (_, number, units, after) in enumerate(entries, 1):
            left += units
            if not verdict.same(what, f"{name} {owner}, entry {number}", (count, left), (number, after)):
                break
