"""Answers kept by Idempotency-Key for a day of the simulator's clock, errors and faults included."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from connect.simulator.messages import Request
from connect.simulator.refusals import Refusal
from connect.simulator.store import Store

KEPT_SECONDS = 24 * 3600

_in_flight: set[tuple[str, str]] = set()
_guard = threading.Lock()


@contextmanager
def only_one(account: str, key: str | None) -> Iterator[None]:
    """Hold the key while its request is worked on. Raises Refusal (409) when another one holds it."""
    if key is None:
        yield
        return
    with _guard:
        if (account, key) in _in_flight:
            message = "There is currently another in-progress request using this Idempotent Key."
            raise Refusal(409, "idempotency_error", message, code="idempotency_key_in_use")
        _in_flight.add((account, key))
    try:
        yield
    finally:
        with _guard:
            _in_flight.discard((account, key))


def kept_answer(store: Store, request: Request, account: str, key: str | None) -> tuple[int, str, str] | None:
    """Status, body and request id of the first answer. Raises Refusal for other parameters."""
    if key is None:
        return None
    store.sql("DELETE FROM answers WHERE created <= ?", store.now() - KEPT_SECONDS)
    rows = store.sql("SELECT * FROM answers WHERE account = ? AND key = ?", account, key)
    if not rows:
        return None
    if rows[0]["fingerprint"] != _fingerprint(request):
        message = (
            "Keys for idempotent requests can only be used with the parameters they were first used with. "
            f"Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise Refusal(400, "idempotency_error", message)
    return rows[0]["status"], rows[0]["body"], rows[0]["request_id"]


def keep(
    store: Store,
    request: Request,
    account: str,
    key: str | None,
    *,
    status: int,
    body: object,
    request_id: str,
) -> None:
    if key is None:
        return
    store.sql(
        "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(account, key, _fingerprint(request), store.now(), status, json.dumps(body), request_id),
    )


def _fingerprint(request: Request) -> str:
    return hashlib.sha256(f"{request.method} {request.path}\n".encode() + request.body).hexdigest()
