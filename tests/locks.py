"""The order in which rows are locked: two transactions that lock in different orders can wait for each other
for ever. The tests of `WATCHED` watch all transactions; one that goes against the order fails the test.

Rows that change only under the lock of what they belong to have no place of their own: a session (its
booking), a period (its retainer), a part (what is sold, or its charge), a wakeup (what it is for).
"""

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from kit.database.base import DatabaseWrapper
from kit.database.cursors import AskingCursor, TenantCursor

ORDER = (
    "offers_practice",
    "billing_bankline",
    "billing_paymentattempt",
    "scheduling_booking",
    "clients_client",
    "shop_order",
    "packs_pack",
    "retainers_retainer",
    "billing_charge",
    "billing_savedcard",
    "billing_documentseries",
    "fees_feeaccount",
    "messaging_sequence",
    "messaging_sequencerun",
)
"""From the first to the last. Whoever needs a place for another table finds why in docs/architecture.md."""

WATCHED = ("journeys", "packs", "races", "shop", "retainers", "billing")
APART = {
    "tenants/shop/packs_for_fulfilment.py": "Packs of an order for several people have no charge of their"
    " own: whoever holds one waits for nothing that the order's payment holds.",
    **dict.fromkeys(
        ("tenants/scheduling/series.py", "tenants/scheduling/desk_bookings.py"),
        "Bookings are made under the client's lock; of those that are there only lapsed holds are ended, and"
        " whoever holds such a one locks no client after it.",
    ),
}
"""Where a lock out of order is no danger, and why."""
STEPS = 6
ROOT = str(Path(__file__).resolve().parents[1])
ID = r"'([0-9a-f-]{32,36})'"
CHANGE = re.compile(r'\s*(?:UPDATE|DELETE FROM) "?(\w+)"?', re.I)
SELECT = re.compile(r'\s*SELECT .*? FROM "?(\w+)"?.* FOR (?:NO KEY )?UPDATE', re.I | re.S)
INSERT = re.compile(r'\s*INSERT INTO "?(\w+)"? \(([^)]*)\) VALUES \((.*)', re.I | re.S)
WRITES = re.compile("UPDATE|INSERT|DELETE")
SEVERAL = re.compile(r";\s*(?=INSERT INTO|UPDATE|SELECT|DELETE)")
VALUE = re.compile(r"\s*(E?'(?:[^'\\]|''|\\.)*'[^,)]*|[^,()'\s][^,()']*)")


class Watch:
    """What one transaction has locked, in order, and which rows it has made: nobody waits for those."""

    def __init__(self) -> None:
        self.locked: dict[str, str] = {}
        self.made: set[str] = set()

    def see(self, statement: str) -> None:
        """Note a statement that was sent; what goes against the order is kept in `AGAINST_IT`."""
        if found := INSERT.match(statement):
            self.made |= _ids_made(found[2], found[3])
            return
        found = CHANGE.match(statement) or SELECT.match(statement)
        if found is None or found[1] not in ORDER or found[1] in self.locked:
            return
        rows = _plain(re.findall(rf'"?id"? = {ID}', statement))
        if rows and rows <= self.made:
            return
        self._lock(found[1])

    def _lock(self, table: str) -> None:
        here = _where()
        for before, there in self.locked.items():
            if ORDER.index(before) > ORDER.index(table) and not any(each in here for each in APART):
                AGAINST_IT.append(f"{before} at {there}\n    before {table} at {here}")
        self.locked[table] = here


AGAINST_IT: list[str] = []


def _ids_made(columns: str, values: str) -> set[str]:
    names = re.findall(r"\w+", columns)
    if "id" not in names:
        return set()
    said = VALUE.findall(values)[: len(names)]
    return _plain(re.findall(ID, said[names.index("id")])) if len(said) == len(names) else set()


def _plain(ids: Iterable[str]) -> set[str]:
    """The driver writes them without dashes, and we with them."""
    return {each.replace("-", "") for each in ids}


def _where() -> str:
    """The last steps of ours that led here."""
    steps: list[str] = []
    frame: FrameType | None = sys._getframe(2)
    while frame and len(steps) < STEPS:
        name = frame.f_code.co_filename
        if name.startswith(ROOT) and ".venv" not in name and "/kit/" not in name and name != __file__:
            steps.append(f"{name[len(ROOT) + 1 :]}:{frame.f_lineno}")
        frame = frame.f_back
    return " < ".join(steps)


def _see(plane: Any, statements: Iterable[str]) -> None:
    watch: Watch | None = getattr(plane, "watch", None)
    for message in statements if watch else ():
        for statement in SEVERAL.split(message):
            if watch and WRITES.search(statement):
                watch.see(statement)


def watch_transactions(patch: pytest.MonkeyPatch) -> None:
    """From now on, until `patch` is undone."""

    def after(kind: type, name: str, then: Callable[..., None]) -> None:
        step = getattr(kind, name)

        def stepping(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = step(self, *args, **kwargs)
            then(self, result, *args)
            return result

        patch.setattr(kind, name, stepping)

    def begin(plane: Any, *_: Any) -> None:
        plane.watch = Watch() if plane.alias == "default" else None

    def end(plane: Any, *_: Any) -> None:
        plane.watch = None

    def taken_along(plane: Any, taken: tuple[list[str], list[str]]) -> None:
        _see(plane, taken[0])

    def committed(plane: Any, _result: None, unsent: Iterable[str]) -> None:
        _see(plane, unsent)

    def asked(cursor: Any, _result: Any, query: Any, *_: Any) -> None:
        _see(cursor.plane, [str(query)])

    after(DatabaseWrapper, "_start_transaction_under_autocommit", begin)
    after(DatabaseWrapper, "taken_along", taken_along)
    after(DatabaseWrapper, "_commit_with", committed)
    after(DatabaseWrapper, "_commit", end)
    after(DatabaseWrapper, "_rollback", end)
    after(AskingCursor, "execute", asked)
    _watch_statements(patch)


def _watch_statements(patch: pytest.MonkeyPatch) -> None:
    execute = TenantCursor.execute

    def executing(self: Any, query: Any, params: Any = None, **kwargs: Any) -> Any:
        # Written out before it is sent: afterwards the cursor holds its answer.
        text = query if params is None or not WRITES.search(str(query)) else self.mogrify(query, params)
        result = execute(self, query, params, **kwargs)
        _see(self.plane, [str(text)])
        return result

    patch.setattr(TenantCursor, "execute", executing)
