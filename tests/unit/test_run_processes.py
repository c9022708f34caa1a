"""The demo's processes: who knows what, who is brought back, what is shown, and that all of them end."""

import sys
import time
from pathlib import Path

import pytest

from demo import processes
from demo.launching import LOCK, CannotStart
from demo.servers import Servers
from demo.supervisor import Program, Supervisor

NO_SERVERS = Servers({}, [])


def python(name: str, script: str) -> Program:
    return Program(name, [sys.executable, "-u", "-c", script], {})


def until(condition, seconds=60):
    """However busy the machine is: starting a program may take seconds there."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_only_migration_seed_and_provisioner_know_the_owner():
    variables = {"OWNER_DATABASE_URL": "postgres://owner", "DATABASE_URL": "postgres://web"}
    known = processes.programs(variables, folder=Path("state"), port=8000, simulator_port=12111)
    owners = {name for name, program in known.items() if "OWNER_DATABASE_URL" in program.environment}
    assert owners == {"migrate", "seed", "provisioner"}
    assert all(program.environment["DATABASE_URL"] for program in known.values())


def test_two_demos_on_neighbouring_ports_share_none():
    usual = (8000, processes.SIMULATOR_PORT, processes.POSTGRES_PORT, processes.VALKEY_PORT)
    first, second = ([processes.beside(port, each) for each in usual] for port in (8000, 8001))
    assert first == list(usual)
    assert not set(first) & set(second)
    assert all(1024 <= processes.beside(65000, each) <= 65535 for each in usual)


def test_a_dead_program_is_started_again_and_reported(tmp_path, capsys):
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(python("web", "import time, os; print('up', os.getpid()); time.sleep(0.2)"))

        def is_up_again():
            supervisor.look_after(NO_SERVERS)
            return supervisor.log("web").read_text().count("up") > 1

        until(is_up_again)
    assert "web: ended with code 0 and was started again; its log is" in capsys.readouterr().out


def test_a_program_that_keeps_dying_ends_everything(tmp_path):
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(python("worker", "raise SystemExit('no queue')"))
        with pytest.raises(CannotStart, match=r"(?s)worker keeps dying.*no queue"):
            until(lambda: supervisor.look_after(NO_SERVERS))


def test_errors_and_their_traces_are_shown_and_the_rest_is_only_logged(tmp_path, capsys):
    script = "print('GET /health'); print('[ERROR] slot gone'); print('bye'); {}['missing']"
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(python("web", script))
        until(lambda: "KeyError" in supervisor.log("web").read_text())
        # What follows the log is shown by a thread, which ends with the program's last line.
        supervisor._followers["web"].join(60)
    shown = capsys.readouterr().out
    assert "web: [ERROR] slot gone" in shown
    assert "web: KeyError: 'missing'" in shown
    assert "GET" not in shown
    assert "bye" not in shown
    assert "GET /health" in supervisor.log("web").read_text()


def test_a_failed_step_says_why(tmp_path):
    with Supervisor(tmp_path) as supervisor:
        assert (
            supervisor.finish(python("seed", "print('Coach page: http://maya')"))
            == "Coach page: http://maya\n"
        )
        with pytest.raises(CannotStart, match=r"(?s)migrate failed; its log is .*no such column"):
            supervisor.finish(python("migrate", "raise SystemExit('no such column')"))


def test_leaving_ends_what_runs_and_what_that_started(tmp_path):
    script = (
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
        "print(child.pid); time.sleep(60)"
    )
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(python("web", script))
        until(lambda: supervisor.log("web").read_text().strip())
        child = int(supervisor.log("web").read_text())
        assert _runs(child)
    until(lambda: not _runs(child))


def test_fresh_drops_the_state_also_where_a_link_leads_and_keeps_the_lock(tmp_path):
    folder, elsewhere = tmp_path / "demo", tmp_path / "elsewhere"
    for place in (folder, elsewhere, folder / "mail"):
        place.mkdir()
    for file in (folder / LOCK, folder / "simulator.json", elsewhere / "data"):
        file.write_text("x")
    (folder / "postgres").symlink_to(elsewhere)
    processes.drop_state(folder)
    assert [place.name for place in folder.iterdir()] == [LOCK]
    assert not elsewhere.exists()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
