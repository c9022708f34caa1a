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
        """The fields of a row that keeps who did it. Of clients never the name: rows outlive people."""
        name = "" if self.kind == "client" else self.name[:120]
        return {"actor_kind": self.kind, "actor_id": self.id, "actor_name": name}


SYSTEM = Actor("system")
STRIPE = Actor("stripe")
