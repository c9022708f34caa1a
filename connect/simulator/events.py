"""Events: made once for what happened, in Stripe's thin and snapshot forms, and queued for their endpoint."""

import secrets
from datetime import UTC, datetime
from typing import Any

from connect.simulator import delivery, listing, postings, rendering
from connect.simulator.refusals import Refusal, missing
from connect.simulator.store import PLATFORM, Document
from connect.simulator.world import API_VERSION, Call, World

# What the project's two event destinations are subscribed to; Stripe posts nothing else.
SUBSCRIBED = {
    "accounts": {
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
        "account.application.deauthorized",
        "v2.core.account[configuration.merchant].capability_status_updated",
        "v2.core.account[requirements].updated",
        "v2.core.account.closed",
    },
    "self": {"application_fee.created", "application_fee.refunded", "application_fee.refund.updated"},
}
PATHS = {
    "checkout.session": "/v1/checkout/sessions/",
    "payment_intent": "/v1/payment_intents/",
    "charge": "/v1/charges/",
    "refund": "/v1/refunds/",
    "customer": "/v1/customers/",
    "payment_method": "/v1/payment_methods/",
    "setup_intent": "/v1/setup_intents/",
    "application_fee": "/v1/application_fees/",
    "dispute": "/v1/disputes/",
    "payout": "/v1/payouts/",
    "radar.early_fraud_warning": "/v1/radar/early_fraud_warnings/",
    "review": "/v1/reviews/",
}


def emit(world: World, kind: str, subject: Document, *, account: str) -> None:
    """Something happened to `subject`, an object of `account` ("" for the platform's own)."""
    said = rendering.render(subject) if subject["object"] in rendering.SDK_TYPES else subject
    tail = secrets.token_hex(12)
    snapshot: Document = {
        "id": f"evt_{tail}",
        "object": "event",
        "api_version": API_VERSION,
        "created": world.store.now(),
        "data": {"object": said},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    if account != PLATFORM:
        snapshot["account"] = account
    world.store.add(snapshot, account=account)
    related = _related(subject)
    thin = _thin(world, f"v1.{kind}", f"evt_thin_{tail}", account=account, related=related)
    world.store.add({**thin, "snapshot_event": snapshot["id"]}, account=account)
    _queue(world, kind, {"snapshot": snapshot["id"], "thin": thin["id"]}, account)


def emit_thin(
    world: World, kind: str, *, account: str, related: dict[str, str], data: dict[str, Any] | None
) -> None:
    """Something happened to an object of the v2 API, which has no snapshot form."""
    event_id = f"evt_thin_{secrets.token_hex(12)}"
    thin = _thin(world, kind, event_id, account=account, related=related)
    world.store.add({**thin, "data": data} if data else thin, account=account)
    _queue(world, kind, {"thin": event_id}, account)


def _thin(
    world: World, kind: str, event_id: str, *, account: str, related: dict[str, str] | None
) -> Document:
    created = datetime.fromtimestamp(world.store.now(), tz=UTC)
    thin: Document = {
        "id": event_id,
        "object": "v2.core.event",
        "type": kind,
        "created": created.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "livemode": False,
        "context": account or None,
    }
    return {**thin, "related_object": related} if related else thin


def _related(subject: Document) -> dict[str, str] | None:
    path = PATHS.get(subject["object"])
    if path is None:
        return None
    return {"id": subject["id"], "type": subject["object"], "url": path + subject["id"]}


def _queue(world: World, kind: str, ids: dict[str, str], account: str) -> None:
    audience = "self" if account == PLATFORM else "accounts"
    if kind not in SUBSCRIBED[audience]:
        return
    wanted = world.store.setting("event_form", world.config.event_form)
    forms = [form for form in ids if wanted in ("both", form)] or list(ids)
    for form in forms:
        delivery.queue(world, ids[form], endpoint=audience, form=form)


def retrieve_thin(call: Call) -> Document:
    event = call.store.find(call.ids[0], account=call.account)
    if event is None or event["object"] != "v2.core.event":
        raise missing("event", call.ids[0])
    postings.check_thin(event)
    return {"changes": None, "reason": None, "snapshot_event": None, **event}


def retrieve_snapshot(call: Call) -> Document:
    event = call.store.find(call.ids[0], account=call.account)
    if event is None or event["object"] != "event":
        raise missing("event", call.ids[0])
    return rendering.render(event)


def list_snapshots(call: Call) -> Document:
    if "types" in call.params:
        raise Refusal(501, "api_error", "Events of several types cannot be listed; name one `type`.")
    return listing.page(call, "event", url="/v1/events", filters=("type",))
