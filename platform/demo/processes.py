"""The demo: servers, migration, seed and the processes that serve it; one Ctrl-C ends all of them."""

import http.client
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from demo import environment, naming
from demo.launching import LOCK, CannotStart, only_user_of, refuse_taken_port
from demo.servers import Servers, servers
from demo.supervisor import Program, Supervisor

DEFAULT_PORT, SIMULATOR_PORT, POSTGRES_PORT, VALKEY_PORT = 8000, 12111, 15432, 16379
_OWNER = "OWNER_DATABASE_URL"
_RUNNING = "environment.json"
_HEALTHY_SECONDS = 60
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(Exception):
    """Ctrl-C, or the same said by a signal."""


def serve_demo(*, port: int, folder: Path, fresh: bool, world: str | None = None) -> int:
    """Serve a named world until it is ended; the exit code. Raises CannotStart."""
    _end_on_signals()
    try:
        with only_user_of(folder):
            if fresh:
                drop_state(folder)
            name = _world(folder, world)
            refuse_taken_port(port, wanted_for="the site")
            with _servers(folder, port) as started:
                _serve(folder, port, name, started)
    except Ended:
        print("Ended; what was done is kept.", flush=True)
    return 0


def _world(folder: Path, wanted: str | None) -> str:
    try:
        return naming.chosen(folder, wanted)
    except naming.AnotherWorld as problem:
        raise CannotStart(str(problem)) from problem


@contextmanager
def demo_servers(folder: Path, *, port: int) -> Iterator[Servers]:
    """The demo's servers with all of its variables, for one command. Raises CannotStart."""
    with only_user_of(folder), _servers(folder, port) as started:
        yield started


def running_environment(folder: Path) -> dict[str, str] | None:
    """The variables of the demo that runs in this folder, None when none does."""
    kept = folder / _RUNNING
    if not kept.exists():
        return None
    try:
        with only_user_of(folder):
            kept.unlink()
            return None
    except CannotStart:
        variables: dict[str, str] = json.loads(kept.read_text())
        return variables


def drop_state(folder: Path) -> None:
    """Delete what earlier demos left in this folder, which the launcher must hold."""
    for place in folder.iterdir():
        if place.name == LOCK:
            continue
        if place.is_dir():
            shutil.rmtree(place.resolve())
        if place.is_symlink() or place.exists():
            place.unlink()


def beside(port: int, usual: int) -> int:
    """Another program's port: as far from its usual one as the site's is, so that two demos run at once."""
    lowest, highest = 1024, 65535
    return lowest + (usual + port - DEFAULT_PORT - lowest) % (highest - lowest + 1)


def programs(
    variables: dict[str, str], *, folder: Path, port: int, simulator_port: int, world: str = naming.USUAL
) -> dict[str, Program]:
    """Every process of the demo by its name; only `provisioner` and the one-time ones know the owner."""
    web = {name: value for name, value in variables.items() if name != _OWNER}
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "config.celery"]
    worker = [
        *celery,
        "worker",
        "--loglevel=WARNING",
        "--pool=threads",
        "--without-gossip",
        "--without-mingle",
    ]
    manage = [python, "manage.py"]
    granian = [python, "-m", "granian", "--interface=wsgi", "--host=127.0.0.1", f"--port={port}"]
    granian += ["--workers=1", "--blocking-threads=8", "--no-ws", "--respawn-failed-workers"]
    granian += ["--workers-kill-timeout=5", "--log-level=warning", "config.wsgi:application"]
    events = f"http://localhost:{port}/stripe/events"
    simulator = [python, "-m", "connect.simulator", f"--port={simulator_port}"]
    simulator += [f"--state={folder / 'simulator.json'}", f"--deliver-accounts={events}/accounts"]
    simulator += [f"--deliver-self={events}/self"]
    simulator += [f"--secret-accounts={variables.get('STRIPE_WEBHOOK_SECRET_ACCOUNTS', '')}"]
    simulator += [f"--secret-self={variables.get('STRIPE_WEBHOOK_SECRET_SELF', '')}"]
    every = [
        Program("simulator", simulator, web),
        Program("migrate", [*manage, "migrate"], variables),
        Program("seed", [*manage, "seed", f"--world={world}"], variables),
        Program("web", granian, web),
        Program("worker", [*worker, "--hostname=worker@%h", "--queues=default", "--concurrency=4"], web),
        Program(
            "messenger", [*worker, "--hostname=messenger@%h", "--queues=outward", "--concurrency=8"], web
        ),
        Program(
            "provisioner",
            [*worker, "--hostname=provisioner@%h", "--queues=provisioning", "--concurrency=2"],
            variables,
        ),
        Program(
            "scheduler",
            [*celery, "beat", "--loglevel=WARNING", f"--schedule={folder / 'schedule'}", "--pidfile="],
            web,
        ),
    ]
    return {program.name: program for program in every}


