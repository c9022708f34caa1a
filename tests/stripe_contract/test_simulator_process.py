"""The simulator as a process: what outlives it, and what it says when it cannot start."""

import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from connect.simulator.client import ROOT, SimulatorRefused, start_simulator
from tests.stripe_contract.target import account_params, client_for


def test_what_it_knows_outlives_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "stripe.sqlite3"
    with start_simulator(state=state) as simulator:
        options = {"idempotency_key": "acct-t_1"}
        account = client_for(simulator.url).v2.core.accounts.create(account_params(), options)  # type: ignore[arg-type]
        simulator.activate(account.id)
        simulator.advance(3600)
        clock = simulator.now()
    with start_simulator(state=state) as simulator:
        again = client_for(simulator.url).v2.core.accounts.create(account_params(), options)  # type: ignore[arg-type]
        assert again.id == account.id
        assert simulator.now() >= clock
        assert len(simulator.pending_events()) == 2


def test_a_file_of_another_version_gets_one_sentence(tmp_path: Path) -> None:
    state = tmp_path / "stripe.sqlite3"
    with sqlite3.connect(state) as earlier:
        earlier.execute("CREATE TABLE objects (seq INTEGER PRIMARY KEY, id TEXT, body TEXT)")
    command = [sys.executable, "-m", "connect.simulator", "--port", "0", "--state", str(state)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 1
    assert "start with a new file" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_two_stand_side_by_side() -> None:
    with start_simulator() as one, start_simulator() as other:
        account = client_for(one.url).v2.core.accounts.create(account_params())
        with pytest.raises(SimulatorRefused, match="No such account"):
            other.activate(account.id)


def test_a_port_in_use_gets_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "connect.simulator", "--port", port]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"The simulator cannot listen on port {port}")
    assert "Traceback" not in ended.stderr


def test_a_typo_in_a_command_does_not_pass() -> None:
    with start_simulator() as simulator:
        with pytest.raises(SimulatorRefused, match="unknown fault"):
            simulator.fail_next("/capture$", "losst")
        with pytest.raises(SimulatorRefused, match="unknown delivery mode"):
            simulator.delivery_mode("hodl")


def test_it_needs_no_django() -> None:
    """It must start fast, and stand where the project's settings are not."""
    program = "import connect.simulator.__main__, sys; sys.exit('django' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={}, check=False, timeout=30)
    assert ended.returncode == 0


def test_it_ends_with_the_process_that_started_it() -> None:
    program = (
        "from connect.simulator.client import start_simulator; import os\n"
        "with start_simulator() as simulator: print(simulator.url, flush=True); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    port = int(ended.stdout.rsplit(":", 1)[1])
    last = time.monotonic() + 60
    while is_listening(port):
        assert time.monotonic() < last, "the simulator outlived its parent"
        time.sleep(0.05)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
