"""Who did it: kept with every event and ledger entry, as a value and never as a foreign key."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` is coach, client, operator, stripe or system; `name` is kept for users only."""

    kind: str
    id: str = ""
    name: str = ""


SYSTEM = Actor("system")
STRIPE = Actor("stripe")
