"""Starting programs that end with this one, in a folder that only one launcher uses at a time."""

import ctypes
import fcntl
import hashlib
import os
import pwd
import random
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LOCK = "lock"
# Linux gives outgoing connections ports from 32768 on.
BESIDE_OUTGOING = (20000, 32000)
START_SECONDS = 30
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class CannotStart(Exception):
    """Something is missing or taken; the message is the one sentence that a person needs."""


@dataclass(frozen=True)
class Account:
    """The operating system's user that the servers run as when the launcher is root."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """None unless root, which PostgreSQL refuses: then `nobody`, which every system has."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart("PostgreSQL does not run as root, and there is no user nobody.") from None
    return Account(entry.pw_uid, entry.pw_gid)


def reachable(path: Path, account: Account | None) -> bool:
    """Whether the account may enter every folder on the way to the path, and the path itself."""
    if account is None:
        return True
    resolved = path.resolve()
    for place in (resolved, *resolved.parents):
        facts = place.stat()
        if not (
            facts.st_mode & stat.S_IXOTH or (facts.st_uid == account.uid and facts.st_mode & stat.S_IXUSR)
        ):
            return False
    return True


def home_in(folder: Path, name: str) -> Path:
    """`folder/name`, owned by the servers' account; elsewhere, with a link there, when it cannot get in."""
    (folder / "log").mkdir(parents=True, exist_ok=True)
    place, account = folder / name, server_account()
    if place.is_symlink():
        return place.resolve()
    if reachable(folder, account):
        owned_folder(place, mode=0o755)
        return place
    digest = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    elsewhere = Path("/var/lib") / f"upfront-{digest}" / name
    elsewhere.parent.mkdir(mode=0o755, exist_ok=True)
    elsewhere.parent.chmod(0o755)
    owned_folder(elsewhere, mode=0o755)
    place.symlink_to(elsewhere)
    return elsewhere


def owned_folder(place: Path, *, mode: int) -> None:
    place.mkdir(exist_ok=True)
    place.chmod(mode)
    account = server_account()
    if account:
        os.chown(place, account.uid, account.gid)


def spawn(
    command: list[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: int,
    account: Account | None = None,
    end_with: signal.Signals = signal.SIGTERM,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a program in a group of its own, so that Ctrl-C reaches the launcher alone, which ends the rest.

    Where the system can (Linux), the program gets `end_with` when the launcher is killed.
    Call it from the main thread: the system ties the program to the thread that started it.
    """
    return subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env),
        stdin=stdin,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_die_with_launcher(end_with),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _die_with_launcher(end_with: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    prctl = _libc.prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, int(end_with))


def server_environment(home: Path) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(home)}


def serve(
    command: list[str],
    *,
    home: Path,
    log: Path,
    end_with: signal.Signals = signal.SIGTERM,
    stdin: str = "",
) -> subprocess.Popen[bytes]:
    with log.open("w") as output:
        process = spawn(
            command,
            cwd=home,
            env=server_environment(home),
            output=output.fileno(),
            account=server_account(),
            end_with=end_with,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        )
    if process.stdin:
        process.stdin.write(stdin.encode())
        process.stdin.close()
    return process


def wait_until(is_up: Callable[[], bool], process: subprocess.Popen[bytes], *, name: str, log: Path) -> None:
    """Return when the server is up; CannotStart with its last words when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            last_words = " ".join(log.read_text(errors="replace").splitlines()[-3:])
            raise CannotStart(f"{name} did not start; its log is {log} and ends with: {last_words}")
        time.sleep(0.01)


def end(
    process: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM, seconds: float = 10
) -> None:
    """Ask the program to end, and kill its whole group when it has not after the given seconds."""
    if process.poll() is None:
        process.send_signal(by)
        with suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def refuse_taken_port(port: int, *, wanted_for: str) -> None:
    """Raise CannotStart when another program listens on the port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise CannotStart(
                f"Port {port}, wanted for {wanted_for}, is in use by another program: "
                f"end that one, or choose others with --port."
            ) from None


def free_port() -> int:
    """A port that nobody listens on now, of those that no outgoing connection takes by itself."""
    while True:
        port = random.randrange(*BESIDE_OUTGOING)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def only_user_of(folder: Path) -> Iterator[None]:
    """Hold the folder for this launcher; CannotStart when another one has it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"Another ./run is using {folder}: end that one, or choose another with UPFRONT_FOLDER."
            ) from None
        yield
