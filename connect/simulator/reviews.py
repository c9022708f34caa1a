"""Reviews: a payment that Stripe's rules set aside until somebody has looked at it."""

from connect.simulator import events, rendering
from connect.simulator.refusals import invalid, missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

REASONS = ("approved", "canceled", "refunded", "refunded_as_fraud", "disputed", "redacted")


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def found(store: Store, review_id: str, *, account: str | None) -> Document:
    review = store.find(review_id, account=account)
    if review is None or review["object"] != "review":
        raise missing("review", review_id)
    return review


def begin(world: World, intent: Document) -> Document:
    """Raises Refusal when nothing was authorised that could be looked at, or it is looked at already."""
    if not intent.get("latest_charge") or _open_one(world.store, intent):
        raise invalid("Only a charge that is not under review can be.")
    review = {
        "id": world.store.new_id("prv"),
        "object": "review",
        "charge": intent["latest_charge"],
        "created": world.store.now(),
        "livemode": False,
        "open": True,
        "opened_reason": "rule",
        "payment_intent": intent["id"],
        "reason": "rule",
    }
    account = world.store.owner_of(intent["id"])
    world.store.add(review, account=account)
    world.store.save(intent, review=review["id"])
    events.emit(world, "review.opened", review, account=account)
    return review


def close(world: World, review: Document, *, reason: str) -> None:
    if reason not in REASONS or not review["open"]:
        raise ValueError(f"An open review is closed for one of: {', '.join(REASONS)}")
    world.store.save(review, open=False, closed_reason=reason, reason=reason)
    events.emit(world, "review.closed", review, account=world.store.owner_of(review["id"]))


def close_of(world: World, intent: Document, *, reason: str) -> None:
    """The payment is over, and with it what was looked at."""
    review = _open_one(world.store, intent)
    if review:
        close(world, review, reason=reason)


def _open_one(store: Store, intent: Document) -> Document | None:
    review = store.find(intent.get("review") or "")
    return review if review and review["open"] else None
