"""Posting events: signed, at least once, retried, and as late, doubled or disordered as a test wants."""

import http.client
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urlsplit

from connect.simulator import postings
from connect.simulator.world import World

MODES = ("normal", "hold", "drop", "duplicate", "reorder")
RETRY_SECONDS = (1, 5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)
POST_TIMEOUT_SECONDS = 10
UNDONE = ("pending", "held")
CLAIM = """
    UPDATE deliveries SET state = 'sending' WHERE seq = ? AND state IN ('pending', 'held') RETURNING seq"""
PUT_OFF = """
    UPDATE deliveries SET state = 'pending', attempts = attempts + 1, next_at = ?, last_answer = ?
    WHERE seq = ?"""
UNTRIED = """
    SELECT 1 FROM deliveries JOIN objects ON objects.id = deliveries.event_id
    WHERE deliveries.attempts = 0 AND state IN ('pending', 'sending') AND instr(objects.body, ?) LIMIT 1"""


@dataclass(frozen=True)
class Posting:
    """One try at one delivery: ready to send."""

    seq: int
    endpoint: str
    body: bytes
    signature: str


def queue(world: World, event_id: str, *, endpoint: str, form: str) -> None:
    state = {"hold": "held", "drop": "dropped"}.get(mode(world), "pending")
    for _ in range(2 if mode(world) == "duplicate" else 1):
        world.store.sql(
            "INSERT INTO deliveries (event_id, endpoint, form, state, next_at) VALUES (?, ?, ?, ?, ?)",
            *(event_id, endpoint, form, state, world.store.now()),
        )
    world.wake_deliverer.set()


def mode(world: World) -> str:
    return world.store.setting("delivery_mode", "normal")


def set_mode(world: World, wanted: str) -> None:
    if wanted not in MODES:
        raise ValueError(f"unknown delivery mode {wanted!r}: one of {', '.join(MODES)}")
    world.store.set("delivery_mode", wanted)


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
    counts: Counter[str] = Counter()
    while fresh := [p for p in undone(world) if p.seq not in tried and _url(world, p.endpoint)]:
        for posting in fresh:
            tried.add(posting.seq)
            counts[attempt(world, posting)] += 1
    while world.store.sql("SELECT 1 FROM deliveries WHERE state = 'sending' LIMIT 1"):
        time.sleep(0.01)
    return {name: counts[name] for name in ("delivered", "failed")}


def attempt(world: World, posting: Posting) -> str:
    """Post once: `delivered`, `failed` (no 2xx within ten seconds: tried again later) or `elsewhere`."""
    if not world.store.sql(CLAIM, posting.seq):
        return "elsewhere"
    answer = _post(_url(world, posting.endpoint), posting)
    with world.store.transaction():
        if answer.startswith("2"):
            _mark(world, posting.seq, "done", answer)
            return "delivered"
        _put_off(world, posting.seq, answer)
        return "failed"


def ready(world: World) -> list[Posting]:
    """What is due now and has somewhere to go."""
    rows = _rows(world, ("pending",), due_only=True)
    return [_posting(world, row) for row in rows if _url(world, row["endpoint"])]


def resume(world: World) -> None:
    """What was on its way when the last process ended may not have arrived."""
    world.store.sql("UPDATE deliveries SET state = 'pending' WHERE state = 'sending'")


def wait_until_tried(world: World, object_id: str, *, seconds: float) -> None:
    """Stripe holds a paying client back for a moment, so that the shop knows before they return."""
    if mode(world) != "normal" or not _url(world, "accounts"):
        return
    last = time.monotonic() + seconds
    while time.monotonic() < last and _is_untried(world, object_id):
        time.sleep(0.02)


def _rows(world: World, states: tuple[str, ...], *, due_only: bool) -> list[sqlite3.Row]:
    marks = ", ".join("?" for _ in states)
    before = world.store.now() if due_only else 2**40
    statement = f"SELECT * FROM deliveries WHERE state IN ({marks}) AND next_at <= ? ORDER BY seq"  # noqa: S608
    rows = world.store.sql(statement, *states, before)
    return rows[::-1] if mode(world) == "reorder" else rows


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
    world.store.sql(PUT_OFF, world.store.now() + RETRY_SECONDS[attempts], answer, seq)


def _mark(world: World, seq: int, state: str, answer: str = "") -> None:
    statement = "UPDATE deliveries SET state = ?, last_answer = ?, attempts = attempts + 1 WHERE seq = ?"
    world.store.sql(statement, state, answer, seq)


def _is_untried(world: World, object_id: str) -> bool:
    return bool(world.store.sql(UNTRIED, object_id))


def _url(world: World, endpoint: str) -> str:
    return world.store.setting(f"endpoint_{endpoint}", world.config.endpoints.get(endpoint, ""))
