"""Book a session for a client, send them to the payment, and learn of the confirmation.

    UPFRONT_KEY=upfk_... python3 book_a_session.py order-1017

Run it twice, or stop it anywhere and run it again: the session is booked once.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

BASE, HOST = "https://anna.example.com", "anna.example.com"
KEY = os.environ["UPFRONT_KEY"]
ORDER = sys.argv[1] if len(sys.argv) > 1 else "order-1017"


def ask(method: str, path: str, body: Any = None, key: str = "") -> Any:
    """One request, sent again until it is answered: the Idempotency-Key makes that safe."""
    headers = {
        "Host": HOST,
        "Authorization": f"Bearer {KEY}",
        "Upfront-Version": "2026-11-01",
        "Content-Type": "application/json",
    }
    if key:
        headers["Idempotency-Key"] = key
    data = None if body is None else json.dumps(body).encode()
    while True:
        request = urllib.request.Request(BASE + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            wait = error.headers.get("Retry-After") or (error.code >= 500 and "2")
            if not wait:
                problem = json.load(error)
                sys.exit(f"{problem['code']}: {problem['detail']}")
            time.sleep(int(wait))
        except OSError:
            time.sleep(2)


def first_free_time() -> dict[str, str]:
    """Of the first session type that a program can book and nobody has to accept, from tomorrow on."""
    session_types = ask("GET", "/api/v1/session-types")["data"]
    not_at_once = ("books_in_browser", "needs_approval")
    at_once = (each for each in session_types if not any(each[name] for name in not_at_once))
    session_type = next(each for each in at_once if each["is_active"])
    since = datetime.now(timezone.utc) + timedelta(days=1)
    words = urllib.parse.urlencode(
        {
            "session_type_id": session_type["id"],
            "from": since.isoformat(),
            "to": (since + timedelta(days=14)).isoformat(),
        }
    )
    free = ask("GET", f"/api/v1/slots?{words}")["times"]
    return {"session_type_id": session_type["id"], "starts_at": free[0]["starts_at"]}


# What is going to be sent is written down before it is sent, so that a second run sends the same.
written = Path(f"{ORDER}.json")
if not written.exists():
    client = {"name": "Cleo Client", "email": "cleo@example.com"}
    written.write_text(json.dumps({**first_free_time(), "client": client}))

booking = ask("POST", "/api/v1/bookings", json.loads(written.read_text()), key=ORDER)
booking = ask("GET", f"/api/v1/bookings/{booking['id']}")
if booking["payment_url"]:
    print("Send the client to", booking["payment_url"], flush=True)
while booking["status"] in ("held", "requested"):
    time.sleep(2)
    booking = ask("GET", f"/api/v1/bookings/{booking['id']}")
print(booking["id"], "is", booking["status"], flush=True)
