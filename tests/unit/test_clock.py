"""The clock that the demo and the tests can move."""

from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from kit.clock import ClockIsReal, advance, now, offset, travel

SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def real_time(monkeypatch):
    monkeypatch.delenv("DEMO", raising=False)


@pytest.fixture
def demo(monkeypatch, tmp_path):
    monkeypatch.setenv("DEMO", "1")
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path / "local"))
    return tmp_path / "local"


def test_now_is_aware_and_in_utc():
    assert now().tzinfo is UTC
    assert abs(now() - datetime.now(UTC)) < SECOND


def test_travel_moves_all_threads_and_comes_back():
    seen = []
    with travel(3600), travel(60):
        thread = Thread(target=lambda: seen.append(now()))
        thread.start()
        thread.join()
    assert seen[0] - datetime.now(UTC) > timedelta(seconds=3600 + 60 - 5)
    assert offset() == timedelta()


def test_travel_comes_back_after_an_error():
    with pytest.raises(KeyError), travel(60):
        raise KeyError
    assert offset() == timedelta()


def test_the_demos_time_moves_on_for_every_process(demo):
    assert advance(3600) == timedelta(hours=1)
    assert advance(60) == timedelta(minutes=61)
    assert now() - datetime.now(UTC) > timedelta(minutes=60)
    # What another process wrote is seen at the next look.
    (demo / "clock-offset-seconds").write_text("86400")
    assert offset() == timedelta(days=1)


def test_time_does_not_go_back(demo):
    with pytest.raises(ValueError, match="forward only"):
        advance(-1)


def test_outside_the_demo_time_is_real(demo, monkeypatch):
    advance(3600)
    monkeypatch.delenv("DEMO")
    assert offset() == timedelta()
    with pytest.raises(ClockIsReal):
        advance(60)
