"""A pack's balance and each of its entries in words: the one place that explains what is left, and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Noun:
    """What a pack counts, in the singular and the plural."""

    one: str
    many: str

    def count(self, number: int) -> str:
        """ "1 session", "3 sessions"."""
        return f"{number} {self.of(number)}"

    def of(self, number: int) -> str:
        return self.one if number == 1 else self.many


SESSIONS = Noun("session", "sessions")
UNITS = Noun("unit", "units")
"""Where a booking may take more than one: then a session is not what is counted."""
