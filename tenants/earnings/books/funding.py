"""Each confirmed session against what pays for it."""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db.models import Sum

from kit.ledgers import OF_A_BOOKING
from tenants.billing.models import AttemptStatus, ManualPayment, PaymentAttempt
from tenants.earnings.books.verdict import Verdict
from tenants.packs.models import PackEntry
from tenants.retainers.models import RetainerEntry
from tenants.scheduling.models import FUNDED, Booking, Funding

IS_FUNDED = "funded"


def compare(verdict: Verdict) -> None:
    """Bookings that are confirmed, and those that took place."""
    for booking_id, found in states(list(Booking.objects.filter(status__in=FUNDED).order_by("pk"))).items():
        verdict.same("funding of a session", f"booking {booking_id}", IS_FUNDED, found)


def states(booked: Sequence[Booking]) -> dict[uuid.UUID, str]:
    """IS_FUNDED for each booking that something pays for, and for another what is there instead."""
    paid, spent = _paid_for(booked), _spent([booking.pk for booking in booked])
    return {booking.pk: _found(booking, paid, spent) for booking in booked}


def _paid_for(booked: Sequence[Booking]) -> dict[uuid.UUID, Any]:
    """What was paid for, by the payment's key: by card and captured, or by hand and not taken back."""
    keys = [key for booking in booked for key in (booking.funded_by, booking.extras_paid_by) if key]
    cards = PaymentAttempt.objects.filter(pk__in=keys, status=AttemptStatus.CAPTURED)
    by_hand = ManualPayment.objects.filter(pk__in=keys, taken_back_at=None)
    return dict(
        [*cards.values_list("pk", "charge__reference"), *by_hand.values_list("pk", "charge__reference")]
    )


def _spent(ids: Sequence[uuid.UUID]) -> dict[tuple[str, uuid.UUID], int]:
    """Units that stand as spent on each booking, by where from."""
    spent: dict[tuple[str, uuid.UUID], int] = {}
    for name, model in ((Funding.PACK, PackEntry), (Funding.RETAINER, RetainerEntry)):
        rows = model.objects.filter(booking_id__in=ids, kind__in=OF_A_BOOKING)
        for booking_id, units in rows.order_by().values_list("booking_id").annotate(units=Sum("units")):
            spent[name, booking_id] = -units
    return spent


def _found(booking: Booking, paid: dict[uuid.UUID, Any], spent: dict[tuple[str, uuid.UUID], int]) -> str:
    """IS_FUNDED, or what is there instead."""
    if booking.funding in (Funding.CARD, Funding.RECEIVED):
        is_paid = booking.funded_by in paid and paid[booking.funded_by] == booking.pk
        return IS_FUNDED if is_paid else f"no payment behind “{booking.funding}”"
    if booking.funding in (Funding.PACK, Funding.RETAINER):
        units = spent.get((Funding(booking.funding), booking.pk), 0)
        return IS_FUNDED if units > 0 else f"no unit of a {booking.funding}"
    if booking.funding == Funding.COMP:
        return IS_FUNDED if booking.comp_reason else "no reason"
    return IS_FUNDED if booking.funding == Funding.FREE and not booking.price_minor else "nothing"