@contextmanager
def _servers(folder: Path, port: int) -> Iterator[Servers]:
    postgres_port, valkey_port = beside(port, POSTGRES_PORT), beside(port, VALKEY_PORT)
    with servers(folder, durable=True, postgres_port=postgres_port, valkey_port=valkey_port) as started:
        simulator_port = beside(port, SIMULATOR_PORT)
        site = environment.for_demo(folder=folder, port=port, simulator_port=simulator_port)
        started.environment.update(site)
        (folder / "static").mkdir(exist_ok=True)
        yield started


def _serve(folder: Path, port: int, world: str, started: Servers) -> None:
    """Bring the processes up, say that it is ready, and stay until it is ended."""
    simulator_port = beside(port, SIMULATOR_PORT)
    variables = {**os.environ, **started.environment}
    known = programs(variables, folder=folder, port=port, simulator_port=simulator_port, world=world)
    with Supervisor(folder / "log") as supervisor, _announced(folder, started.environment):
        if environment.is_simulated(os.environ):
            refuse_taken_port(simulator_port, wanted_for="the simulated Stripe")
            supervisor.start(known["simulator"])
        # The site starts while the tables are made: /health asks for none of them.
        supervisor.start(known["web"])
        supervisor.finish(known["migrate"])
        # The seed lets days go by, and a worker's lease is of minutes: another would do the same again.
        _wait_until_healthy(port, supervisor)
        if world != naming.USUAL and not naming.held_by(folder):
            print(f"Making {naming.NAMES[world]}: this takes some minutes, once.", flush=True)
        words = supervisor.finish(known["seed"]).strip()
        for name in ("worker", "messenger", "provisioner", "scheduler"):
            supervisor.start(known[name])
        print(f"Ready: http://localhost:{port}\n{words}", flush=True)
        print(f"Logs: {folder / 'log'}. Ctrl-C ends everything.", flush=True)
        while True:
            supervisor.look_after(started)
            time.sleep(0.3)


def _wait_until_healthy(port: int, supervisor: Supervisor) -> None:
    deadline = time.monotonic() + _HEALTHY_SECONDS
    while not _is_healthy(port):
        supervisor.insist_that_it_runs("web")
        if time.monotonic() > deadline:
            raise CannotStart(f"The site does not answer on port {port}; its log is {supervisor.log('web')}.")
        time.sleep(0.05)


def _is_healthy(port: int) -> bool:
    # By address, since not every system resolves names under localhost.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _announced(folder: Path, variables: dict[str, str]) -> Iterator[None]:
    """Lets `./run COMMAND` use the running demo's database."""
    kept = folder / _RUNNING
    kept.unlink(missing_ok=True)
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(variables, file)
    try:
        yield
    finally:
        kept.unlink(missing_ok=True)


def _end_on_signals() -> None:
    def end(number: int, frame: FrameType | None) -> None:
        for name in _ENDING:
            signal.signal(name, signal.SIG_IGN)
        raise Ended

    for name in _ENDING:
        signal.signal(name, end)
