"""The addresses of static files in production."""

from pathlib import Path
from typing import Any

import pytest

from ui.storage import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Any:
    kept = Storage(location=tmp_path, base_url="/static/")
    kept.hashed_files = {"site.css": "site.0123456789ab.css", "site.js": "site.ba9876543210.js"}
    return kept


def test_each_file_has_the_address_of_its_contents(storage: Any) -> None:
    addresses = [storage.url(name) for name in ("site.css", "site.js", "site.css")]
    assert addresses == [
        "/static/site.0123456789ab.css",
        "/static/site.ba9876543210.js",
        "/static/site.0123456789ab.css",
    ]


def test_an_address_is_worked_out_once(storage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    stored_name = storage.stored_name

    def note(name: str) -> str:
        asked.append(name)
        return str(stored_name(name))

    monkeypatch.setattr(storage, "stored_name", note)
    assert storage.url("site.css") == storage.url("site.css")
    assert asked == ["site.css"]


def test_a_file_that_is_not_there_is_an_error_each_time(storage: Any) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="Missing staticfiles manifest entry"):
            storage.url("none.css")
