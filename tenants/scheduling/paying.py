"""The payment of a booking: one page at a time that it can be paid on, resumed or closed."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from kit.states import try_move
from tenants.billing import by_link, cards, checkout, intents
from tenants.billing.attempts import TOO_SHORT_TO_PAY
from tenants.billing.by_link import InTheWay
from tenants.billing.decisions import settle
from tenants.billing.models import LIVE, UNPAID, AttemptStatus, PaymentAttempt
from tenants.packs import selling
from tenants.packs.models import Pack, PackStatus
from tenants.paperwork.requirements import PaperworkMissing, or_refused
from tenants.scheduling import deposits, kept_cards
from tenants.scheduling.holds import end_hold
from tenants.scheduling.models import Booking

# What a transaction leaves: something to pay, nothing, or papers that come first.
Opened = PaymentAttempt | PaperworkMissing | None
# A page that Stripe could not be asked about frees its slot this long after its end.
UNASKED = timedelta(minutes=10)


def sale_of(booking: Booking) -> checkout.Sale:
    """What the client pays for: the session, extras beside a unit, or a pack that is bought with it."""
    client, pack = booking.client, booking.pack
    assert client is not None
    if pack and pack.status == PackStatus.PENDING:
        return selling.sale_of(pack, purpose="pack_and_booking", extras_minor=booking.extras_minor)
    session_minor = 0 if pack or booking.retainer_id else booking.price_minor
    parts = deposits.parts_of(booking, session_minor + booking.extras_minor)
    return checkout.Sale(
        purpose="booking",
        reference=booking.pk,
        client_id=client.pk,
        client_email=client.email,
        description=booking.agreed["name"],
        amount_minor=session_minor + booking.extras_minor,
        currency=booking.currency,
        units=1 if session_minor else 0,
        extras_minor=booking.extras_minor,
        parts=parts,
        mandate=deposits.mandate_of(booking, parts) or kept_cards.mandate_of(booking),
        tax_bp=booking.agreed.get("tax_bp", 0),
    )


def open_attempt(
    booking: Booking, links: checkout.Links, now: datetime, ready: cards.Ready | None = None
) -> PaymentAttempt:
    """Step: the charge and its live attempt; the slot is kept for as long as the page can be paid on.

    Raises InTheWay where an open page asks for another amount, or for another card: an extra, a coupon
    or how to pay was changed since.
    """
    sale = sale_of(booking)
    attempt = checkout.open_attempt(sale=sale, links=links, now=now, ready=ready)
    if attempt.amount_minor != sale.due_now_minor or not _is_paid_as_wished(attempt, sale, ready):
        raise InTheWay(attempt)
    kept_cards.agree_beside(booking, sale, attempt, now)
    booking.hold_expires_at = attempt.expires_at + UNASKED
    booking.save(update_fields=["hold_expires_at"])
    return attempt


def _is_paid_as_wished(attempt: PaymentAttempt, sale: checkout.Sale, ready: cards.Ready | None) -> bool:
    """A payment that waits for the bank is gone on with: it ends by itself."""
    if attempt.saved_card_id:
        return True
    return ready is None and cards.is_to_be_kept(attempt) == (sale.mandate is not None)


def payment_of(booking_id: uuid.UUID) -> PaymentAttempt | None:
    """The attempt that could still pay for the booking."""
    itself = Q(charge__purpose="booking", charge__reference=booking_id)
    with_pack = Q(
        charge__purpose="pack_and_booking",
        charge__reference__in=Pack.objects.filter(first_booking=booking_id).values("pk"),
    )
    live = PaymentAttempt.objects.filter(itself | with_pack, status__in=LIVE)
    return live.select_related("charge").first()


def look_at_the_last(*, booking_id: uuid.UUID, now: datetime, another_card: bool) -> None:
    """Before a payment is gone on with: a page at its end is settled, for it may have been paid on. With
    `another_card` a kept one that waits for its bank is left."""
    attempt = payment_of(booking_id)
    if attempt and attempt.expires_at <= now + TOO_SHORT_TO_PAY:
        settle(attempt_id=attempt.pk, now=now)
    elif attempt and attempt.saved_card_id and another_card:
        _put_aside(attempt=attempt, now=now)


def require_no_other(booking: Booking, *, purpose: str) -> None:
    """Step: a booking has one page at a time on which it can be paid. Raises InTheWay."""
    attempt = payment_of(booking.pk) if booking.client_id else None
    if attempt and attempt.charge.purpose != purpose:
        raise InTheWay(attempt)


def to_the_page(book: Callable[[], Opened], *, now: datetime) -> str | None:
    """Carry out `book`, a transaction that may leave something to pay, and answer where; None for nothing.

    Where the client had begun to pay in another way, that page is closed first. Raises
    `checkout.AlreadyPaid` when it was paid meanwhile, `connect.gateway.GatewayUnavailable`, and what `book`
    answers of papers that are missing.
    """
    return by_link.to_the_page(lambda: or_refused(book()), now=now, aside=_put_aside)


def _put_aside(*, attempt: PaymentAttempt, now: datetime) -> None:
    if attempt.status not in UNPAID or not _is_closed(attempt, now):
        raise checkout.AlreadyPaid(attempt.charge.description)
    with transaction.atomic(durable=True):
        try_move(attempt, AttemptStatus.EXPIRED, reason="paid_otherwise")


def _is_closed(attempt: PaymentAttempt, now: datetime) -> bool:
    return intents.call_off(attempt, now=now) if attempt.saved_card_id else checkout.close_page(attempt)


def give_up(*, booking_id: uuid.UUID, now: datetime) -> bool:
    """Use case: the client wants another time. False when it was paid meanwhile, and then it stands.

    Nobody must pay for a slot that was given up, so the page is closed first. Raises
    `gateway.GatewayUnavailable`; nothing has changed then.
    """
    attempt = payment_of(booking_id)
    if attempt and attempt.status == AttemptStatus.CAPTURING:
        return False
    if attempt and not _is_closed(attempt, now):
        return False
    with transaction.atomic(durable=True):
        return end_hold(Booking.objects.get(pk=booking_id), reason="given_up", now=now)
