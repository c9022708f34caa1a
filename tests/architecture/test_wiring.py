"""What the composition root names: everything is there, takes what it is given, and nothing is forgotten."""

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

from config import wiring
from connect.simulator import events
from kit.wiring import named
from tenants.billing.fulfilment import Fulfilment

# Of the events that a coach's account sends, those of payments, cards, disputes, payouts and the account.
OF_THIS_PATH = [
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "payment_intent.amount_capturable_updated",
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.requires_action",
    "charge.succeeded",
    "charge.captured",
    "charge.expired",
    "charge.updated",
    "charge.refunded",
    "review.opened",
    "review.closed",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "account.application.deauthorized",
    "v2.core.account[configuration.merchant].capability_status_updated",
    "v2.core.account[requirements].updated",
    "v2.core.account.closed",
    "application_fee.created",
    "application_fee.refunded",
    "application_fee.refund.updated",
    "customer.deleted",
    "setup_intent.succeeded",
    "setup_intent.setup_failed",
    "payment_method.attached",
    "payment_method.detached",
    "payment_method.automatically_updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "radar.early_fraud_warning.created",
    "radar.early_fraud_warning.updated",
    "payout.created",
    "payout.updated",
    "payout.paid",
    "payout.failed",
    "payout.canceled",
    "payout.reconciliation_completed",
]

TAKEN_BY = {
    "WAKEUPS": {"reference", "now"},
    "PAPER_LINES": {"reference"},
    "PATROL": {"now"},
    "PROOFS": {"schema_name", "now"},
    "EVENT_SUBSCRIBERS": {"event", "now"},
    "SHARED_EVENTS": {"kind", "schema_name", "now"},
    "PRACTICE_CHANGED": {"kind", "now", "actor", "data"},
    "TENANT_CREATED": {"tenant_id", "now"},
    "EXPORTS": {"now"},
    "CLOSING": {"now"},
    "MOVING": {"now"},
    "STRIPE_EVENTS": {"account_id", "schema_name", "object_id", "now"},
}


def paths(table: str) -> list[str]:
    entries: Any = getattr(wiring, table)
    values = entries.values() if isinstance(entries, dict) else entries
    return sorted({path for value in values for path in ([value] if isinstance(value, str) else value)})


@pytest.mark.parametrize(
    ("table", "path"), [(table, path) for table in TAKEN_BY for path in paths(table)], ids=str
)
def test_what_is_named_is_there_and_takes_what_it_is_given(table: str, path: str) -> None:
    taken = inspect.signature(named(path)).parameters
    assert set(taken) == TAKEN_BY[table]
    assert {each.kind for each in taken.values()} == {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("purpose", wiring.FULFILMENTS)
def test_a_fulfilment_has_every_step_of_its_protocol(purpose: str) -> None:
    module = named(wiring.FULFILMENTS[purpose])
    steps = [name for name in vars(Fulfilment) if not name.startswith("_")]
    assert "still_wanted" in steps
    for name in steps:
        promised = inspect.signature(getattr(Fulfilment, name)).parameters
        taken = inspect.signature(getattr(module, name)).parameters
        assert list(promised)[1:] == list(taken), name


def test_every_table_is_looked_at_here() -> None:
    tables = {name for name in vars(wiring) if name.isupper() and not name.startswith("_")}
    assert tables == set(TAKEN_BY) | {"FULFILMENTS", "STRIPE_EVENTS_IGNORED", "API_CREDENTIALS", "OUTWARD"}


@pytest.mark.parametrize("begins", wiring.API_CREDENTIALS)
def test_a_programs_token_is_asked_what_it_opens(begins: str) -> None:
    taken = inspect.signature(named(wiring.API_CREDENTIALS[begins])).parameters
    assert list(taken) == ["token", "now"]
    assert taken["now"].kind == inspect.Parameter.KEYWORD_ONLY
    assert begins.endswith("_")


@pytest.mark.parametrize("kind", OF_THIS_PATH)
def test_every_stripe_event_of_this_path_is_handled_or_knowingly_ignored(kind: str) -> None:
    assert (kind in wiring.STRIPE_EVENTS) != (kind in wiring.STRIPE_EVENTS_IGNORED)


def test_no_other_event_is_named() -> None:
    """A misspelt name would never be heard of."""
    assert set(wiring.STRIPE_EVENTS) | wiring.STRIPE_EVENTS_IGNORED == set(OF_THIS_PATH)


# Why no test that goes through the simulator can hear of them.
NEVER_SIMULATED = {
    "checkout.session.async_payment_succeeded": "Cards are answered at once.",
    "checkout.session.async_payment_failed": "Cards are answered at once.",
    "application_fee.refund.updated": "Nobody edits the return of a fee.",
}


def simulated() -> set[str]:
    """The events that the simulator makes somewhere: their names in its code, but for its subscriptions."""
    folder = Path(events.__file__).parent
    trees = (ast.parse(path.read_text()) for path in folder.glob("*.py") if path.name != "events.py")
    texts = {node.value for code in trees for node in ast.walk(code) if isinstance(node, ast.Constant)}
    return {text for text in texts if text in OF_THIS_PATH}


def test_the_simulator_posts_what_is_named_and_nothing_else() -> None:
    """What it alone posts would be missed in life; what it does not post no test would hear of."""
    subscribed = events.SUBSCRIBED["accounts"] | events.SUBSCRIBED["self"]
    assert subscribed == set(wiring.STRIPE_EVENTS) | wiring.STRIPE_EVENTS_IGNORED
    assert not events.SUBSCRIBED["self"] & set(wiring.STRIPE_EVENTS)


def test_every_event_that_is_named_happens_in_the_simulator_or_it_is_known_why_not() -> None:
    assert set(OF_THIS_PATH) - simulated() == set(NEVER_SIMULATED)


def test_what_happens_at_a_practice_is_recorded_by_a_name_that_somebody_records() -> None:
    root = Path(__file__).resolve().parents[2]
    rooms = ("tenants", "payouts")
    code = "".join(path.read_text() for room in rooms for path in (root / room).rglob("*.py"))
    for kind in wiring.EVENT_SUBSCRIBERS:
        subject, _, verb = kind.partition(".")
        assert f'"{kind}"' in code or f'f"{subject}.' in code or kind in wiring.SHARED_EVENTS, verb


def test_what_is_outward_is_work_that_there_is() -> None:
    assert set(wiring.WAKEUPS) >= wiring.OUTWARD
