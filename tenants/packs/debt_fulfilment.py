"""What a payment for used and refunded sessions leads to: nothing is given for it, so what is owed decides.

Named in `config.wiring`; called inside billing's transactions.
"""

import uuid
from datetime import datetime

from kit.actors import Actor
from kit.states import change
from tenants.billing import charges
from tenants.billing.models import Charge
from tenants.billing.refund_preview import Units
from tenants.packs import ledger
from tenants.packs.debts import PURPOSE


def still_wanted(*, reference: uuid.UUID, now: datetime) -> bool:
    return still_owed(reference=reference, now=now)


def awaits(*, reference: uuid.UUID, intent_capture_before: datetime | None, now: datetime) -> datetime | None:
    """Nobody needs to accept it."""
    return None


def keep(*, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
    """It waits as long as its payment may."""
    return still_owed(reference=reference, now=now)


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, whole: bool, now: datetime, actor: Actor) -> None:
    """Nothing is given for it: it was used."""
    if whole:
        settled(reference=reference, now=now, actor=actor)


def still_owed(*, reference: uuid.UUID, now: datetime) -> bool:
    """Its pack is locked, as by all who change what is owed."""
    ledger.locked(reference)
    return charges.owed_minor(Charge.objects.get(purpose=PURPOSE, reference=reference)) > 0


def settled(*, reference: uuid.UUID, now: datetime, actor: Actor) -> None:
    """The pack says so at once."""
    change(ledger.locked(reference), owed_minor=0)


def unsettled(*, reference: uuid.UUID, payment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """The announcement has the pack say so."""


def unpaid(*, reference: uuid.UUID, instalment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """It has no parts."""


def disputed(*, reference: uuid.UUID, is_open: bool, now: datetime, actor: Actor) -> None:
    """Nothing of it can be kept back."""


def release(*, reference: uuid.UUID, reason: str, now: datetime) -> None:
    """It is owed as before."""


def refunded(
    *,
    reference: uuid.UUID,
    captured_minor: int,
    refunded_minor: int,
    key: str,
    now: datetime,
    actor: Actor,
) -> None:
    """What goes back was not owed, or is given: nothing is asked for it again."""


def units_of(*, reference: uuid.UUID) -> Units | None:
    return None
