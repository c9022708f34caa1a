"""Early fraud warnings: a bank tells that it believes a charge to be fraudulent."""

from connect.simulator import events, listing, rendering
from connect.simulator.refusals import missing
from connect.simulator.store import Document
from connect.simulator.world import Call, World


def retrieve(call: Call) -> Document:
    warning = call.store.find(call.ids[0], account=call.account)
    if warning is None or warning["object"] != "radar.early_fraud_warning":
        raise missing("early fraud warning", call.ids[0])
    return rendering.render(warning)


def list_warnings(call: Call) -> Document:
    filters, url = ("charge", "payment_intent"), "/v1/radar/early_fraud_warnings"
    return listing.page(call, "radar.early_fraud_warning", url=url, filters=filters)


def warn(world: World, charge: Document, *, fraud_type: str = "unauthorized_use_of_card") -> Document:
    """It is actionable as long as there is something to give back."""
    warning = {
        "id": world.store.new_id("issfr"),
        "object": "radar.early_fraud_warning",
        "actionable": not charge["disputed"] and not charge["refunded"],
        "charge": charge["id"],
        "created": world.store.now(),
        "fraud_type": fraud_type,
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    account = world.store.owner_of(charge["id"])
    world.store.add(warning, account=account)
    events.emit(world, "radar.early_fraud_warning.created", warning, account=account)
    return warning


def note_answered(world: World, charge: Document) -> None:
    """Disputed or wholly given back: nothing can be done about the warning any more."""
    if not charge["disputed"] and not charge["refunded"]:
        return
    for warning in world.store.linked("radar.early_fraud_warning", "charge", charge["id"]):
        if warning["actionable"]:
            world.store.save(warning, actionable=False)
            account = world.store.owner_of(charge["id"])
            events.emit(world, "radar.early_fraud_warning.updated", warning, account=account)
