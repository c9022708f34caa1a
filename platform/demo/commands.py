"""The commands of ./run, once everything is installed."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from demo import environment, naming, processes
from demo.launching import CannotStart, free_port, only_user_of
from demo.servers import servers

ROOT = environment.ROOT
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MANAGE = (sys.executable, "-W", "ignore::RuntimeWarning", "manage.py")


def main(arguments: list[str]) -> int:
    """Carry out one command; its exit code."""
    name, *options = arguments
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    command = {"demo": demo, "test": test, "check": check, "bench": bench, "client": client}.get(name)
    try:
        return command(options) if command else manage(arguments)
    except CannotStart as problem:
        print(f"./run {name}: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def demo(options: list[str]) -> int:
    """Serve a seeded world until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="./run demo", description=demo.__doc__)
    parser.add_argument(
        "--port", type=int, default=demo_port(), help="of the site; the other ports move along"
    )
    parser.add_argument("--folder", type=Path, default=demo_folder(), help="where its state is kept")
    parser.add_argument("--fresh", action="store_true", help="drop the state first")
    worlds = "; ".join(f"{name}: {words}" for name, words in naming.NAMES.items())
    parser.add_argument("--world", choices=list(naming.NAMES), help=f"{worlds} (default: what is there)")
    chosen = parser.parse_args(options)
    return processes.serve_demo(
        port=chosen.port, folder=chosen.folder.resolve(), fresh=chosen.fresh, world=chosen.world
    )


def test(options: list[str]) -> int:
    """Run pytest against a cluster that is kept between runs."""
    variables = dict(os.environ)
    if "--slow" in options:
        options = [option for option in options if option != "--slow"]
        variables["UPFRONT_SLOW"] = "1"
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser:
        variables.setdefault("UPFRONT_CHROMIUM", browser)
    print(_about_the_browser(variables.get("UPFRONT_CHROMIUM")), flush=True)
    in_parallel = [] if {"--pdb", "-n", "--trace"} & set(options) else ["-n", "2", "--dist", "loadgroup"]
    return _with_throwaway_servers(
        "test", [sys.executable, "-m", "pytest", *in_parallel, *options], variables
    )


def bench(options: list[str]) -> int:
    """Run the benchmarks against servers of their own."""
    return _with_throwaway_servers(
        "bench", [sys.executable, "tests/bench/run.py", *options], dict(os.environ)
    )


def check(options: list[str]) -> int:
    """Everything that CI asks of the code, each step even when one before it failed; 1 when one did."""
    steps = {
        "ruff check": [sys.executable, "-m", "ruff", "check", *options],
        "ruff format": [sys.executable, "-m", "ruff", "format", "--check", "--quiet"],
        "imports": [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        "types": [sys.executable, "-m", "mypy"],
        "migrations": [*_MANAGE, "makemigrations", "--check", "--dry-run"],
        "schema": [*_MANAGE, "ddl_lint"],
        "deployment": [*_MANAGE, "check", "--deploy", "--fail-level", "WARNING"],
    }
    failed = [name for name, command in steps.items() if not _passes(name, command)]
    print("Failed: " + ", ".join(failed) if failed else "All checks passed.")
    return 1 if failed else 0


def client(options: list[str]) -> int:
    """Generate the API's typed Python client; needs no database."""
    return _call([*_MANAGE, "generate_client", *options], {**os.environ, **environment.for_checks()})


def manage(arguments: list[str]) -> int:
    """manage.py with the demo's database: the running demo's, or servers started for this command."""
    command = [sys.executable, "manage.py", *arguments]
    folder = demo_folder()
    running = processes.running_environment(folder)
    if running is not None:
        return _call(command, {**os.environ, **running})
    with processes.demo_servers(folder, port=demo_port()) as started:
        return _call(command, {**os.environ, **started.environment})


def demo_port() -> int:
    """UPFRONT_PORT, else 8000. Raises CannotStart when it is no number."""
    given = os.environ.get("UPFRONT_PORT") or "8000"
    if not given.isdecimal():
        raise CannotStart(f"UPFRONT_PORT is {given!r}, which is not the number of a port.")
    return int(given)


def demo_folder() -> Path:
    """UPFRONT_FOLDER, else `.local/demo`."""
    return Path(os.environ.get("UPFRONT_FOLDER") or ROOT / ".local" / "demo").resolve()


def _with_throwaway_servers(name: str, command: list[str], variables: dict[str, str]) -> int:
    folder = ROOT / ".local" / name
    with (
        only_user_of(folder),
        servers(folder, durable=False, postgres_port=free_port(), valkey_port=free_port()) as started,
    ):
        (folder / "static").mkdir(exist_ok=True)
        return _call(command, {**variables, **environment.for_tests(folder=folder), **started.environment})


def _call(command: list[str], variables: dict[str, str]) -> int:
    """Run the command to its end; Ctrl-C reaches it by the terminal, and its own closing words are kept."""
    process = subprocess.Popen(command, env=variables)
    try:
        while True:
            with suppress(KeyboardInterrupt):
                return process.wait()
    finally:
        process.terminate()


def _about_the_browser(browser: str | None) -> str:
    if browser:
        return f"Browser tests run with {browser}."
    return "Browser tests are skipped: no Chromium was found (Debian, Ubuntu: apt install chromium)."


def _passes(name: str, command: list[str]) -> bool:
    started = time.monotonic()
    done = subprocess.run(
        command,
        env={**os.environ, **environment.for_checks()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(f"{name}: {'failed' if done.returncode else 'ok'} ({time.monotonic() - started:.1f} s)", flush=True)
    if done.returncode:
        print(done.stdout, flush=True)
    return not done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
