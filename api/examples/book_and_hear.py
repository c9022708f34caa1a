"""Book a session with the typed client, and hear by a signed webhook that it is paid.

    UPFRONT_KEY=upfk_... python3 book_and_hear.py order-1017 https://books.example.com/upfront 8080

Webhooks are sent to the address, and this program listens for them on the port. Run it twice, or stop it
anywhere and run it again: the session is booked once, and the webhook is made once.
"""

import base64
import json
import os
import queue
import secrets
import sys
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from standardwebhooks import Webhook, WebhookVerificationError
from upfront_client import AuthenticatedClient
from upfront_client.api.bookings import book_a_session, get_a_booking
from upfront_client.api.free_times import list_free_times
from upfront_client.api.session_types import list_session_types
from upfront_client.api.webhooks import list_webhook_endpoints, make_a_webhook_endpoint
from upfront_client.models import NewBooking, NewClient, NewWebhookEndpoint, Problem

BASE, HOST = "https://anna.example.com", "anna.example.com"
ORDER, ADDRESS, PORT = sys.argv[1], sys.argv[2], int(sys.argv[3])

upfront = AuthenticatedClient(
    base_url=BASE, token=os.environ["UPFRONT_KEY"], headers={"Host": HOST}, raise_on_unexpected_status=True
)
events: queue.Queue[Any] = queue.Queue()
Answer = TypeVar("Answer")


def done(answer: Answer | Problem | None) -> Answer:
    """The answer, unless it says what is wrong."""
    if isinstance(answer, Problem) or answer is None:
        sys.exit(f"{answer.code}: {answer.detail}" if answer else "There was no answer: run it again.")
    return answer


def kept(name: str, make: Any) -> Any:
    """What is going to be sent is written down before it is sent, so that a second run sends the same."""
    written = Path(name)
    if not written.exists():
        written.write_text(json.dumps(make()))
    return json.loads(written.read_text())


def what_to_book() -> dict[str, Any]:
    """The first free time from tomorrow on, of what a program can book and nobody has to accept."""
    session_types = done(list_session_types.sync(client=upfront)).data
    chosen = next(
        each
        for each in session_types
        if each.is_active and not each.books_in_browser and not each.needs_approval
    )
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    free = done(
        list_free_times.sync(
            client=upfront, session_type_id=chosen.id, from_=tomorrow, to=tomorrow + timedelta(days=14)
        )
    )
    client = NewClient(name="Cleo Client", email="cleo@example.com")
    return NewBooking(session_type_id=chosen.id, starts_at=free.times[0].starts_at, client=client).to_dict()


class Receiver(BaseHTTPRequestHandler):
    """Answers at once, and leaves the work to the program: who waits too long is sent it again."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            events.put(Webhook(SECRET).verify(body, dict(self.headers)))
        except WebhookVerificationError:
            self.send_response(400)  # It is not from the coach's practice, or it is old.
        else:
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


SECRET = kept("webhook-secret.json", lambda: "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
threading.Thread(target=ThreadingHTTPServer(("", PORT), Receiver).serve_forever, daemon=True).start()
if ADDRESS not in [each.url for each in done(list_webhook_endpoints.sync(client=upfront)).data]:
    webhook = NewWebhookEndpoint(url=ADDRESS, kinds="booking.*", secret=SECRET)
    done(make_a_webhook_endpoint.sync(client=upfront, body=webhook, idempotency_key=ADDRESS))

wanted = NewBooking.from_dict(kept(f"{ORDER}.json", what_to_book))
made = done(book_a_session.sync(client=upfront, body=wanted, idempotency_key=ORDER))
booking = done(get_a_booking.sync(made.id, client=upfront))
if booking.payment_url:
    print("Send the client to", booking.payment_url, flush=True)
while booking.status in ("held", "requested"):
    event = events.get()
    print("Heard", event["type"], flush=True)
    if event["data"]["id"] == str(booking.id):
        booking = done(get_a_booking.sync(booking.id, client=upfront))
print(booking.id, "is", booking.status, flush=True)
