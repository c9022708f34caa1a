"""The typed Python client: a package that is generated from the OpenAPI file."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from api.document import text

# Of the requirements for development: a site generates nothing.
TOOL: Final = "openapi-python-client"
PROJECT, PACKAGE = "upfront-client", "upfront_client"


class CannotGenerate(Exception):
    """Why not, and what to do first, in a sentence."""


def generate(folder: Path) -> None:
    """Write the package, so that `pip install FOLDER` installs it. An earlier one in that folder is replaced.

    Raises CannotGenerate where something else is in the folder, or a warning says that a piece is missing.
    """
    if not _may_be_replaced(folder):
        raise CannotGenerate(f"{folder} has something else in it: name a folder that is new, or empty.")
    with tempfile.TemporaryDirectory() as work:
        made = Path(work) / PROJECT
        Path(work, "openapi.json").write_text(text(), encoding="utf-8")
        _run_tool(made)
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, folder)


def _may_be_replaced(folder: Path) -> bool:
    if not folder.exists():
        return True
    return folder.is_dir() and (not any(folder.iterdir()) or (folder / PACKAGE / "client.py").exists())


def _run_tool(made: Path) -> None:
    beside = Path(sys.executable).parent
    said = ["--path", "openapi.json", "--meta", "setup", "--output-path", str(made), "--fail-on-warning"]
    try:
        done = subprocess.run(
            [beside / TOOL, "generate", *said],
            cwd=made.parent,
            # It ends with tools of its own beside it.
            env={**os.environ, "PATH": os.pathsep.join((str(beside), os.environ.get("PATH", "")))},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise CannotGenerate(f"{TOOL} is not installed: ./run setup brings it.") from error
    if done.returncode:
        raise CannotGenerate(f"{TOOL} has stopped:\n{done.stdout}{done.stderr}")
