"""What a payment is for decides what happens with it; `config.wiring` names who."""

import uuid
from datetime import datetime
from typing import Protocol, cast

from kit import wiring
from kit.actors import Actor


class Fulfilment(Protocol):
    """Steps of whoever sells something. All run inside the transaction that decides or settles."""

    def still_wanted(self, *, reference: uuid.UUID, now: datetime) -> bool:
        """Pin what is sold for this payment, or answer that it is gone."""

    def keep(self, *, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
        """The payment is being checked: keep what is sold until then. False when it cannot be kept so long
        as `now`: it is gone, or would be of no use any more."""

    def fulfil(self, *, reference: uuid.UUID, attempt_id: uuid.UUID, now: datetime, actor: Actor) -> None:
        """The money is captured: give what was paid for."""

    def release(self, *, reference: uuid.UUID, reason: str, now: datetime) -> None:
        """No money will come: free what was kept, and have the payer told."""

    def reverse(self, *, reference: uuid.UUID, now: datetime, actor: Actor) -> None:
        """All the money went back: take back what it paid for, if that can still be taken back."""


def fulfilment_of(purpose: str) -> Fulfilment:
    return cast(Fulfilment, wiring.named(wiring.table("FULFILMENTS")[purpose]))
