"""An embedded PostgreSQL cluster with the three roles that the platform knows.

The bootstrap superuser exists for initdb and the single-user session that creates the roles, and nobody can
log in as it. The server listens on 127.0.0.1 only; random passwords are kept beside the data (mode 0600).
"""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from demo.binaries import postgres_programs, postgres_version, within_reach
from demo.launching import (
    CannotStart,
    end,
    home_in,
    owned_folder,
    refuse_taken_port,
    serve,
    server_account,
    server_environment,
    wait_until,
)

DATABASE, OWNER, WEB = "upfront", "upfront_owner", "upfront_web"
_ACCESS = "host all all 127.0.0.1/32 scram-sha-256\n"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # One transaction that touches many tenants' tables takes a lock for each of them.
    "max_locks_per_transaction": "256",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_THROWAWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class OtherVersion(CannotStart):
    """The data folder was written by another major version of PostgreSQL."""


class Postgres:
    """One cluster under `folder/postgres`; `durable=False` trades safety of the data for speed (tests)."""

    def __init__(self, folder: Path, *, port: int, durable: bool) -> None:
        self.port, self.durable = port, durable
        self.account = server_account()
        self.home = home_in(folder, "postgres")
        self.data = self.home / "data"
        self.log = folder / "log" / "postgres.log"
        self.programs = within_reach(postgres_programs(), account=self.account, copies=self.home)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for the web role."""
        return f"postgres://{WEB}:{self._passwords()[WEB]}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def owner_url(self) -> str:
        """The address for the role that owns everything and is no superuser."""
        return f"postgres://{OWNER}:{self._passwords()[OWNER]}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> None:
        """Return when the server accepts connections, having created the cluster at the first start.

        Raises CannotStart (a port in use, a server that ends), OtherVersion.
        """
        self._refuse_other_version()
        self._stop_leftover()
        refuse_taken_port(self.port, wanted_for="PostgreSQL")
        if not self.data.exists():
            self._create()
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        self.process = serve(
            [str(self.programs / "postgres"), "-D", str(self.data), *self._options()],
            home=self.home,
            log=self.log,
            end_with=signal.SIGINT,
        )
        wait_until(self._is_ready, self.process, name="PostgreSQL", log=self.log)

    def stop(self) -> None:
        """End every connection and the server."""
        if self.process:
            end(self.process, by=signal.SIGINT)

    def discard(self) -> None:
        """Delete the cluster, which must be stopped."""
        shutil.rmtree(self.data, ignore_errors=True)

    def _options(self) -> list[str]:
        settings = {"port": str(self.port), **_SETTINGS, **({} if self.durable else _THROWAWAY)}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _passwords(self) -> dict[str, str]:
        kept = self.home / "passwords.json"
        if not kept.exists():
            _write_private(kept, json.dumps({name: secrets.token_hex(16) for name in (OWNER, WEB)}))
        passwords: dict[str, str] = json.loads(kept.read_text())
        return passwords

    def _refuse_other_version(self) -> None:
        written = self.data / "PG_VERSION"
        here, there = str(postgres_version(self.programs)), written.exists() and written.read_text().strip()
        if there and there != here:
            raise OtherVersion(
                f"The data in {self.data} was written by PostgreSQL {there} and the server here is "
                f"PostgreSQL {here}: set PG_BIN to the old one's bin folder, or drop the data with --fresh."
            )

    def _create(self) -> None:
        """Make the cluster beside its place and move it there whole: an interrupted start leaves none."""
        partial = self.home / "data.new"
        shutil.rmtree(partial, ignore_errors=True)
        owned_folder(partial, mode=0o700)
        sync = [] if self.durable else ["--no-sync"]
        create = ["initdb", "-D", str(partial), "-U", "bootstrap", "-A", "trust", "-E", "UTF8", *sync]
        self._run(*create, "--no-instructions", *_locale(postgres_version(self.programs)))
        (partial / "pg_hba.conf").write_text(_ACCESS)
        single = ["postgres", "--single", "-D", str(partial), "-c", "exit_on_error=on", *self._options()]
        self._run(*single, "postgres", stdin="\n".join(self._roles()) + "\n")
        partial.rename(self.data)

    def _roles(self) -> list[str]:
        """The owner makes the other roles itself: from version 16 only their creator may grant them."""
        passwords = self._passwords()
        # Tests clone databases and drop them under open connections.
        for_tests = [f"ALTER ROLE {OWNER} CREATEDB", f"GRANT pg_signal_backend TO {OWNER}"]
        return [
            f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{passwords[OWNER]}'",
            *([] if self.durable else for_tests),
            f"SET ROLE {OWNER}",
            f"CREATE ROLE {WEB} LOGIN NOINHERIT PASSWORD '{passwords[WEB]}'",
            f"CREATE ROLE {WEB}_tenant NOLOGIN",
            f"ALTER ROLE {WEB} SET lock_timeout = '5s'",
            f"ALTER ROLE {WEB} SET idle_in_transaction_session_timeout = '30s'",
            "RESET ROLE",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
            f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {DATABASE} TO {WEB}",
        ]

    def _run(self, program: str, *arguments: str, stdin: str = "") -> None:
        done = subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.home,
            env=server_environment(self.home),
            input=stdin,
            capture_output=True,
            text=True,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )
        if done.returncode:
            raise CannotStart(f"PostgreSQL's {program} failed: {_reason(done.stderr + done.stdout)}")

    def _stop_leftover(self) -> None:
        """A launcher that was killed may have left its server: the folder is ours, so the server is too."""
        if (self.data / "postmaster.pid").exists():
            try:
                self._run("pg_ctl", "-D", str(self.data), "-m", "fast", "-w", "-s", "stop")
            except CannotStart:
                return  # Nobody was there: the file is all that is left.

    def _is_ready(self) -> bool:
        """PostgreSQL writes its state into the eighth line of this file (pg_ctl waits for the same)."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _locale(version: int) -> list[str]:
    """Upper and lower case of every script, and the same order of text on every machine."""
    if version >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]


def _reason(output: str) -> str:
    """The lines that tell of an error, else the last ones."""
    lines = output.strip().splitlines()
    return " ".join([line for line in lines if re.search("error|fatal", line, re.I)] or lines[-3:])
