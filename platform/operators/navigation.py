"""The way around the operators' pages, and which of them a request is on."""

from dataclasses import dataclass

from django.urls import reverse

PLACES = {
    "operators": "Overview",
    "operators_stuck": "Stuck",
    "operators_work": "Work",
    "operators_coaches": "Coaches",
    "operators_books": "Books",
    "operators_questions": "Questions",
    "operators_announcements": "News",
    "operators_partners": "Partners",
    "operators_waitlist": "Waitlist",
    "operators_trail": "Trail",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the way. `current` is "page" for the page itself, "true" for what lies below, or ""."""

    words: str
    address: str
    current: str


def places(path: str) -> list[Place]:
    """All entries, as they are seen from the page at `path`."""
    addresses = {name: reverse(name) for name in PLACES}
    overview = addresses["operators"]
    return [
        Place(PLACES[name], address, _current(address, path, has_below=address != overview))
        for name, address in addresses.items()
    ]


def _current(address: str, path: str, *, has_below: bool) -> str:
    if path == address:
        return "page"
    return "true" if has_below and path.startswith(address) else ""
