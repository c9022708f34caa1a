"""A card that a client lets the coach keep for later bookings, each of which the client confirms."""

import uuid
from datetime import datetime
from typing import Any

from tenants.billing import cards
from tenants.billing.models import Mandate, MandatePurpose, PaymentAttempt
from tenants.billing.sales import Mandated, Sale
from tenants.scheduling.models import Booking


def consent(*, coach: str) -> str:
    """The words of it, as they are shown and kept."""
    return (
        f"I let {coach} keep my card with Stripe, to pay later bookings with one press. Nothing is charged "
        "by itself: each time the button names the card and the amount, and I press it myself. I can remove "
        "the card at any time, by the link in the mail that I get about it."
    )


def wished(agreed: dict[str, Any], words: str, address: str) -> dict[str, Any]:
    """What was agreed for a booking, with the words under which its card is kept, or without any."""
    rest = {name: value for name, value in agreed.items() if name != "keep_card"}
    return {**rest, "keep_card": words, "agreed_from": address} if words else rest


def mandate_of(booking: Booking) -> Mandated | None:
    """What the client agrees to beside the payment; None where no card is to be kept for later bookings,
    or a unit pays."""
    words = booking.agreed.get("keep_card")
    if not words or booking.client_id is None or booking.pack_id or booking.retainer_id:
        return None
    address = booking.agreed.get("agreed_from", "")
    return Mandated(MandatePurpose.ONE_TAP, words, address, reference=booking.client_id)


def agree_beside(booking: Booking, sale: Sale, attempt: PaymentAttempt, now: datetime) -> None:
    """Keep these words too where the card is kept for the rest of this booking already."""
    mandate = mandate_of(booking)
    if mandate and sale.mandate and sale.mandate.purpose != mandate.purpose:
        cards.agree(mandate, client_id=sale.client_id, charge_id=attempt.charge_id, now=now)


def may_pay(client_id: uuid.UUID) -> bool:
    """Whether this client has agreed that a kept card pays bookings with one press."""
    return Mandate.objects.filter(client_id=client_id, purpose=MandatePurpose.ONE_TAP).exists()
