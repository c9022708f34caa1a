"""What one payment for a pack and its first session leads to. Named in `config.wiring`.

The reference is the pack; the booking is the one that the pack was ordered with.
"""

import uuid
from dataclasses import replace
from datetime import datetime

from django.db.models import Sum

from kit.actors import Actor
from tenants.billing.models import Charge, Refund, RefundStatus
from tenants.billing.refund_preview import Units
from tenants.packs import fulfilment as pack_alone
from tenants.packs.models import Pack
from tenants.scheduling import fulfilment as booking_alone
from tenants.scheduling.cancelling import locked
from tenants.scheduling.models import FUNDED
from tenants.scheduling.pack_bookings import confirm_with_unit


def _booking_of(pack_id: uuid.UUID) -> uuid.UUID:
    booking_id = Pack.objects.values_list("first_booking", flat=True).get(pk=pack_id)
    assert booking_id is not None
    return booking_id


def still_wanted(*, reference: uuid.UUID, now: datetime) -> bool:
    """Without its time nobody wanted the pack: then nothing is taken for either."""
    return booking_alone.still_wanted(reference=_booking_of(reference), now=now) and pack_alone.still_wanted(
        reference=reference, now=now
    )


def awaits(*, reference: uuid.UUID, intent_capture_before: datetime | None, now: datetime) -> datetime | None:
    return booking_alone.awaits(
        reference=_booking_of(reference), intent_capture_before=intent_capture_before, now=now
    )


def keep(*, reference: uuid.UUID, until: datetime, now: datetime) -> bool:
    return booking_alone.keep(reference=_booking_of(reference), until=until, now=now)


def fulfil(*, reference: uuid.UUID, attempt_id: uuid.UUID, whole: bool, now: datetime, actor: Actor) -> None:
    """The pack is paid, or its first instalment, and its first unit confirms the session, all at once."""
    booking = locked(_booking_of(reference))
    pack_alone.fulfil(reference=reference, attempt_id=attempt_id, whole=whole, now=now, actor=actor)
    if booking.status in FUNDED:
        return
    paid_by = attempt_id if booking.extras_minor else None
    confirm_with_unit(booking=booking, now=now, actor=actor, extras_paid_by=paid_by)


def still_owed(*, reference: uuid.UUID, now: datetime) -> bool:
    """Later instalments are the pack's alone, whatever became of the session."""
    return pack_alone.still_owed(reference=reference, now=now)


def settled(*, reference: uuid.UUID, now: datetime, actor: Actor) -> None:
    pack_alone.settled(reference=reference, now=now, actor=actor)


def unsettled(*, reference: uuid.UUID, payment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    pack_alone.unsettled(reference=reference, payment_id=payment_id, now=now, actor=actor)


def unpaid(*, reference: uuid.UUID, instalment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    pack_alone.unpaid(reference=reference, instalment_id=instalment_id, now=now, actor=actor)


def disputed(*, reference: uuid.UUID, is_open: bool, now: datetime, actor: Actor) -> None:
    pack_alone.disputed(reference=reference, is_open=is_open, now=now, actor=actor)


def release(*, reference: uuid.UUID, reason: str, now: datetime) -> None:
    booking_alone.release(reference=_booking_of(reference), reason=reason, now=now)
    pack_alone.release(reference=reference, reason=reason, now=now)


def refunded(
    *,
    reference: uuid.UUID,
    captured_minor: int,
    refunded_minor: int,
    key: str,
    now: datetime,
    actor: Actor,
) -> None:
    """Units follow the pack's share of the money; the extras of the session went back by themselves."""
    charge = _charge(reference)
    pack_alone.refunded(
        reference=reference,
        captured_minor=captured_minor - charge.extras_minor,
        refunded_minor=max(refunded_minor - min(_ours_back(charge), charge.extras_minor), 0),
        key=key,
        now=now,
        actor=actor,
    )


def units_of(*, reference: uuid.UUID) -> Units:
    charge = _charge(reference)
    units = pack_alone.units_of(reference=reference)
    return replace(units, beside_minor=charge.extras_minor, ours_minor=_ours_back(charge))


def _charge(reference: uuid.UUID) -> Charge:
    return Charge.objects.get(purpose="pack_and_booking", reference=reference)


def _ours_back(charge: Charge) -> int:
    """What was given back here, by us: the extras first."""
    back = Refund.objects.filter(attempt__charge=charge).exclude(status=RefundStatus.REFUSED)
    return back.aggregate(minor=Sum("amount_minor"))["minor"] or 0
