"""What becomes of a payment, or of what is owed: refunds, disputes, money in hand, and paying by link."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

from demo import payments
from demo.timeline import Place
from demo.world import Later
from kit import clock
from kit.clock import zone
from kit.ids import uuid7
from tenants.billing import by_hand, by_link, charges, coach_refunds, links
from tenants.billing.attempts import live_attempt
from tenants.billing.coach_refunds import Because
from tenants.billing.models import AttemptStatus, Charge, ManualPayment, PaymentAttempt, Tender

_BY_HAND = {"cash": Tender.CASH, "transfer": Tender.TRANSFER}
ANOTHER_CARD = "5555555555554444"


def note(place: Place, reference: UUID, following: Sequence[Later]) -> None:
    """`reference` is what was sold: a booking, a pack, an invoice."""
    acts = {
        "refund": _refund,
        "refund_at_stripe": _refund_at_stripe,
        "dispute": _dispute,
        "inquiry": _dispute,
        "cash": _receive,
        "transfer": _receive,
        "link": _pay_by_link,
    }
    for nth, later in enumerate(following, start=40):
        act = partial(acts[later.what], place, reference, later)
        by_stripe = later.what in ("refund_at_stripe", "dispute", "inquiry")
        place.note(place.day(later.on, nth=nth), act, asks_stripe=True, is_told_by_stripe=by_stripe)


def charge_of(reference: UUID) -> Charge:
    """What is owed, or was, for a thing that was sold."""
    return Charge.objects.get(reference=reference)


def paid_by(reference: UUID) -> PaymentAttempt:
    """The latest card payment of it."""
    return (
        PaymentAttempt.objects.select_related("charge")
        .filter(charge__reference=reference, status=AttemptStatus.CAPTURED)
        .latest("captured_at")
    )


def left_minor(attempt: PaymentAttempt) -> int:
    """What of a payment has not gone back: a session that was called off may have taken all of it."""
    return attempt.captured_minor - attempt.refunded_minor - attempt.lost_minor


# --- money that goes back -------------------------------------------------------------------------------


def _refund(place: Place, reference: UUID, later: Later) -> None:
    attempt = paid_by(reference)
    if not left_minor(attempt):
        return
    shown = coach_refunds.facts_of(attempt=attempt).preview(later.minor or None)
    coach_refunds.refund(
        attempt_id=attempt.pk,
        amount_minor=later.minor or None,
        because=Because.GOODWILL,
        shown=shown.fingerprint,
        reference=uuid7(),
        now=clock.now(),
        actor=place.actor,
    )


def _refund_at_stripe(place: Place, reference: UUID, later: Later) -> None:
    """In Stripe's dashboard, where a coach may do it without asking us."""
    attempt = paid_by(reference)
    if left_minor(attempt):
        place.stripe.dashboard_refund(attempt.stripe_charge_id, later.minor or None)


def _dispute(place: Place, reference: UUID, later: Later) -> None:
    attempt = paid_by(reference)
    if not left_minor(attempt):
        return
    kind = "inquiry" if later.what == "inquiry" else "chargeback"
    dispute_id = place.stripe.open_dispute(
        attempt.stripe_charge_id,
        amount=later.minor or None,
        reason="product_not_received",
        kind=kind,
    )
    if later.ends:
        end = {"won": place.stripe.win_dispute, "lost": place.stripe.lose_dispute}[later.ends]
        place.note(place.day(later.ends_on), partial(end, dispute_id), is_told_by_stripe=True)


# --- what is owed ------------------------------------------------------------------------------------------


def _receive(place: Place, reference: UUID, later: Later) -> None:
    charge = charge_of(reference)
    payment = by_hand.record(
        charge_id=charge.pk,
        tender=_BY_HAND[later.what],
        amount_minor=later.minor or charges.owed_minor(charge),
        received_on=clock.now().astimezone(zone(place.coach.timezone)).date(),
        reference="",
        now=clock.now(),
        actor=place.actor,
        key=uuid7(),
    )
    if later.ends:
        place.note(place.day(later.ends_on), partial(_take_back, place, payment))


def _take_back(place: Place, payment: ManualPayment) -> None:
    because = "Noted with the wrong client"
    by_hand.take_back(payment_id=payment.pk, because=because, now=clock.now(), actor=place.actor)


def _pay_by_link(place: Place, reference: UUID, _later: Later) -> None:
    charge = charge_of(reference)
    page = links.pay_address(charge)
    by_link.pay(charge_id=charge.pk, links=lambda _attempt: (page, page), now=clock.now())
    attempt = live_attempt(charge.pk)
    assert attempt is not None
    payments.pay(attempt, place.stripe, card=ANOTHER_CARD)
