"""Units that pay for bookings, whatever they come from: a pack, or a period of a retainer."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from kit.actors import Actor
from tenants.packs import spending
from tenants.retainers import spending as of_retainers
from tenants.scheduling.models import Booking, Funding

BY_UNIT = frozenset({Funding.PACK, Funding.RETAINER})


def pay_for(booking: Booking) -> bool:
    """Whether the client has chosen a pack or a retainer to pay for it."""
    return booking.pack_id is not None or booking.retainer_id is not None


def funding_of(booking: Booking) -> Funding:
    """By what a booking is funded that a unit pays for."""
    return Funding.RETAINER if booking.retainer_id else Funding.PACK


def take(*, booking: Booking, now: datetime, actor: Actor) -> uuid.UUID:
    """Step: the ledger's entry that pays for this booking. Raises `packs.spending.CannotSpend`."""
    assert booking.client_id is not None
    session = booking.session
    asked: dict[str, Any] = {
        "booking_id": booking.pk,
        "client_id": booking.client_id,
        "session_type_id": session.session_type_id,
        "starts_at": session.starts_at,
        "wall_start": session.wall_start,
        "now": now,
        "actor": actor,
    }
    if booking.retainer_id is None:
        assert booking.pack_id is not None
        return spending.spend(pack_id=booking.pack_id, **asked).pk
    try:
        return of_retainers.spend(retainer_id=booking.retainer_id, **asked).pk
    except of_retainers.CannotSpend as refused:
        raise spending.CannotSpend(refused.reason) from refused


def give_back(*, booking: Booking, note: str = "", **said: Any) -> None:
    """Step: what it still spends goes back to where it came from; said as in `packs.spending`."""
    if booking.retainer_id:
        of_retainers.give_back(booking_id=booking.pk, **said)
    else:
        spending.give_back(booking_id=booking.pk, note=note, **said)


def count_as_used(*, booking: Booking, **said: Any) -> None:
    """Step: say why a unit stays spent; said as in `packs.spending`."""
    ledger = of_retainers if booking.retainer_id else spending
    ledger.count_as_used(booking_id=booking.pk, **said)


def spent_on_each(bookings: Iterable[Booking]) -> dict[uuid.UUID, int]:
    """Units that are spent on each of these now; at most one question for packs and one for retainers."""
    rows = list(bookings)
    by_pack = [each.pk for each in rows if each.funding == Funding.PACK]
    by_retainer = [each.pk for each in rows if each.funding == Funding.RETAINER]
    return {
        **(spending.spent_on_each(by_pack) if by_pack else {}),
        **(of_retainers.spent_on_each(by_retainer) if by_retainer else {}),
    }


def payable(booking: Booking, starts: Iterable[datetime]) -> list[datetime]:
    """Those of these starts that the unit pays for too: while the pack is valid, within the same period."""
    if booking.funding == Funding.PACK and booking.pack and booking.pack.expires_at:
        return [at for at in starts if at < booking.pack.expires_at]
    if booking.funding == Funding.RETAINER and booking.funded_by:
        span = of_retainers.span_of(booking.funded_by)
        return [at for at in starts if span.holds(at)]
    return list(starts)
