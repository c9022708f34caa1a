"""Which of the named worlds a state folder holds. The launcher asks, so nothing of Django is needed."""

from pathlib import Path

USUAL = "weeks"
NAMES = {
    USUAL: "two coaches and six weeks",
    "year": "three coaches in three currencies and a whole year",
}
_KEPT = "world"


class AnotherWorld(Exception):
    """The folder holds another world than the one that is asked for. The message says what to do."""


def held_by(folder: Path) -> str:
    """The name of the world that is kept in the folder; "" where none was begun."""
    kept = folder / _KEPT
    return kept.read_text().strip() if kept.exists() else ""


def chosen(folder: Path, wanted: str | None) -> str:
    """The folder's world: the one that it holds, else the one that is asked for. Raises AnotherWorld."""
    held = held_by(folder)
    if held and wanted and held != wanted:
        raise AnotherWorld(
            f"{folder} holds the world “{held}”, not “{wanted}”: choose another folder with "
            "--folder, or drop what it holds with --fresh."
        )
    return held or wanted or USUAL


def keep(folder: Path, name: str) -> None:
    """From now on the folder holds this world."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _KEPT).write_text(f"{name}\n")
