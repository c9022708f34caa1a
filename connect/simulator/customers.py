"""Customers of one connected account: the people who pay."""

from connect.simulator import rendering
from connect.simulator.refusals import missing
from connect.simulator.store import Document, Store
from connect.simulator.world import Call

KEPT = ("email", "name", "description", "phone", "address")


def create(call: Call) -> Document:
    customer = {
        "id": call.store.new_id("cus"),
        "object": "customer",
        "created": call.store.now(),
        "livemode": False,
        "metadata": call.params.get("metadata") or {},
        **{name: call.params[name] or None for name in KEPT if name in call.params},
    }
    return rendering.render(call.store.add(customer, account=call.account))


def retrieve(call: Call) -> Document:
    return rendering.render(found(call.store, call.ids[0], account=call.account))


def found(store: Store, customer_id: str, *, account: str, param: str = "id") -> Document:
    customer = store.find(customer_id, account=account)
    if customer is None or customer["object"] != "customer":
        raise missing("customer", customer_id, param=param)
    return customer
