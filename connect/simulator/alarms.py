"""What happens by itself when the simulator's clock gets there."""

from connect.simulator import authorisations, balance, charges, checkout, payouts, refunds
from connect.simulator.world import World

DUTIES = {
    authorisations.LAPSE: authorisations.lapse,
    checkout.EXPIRE: checkout.expire_by_clock,
    charges.SETTLE: charges.settle,
    balance.PAY_OUT: payouts.make_due,
    payouts.SEND: payouts.send,
    payouts.ARRIVE: payouts.arrive,
    refunds.SUCCEED: refunds.succeed,
    refunds.FAIL: refunds.fail,
}


def catch_up(world: World) -> None:
    """Do everything that has become due. Called inside every transaction, so that no answer is stale."""
    while alarm := world.store.take_due_alarm():
        kind, object_id, due_at = alarm
        document = world.store.find(object_id)
        if document is not None:
            with world.store.at(due_at):
                DUTIES[kind](world, document)
