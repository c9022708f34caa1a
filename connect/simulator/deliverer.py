"""The background of the simulator: what falls due by the clock, and posting what is ready."""

import threading
import time
import traceback

from connect.simulator import alarms, delivery
from connect.simulator.world import World

TICK_SECONDS = 0.5
REORDER_SECONDS = 1


class Deliverer(threading.Thread):
    def __init__(self, world: World) -> None:
        super().__init__(daemon=True, name="deliverer")
        self._world = world

    def run(self) -> None:
        while True:
            self._world.wake_deliverer.wait(timeout=TICK_SECONDS)
            self._world.wake_deliverer.clear()
            try:
                self._tick()
            except Exception:
                # One event that cannot be posted must not end the posting of all others.
                traceback.print_exc()

    def _tick(self) -> None:
        if delivery.mode(self._world) == "reorder":
            time.sleep(REORDER_SECONDS)  # so that there is something to put out of order
        with self._world.store.transaction():
            alarms.catch_up(self._world)
            ready = delivery.ready(self._world)
        for posting in ready:
            delivery.attempt(self._world, posting)
