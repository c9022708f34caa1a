"""The time of day, asked for in one place, so that the demo and the tests can move it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

_travelled = timedelta()
_read: tuple[int, timedelta] = (0, timedelta())


class UnknownZone(ValueError):
    """A name that is no time zone. Its message is for the person who chose it."""


class ClockIsReal(RuntimeError):
    """Somebody tried to move time outside the demo."""


def now() -> datetime:
    """The present moment, aware, in UTC: in the demo and under `travel` a moved one."""
    return datetime.now(UTC) + offset()


def offset() -> timedelta:
    """How far `now` is ahead of the machine's clock. 0 in production."""
    return _travelled + (_demo_offset() if _is_demo() else timedelta())


def advance(seconds: int) -> timedelta:
    """Move the demo's time forward for all its processes, and for its next start too.

    Returns the whole offset. Raises `ClockIsReal` outside the demo, ValueError for a step back.
    """
    if not _is_demo():
        raise ClockIsReal("Only the demo's time can be moved.")
    if seconds < 0:
        raise ValueError("Time moves forward only: what has happened cannot be undone.")
    moved = _demo_offset() + timedelta(seconds=seconds)
    _set_demo_offset(moved)
    return moved


def begin_at(moment: datetime) -> None:
    """Let a demo's new world go on from `moment`, past or not, for all its processes.

    Only for a world in which nothing has happened yet. Raises `ClockIsReal` outside the demo.
    """
    if not _is_demo():
        raise ClockIsReal("Only the demo's time can be moved.")
    _set_demo_offset(moment - datetime.now(UTC))


@contextmanager
def travel(seconds: float) -> Iterator[None]:
    """Move time for all threads of this process, until the block ends. May be nested."""
    global _travelled
    _travelled += timedelta(seconds=seconds)
    try:
        yield
    finally:
        _travelled -= timedelta(seconds=seconds)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name such as "Europe/Berlin". Raises `UnknownZone`.

    Names come from browsers, so they are looked up in the list before any file is opened.
    """
    if name not in _zone_names():
        raise UnknownZone(f"“{name[:60]}” is not a time zone we know. Choose one from the list.")
    return ZoneInfo(name)


def start_of_day(day: date, tz: str) -> datetime:
    """The first moment of a date in a zone, in UTC."""
    return datetime.combine(day, time(), zone(tz)).astimezone(UTC)


def at_wall(day: date, at: time, tz: str) -> datetime | None:
    """When the clocks of a zone show `at`, in UTC: the first of two such moments, None where they skip it."""
    there = datetime.combine(day, at, zone(tz))
    moment = there.astimezone(UTC)
    return moment if moment.astimezone(zone(tz)).replace(fold=0) == there.replace(fold=0) else None


def _is_demo() -> bool:
    return os.environ.get("DEMO", "").lower() in {"1", "true", "yes", "on"}


def _demo_offset() -> timedelta:
    """Read only when the file has changed: `now` is asked many times in a request."""
    global _read
    path = _offset_file()
    try:
        version = path.stat().st_mtime_ns
    except FileNotFoundError:
        return timedelta()
    if version != _read[0]:
        _read = (version, timedelta(seconds=int(path.read_text())))
    return _read[1]


def _set_demo_offset(offset: timedelta) -> None:
    path = _offset_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written beside and renamed, so that no process ever reads half a number.
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.write_text(str(round(offset.total_seconds())))
    beside.replace(path)


def _offset_file() -> Path:
    return Path(os.environ.get("LOCAL_DIR", ".local"), "clock-offset-seconds")


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
