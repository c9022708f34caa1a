"""Starts the demo's processes, keeps their logs, brings them back when they die, and ends them all."""

import os
import re
import subprocess
import sys
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TextIO

from demo.environment import ROOT
from demo.launching import CannotStart, end, spawn
from demo.servers import Servers

_TROUBLE = re.compile(r"\b(ERROR|CRITICAL|FATAL)\b|\[(error|critical)\]|\"level\": ?\"(error|critical)\"")
_TRACEBACK = "Traceback (most recent call last)"
_COLOURS = ("36", "32", "33", "35", "34", "31")
_RESTARTS_IN_A_MINUTE = 3


@dataclass(frozen=True)
class Program:
    """A process of the demo: what it is called, how it is started, and what it may know."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(repr=False)


class Supervisor:
    """Holds running programs; leaving the block ends them, the last started first."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, tuple[Program, subprocess.Popen[bytes]]] = {}
        self._followers: dict[str, threading.Thread] = {}
        self._deaths: dict[str, list[float]] = defaultdict(list)

    def __enter__(self) -> "Supervisor":
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, process in self._running.values():
            if process.poll() is None:
                process.terminate()
        for _, process in reversed(self._running.values()):
            end(process)

    def log(self, name: str) -> Path:
        """Where the program of this name writes."""
        return self._logs / f"{name}.log"

    def start(self, program: Program, *, quiet: bool = False, again: bool = False) -> None:
        """Start the program and follow what it writes; unless quiet, errors are shown too."""
        reading, writing = os.pipe()
        try:
            process = spawn(program.command, cwd=ROOT, env=program.environment, output=writing)
        finally:
            os.close(writing)
        self._running[program.name] = (program, process)
        log = self.log(program.name).open("a" if again else "w")
        follower = threading.Thread(
            target=self._follow, args=(program.name, reading, log, quiet), daemon=True
        )
        self._followers[program.name] = follower
        follower.start()

    def finish(self, program: Program) -> str:
        """Run the program to its end and return what it wrote; CannotStart when it fails."""
        self.start(program, quiet=True)
        code = self._running[program.name][1].wait()
        del self._running[program.name]
        self._followers[program.name].join(timeout=5)
        if code:
            raise CannotStart(f"{program.name} failed; {self._last_words(program.name)}")
        return self.log(program.name).read_text()

    def insist_that_it_runs(self, name: str) -> None:
        """CannotStart when the program has ended."""
        _, process = self._running[name]
        if process.poll() is not None:
            raise CannotStart(f"{name} ended at its start; {self._last_words(name)}")

    def look_after(self, servers: Servers) -> None:
        """Start again what died; CannotStart when a server is gone or a program keeps dying."""
        gone = servers.ended()
        if gone:
            raise CannotStart(f"{gone} has ended, so everything is ended; its log is in {self._logs}.")
        for name, (program, process) in list(self._running.items()):
            if process.poll() is not None:
                end(process)
                self._bring_back(name, program, process.returncode)

    def _bring_back(self, name: str, program: Program, code: int) -> None:
        now = time.monotonic()
        self._deaths[name] = [death for death in self._deaths[name] if death > now - 60] + [now]
        if len(self._deaths[name]) > _RESTARTS_IN_A_MINUTE:
            raise CannotStart(f"{name} keeps dying, so everything is ended; {self._last_words(name)}")
        self.start(program, again=True)
        self._say(name, f"ended with code {code} and was started again; its log is {self.log(name)}")

    def _follow(self, name: str, reading: int, log: TextIO, quiet: bool) -> None:
        """Copy what the program writes to its log, and errors with their traces to the terminal."""
        in_trace = False
        with os.fdopen(reading, errors="replace") as lines, log:
            for line in lines:
                log.write(line)
                log.flush()
                was_in_trace, in_trace = in_trace, _TRACEBACK in line or (in_trace and line[:1].isspace())
                if not quiet and (in_trace or was_in_trace or _TROUBLE.search(line)):
                    self._say(name, line.rstrip())

    def _say(self, name: str, words: str) -> None:
        print(f"{_coloured(name)} {words}", flush=True)

    def _last_words(self, name: str) -> str:
        written = self.log(name)
        lines = written.read_text(errors="replace").splitlines() if written.exists() else []
        return f"its log is {written} and ends with:\n" + "\n".join(lines[-12:])


def _coloured(name: str) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return f"{name}:"
    return f"\033[{_COLOURS[sum(name.encode()) % len(_COLOURS)]}m{name}:\033[0m"
