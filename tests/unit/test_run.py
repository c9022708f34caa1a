"""./run sets up with nothing but Python, once, and says what it cannot do."""

import importlib.machinery
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("run_script", str(ROOT / "run"))
    spec = importlib.util.spec_from_loader("run_script", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    (requirements / "base.txt").write_text("django==5.2\n")
    for name, value in {
        "ROOT": tmp_path,
        "VENV": tmp_path / ".venv",
        "PYTHON": tmp_path / ".venv" / "bin" / "python",
        "STAMP": tmp_path / ".venv" / "set-up",
        "REQUIREMENTS": requirements,
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


def test_without_a_command_it_lists_all_of_them():
    done = subprocess.run([ROOT / "run"], capture_output=True, text=True, check=True)
    assert re.findall(r"^\./run (\w+)", done.stdout, re.M) == [
        "setup",
        "demo",
        "test",
        "check",
        "bench",
        "client",
        "lock",
    ]


def test_it_installs_once_and_again_only_when_a_pin_changes(run, monkeypatch):
    installed = []
    monkeypatch.setattr(run, "make_environment", lambda: run.PYTHON.parent.mkdir(parents=True, exist_ok=True))
    monkeypatch.setattr(run, "install", lambda: installed.append(run.PYTHON.write_text("")))
    run.set_up()
    run.set_up()
    assert len(installed) == 1
    (run.REQUIREMENTS / "base.txt").write_text("django==5.3\n")
    run.set_up()
    assert len(installed) == 2


def test_a_failed_installation_is_tried_again_at_the_next_start(run, monkeypatch):
    def fail():
        raise run.CannotSetUp("no network")

    monkeypatch.setattr(run, "make_environment", lambda: run.PYTHON.parent.mkdir(parents=True, exist_ok=True))
    monkeypatch.setattr(run, "install", fail)
    with pytest.raises(run.CannotSetUp):
        run.set_up()
    assert not run.is_set_up()


@pytest.mark.parametrize(
    ("working", "expected"),
    [
        ("uv", [("uv", True)]),
        ("pip", [("uv", True), ("pip", True)]),
        ("pip without the embedded servers", [("uv", True), ("pip", True), ("pip", False)]),
    ],
)
def test_uv_then_pip_then_without_the_embedded_servers(run, monkeypatch, working, expected):
    tried = []

    def failure(command, environment=None):
        tool, embedded = "uv" if command[0] == "uv" else "pip", "requirements/embedded.txt" in command
        tried.append((tool, embedded))
        works = {"uv": tool == "uv", "pip": tool == "pip"}.get(working, tool == "pip" and not embedded)
        return "" if works else "refused"

    monkeypatch.setattr(run, "uv_or_pip", lambda: ["uv"])
    monkeypatch.setattr(run, "failure", failure)
    run.install()
    assert tried == expected


def test_what_the_installer_said_is_shown_when_nothing_works(run, monkeypatch):
    monkeypatch.setattr(run, "uv_or_pip", lambda: ["uv"])
    monkeypatch.setattr(run, "failure", lambda command, environment=None: "no route to the index")
    with pytest.raises(run.CannotSetUp, match="no route to the index"):
        run.install()


def test_a_python_that_cannot_make_environments_gets_one_clear_line(run, monkeypatch):
    monkeypatch.setattr(run, "can_make_environment", lambda: False)
    monkeypatch.setattr(run.shutil, "which", lambda name: None)
    with pytest.raises(run.CannotSetUp, match=r"sudo apt install python3\.\d+-venv\) or uv"):
        run.make_environment()


def test_an_old_python_starts_a_newer_one_of_the_machine(run, monkeypatch):
    started = []
    monkeypatch.setattr(run, "OLDEST", (sys.version_info[0], sys.version_info[1] + 1))
    monkeypatch.setattr(run.shutil, "which", lambda name: f"/opt/{name}")
    monkeypatch.setattr(run.os, "execv", lambda program, arguments: started.append(arguments))
    with pytest.raises(run.CannotSetUp):  # Only because the stand-in for exec returns.
        run.use_new_enough_python(["test"])
    assert started[0][0].startswith("/opt/python3.")
    assert started[0][-1] == "test"


@pytest.mark.parametrize("name", ["base", "dev", "embedded", "uv"])
def test_every_pin_has_a_hash_and_no_place_of_a_package_index(name):
    pinned = (ROOT / "requirements" / f"{name}.txt").read_text()
    packages = re.findall(r"^[\w.-]+(?:\[.+\])?==.*$", pinned, re.M)
    assert packages
    assert [package for package in packages if not package.endswith("\\")] == []
    assert re.findall(r"https?:|file:|--index|--extra-index|--find-links|@", pinned) == []


def test_every_wanted_package_is_pinned():
    folder = ROOT / "requirements"
    for wanted in folder.glob("*.in"):
        names = re.findall(r"^([a-z][\w-]*)", wanted.read_text(), re.M)
        pinned = set(re.findall(r"^([\w-]+)(?:\[.+\])?==", wanted.with_suffix(".txt").read_text(), re.M))
        assert {name for name in names if name not in pinned} == set()
