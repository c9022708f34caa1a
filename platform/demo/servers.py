"""The servers that demo and tests need: those whose addresses are given, embedded ones for the rest."""

import os
import secrets
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from demo.binaries import single_within_reach, valkey_program
from demo.launching import CannotStart, end, home_in, refuse_taken_port, serve, server_account, wait_until
from demo.postgres import OtherVersion, Postgres

ADDRESSES = ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL")


class Valkey:
    """A server of the Redis protocol that keeps nothing: the queue may be emptied at any time."""

    def __init__(self, folder: Path, *, port: int) -> None:
        self.port = port
        self.home = home_in(folder, "valkey")
        self.log = folder / "log" / "valkey.log"
        self.program = single_within_reach(valkey_program(), account=server_account(), copies=self.home)
        self.password = secrets.token_hex(16)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address, with a password that is new at each start."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Return when the server answers. Raises CannotStart."""
        refuse_taken_port(self.port, wanted_for="Valkey")
        # By standard input, since arguments can be read by every user of the machine.
        settings = f'port {self.port}\nbind 127.0.0.1\nsave ""\nrequirepass {self.password}\n'
        self.process = serve([str(self.program), "-"], home=self.home, log=self.log, stdin=settings)
        wait_until(self._answers, self.process, name="Valkey", log=self.log)

    def stop(self) -> None:
        """End the server; what it held is gone."""
        if self.process:
            end(self.process)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\n".encode())
                return connection.recv(3) == b"+OK"
        except OSError:
            return False


@dataclass(frozen=True)
class Servers:
    """What runs, and the variables that lead to it: DATABASE_URL, OWNER_DATABASE_URL, REDIS_URL, PG_BIN."""

    environment: dict[str, str]
    started: list[Postgres | Valkey]

    def ended(self) -> str | None:
        """The name of a server that was started here and is gone."""
        gone = (server for server in self.started if server.process and server.process.poll() is not None)
        return next((type(server).__name__ for server in gone), None)


@contextmanager
def servers(
    folder: Path,
    *,
    durable: bool,
    postgres_port: int,
    valkey_port: int,
    given: Mapping[str, str] = os.environ,
) -> Iterator[Servers]:
    """Start what `given` does not name; everything that was started ends with the block.

    Raises CannotStart: no program for it here, a port in use, data of another version.
    """
    running = Servers({name: given[name] for name in ADDRESSES if given.get(name)}, [])
    try:
        if "DATABASE_URL" not in running.environment:
            _add_postgres(running, Postgres(folder, port=postgres_port, durable=durable))
        elif "OWNER_DATABASE_URL" not in running.environment:
            raise CannotStart(
                "DATABASE_URL is set and OWNER_DATABASE_URL is not: migrations need the address of a role "
                "with LOGIN and CREATEROLE that owns the database."
            )
        if "REDIS_URL" not in running.environment:
            _add_valkey(running, Valkey(folder, port=valkey_port))
        yield running
    finally:
        for server in reversed(running.started):
            server.stop()


def _add_postgres(running: Servers, postgres: Postgres) -> None:
    running.started.append(postgres)
    _start_replacing_throwaway(postgres)
    running.environment["DATABASE_URL"] = postgres.url
    running.environment["OWNER_DATABASE_URL"] = postgres.owner_url
    running.environment["PG_BIN"] = str(postgres.programs)


def _add_valkey(running: Servers, valkey: Valkey) -> None:
    running.started.append(valkey)
    valkey.start()
    running.environment["REDIS_URL"] = valkey.url


def _start_replacing_throwaway(postgres: Postgres) -> None:
    try:
        postgres.start()
    except OtherVersion:
        if postgres.durable:
            raise
        postgres.discard()
        postgres.start()
