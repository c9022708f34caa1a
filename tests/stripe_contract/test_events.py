"""Events: their two forms, their signatures, and every way in which they can arrive or not arrive."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import stripe

from connect.simulator.client import PostedEvent, Simulator
from tests.stripe_contract.target import Stripe

Make = Callable[..., Any]
SECRETS = {"accounts": "whsec_simulated_accounts", "self": "whsec_simulated_self"}


def types(events: list[PostedEvent]) -> list[str]:
    return [json.loads(event.body)["type"] for event in events]


@contextmanager
def endpoint(answers: list[int], *, seconds: float = 0) -> Iterator[tuple[str, list[str]]]:
    """A webhook endpoint that gives these answers in turn, then 200; and the types that it was sent."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append(json.loads(body)["type"])
            time.sleep(seconds)
            self.send_response(answers.pop(0) if answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/events", heard
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _needs_controls(simulator: Simulator) -> None:
    """A sandbox posts its events to its own endpoints; these tests read the simulator's."""


def test_an_authorisation_and_a_capture_are_told(simulator: Simulator, open_checkout: Make) -> None:
    paid = simulator.pay(
        open_checkout(payment_intent_data={"capture_method": "manual", "application_fee_amount": 450}).id
    )
    assert types(simulator.pending_events()) == [
        "v1.charge.succeeded",
        "v1.payment_intent.amount_capturable_updated",
        "v1.checkout.session.completed",
    ]
    simulator.settle_after(0)
    simulator.dashboard_capture(paid.intent_id)
    events = simulator.pending_events()
    assert [(event.endpoint, kind) for event, kind in zip(events, types(events), strict=True)] == [
        ("self", "v1.application_fee.created"),
        ("accounts", "v1.charge.captured"),
        ("accounts", "v1.payment_intent.succeeded"),
    ]


def test_a_thin_event_names_its_object_and_says_no_more(
    api: Stripe, simulator: Simulator, authorised: Make
) -> None:
    intent = authorised()
    (event,) = [one for one in simulator.pending_events() if b"amount_capturable" in one.body]
    notice: Any = api.client.parse_event_notification(event.body, event.signature, SECRETS["accounts"])
    assert notice.related_object.id == intent.id
    assert str(notice.context) == api.account
    assert notice.fetch_related_object().id == intent.id
    assert notice.fetch_event().id == notice.id
    assert not re.search(rb"\b4500\b", event.body)


def test_a_snapshot_event_carries_its_object(api: Stripe, simulator: Simulator, authorised: Make) -> None:
    simulator.event_form("snapshot")
    intent = authorised()
    (event,) = [one for one in simulator.pending_events() if b"amount_capturable" in one.body]
    told = api.client.construct_event(event.body, event.signature, SECRETS["accounts"])
    assert (told.account, told.type) == (api.account, "payment_intent.amount_capturable_updated")
    assert told.data.object["id"] == intent.id
    assert api.v1.events.retrieve(told.id, None, api.own()).id == told.id
    listed = api.v1.events.list({"type": told.type}, api.own())
    assert [one.id for one in listed.data] == [told.id]


def test_one_change_may_come_in_both_forms(simulator: Simulator, authorised: Make) -> None:
    simulator.event_form("both")
    authorised()
    kinds = types(simulator.pending_events())
    assert {"charge.succeeded", "v1.charge.succeeded"} <= set(kinds)


def test_each_endpoint_has_a_secret_of_its_own(api: Stripe, simulator: Simulator, captured: Make) -> None:
    captured(450)
    for event in simulator.pending_events():
        other = SECRETS["self" if event.endpoint == "accounts" else "accounts"]
        api.client.parse_event_notification(event.body, event.signature, SECRETS[event.endpoint])
        with pytest.raises(stripe.SignatureVerificationError):
            api.client.parse_event_notification(event.body, event.signature, other)


def test_an_account_tells_what_became_of_it(api: Stripe, simulator: Simulator) -> None:
    simulator.restrict(api.account)
    assert "v2.core.account[configuration.merchant].capability_status_updated" in types(
        simulator.pending_events()
    )
    simulator.disconnect(api.account)
    (event,) = simulator.pending_events()
    assert json.loads(event.body)["type"] == "v1.account.application.deauthorized"
    assert json.loads(event.body)["context"] == api.account


def test_events_arrive_by_themselves(simulator: Simulator, authorised: Make) -> None:
    with endpoint([]) as (url, heard):
        simulator.deliver_to(accounts=url, platform=url)
        authorised()
        wait_for(lambda: len(heard) == 2)
    assert simulator.pending_events() == []


def test_what_falls_due_is_told_without_anybody_asking(simulator: Simulator, authorised: Make) -> None:
    with endpoint([]) as (url, heard):
        simulator.settle_after(1)
        intent = authorised()
        simulator.pending_events()
        simulator.deliver_to(accounts=url, platform=url)
        simulator.dashboard_capture(intent.id)
        wait_for(lambda: "v1.charge.updated" in heard)


def test_a_failed_delivery_is_tried_again(simulator: Simulator, authorised: Make) -> None:
    with endpoint([500, 302]) as (url, heard):
        simulator.deliver_to(accounts=url, platform=url)
        authorised()
        wait_for(lambda: len(heard) == 2)
        wait_for(lambda: len(simulator.peek_events()) == 2)
        simulator.advance(10)
        wait_for(lambda: len(heard) == 4)
    assert sorted(heard[2:]) == sorted(heard[:2])


def test_held_events_wait_for_the_word(simulator: Simulator, authorised: Make) -> None:
    with endpoint([]) as (url, heard):
        simulator.deliver_to(accounts=url, platform=url)
        simulator.delivery_mode("hold")
        authorised()
        assert len(simulator.peek_events()) == 2
        assert heard == []
        assert simulator.flush() == {"delivered": 2, "failed": 0}
        assert len(heard) == 2


def test_a_flush_waits_for_what_is_on_its_way_and_sends_nothing_twice(
    simulator: Simulator, authorised: Make
) -> None:
    with endpoint([], seconds=0.3) as (url, heard):
        simulator.deliver_to(accounts=url, platform=url)
        authorised()
        wait_for(lambda: len(heard) == 1)
        simulator.flush()
        assert sorted(heard) == ["v1.charge.succeeded", "v1.payment_intent.amount_capturable_updated"]


def test_dropped_events_never_come(simulator: Simulator, authorised: Make) -> None:
    simulator.delivery_mode("drop")
    authorised()
    assert simulator.pending_events() == []
    simulator.delivery_mode("normal")
    assert simulator.flush() == {"delivered": 0, "failed": 0}


def test_events_can_come_twice_with_the_same_id(simulator: Simulator, authorised: Make) -> None:
    simulator.delivery_mode("duplicate")
    authorised()
    ids = [json.loads(event.body)["id"] for event in simulator.pending_events()]
    assert (len(ids), len(set(ids))) == (4, 2)


def test_events_can_come_in_reverse(simulator: Simulator, authorised: Make) -> None:
    simulator.delivery_mode("reorder")
    authorised()
    assert types(simulator.pending_events()) == [
        "v1.payment_intent.amount_capturable_updated",
        "v1.charge.succeeded",
    ]


def test_taken_events_come_once(simulator: Simulator, authorised: Make) -> None:
    authorised()
    assert len(simulator.peek_events()) == 2
    assert len(simulator.pending_events()) == 2
    assert simulator.pending_events() == []


def wait_for(condition: Callable[[], bool]) -> None:
    last = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < last, "it did not happen within a minute"
        time.sleep(0.02)
