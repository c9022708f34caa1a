"""The servers that demo and tests need: those whose addresses are given, embedded ones for the rest."""

import os
import secrets
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from demo.binaries import single_within_reach, valkey_program
from demo.launching import CannotStart, end, home_in, refuse_taken_port, serve, server_account, wait_until
from demo.postgres import OtherVersion, Postgres


class Valkey:
    """A server of the Redis protocol that keeps nothing: the queue may be emptied at any time."""

    def __init__(self, folder: Path, *, port: int, port_option: str = "--port") -> None:
        self.port, self.port_option = port, port_option
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
        refuse_taken_port(self.port, wanted_for="Valkey", option=self.port_option)
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


@contextmanager
def addresses(
    folder: Path,
    *,
    durable: bool,
    postgres_port: int,
    valkey_port: int,
    port_option: str = "--port",
    given: Mapping[str, str] = os.environ,
) -> Iterator[dict[str, str]]:
    """Start what `given` does not name, and yield DATABASE_URL, OWNER_DATABASE_URL, REDIS_URL and PG_BIN.

    Everything that was started ends with the block. Raises CannotStart.
    """
    started: list[Postgres | Valkey] = []
    found = {
        name: given[name] for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "REDIS_URL") if given.get(name)
    }
    try:
        if "DATABASE_URL" not in found:
            postgres = Postgres(folder, port=postgres_port, durable=durable, port_option=port_option)
            started.append(postgres)
            _start_replacing_throwaway(postgres)
            found |= {"DATABASE_URL": postgres.url, "OWNER_DATABASE_URL": postgres.owner_url}
            found["PG_BIN"] = str(postgres.programs)
        elif "OWNER_DATABASE_URL" not in found:
            raise CannotStart(
                "DATABASE_URL is set and OWNER_DATABASE_URL is not: migrations need the address of a role with "
                "LOGIN and CREATEROLE that owns the database."
            )
        if "REDIS_URL" not in found:
            valkey = Valkey(folder, port=valkey_port, port_option=port_option)
            started.append(valkey)
            valkey.start()
            found["REDIS_URL"] = valkey.url
        yield found
    finally:
        for server in reversed(started):
            server.stop()


def _start_replacing_throwaway(postgres: Postgres) -> None:
    try:
        postgres.start()
    except OtherVersion:
        if postgres.durable:
            raise
        postgres.discard()
        postgres.start()
