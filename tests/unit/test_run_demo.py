"""The demo as a person starts it: it says where it is, Ctrl-C ends all of it, and its state is kept."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import processes
from demo.launching import free_port

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(not os.environ.get("UPFRONT_SLOW"), reason="takes long: ./run test --slow")
OTHERS = (processes.SIMULATOR_PORT, processes.POSTGRES_PORT, processes.VALKEY_PORT)
FIRST_OUTGOING = 32_768


@pytest.fixture
def folder() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="upfront-demo-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def start(folder: Path, port: int) -> subprocess.Popen[str]:
    """With nothing in the environment but where programs and the home folder are."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [ROOT / "run", "demo", "--port", str(port), "--folder", folder]
    return subprocess.Popen(command, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def read_until(demo: subprocess.Popen[str], words: str) -> str:
    assert demo.stdout
    said = ""
    for line in demo.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"the demo ended without saying {words!r}:\n{said}")


def processes_under(launcher: int) -> set[int]:
    """Everything that the launcher started, and what that started."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in map(str.split, listed.splitlines())}
    found: set[int] = set()
    newest = {launcher}
    while newest := {pid for pid, parent in parents.items() if parent in newest}:
        found |= newest
    return found


def is_alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")


def status(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": f"localhost:{port}"})
    return connection.getresponse().status


def port_with_free_ones_beside() -> int:
    """The demo's other servers take theirs as far away as usual: there, too, nothing outgoing may be."""
    while True:
        port = free_port()
        others = [processes.beside(port, usual) for usual in OTHERS]
        if max(others) < FIRST_OUTGOING and all(map(is_free, others)):
            return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_demo_starts_serves_and_ends_as_a_whole_twice(folder):
    port = port_with_free_ones_beside()
    for ending in (signal.SIGINT, signal.SIGTERM):
        demo = start(folder, port)
        try:
            assert f"Ready: http://localhost:{port}\n" in read_until(demo, "Ctrl-C ends everything")
            assert status(port, "/health") == 200
            assert status(port, "/") == 200
            started = processes_under(demo.pid)
            assert len(started) > 7
            demo.send_signal(ending)
            read_until(demo, "what was done is kept")
            assert demo.wait(20) == 0
            assert [pid for pid in started if is_alive(pid)] == []
        finally:
            demo.terminate()
            demo.wait(20)
