"""What the simulated Stripe remembers: objects as JSON documents in one SQLite file, and its own clock.

One lock makes every request a transaction of its own: an effect is whole or it did not happen.
"""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]

TABLES = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, object TEXT NOT NULL, account TEXT NOT NULL,
    body TEXT NOT NULL, created INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS objects_by_making ON objects (object, seq);
CREATE INDEX IF NOT EXISTS objects_by_time ON objects (object, account, created, seq);
CREATE TABLE IF NOT EXISTS links (
    name TEXT NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (name, value, seq)
    ) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS alarms (
    seq INTEGER PRIMARY KEY, due_at INTEGER NOT NULL, kind TEXT NOT NULL, object_id TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS alarms_by_time ON alarms (due_at);
CREATE INDEX IF NOT EXISTS alarms_by_object ON alarms (object_id, kind);
CREATE TABLE IF NOT EXISTS ledger (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, currency TEXT NOT NULL, net INTEGER NOT NULL,
    available_on INTEGER NOT NULL, payout TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS ledger_by_payout ON ledger (account, payout, available_on);
CREATE TABLE IF NOT EXISTS answers (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, created INTEGER NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL, request_id TEXT NOT NULL, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY, event_id TEXT NOT NULL, endpoint TEXT NOT NULL, form TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL,
    last_answer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (state, next_at);
"""
PLATFORM = ""
VERSION = 2
# What objects of a kind are looked for by, other than their id.
LINKED = {
    "application_fee": ("charge",),
    "balance_transaction": ("source", "_payout"),
    "charge": ("customer", "payment_intent"),
    "dispute": ("charge", "payment_intent"),
    "fee_refund": ("fee",),
    "payment_intent": ("customer",),
    "payment_method": ("customer",),
    "radar.early_fraud_warning": ("charge", "payment_intent"),
    "refund": ("charge", "payment_intent"),
}


@dataclass(frozen=True)
class Wanted:
    """Which objects of one account are asked for, the newest first.

    `link` is one of LINKED with its value, `equal` are members of the document; `after` is the id of the last
    one that was seen.
    """

    kind: str
    account: str
    link: tuple[str, str] | None = None
    equal: Mapping[str, str] = field(default_factory=dict)
    earliest: int = 0
    latest: int = 2**62
    after: str = ""
    limit: int = 10


class EarlierFile(Exception):
    """The file holds the state of another version; the message says what to do."""


class Store:
    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._pinned = threading.local()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._refuse_an_earlier_file(path)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + TABLES)
        self.sql(f"PRAGMA user_version = {VERSION}")

    def _refuse_an_earlier_file(self, path: str) -> None:
        is_new = not self.sql("SELECT 1 FROM sqlite_master LIMIT 1")
        if not is_new and self.sql("PRAGMA user_version")[0][0] != VERSION:
            raise EarlierFile(
                f"{path} was written by another version of the simulator, which kept other things of its "
                "payments. It was left as it is; start with a new file."
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One at a time; may be entered again inside itself, and then is part of the outer one."""
        with self._lock:
            self._depth += 1
            try:
                if self._depth == 1:
                    self._db.execute("BEGIN")
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def sql(self, statement: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def now(self) -> int:
        """Seconds since the epoch by the simulator's clock, which can be moved."""
        pinned = getattr(self._pinned, "at", None)
        return pinned or int(time.time() + float(self.setting("clock_offset", "0")))

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        """For what is done now and happened then: when the clock jumps, each thing keeps its own time."""
        self._pinned.at = moment
        try:
            yield
        finally:
            self._pinned.at = None

    def setting(self, name: str, default: str) -> str:
        rows = self.sql("SELECT value FROM settings WHERE name = ?", name)
        return rows[0]["value"] if rows else default

    def set(self, name: str, value: str) -> None:
        self.sql("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, value)

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{secrets.token_hex(12)}"

    def add(self, document: Document, *, account: str) -> Document:
        statement = "INSERT INTO objects (id, object, account, body, created) VALUES (?, ?, ?, ?, ?)"
        values = (document["id"], document["object"], account, json.dumps(document), _time_of(document))
        self.sql(statement, *values)
        self._link(document)
        return document

    def save(self, document: Document, **changes: Any) -> Document:
        document.update(changes)
        statement = "UPDATE objects SET body = ?, created = ? WHERE id = ?"
        self.sql(statement, json.dumps(document), _time_of(document), document["id"])
        self._link(document)
        return document

    def _link(self, document: Document) -> None:
        """An earlier link stays; whoever follows it looks whether it still holds."""
        statement = "INSERT OR IGNORE INTO links SELECT ?, ?, seq FROM objects WHERE id = ?"
        for name in LINKED.get(document["object"], ()):
            if document.get(name):
                self.sql(statement, f"{document['object']}.{name}", document[name], document["id"])

    def find(self, object_id: str, *, account: str | None = None) -> Document | None:
        """The object with this id; with `account`, only when it belongs to it."""
        rows = self.sql("SELECT body, account FROM objects WHERE id = ?", object_id)
        if not rows or account not in (None, rows[0]["account"]):
            return None
        return json.loads(rows[0]["body"])

    def owner_of(self, object_id: str) -> str:
        return self.sql("SELECT account FROM objects WHERE id = ?", object_id)[0]["account"]

    def newest(self, kind: str, limit: int) -> list[Document]:
        """The last ones made of one kind, on all accounts."""
        statement = "SELECT body FROM objects WHERE object = ? ORDER BY seq DESC LIMIT ?"
        return [json.loads(row["body"]) for row in self.sql(statement, kind, limit)]

    def linked(self, kind: str, name: str, value: str) -> list[Document]:
        """Objects of one kind whose `name` (one of LINKED) is `value`, newest first."""
        statement = (
            "SELECT body FROM links JOIN objects USING (seq) WHERE name = ? AND value = ? ORDER BY seq DESC"
        )
        found = (json.loads(row["body"]) for row in self.sql(statement, f"{kind}.{name}", value))
        return [document for document in found if document.get(name) == value]

    def listed(self, wanted: Wanted) -> list[Document]:
        """What is wanted, by the clock and then by the order of making."""
        tables, conditions, values = "objects", list[str](), list[Any]()
        if wanted.link:
            name, value = wanted.link
            tables = "links JOIN objects USING (seq)"
            conditions = ["name = ? AND value = ?", f"json_extract(body, '$.{name}') = ?"]
            values = [f"{wanted.kind}.{name}", value, value]
        conditions.append("object = ? AND account = ? AND created BETWEEN ? AND ?")
        values += [wanted.kind, wanted.account, wanted.earliest, wanted.latest]
        for name, value in wanted.equal.items():
            conditions.append(f"json_extract(body, '$.{name}') = ?")
            values.append(value)
        if wanted.after:
            conditions.append("(created, seq) < (SELECT created, seq FROM objects WHERE id = ?)")
            values.append(wanted.after)
        statement = (
            f"SELECT body FROM {tables} WHERE {' AND '.join(conditions)} "  # noqa: S608  (our own names)
            "ORDER BY created DESC, seq DESC LIMIT ?"
        )
        return [json.loads(row["body"]) for row in self.sql(statement, *values, wanted.limit)]

    def set_alarm(self, *, due_at: int, kind: str, object_id: str) -> None:
        self.sql("INSERT INTO alarms (due_at, kind, object_id) VALUES (?, ?, ?)", due_at, kind, object_id)

    def has_alarm(self, *, due_at: int, kind: str, object_id: str) -> bool:
        statement = "SELECT 1 FROM alarms WHERE object_id = ? AND kind = ? AND due_at = ?"
        return bool(self.sql(statement, object_id, kind, due_at))

    def take_due_alarm(self) -> tuple[str, str, int] | None:
        rows = self.sql("SELECT * FROM alarms WHERE due_at <= ? ORDER BY due_at, seq LIMIT 1", self.now())
        if not rows:
            return None
        self.sql("DELETE FROM alarms WHERE seq = ?", rows[0]["seq"])
        return rows[0]["kind"], rows[0]["object_id"], rows[0]["due_at"]

    def forget_everything(self) -> None:
        with self.transaction():
            for table in ("settings", "objects", "links", "ledger", "alarms", "answers", "deliveries"):
                self.sql(f"DELETE FROM {table}")  # noqa: S608  (our own table names)


def _time_of(document: Document) -> int:
    """Objects of the v2 API write their time out; nobody lists them by it."""
    created = document.get("created", 0)
    return created if isinstance(created, int) else 0
