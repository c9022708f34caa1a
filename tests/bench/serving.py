"""The site in a process of its own, as the demo starts it, and the browsers that visit it."""

import http.client
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from urllib.parse import urlencode

from demo.launching import CannotStart, end, free_port, spawn
from demo.processes import programs
from tests.bench.measuring import Batch

WAIT_SECONDS = 30
CENTRAL = "localhost:8000"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def queries(self) -> int:
        return int(self.headers.get("x-queries", 0))


def _somewhere() -> str:
    """An address that nobody else has: limits are counted as for strangers, and never reached."""
    return ".".join(["10", *(str(secrets.randbelow(256)) for _ in range(3))])


class Browser:
    """One keep-alive connection with one address and the cookies of one host."""

    def __init__(self, port: int, host: str, *, counting: bool = False) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
        token = secrets.token_hex(16)
        self._cookies = {"csrf": token}
        self._headers = {
            "Host": host,
            "X-CSRFToken": token,
            "X-Forwarded-For": _somewhere(),
            **({"X-Count-Queries": "1"} if counting else {}),
        }

    def get(self, path: str) -> Answer:
        return self._ask("GET", path)

    def post(self, path: str, fields: dict[str, str]) -> Answer:
        return self.send(
            path, urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )

    def send(self, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        return self._ask("POST", path, body, headers)

    def forget(self) -> None:
        """Be somebody new, on the same connection."""
        self._cookies = {"csrf": self._cookies["csrf"]}
        self._headers["X-Forwarded-For"] = _somewhere()

    def close(self) -> None:
        self._connection.close()

    def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        begun = time.perf_counter()
        self._connection.request(method, path, body, {**self._headers, "Cookie": cookies, **(headers or {})})
        response = self._connection.getresponse()
        text = response.read()
        seconds = time.perf_counter() - begun
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, value = line.split(";")[0].partition("=")
            self._cookies[name] = value
        said = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, said, text, seconds)


class Site:
    """The running site."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._meter = Browser(port, CENTRAL)

    def browser(self, host: str, *, counting: bool = False) -> Browser:
        return Browser(self.port, host, counting=counting)

    def cpu_ms(self) -> float:
        """CPU time of the server's process so far."""
        return int(self._meter.get("/bench/cpu").body) / 1e6

    def batch(self, unit: Callable[[], float], count: int) -> Batch:
        """`count` units one after the other; a unit answers the seconds that it took."""
        before = self.cpu_ms()
        seconds = [unit() for _ in range(count)]
        return Batch(seconds, (self.cpu_ms() - before) / count)

    def crowd(self, clients: list[Callable[[], list[float]]]) -> Batch:
        """All clients at once, each in a thread of its own; each answers the seconds of its units."""
        start = Barrier(len(clients))

        def run(client: Callable[[], list[float]]) -> list[float]:
            start.wait(WAIT_SECONDS)
            return client()

        before = self.cpu_ms()
        with ThreadPoolExecutor(len(clients)) as pool:
            seconds = [each for part in pool.map(run, clients) for each in part]
        return Batch(seconds, (self.cpu_ms() - before) / len(seconds))


@contextmanager
def serving(variables: dict[str, str], *, folder: Path) -> Iterator[Site]:
    """Serve with the demo's own command, but the settings of production and those of the bench."""
    port = free_port()
    environment = {**os.environ, **variables, "DEMO": "0", "BEHIND_PROXY": "1"}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"
    root = Path(__file__).resolve().parents[2]
    environment["PYTHONPATH"] = os.pathsep.join([str(root), str(root / "platform")])
    command = programs(environment, folder=folder, port=port, simulator_port=port)["web"].command
    command = [*command[:-1], "tests.bench.wsgi:application"]
    _collect_static(command[0], root, environment)
    with (folder / "bench-web.log").open("w") as log:
        process = spawn(command, cwd=root, env=environment, output=log.fileno())
        try:
            _wait_for(port, process, folder / "bench-web.log")
            yield Site(port)
        finally:
            end(process)


def _collect_static(python: str, root: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        [python, "manage.py", "collectstatic", "--noinput", "-v0"],
        cwd=root,
        env={**environment, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise CannotStart(f"The static files could not be collected:\n{done.stderr[-2000:]}")


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            if Browser(port, CENTRAL).get("/bench/empty").status == 200:
                return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(f"The site does not answer; its log ends with:\n{log.read_text()[-2000:]}")
        time.sleep(0.05)
