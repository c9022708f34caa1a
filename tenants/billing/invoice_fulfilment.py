"""What a payment of an invoice leads to: nothing is given for it, so only what is owed decides."""

import uuid
from datetime import datetime

from kit.actors import Actor
from tenants.activity import events
from tenants.billing import charges
from tenants.billing.brought import PURPOSE as BROUGHT
from tenants.billing.documents import invoice_of
from tenants.billing.invoices import PURPOSE
from tenants.billing.models import Charge
from tenants.billing.refund_preview import Units
from tenants.registry import wakeups

# What was owed before is asked for and paid as an invoice is, whether or not one was sent for it.
PURPOSES = (PURPOSE, BROUGHT)


def still_wanted(*, reference: uuid.UUID, now: datetime) -> bool:
    """Not cancelled, and not paid in another way meanwhile."""
    return _is_owed(reference)


def still_owed(*, reference: uuid.UUID, now: datetime) -> bool:
    return _is_owed(reference)


def _is_owed(reference: uuid.UUID) -> bool:
    charge = Charge.objects.select_for_update(no_key=True).get(purpose__in=PURPOSES, reference=reference)
    return charges.owed_minor(charge) > 0


def awaits(*, reference: uuid.UUID, intent_capture_before: datetime | None, now: datetime) -> datetime | None:
    """Nobody needs to accept an invoice."""
    return None


def keep(*, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
    """It waits as long as its payment may."""
    return _is_owed(reference)


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, whole: bool, now: datetime, actor: Actor) -> None:
    """Paid by card: both are told once the whole is there."""
    if whole:
        _tell_paid(reference, now, actor)


def settled(*, reference: uuid.UUID, now: datetime, actor: Actor) -> None:
    """The last of it is there, by whatever means."""
    _tell_paid(reference, now, actor)


def unsettled(*, reference: uuid.UUID, payment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """It is owed again, so its payer is to be reminded of it again."""
    charge = Charge.objects.get(purpose__in=PURPOSES, reference=reference)
    wakeups.ask(kind="invoice", reference=charge.pk, due_at=now, now=now)


def _tell_paid(reference: uuid.UUID, now: datetime, actor: Actor) -> None:
    charge = Charge.objects.get(purpose__in=PURPOSES, reference=reference)
    if invoice := invoice_of(charge.pk):
        events.record(
            kind="invoice.paid",
            subject_id=invoice.pk,
            client_id=charge.client_id,
            actor=actor,
            now=now,
            data={"charge": str(charge.pk)},
        )


def unpaid(*, reference: uuid.UUID, instalment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """It has no parts that a card is charged with: whoever owes it is reminded by mail."""


def disputed(*, reference: uuid.UUID, is_open: bool, now: datetime, actor: Actor) -> None:
    """Nothing was given that could be held back."""


def release(*, reference: uuid.UUID, reason: str, now: datetime) -> None:
    """No money will come by that page: the invoice stands as it stood."""


def refunded(
    *,
    reference: uuid.UUID,
    captured_minor: int,
    refunded_minor: int,
    key: str,
    now: datetime,
    actor: Actor,
) -> None:
    """Only money goes back; the credit note says so."""


def units_of(*, reference: uuid.UUID) -> Units | None:
    """Nothing goes with the money."""
    return None
