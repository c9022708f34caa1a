"""What higher rooms put into an archive for people to open: lists for spreadsheets, and documents."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One member below `people/`. `content` is asked for when it is written, in the archive's transaction."""

    path: str
    content: Callable[[], Iterable[str | bytes]]
    about: str = ""
