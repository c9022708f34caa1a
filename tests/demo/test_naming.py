"""A state folder holds one named world, and says so to whoever asks for another."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from demo import naming, processes, worlds
from demo.launching import CannotStart


def test_every_name_is_a_world() -> None:
    assert set(naming.NAMES) == set(worlds.WORLDS)
    assert all(world.name == name for name, world in worlds.WORLDS.items())


def test_a_new_folder_takes_what_is_asked_for_and_keeps_it(tmp_path: Path) -> None:
    assert naming.chosen(tmp_path, None) == naming.USUAL
    assert naming.chosen(tmp_path, "year") == "year"
    naming.keep(tmp_path, "year")
    assert naming.chosen(tmp_path, None) == "year"
    assert naming.chosen(tmp_path, "year") == "year"


def test_another_name_gets_one_sentence_and_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Ctrl-C stays with the tests.
    monkeypatch.setattr(processes, "_end_on_signals", lambda: None)
    naming.keep(tmp_path, "year")
    with pytest.raises(CannotStart, match="holds the world “year”, not “weeks”: choose another folder"):
        processes.serve_demo(port=1, folder=tmp_path, fresh=False, world="weeks")
    assert naming.held_by(tmp_path) == "year"


def test_the_seed_of_another_world_is_refused(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))
    naming.keep(tmp_path, "year")
    with pytest.raises(CommandError, match="not “weeks”"):
        call_command("seed", world="weeks")


def test_a_fresh_folder_has_forgotten_its_world(tmp_path: Path) -> None:
    naming.keep(tmp_path, "year")
    processes.drop_state(tmp_path)
    assert naming.held_by(tmp_path) == ""
