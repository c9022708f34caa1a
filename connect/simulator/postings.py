"""An event as it is posted: its body and its signature."""

import hashlib
import hmac
import json

from stripe._stripe_object import StripeObject
from stripe.events import _event_classes

from connect.simulator import rendering
from connect.simulator.store import Document
from connect.simulator.world import World


def body_of(world: World, event_id: str) -> bytes:
    event = world.store.find(event_id)
    assert event is not None
    return json.dumps(_posted(event)).encode()


def check_thin(event: Document) -> None:
    """Raises WrongShape. The SDK knows most kinds of events by name; of the others only the frame."""
    known = _event_classes.get_v2_event_class(event["type"])
    if known is not StripeObject:
        rendering.check(event, f"{known.__module__}.{known.__qualname__}")


def sign(body: bytes, *, secret: str, at: int) -> str:
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _posted(event: Document) -> Document:
    """The thin form says what happened to which object, and no more."""
    if event["object"] == "event":
        return rendering.render(event)
    check_thin(event)
    return {name: value for name, value in event.items() if name not in ("data", "snapshot_event")}
