"""What people, banks and time do, to order: for tests, the demo and the panel.

Every command takes named texts or numbers and answers plain data. They are no part of Stripe's API.
"""

import base64
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from connect.simulator import alarms, commands, delivery, refunds
from connect.simulator.commands import Fields, is_yes
from connect.simulator.faults import Fault
from connect.simulator.world import World


def carry_out(world: World, path: str, fields: Fields) -> Any:
    """Do the command that `path` names, such as `intents/pi_1/capture`.

    Raises Refusal as the API would, and ValueError or KeyError for a command that cannot be understood.
    """
    noun, *rest = path.split("/")
    if not rest:
        return _ALONE[noun](world, fields)
    object_id, verb = rest if len(rest) == 2 else ("", rest[0])
    if not object_id:
        return _ALONE[f"{noun}/{verb}"](world, fields)
    with world.store.transaction():
        alarms.catch_up(world)
        return commands.ON_OBJECTS[noun, verb](world, object_id, fields)


def _move_clock(world: World, fields: Fields) -> Fields:
    """`seconds` forward from now, or to the moment `at`; what falls due happens at once."""
    with world.store.transaction():
        if "at" in fields:
            offset = datetime.fromisoformat(fields["at"]).timestamp() - time.time()
        else:
            offset = float(world.store.setting("clock_offset", "0")) + int(fields["seconds"])
        world.store.set("clock_offset", str(offset))
        alarms.catch_up(world)
    world.wake_deliverer.set()
    return {"now": world.store.now()}


def _order_fault(world: World, fields: Fields) -> Fields:
    fault = Fault(
        pattern=fields["path"],
        kind=str(fields["kind"]),
        count=int(fields.get("count", 1)),
        code=fields.get("code", ""),
        seconds=float(fields.get("seconds", 0)),
    )
    world.faults.order(fault)
    return {"ordered": fault.count}


def _clear_faults(world: World, fields: Fields) -> Fields:
    world.faults.clear()
    return {}


def _set_delivery(world: World, fields: Fields) -> Fields:
    """The mode, the form (thin, snapshot, both), and where the two endpoints are."""
    if "mode" in fields:
        delivery.set_mode(world, fields["mode"])
    if "form" in fields:
        world.store.set("event_form", fields["form"])
    for endpoint in ("accounts", "self"):
        if endpoint in fields:
            world.store.set(f"endpoint_{endpoint}", fields[endpoint])
    return {"mode": delivery.mode(world)}


def _settling(world: World, fields: Fields) -> Fields:
    world.store.set("settle_seconds", str(int(fields["seconds"])))
    return {}


def _refunding(world: World, fields: Fields) -> Fields:
    refunds.stay_pending(world, wanted=is_yes(fields["pending"]))
    return {}


def _flush(world: World, fields: Fields) -> Fields:
    with world.store.transaction():
        alarms.catch_up(world)
    return dict(delivery.flush(world))


def _take(world: World, fields: Fields) -> list[Fields]:
    with world.store.transaction():
        alarms.catch_up(world)
        return [_as_fields(posting) for posting in delivery.take(world)]


def _peek(world: World, fields: Fields) -> list[Fields]:
    return [_as_fields(posting) for posting in delivery.undone(world)]


def _as_fields(posting: delivery.Posting) -> Fields:
    body = base64.b64encode(posting.body).decode()
    return {"endpoint": posting.endpoint, "body": body, "signature": posting.signature}


def _reset(world: World, fields: Fields) -> Fields:
    world.faults.clear()
    world.store.forget_everything()
    return {}


def _now(world: World, fields: Fields) -> Fields:
    return {"now": world.store.now()}


_ALONE: dict[str, Callable[[World, Fields], Any]] = {
    "clock": _move_clock,
    "now": _now,
    "faults": _order_fault,
    "faults/clear": _clear_faults,
    "delivery": _set_delivery,
    "settling": _settling,
    "refunding": _refunding,
    "events/flush": _flush,
    "events/take": _take,
    "events/peek": _peek,
    "reset": _reset,
}
