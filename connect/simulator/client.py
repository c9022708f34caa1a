"""Starting the simulator and telling it what people, banks and time do: for tests, the bench and the demo."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connect.simulator.orders import BalanceOrders, CardOrders, Paid, SimulatorRefused, TroubleOrders

__all__ = ["Paid", "PostedEvent", "Simulator", "SimulatorRefused", "start_simulator"]

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class PostedEvent:
    """An event as Stripe would post it to `/stripe/events/<endpoint>`."""

    endpoint: str
    body: bytes
    signature: str


class Simulator(CardOrders, TroubleOrders, BalanceOrders):
    """One running simulator, by its address."""

    def dashboard_capture(self, intent_id: str) -> None:
        self._post(f"intents/{intent_id}/capture")

    def dashboard_cancel(self, intent_id: str) -> None:
        self._post(f"intents/{intent_id}/cancel")

    def dashboard_refund(self, charge_id: str, amount: int | None = None) -> str:
        """The coach refunds in Stripe's dashboard: `amount` minor units, or all. Returns the refund's id."""
        return self._post(f"charges/{charge_id}/refund", amount=amount)["refund"]

    def activate(self, account_id: str) -> None:
        """The coach finishes onboarding; the account can take cards."""
        self._post(f"accounts/{account_id}/activate")

    def restrict(self, account_id: str) -> None:
        self._post(f"accounts/{account_id}/restrict")

    def disconnect(self, account_id: str) -> None:
        """The coach takes the platform's access away."""
        self._post(f"accounts/{account_id}/disconnect")

    def close_account(self, account_id: str) -> None:
        self._post(f"accounts/{account_id}/close")

    def now(self) -> int:
        return self._post("now")["now"]

    def advance(self, seconds: int) -> None:
        """Move the simulator's clock; authorisations lapse and pages expire on the way."""
        self._post("clock", seconds=seconds)

    def set_clock(self, at: datetime) -> None:
        """Let its clock go on from this aware moment."""
        self._post("clock", at=at.isoformat())

    def fail_next(
        self, path_pattern: str, kind: str, count: int = 1, *, code: str = "", seconds: float = 0
    ) -> None:
        """The next `count` API calls whose "METHOD /path" matches the regular expression fail.

        Kinds: `500` (nothing happens), `500_after` (it happens), `429`, `lost` (it happens, the connection
        breaks), `unreachable` (nothing happens, the connection breaks), `timeout` (it happens, the connection
        breaks after `seconds`), `slow` (answered after `seconds`), `refused` (with `code`, for captures).
        The SDK tries again after a broken connection: `count=3` outlasts a client with two retries.
        """
        self._post("faults", path=path_pattern, kind=kind, count=count, code=code, seconds=seconds)

    def clear_faults(self) -> None:
        self._post("faults/clear")

    def delivery_mode(self, mode: str) -> None:
        """`normal`, `hold`, `drop`, `duplicate` or `reorder`, for events from now on."""
        self._post("delivery", mode=mode)

    def event_form(self, form: str) -> None:
        """`thin`, `snapshot` or `both`."""
        self._post("delivery", form=form)

    def deliver_to(self, *, accounts: str, platform: str) -> None:
        """Where events go from now on; "" keeps them for pending_events."""
        self._post("delivery", accounts=accounts, self=platform)

    def settle_after(self, seconds: int) -> None:
        """How long a capture's balance transaction stays unknown; 0: known at once."""
        self._post("settling", seconds=seconds)

    def pending_events(self) -> list[PostedEvent]:
        """Take over every event that is not delivered yet, signed now. They come only once."""
        return [_posted(said) for said in self._post("events/take")]

    def peek_events(self) -> list[PostedEvent]:
        """The same, left where they are."""
        return [_posted(said) for said in self._post("events/peek")]

    def flush(self) -> dict[str, int]:
        """Deliver everything now, held events too, and wait: {"delivered": n, "failed": n}."""
        return self._post("events/flush")

    def reset(self) -> None:
        """Forget everything: accounts, payments, events, faults, the moved clock, the endpoints."""
        self._post("reset")


@contextmanager
def start_simulator(
    *,
    state: Path | None = None,
    port: int = 0,
    deliver_accounts: str = "",
    deliver_self: str = "",
    **options: str | int,
) -> Iterator[Simulator]:
    """Run a simulator in a process of its own for as long as the block lasts.

    `options` are those of `python -m connect.simulator` with underscores (`settle_seconds=0`).
    """
    given = {"state": state or ":memory:", "deliver_accounts": deliver_accounts, "deliver_self": deliver_self}
    arguments = [
        part
        for name, value in {**given, "port": port, **options}.items()
        for part in (f"--{name.replace('_', '-')}", str(value))
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "connect.simulator", "--until-stdin-closes", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SimulatorRefused("The simulator did not start; its error output says why.")
        yield Simulator(f"http://localhost:{json.loads(line)['port']}")
    finally:
        process.terminate()
        process.wait()


def _posted(said: dict[str, str]) -> PostedEvent:
    return PostedEvent(said["endpoint"], base64.b64decode(said["body"]), said["signature"])
