"""Customers of one connected account: the people who pay."""

from connect.simulator import events, rendering
from connect.simulator.refusals import missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call, World

KEPT = ("email", "name", "description", "phone", "address")


def create(call: Call) -> Document:
    given = {name: call.params[name] or None for name in KEPT if name in call.params}
    metadata = call.params.get("metadata") or {}
    return rendering.render(new(call.store, account=call.account, metadata=metadata, **given))


def new(store: Store, *, account: str, metadata: dict[str, str] | None = None, **given: object) -> Document:
    customer = {
        "id": store.new_id("cus"),
        "object": "customer",
        "created": store.now(),
        "livemode": False,
        "metadata": metadata or {},
        **given,
    }
    return store.add(customer, account=account)


def retrieve(call: Call) -> Document:
    """One who was deleted is still answered for, as being that."""
    customer = call.store.find(call.ids[0], account=call.account)
    if customer and customer.get("_is_deleted"):
        return {"id": customer["id"], "object": "customer", "deleted": True}
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def found(store: Store, customer_id: str, *, account: str | None, param: str = "id") -> Document:
    customer = store.find(customer_id, account=account)
    if customer is None or customer["object"] != "customer" or customer.get("_is_deleted"):
        raise missing("customer", customer_id, param=param)
    return customer


def delete_in_dashboard(world: World, customer: Document) -> None:
    """Their cards go with them."""
    for method in world.store.linked("payment_method", "customer", customer["id"]):
        world.store.save(method, customer=None, _was_used=True)
    world.store.save(customer, _is_deleted=True)
    events.emit(world, "customer.deleted", customer, account=world.store.owner_of(customer["id"]))
