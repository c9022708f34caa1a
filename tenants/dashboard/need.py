"""One thing that waits for the coach, on Today."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    """One thing, with the one page where it can be looked into."""

    meaning: str
    title: str
    text: str
    action: str
    href: str
