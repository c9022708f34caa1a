"""Posting events: signed, at least once, retried, and as late, doubled or disordered as a test wants."""

import http.client
import sqlite3
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from connect.simulator import postings
from connect.simulator.world import World

MODES = ("normal", "hold", "drop", "duplicate", "reorder")
RETRY_SECONDS = (1, 5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)
POST_TIMEOUT_SECONDS = 10
UNDONE = ("pending", "held")


@dataclass(frozen=True)
class Posting:
    """One try at one delivery: ready to send."""

    seq: int
    endpoint: str
    body: bytes
    signature: str


def queue(world: World, event_id: str, *, endpoint: str, form: str) -> None:
    mode = world.store.setting("delivery_mode", "normal")
    state = {"hold": "held", "drop": "dropped"}.get(mode, "pending")
    for _ in range(2 if mode == "duplicate" else 1):
        world.store.sql(
            "INSERT INTO deliveries (event_id, endpoint, form, state, next_at) VALUES (?, ?, ?, ?, ?)",
            *(event_id, endpoint, form, state, world.store.now()),
        )
    world.wake_deliverer.set()


def set_mode(world: World, mode: str) -> None:
    if mode not in MODES:
        raise ValueError(f"unknown delivery mode {mode!r}: one of {', '.join(MODES)}")
    world.store.set("delivery_mode", mode)


def undone(world: World) -> list[Posting]:
    """Everything that no endpoint has taken yet, held or not, in the order in which it would be posted."""
    with world.store.transaction():
        return [_posting(world, row) for row in _rows(world, UNDONE, due_only=False)]


def take(world: World) -> list[Posting]:
    """Hand the undone events over to somebody who posts them; they will not be posted from here."""
    with world.store.transaction():
        handed_over = undone(world)
        for posting in handed_over:
            _mark(world, posting.seq, "taken")
        return handed_over


def flush(world: World) -> dict[str, int]:
    """Post everything undone now and wait for the answers, with what follows from it. Each once."""
    tried: set[int] = set()
    counts = {"delivered": 0, "failed": 0}
    while fresh := [p for p in undone(world) if p.seq not in tried and _url(world, p.endpoint)]:
        for posting in fresh:
            tried.add(posting.seq)
            counts["delivered" if attempt(world, posting) else "failed"] += 1
    return counts


def attempt(world: World, posting: Posting) -> bool:
    """Post once. Anything but a 2xx within ten seconds is a failure and will be tried again later."""
    answer = _post(_url(world, posting.endpoint), posting)
    with world.store.transaction():
        if answer.startswith("2"):
            _mark(world, posting.seq, "done", answer)
            return True
        _put_off(world, posting.seq, answer)
        return False


def wait_until_tried(world: World, object_id: str, *, seconds: float) -> None:
    """Stripe holds a paying client back for a moment, so that the shop knows before they return."""
    if world.store.setting("delivery_mode", "normal") != "normal" or not _url(world, "accounts"):
        return
    last = time.monotonic() + seconds
    while time.monotonic() < last and _is_untried(world, object_id):
        time.sleep(0.02)


class Deliverer(threading.Thread):
    """Posts due events in the background."""

    def __init__(self, world: World) -> None:
        super().__init__(daemon=True, name="deliverer")
        self._world = world

    def run(self) -> None:
        while True:
            self._world.wake_deliverer.wait(timeout=0.5)
            self._world.wake_deliverer.clear()
            if self._world.store.setting("delivery_mode", "normal") == "reorder":
                time.sleep(1)  # so that there is something to put out of order
            self._post_due()

    def _post_due(self) -> None:
        with self._world.store.transaction():
            rows = _rows(self._world, ("pending",), due_only=True)
            ready = [_posting(self._world, row) for row in rows if _url(self._world, row["endpoint"])]
        for posting in ready:
            if self._is_still_pending(posting):
                attempt(self._world, posting)

    def _is_still_pending(self, posting: Posting) -> bool:
        rows = self._world.store.sql("SELECT state FROM deliveries WHERE seq = ?", posting.seq)
        return bool(rows) and rows[0]["state"] == "pending"


def _rows(world: World, states: tuple[str, ...], *, due_only: bool) -> list[sqlite3.Row]:
    marks = ", ".join("?" for _ in states)
    before = world.store.now() if due_only else 2**40
    statement = f"SELECT * FROM deliveries WHERE state IN ({marks}) AND next_at <= ? ORDER BY seq"  # noqa: S608
    rows = world.store.sql(statement, *states, before)
    return rows[::-1] if world.store.setting("delivery_mode", "normal") == "reorder" else rows


def _posting(world: World, row: sqlite3.Row) -> Posting:
    body = postings.body_of(world, row["event_id"])
    return Posting(
        seq=row["seq"],
        endpoint=row["endpoint"],
        body=body,
        signature=postings.sign(body, secret=world.config.secrets[row["endpoint"]], at=world.store.now()),
    )


def _post(url: str, posting: Posting) -> str:
    """The status of the answer, or the fault."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=POST_TIMEOUT_SECONDS)
    headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": posting.signature}
    try:
        connection.request("POST", parts.path or "/", body=posting.body, headers=headers)
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()


def _put_off(world: World, seq: int, answer: str) -> None:
    attempts = world.store.sql("SELECT attempts FROM deliveries WHERE seq = ?", seq)[0]["attempts"]
    if attempts >= len(RETRY_SECONDS):
        _mark(world, seq, "failed", answer)
        return
    world.store.sql(
        "UPDATE deliveries SET attempts = attempts + 1, next_at = ?, last_answer = ? WHERE seq = ?",
        *(world.store.now() + RETRY_SECONDS[attempts], answer, seq),
    )


def _mark(world: World, seq: int, state: str, answer: str = "") -> None:
    statement = "UPDATE deliveries SET state = ?, last_answer = ?, attempts = attempts + 1 WHERE seq = ?"
    world.store.sql(statement, state, answer, seq)


def _is_untried(world: World, object_id: str) -> bool:
    statement = (
        "SELECT 1 FROM deliveries JOIN objects ON objects.id = deliveries.event_id"
        " WHERE deliveries.attempts = 0 AND state = 'pending' AND instr(objects.body, ?) LIMIT 1"
    )
    return bool(world.store.sql(statement, object_id))


def _url(world: World, endpoint: str) -> str:
    return world.store.setting(f"endpoint_{endpoint}", world.config.endpoints.get(endpoint, ""))
