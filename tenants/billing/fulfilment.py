"""What a payment is for decides what happens with it; `config.wiring` names who."""

import uuid
from datetime import datetime
from typing import Protocol, cast

from kit import wiring
from kit.actors import Actor
from tenants.billing.refund_preview import Units


class StandsOnIt(Exception):
    """Something stands on a payment and cannot be without it. The message is for the coach."""


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

    def fulfil(
        self, *, reference: uuid.UUID, attempt_id: uuid.UUID, whole: bool, now: datetime, actor: Actor
    ) -> None:
        """The first money is captured: give what was paid for, by what was paid in all or a part of it.

        `whole`: nothing is owed any more. What was given before stays as it is.
        """

    def still_owed(self, *, reference: uuid.UUID, now: datetime) -> bool:
        """Whether what was given on a first payment, or on trust, still stands, so that a later part of its
        price is owed. Locks what is sold. Asked before a later part is captured or recorded by hand."""

    def settled(self, *, reference: uuid.UUID, now: datetime, actor: Actor) -> None:
        """The whole is paid now: by a later part, by hand, or because what was left of it was let off."""

    def unsettled(self, *, reference: uuid.UUID, payment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
        """A payment by hand was a slip and is taken back: what it paid for is owed again, the whole or a
        part of it. Raises StandsOnIt where what is sold is confirmed by nothing else."""

    def unpaid(self, *, reference: uuid.UUID, instalment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
        """A part was not paid: the card was tried for the last time, or nobody followed the link in time.

        Of the rest of a session this is also said a day after the client was told. So it may come twice.
        """

    def disputed(self, *, reference: uuid.UUID, is_open: bool, now: datetime, actor: Actor) -> None:
        """A cardholder calls a payment of it in question at the bank, or that is decided. May come twice."""

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
        """More money went back: `refunded_minor` in all, of the `captured_minor` that were paid, over all
        payments of the charge. Take back what it paid for, as
        far as that can still be taken back. `key` names this state of the refunds and no other."""

    def units_of(self, *, reference: uuid.UUID) -> Units | None:
        """What a refund would take beside the money, to be shown before it is made; None: nothing."""


def fulfilment_of(purpose: str) -> Fulfilment:
    return cast(Fulfilment, wiring.named(wiring.table("FULFILMENTS")[purpose]))
