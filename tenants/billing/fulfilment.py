"""What a payment is for decides what happens with it; `config.wiring` names who."""

import uuid
from datetime import datetime
from typing import Protocol, cast

from kit import wiring
from kit.actors import Actor
from tenants.billing.refund_preview import Units


class Fulfilment(Protocol):
    """Steps of whoever sells something. All run inside the transaction that decides or settles."""

    def still_wanted(self, *, reference: uuid.UUID, now: datetime) -> bool:
        """Pin what is sold for this payment, or answer that it is gone."""

    def awaits(
        self, *, reference: uuid.UUID, intent_capture_before: datetime | None, now: datetime
    ) -> datetime | None:
        """Until when somebody else's yes must be waited for before anything is captured; None: decide now.

        Asked before `still_wanted`, each time an authorised payment is looked at, so what is sold may become
        a request here. What was refused or has ended answers None too, and is not wanted any more.
        """

    def keep(self, *, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
        """The payment is promised and waits, for Stripe's check or for that yes: keep what is sold until
        then. False when it cannot be kept so long as `now`: it is gone, or would be of no use any more."""

    def fulfil(self, *, reference: uuid.UUID, attempt_id: uuid.UUID, now: datetime, actor: Actor) -> None:
        """The money is captured: give what was paid for."""

    def release(self, *, reference: uuid.UUID, reason: str, now: datetime) -> None:
        """No money will come: free what was kept, and have the payer told."""

    def refunded(
        self,
        *,
        reference: uuid.UUID,
        captured_minor: int,
        refunded_minor: int,
        key: str,
        now: datetime,
        actor: Actor,
    ) -> None:
        """More money went back: `refunded_minor` in all, of `captured_minor`. Take back what it paid for, as
        far as that can still be taken back. `key` names this state of the refunds and no other."""

    def units_of(self, *, reference: uuid.UUID) -> Units | None:
        """What a refund would take beside the money, to be shown before it is made; None: nothing."""


def fulfilment_of(purpose: str) -> Fulfilment:
    return cast(Fulfilment, wiring.named(wiring.table("FULFILMENTS")[purpose]))
