"""The real thing for a browser: the demo's own programs, with a database, a queue and a mailbox."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import redis
from django.db import connections
from psycopg import sql

from connect.simulator.client import Simulator
from demo import environment
from demo.launching import free_port
from demo.processes import programs
from demo.supervisor import Program, Supervisor
from kit import clock
from tests import template

START_SECONDS = 60


@dataclass(frozen=True)
class Stack:
    """A running platform, seeded with the demo's people."""

    port: int
    stripe: Simulator
    variables: Mapping[str, str] = field(repr=False)

    @property
    def central(self) -> str:
        return f"http://localhost:{self.port}"

    def coach_page(self, slug: str) -> str:
        return f"http://{slug}.localhost:{self.port}"

    def is_ours(self, url: str) -> bool:
        """Whether an address is the platform's or the simulated Stripe's."""
        host = url.split("/")[2]
        return host in (f"localhost:{self.port}", self.stripe.url.split("/")[2]) or host.endswith(
            f".localhost:{self.port}"
        )

    def now(self) -> datetime:
        """What the clocks of the platform show."""
        ahead = Path(self.variables["LOCAL_DIR"], "clock-offset-seconds")
        return datetime.now(UTC) + timedelta(seconds=int(ahead.read_text()) if ahead.exists() else 0)

    def let_pass(self, seconds: int) -> None:
        """Time goes on, for Stripe too."""
        self.stripe.advance(seconds)
        self.run("-c", f"from kit import clock; clock.advance({seconds})")

    def run(self, *words: str) -> None:
        """A Python program with all that the platform's own processes know."""
        command = [sys.executable, *words]
        subprocess.run(command, env=dict(self.variables), cwd=environment.ROOT, check=True)


@contextmanager
def running_stack(folder: Path, variables: Mapping[str, str], copy: str) -> Iterator[Stack]:
    """Web, worker, simulator and the seeded world, for as long as the block lasts.

    `copy` is the database of this test process, after whose number the stack's own things are called.
    """
    port, simulator_port = free_port(), free_port()
    with _database() as database, Supervisor(folder / "log") as supervisor:
        site = {
            **variables,
            **environment.for_demo(folder=folder, port=port, simulator_port=simulator_port),
            **environment.STRIPE,
            "STRIPE_API_BASE": f"http://localhost:{simulator_port}",
            "REDIS_URL": _own_queue(variables["REDIS_URL"], copy),
            "SWEEP_SECONDS": "1",
            "PYTHONPATH": os.pathsep.join(str(environment.ROOT / root) for root in (".", "platform")),
            **database,
        }
        (folder / "static").mkdir()
        known = programs(site, folder=folder, port=port, simulator_port=simulator_port)
        supervisor.start(known["simulator"])
        stack = Stack(port, Simulator(f"http://localhost:{simulator_port}"), site)
        _wait_for(f"{stack.stripe.url}/", supervisor, "simulator")
        stack.let_pass(round(clock.offset().total_seconds()))
        supervisor.start(known["web"])
        supervisor.finish(known["migrate"])
        supervisor.start(_one_worker(known, folder))
        supervisor.finish(known["seed"])
        _wait_for(f"http://localhost:{port}/ready", supervisor, "web")
        yield stack


def _one_worker(known: Mapping[str, Program], folder: Path) -> Program:
    """All queues and the clock in one process: tests share few cores."""
    worker = known["provisioner"]
    command = [part for part in worker.command if not part.startswith("--queues=")]
    command += ["--queues=default,outward,provisioning", "--beat", f"--schedule={folder / 'schedule'}"]
    return replace(worker, name="worker", command=command)


@contextmanager
def _database() -> Iterator[dict[str, str]]:
    """An empty database beside the copy that this test process has; the variables that lead to it."""
    settings = connections.settings
    name = f"{settings['owner']['NAME']}_browser"
    with psycopg.connect(**template.owner_address()) as owner:  # type: ignore[arg-type]
        template._drop(owner, name)
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield {
                variable: "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{}".format(name, **settings[alias])
                for variable, alias in (("DATABASE_URL", "default"), ("OWNER_DATABASE_URL", "owner"))
            }
        finally:
            template._drop(owner, name)


def _own_queue(address: str, copy: str) -> str:
    """One of Redis's sixteen databases, emptied; the first one is shared by all other tests."""
    number = int(copy.rpartition("_")[2])
    own = f"{address.rsplit('/', 1)[0]}/{1 + number % 15}"
    with redis.Redis.from_url(own) as client:
        client.flushdb()
    return own


def _wait_for(url: str, supervisor: Supervisor, program: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urlopen(url, timeout=5).close()  # noqa: S310
            return
        except (URLError, OSError):
            supervisor.insist_that_it_runs(program)
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
