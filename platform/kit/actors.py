"""Who did it: kept with every event and ledger entry, as a value and never as a foreign key."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` is coach, client, operator, stripe or system; `name` is kept for users only."""

    kind: str
    id: str = ""
    name: str = ""

    @property
    def columns(self) -> dict[str, str]:
        """The fields of a row that keeps who did it."""
        return {"actor_kind": self.kind, "actor_id": self.id, "actor_name": self.name[:120]}


SYSTEM = Actor("system")
STRIPE = Actor("stripe")
