"""A test before a real browser may be tried once more, and is named then; everything else has one try."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {"tests/browser/conftest.py", "tests/architecture/test_second_tries.py"}
SECOND_TRIES = re.compile(r"\bflaky\b|\breruns\b")
HOOKS = "from tests.browser.conftest import pytest_collection_modifyitems\n"
TESTS = """
tries = []

def test_that_fails_once():
    tries.append(1)
    assert len(tries) > 1

def test_that_fails_always():
    assert not "always"
"""


def test_nothing_but_the_browsers_tests_asks_for_a_second_try(pytestconfig: pytest.Config) -> None:
    sources = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "platform" / "demo").rglob("*.py")]
    sources += [ROOT / "pyproject.toml", *(ROOT / ".ci").iterdir()]
    asking = {str(path.relative_to(ROOT)) for path in sources if SECOND_TRIES.search(path.read_text())}
    assert asking == ALLOWED
    assert not pytestconfig.getini("reruns")


def test_the_second_try_counts_in_the_browsers_folder_alone(tmp_path: Path) -> None:
    for folder in ("browser", "races"):
        (tmp_path / "some" / "tests" / folder).mkdir(parents=True)
        (tmp_path / "some" / "tests" / folder / f"test_{folder}.py").write_text(TESTS)
    (tmp_path / "some" / "conftest.py").write_text(HOOKS)
    told = run_pytest(tmp_path)
    browser = "some/tests/browser/test_browser.py::test_that_fails"
    races = "some/tests/races/test_races.py::test_that_fails"
    assert set(re.findall(r"^RERUN (\S+)", told, re.MULTILINE)) == {f"{browser}_once", f"{browser}_always"}
    failed = set(re.findall(r"^FAILED (\S+)", told, re.MULTILINE))
    assert failed == {f"{browser}_always", f"{races}_once", f"{races}_always"}
    assert re.search("3 failed, 1 passed, 2 rerun in", told.splitlines()[-1]), told


def run_pytest(folder: Path) -> str:
    """With the project's settings, as it is started by hand."""
    command = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    command += ["-p", "no:cacheprovider", str(folder)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout
