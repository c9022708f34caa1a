"""What happens by itself when the simulator's clock gets there."""

from connect.simulator import authorisations, charges, checkout
from connect.simulator.world import World

DUTIES = {
    authorisations.LAPSE: authorisations.lapse,
    checkout.EXPIRE: checkout.expire_by_clock,
    charges.SETTLE: charges.settle,
}


def catch_up(world: World) -> None:
    """Do everything that has become due. Called inside every transaction, so that no answer is stale."""
    while alarm := world.store.take_due_alarm():
        kind, object_id = alarm
        document = world.store.find(object_id)
        if document is not None:
            DUTIES[kind](world, document)
