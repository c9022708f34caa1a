"""Posted events: who signed them and when, and one shape for two forms."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connect import gateway
from connect.simulator.postings import sign

NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
SECRET = "whsec_one"  # noqa: S105
SNAPSHOT = {
    "id": "evt_1",
    "object": "event",
    "account": "acct_1",
    "created": 1_781_092_800,
    "data": {"object": {"id": "pi_1", "object": "payment_intent"}},
    "livemode": False,
    "type": "payment_intent.succeeded",
}
THIN = {
    "id": "evt_2",
    "object": "v2.core.event",
    "context": "acct_1",
    "created": "2026-06-10T12:00:00.000Z",
    "livemode": False,
    "related_object": {"id": "pi_1", "type": "payment_intent", "url": "/v1/payment_intents/pi_1"},
    "type": "v1.payment_intent.succeeded",
}


def parse(event: Any, *, signed_at: datetime = NOW, secret: str = SECRET) -> gateway.StripeNotice:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    signature = sign(body, secret=secret, at=int(signed_at.timestamp()))
    return gateway.parse_event(payload=body, signature=signature, secret=SECRET, now=NOW)


def test_both_forms_become_the_same_notice() -> None:
    snapshot, thin = parse(SNAPSHOT), parse(THIN)
    assert snapshot == gateway.StripeNotice(
        id="evt_1",
        type="payment_intent.succeeded",
        account_id="acct_1",
        object_id="pi_1",
        object_type="payment_intent",
        livemode=False,
        created=NOW,
    )
    assert (thin.type, thin.account_id, thin.object_id, thin.created) == (
        snapshot.type,
        snapshot.account_id,
        snapshot.object_id,
        snapshot.created,
    )


def test_an_event_of_the_platform_has_no_account() -> None:
    assert parse({**THIN, "context": None}).account_id is None
    assert parse({name: value for name, value in SNAPSHOT.items() if name != "account"}).account_id is None


@pytest.mark.parametrize("context", [None, "acct_9"])
def test_an_event_about_an_account_belongs_to_it(context: str | None) -> None:
    about = {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/acct_1"}
    kind = "v2.core.account[requirements].updated"
    notice = parse({**THIN, "type": kind, "related_object": about, "context": context})
    assert (notice.account_id, notice.type) == ("acct_1", kind)


def test_a_thin_event_may_name_no_object() -> None:
    event = {name: value for name, value in THIN.items() if name != "related_object"}
    notice = parse({**event, "type": "v1.account.application.deauthorized"})
    assert (notice.account_id, notice.object_id) == ("acct_1", None)


def test_the_last_account_of_a_context_is_where_it_happened() -> None:
    assert parse({**THIN, "context": "acct_0/acct_1"}).account_id == "acct_1"


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_or_future_signature_is_refused(seconds: int) -> None:
    with pytest.raises(gateway.BadSignature):
        parse(SNAPSHOT, signed_at=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [-300, 300])
def test_a_signature_within_five_minutes_is_taken(seconds: int) -> None:
    assert parse(SNAPSHOT, signed_at=NOW + timedelta(seconds=seconds)).id == "evt_1"


def test_another_secret_is_refused() -> None:
    with pytest.raises(gateway.BadSignature):
        parse(SNAPSHOT, secret="whsec_two")  # noqa: S106


def test_a_changed_body_is_refused() -> None:
    signature = sign(json.dumps(SNAPSHOT).encode(), secret=SECRET, at=int(NOW.timestamp()))
    changed = json.dumps({**SNAPSHOT, "account": "acct_2"}).encode()
    with pytest.raises(gateway.BadSignature):
        gateway.parse_event(payload=changed, signature=signature, secret=SECRET, now=NOW)


@pytest.mark.parametrize(
    "signature", ["", "nonsense", "t=x,v1=y", "t=1781092800", "v1=abc", "t=99999999999999,v1=a"]
)
def test_what_is_no_signature_is_refused(signature: str) -> None:
    with pytest.raises(gateway.BadSignature):
        gateway.parse_event(payload=b"{}", signature=signature, secret=SECRET, now=NOW)


def test_a_second_time_cannot_be_slipped_in() -> None:
    """The header is not signed itself: only the time that was signed may count."""
    old = int((NOW - timedelta(days=2)).timestamp())
    body = json.dumps(SNAPSHOT).encode()
    stolen = sign(body, secret=SECRET, at=old)
    for header in (f"{stolen},t={int(NOW.timestamp())}", f"t={int(NOW.timestamp())},{stolen}"):
        with pytest.raises(gateway.BadSignature):
            gateway.parse_event(payload=body, signature=header, secret=SECRET, now=NOW)


def test_any_of_several_signatures_will_do() -> None:
    """Stripe signs with the old and the new secret while one is being replaced."""
    body = json.dumps(SNAPSHOT).encode()
    right = sign(body, secret=SECRET, at=int(NOW.timestamp()))
    header = right.replace(",v1=", ",v1=0000,v1=")
    assert gateway.parse_event(payload=body, signature=header, secret=SECRET, now=NOW).id == "evt_1"


@pytest.mark.parametrize(
    "body",
    [
        b"not json",
        b"[]",
        b'"text"',
        b"{}",
        b'{"object": "charge"}',
        json.dumps({**SNAPSHOT, "id": None}).encode(),
        json.dumps({**SNAPSHOT, "data": None}).encode(),
        json.dumps({**THIN, "created": "yesterday"}).encode(),
        json.dumps({**THIN, "type": 3}).encode(),
        json.dumps({**THIN, "related_object": "pi_1"}).encode(),
        json.dumps({**SNAPSHOT, "created": 10**18}).encode(),
        b"\xff\xfe",
    ],
)
def test_what_is_signed_but_no_event_is_malformed(body: bytes) -> None:
    with pytest.raises((gateway.MalformedEvent, gateway.BadSignature)):
        parse(body)
