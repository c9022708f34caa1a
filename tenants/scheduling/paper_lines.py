"""What stands on a receipt for a session, and for a pack that was bought with its first one."""

import uuid

from kit.clock import zone
from kit.words import long_date
from tenants.billing.paper_lines import Line
from tenants.offers.practice import practice
from tenants.packs import paper_lines as of_packs
from tenants.packs.models import Pack
from tenants.scheduling.models import Booking


def of_booking(*, reference: uuid.UUID) -> list[Line]:
    """The session, unless a pack or a retainer pays for it, and what was chosen beside it."""
    booking = Booking.objects.select_related("session").get(pk=reference)
    alone = booking.pack_id or booking.retainer_id
    session = [] if alone else [Line(_session(booking), booking.price_minor, _tax_bp(booking))]
    return [*(line for line in session if line.amount_minor), *_extras(booking)]


def of_pack_and_booking(*, reference: uuid.UUID) -> list[Line]:
    """The pack, and the extras of the session that it was bought with."""
    pack = Pack.objects.get(pk=reference)
    rows = Booking.objects.select_related("session")
    booking = rows.get(pk=pack.first_booking) if pack.first_booking else None
    return [*of_packs.of_pack(reference=reference), *(_extras(booking) if booking else [])]


def _session(booking: Booking) -> str:
    """With the day on the clock of the place: "Tennis lesson, Tuesday 10 June 2026"."""
    place = zone(booking.agreed["timezone"])
    day = booking.session.starts_at.astimezone(place).date()
    return f"{booking.agreed['name']}, {long_date(day, practice().locale)}"


def _extras(booking: Booking) -> list[Line]:
    every = booking.agreed.get("extras", [])
    return [Line(each["name"], each["price_minor"], _tax_bp(booking)) for each in every if each.get("chosen")]


def _tax_bp(booking: Booking) -> int:
    return int(booking.agreed.get("tax_bp", 0))
