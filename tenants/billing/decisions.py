"""Authorise, decide, capture: the one path that every card payment takes to its end.

Stripe's event, the payer's return and the sweeper all call `settle`. It asks Stripe first, under a lease
and with no transaction open; then one transaction locks the attempt and decides; then the capture or the
release is asked for; a last transaction writes down what Stripe answered. Killed between any two of these,
the next call goes on from what Stripe says.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F

from connect import gateway
from connect.inbox import NotNow
from connect.origins import Origin, origin_of
from kit.actors import SYSTEM, Actor
from kit.ids import uuid7
from kit.states import move
from tenants.billing import captures, cards, charges, intents, order_fees, refunds, refusals
from tenants.billing.attempts import (
    UNWANTED,
    WARNED,
    is_stale,
    leased,
    live_attempt,
    locked,
    paid_for_nothing,
)
from tenants.billing.dunning import Refusal
from tenants.billing.fulfilment import fulfilment_of
from tenants.billing.models import UNFINISHED, UNPAID, AttemptStatus, Charge, PaymentAttempt
from tenants.registry import standing, wakeups

log = structlog.get_logger()

CAPTURED_ELSEWHERE = "captured_at_stripe"
# Of an unreachable account or an expired page we stop asking after this long.
LATE_LOOKS = timedelta(days=8)
# What the payer is told, where it is not what we note.
TOLD = {UNWANTED: "payment_released", WARNED: "payment_released"}
# A payment that still waits is let go this long before the bank's promise ends.
MARGIN = timedelta(hours=12)
SHORTEST_HOLD = timedelta(days=5)


@dataclass(frozen=True)
class Answer:
    """What Stripe says of an attempt: its page, its payment, and when we asked."""

    page: gateway.CheckoutView | None
    intent: gateway.IntentView | None
    asked_at: datetime
    refusal: Refusal | None = None


@dataclass(frozen=True)
class Wait:
    """A promised payment is not decided yet: until when, and why it is let go after that."""

    until: datetime
    reason: str


def settle(*, attempt_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM) -> PaymentAttempt:
    """Use case: bring one attempt as far as Stripe's answer allows, and return it.

    Safe to call at any time, any number of times, from anywhere: while somebody else works on the attempt
    it only returns it. Raises `gateway.GatewayUnavailable` when Stripe cannot be asked, and
    `gateway.GatewayRefused` when it will not tell; nothing is lost then, so call again later.
    """
    _settle(attempt_id, now, actor)
    return PaymentAttempt.objects.get(pk=attempt_id)


def _settle(attempt_id: uuid.UUID, now: datetime, actor: Actor) -> bool:
    """False when somebody else was at it, who may have asked Stripe before what we have heard of."""
    with leased(attempt_id, now) as mine:
        if mine:
            _advance(PaymentAttempt.objects.get(pk=attempt_id), now, actor)
    return mine


def _advance(attempt: PaymentAttempt, now: datetime, actor: Actor) -> None:
    try:
        answer = _ask(attempt, now)
    except gateway.GatewayDisconnected:
        _give_up(attempt.pk, now)
        return
    if answer.intent is None:
        _without_payment(attempt, answer, now)
    elif answer.intent.status == "requires_capture":
        _authorised(attempt, answer, now, actor)
    elif answer.intent.status == "succeeded":
        _paid(attempt, answer, now, actor)
    elif answer.intent.status == "canceled":
        _close(attempt, answer, now)
    elif attempt.saved_card_id:
        _not_given(attempt, answer, now)
    else:
        _unpaid(attempt, answer, now)


def _ask(attempt: PaymentAttempt, now: datetime) -> Answer:
    """Fetch the page (until its payment is known) and the payment, with no transaction open.

    A payment with a kept card has no page: what is left of bringing it to the bank is done here.
    """
    if attempt.saved_card_id and attempt.status in UNPAID:
        brought = intents.bring(attempt)
        return Answer(None, brought.intent, now, brought.refusal)
    page = None
    intent_id = attempt.intent_id
    if not intent_id and attempt.checkout_id:
        page = gateway.fetch_checkout(account_id=attempt.account_id, checkout_id=attempt.checkout_id)
        intent_id = page.payment_intent_id or ""
    intent = gateway.fetch_intent(account_id=attempt.account_id, intent_id=intent_id) if intent_id else None
    return Answer(page, intent, now)


# --- authorised: decide, then capture or release ---------------------------------------------------


def _authorised(attempt: PaymentAttempt, answer: Answer, now: datetime, actor: Actor) -> None:
    decided = _decide(attempt.pk, answer, now)
    if decided.status == AttemptStatus.CAPTURING:
        _capture(decided, now, actor)
    elif decided.status in (AttemptStatus.RELEASING, AttemptStatus.RELEASED, AttemptStatus.EXPIRED):
        _release(decided, now, actor)


def _note_payment(attempt_id: uuid.UUID, answer: Answer) -> None:
    with transaction.atomic(durable=True):
        attempt = locked(attempt_id)
        if not is_stale(attempt, answer.asked_at):
            captures.note_payment(attempt, answer.intent, answer.asked_at)
            attempt.save()


def _decide(
    attempt_id: uuid.UUID, answer: Answer, now: datetime, *, elsewhere: bool = False
) -> PaymentAttempt:
    """Wait for somebody's yes; or keep the slot, claim fee-free sessions and fix the fee; or decide that the
    money is let go. `elsewhere`: it is captured already, by somebody in Stripe's dashboard."""
    try:
        return _decided(attempt_id, answer, now, elsewhere=elsewhere)
    except order_fees.ChargeMoved:
        return _decided(attempt_id, answer, now, elsewhere=elsewhere)


def _decided(attempt_id: uuid.UUID, answer: Answer, now: datetime, *, elsewhere: bool) -> PaymentAttempt:
    with transaction.atomic(durable=True):
        attempt = locked(attempt_id)
        origins = PaymentAttempt.MOVES[AttemptStatus.CAPTURING] if elsewhere else UNPAID
        if is_stale(attempt, answer.asked_at) or attempt.status not in origins:
            return attempt
        captures.note_payment(attempt, answer.intent, answer.asked_at)
        attempt.save()
        waits = None if elsewhere else _waits(attempt, answer, now)
        if waits:
            _wait(attempt, waits, now)
        else:
            _take_or_let_go(attempt, answer, now, elsewhere=elsewhere)
    return attempt


def _waits(attempt: PaymentAttempt, answer: Answer, now: datetime) -> Wait | None:
    """Stripe still checks the payment, or the coach has not accepted what it is for."""
    charge = attempt.charge
    last_moment = (attempt.capture_before or attempt.created_at + SHORTEST_HOLD) - MARGIN
    if answer.intent is not None and answer.intent.under_review:
        return Wait(last_moment, "review_not_closed")
    if charge.paid_minor or not charges.owed_minor(charge):
        return None
    until = fulfilment_of(charge.purpose).awaits(
        reference=charge.reference, intent_capture_before=attempt.capture_before, now=now
    )
    return Wait(min(until, last_moment), "not_answered") if until else None


def _wait(attempt: PaymentAttempt, wait: Wait, now: datetime) -> None:
    """What is sold is kept until then, and looked at then at the latest, or the money is let go."""
    charge = attempt.charge
    # What a later part is paid for was given already, so there is nothing to keep.
    kept = now < wait.until and (
        charge.paid_minor > 0
        or fulfilment_of(charge.purpose).keep(reference=charge.reference, until=wait.until, now=now)
    )
    if kept:
        wakeups.ask(kind="attempt", reference=attempt.pk, due_at=wait.until, now=now)
    else:
        move(attempt, AttemptStatus.RELEASING, decided_at=now, reason=wait.reason)


def _take_or_let_go(attempt: PaymentAttempt, answer: Answer, now: datetime, *, elsewhere: bool) -> None:
    charge = attempt.charge
    paid_minor = answer.intent.amount_received_minor if elsewhere and answer.intent else None
    paid_minor = paid_minor or attempt.amount_minor
    wanted = paid_minor <= charges.owed_minor(charge) and _is_wanted(charge, now)
    if wanted:
        order_fees.fix(attempt, charge, paid_minor=paid_minor, now=now)
    if wanted or elsewhere:
        reason = (CAPTURED_ELSEWHERE if wanted else UNWANTED) if elsewhere else ""
        move(attempt, AttemptStatus.CAPTURING, decision=uuid7(), decided_at=now, reason=reason)
    else:
        move(attempt, AttemptStatus.RELEASING, decided_at=now, reason=UNWANTED)


def _is_wanted(charge: Charge, now: datetime) -> bool:
    """What is sold is locked before the charge, as where a payment is opened. What was given on trust, or on
    a first payment, is owed. A practice that has closed since takes nothing: nobody would give it."""
    if standing.is_closed():
        return False
    fulfilment = fulfilment_of(charge.purpose)
    is_new = not charge.paid_minor and fulfilment.still_wanted(reference=charge.reference, now=now)
    return is_new or fulfilment.still_owed(reference=charge.reference, now=now)


def _capture(attempt: PaymentAttempt, now: datetime, actor: Actor) -> None:
    try:
        intent = gateway.capture(
            account_id=attempt.account_id,
            intent_id=attempt.intent_id,
            fee_minor=attempt.fee_minor or 0,
            key=f"cap-{attempt.decision}-{attempt.capture_round}",
        )
    except gateway.GatewayUnavailable:
        # Stripe answers a key that met a fault with that fault for a day. What has moved cannot be
        # captured again, so the next try, which looks first, may take a new key.
        with transaction.atomic(durable=True):
            PaymentAttempt.objects.filter(pk=attempt.pk).update(capture_round=F("capture_round") + 1)
        raise
    except gateway.GatewayRefused as refusal:
        _capture_refused(attempt, refusal, now, actor)
    else:
        if intent.status == "succeeded":
            _paid(attempt, Answer(None, intent, now), now, actor)


def _capture_refused(
    attempt: PaymentAttempt, refusal: gateway.GatewayRefused, now: datetime, actor: Actor
) -> None:
    """Look again before believing a refusal: what had already moved is adopted, not failed."""
    intent = gateway.fetch_intent(account_id=attempt.account_id, intent_id=attempt.intent_id)
    if intent.status == "succeeded":
        _paid(attempt, Answer(None, intent, now), now, actor)
        return
    if intent.status == "requires_capture":
        # The bank will not give it any more; the payer's hold is let go at once.
        gateway.release(account_id=attempt.account_id, intent_id=attempt.intent_id)
    cards.let_go(attempt, intent)
    with transaction.atomic(durable=True):
        attempt = locked(attempt.pk)
        if attempt.status == AttemptStatus.CAPTURING:
            move(
                attempt,
                AttemptStatus.CAPTURE_FAILED,
                reason=refusal.code[:40],
                decline=refusal.decline_code or "",
            )
            refused = Refusal(refusal.code, refusal.decline_code or "", refusal.advice_code)
            _free_what_was_kept(attempt, "payment_failed", now, refused)
            order_fees.give_claim_back(attempt, now=now)


def _release(attempt: PaymentAttempt, now: datetime, actor: Actor) -> None:
    try:
        intent = gateway.release(account_id=attempt.account_id, intent_id=attempt.intent_id)
    except gateway.GatewayRefused:
        intent = gateway.fetch_intent(account_id=attempt.account_id, intent_id=attempt.intent_id)
    if intent.status == "succeeded":
        _paid(attempt, Answer(None, intent, now), now, actor)
    elif intent.status == "canceled":
        _close(attempt, Answer(None, intent, now), now)


# --- paid ------------------------------------------------------------------------------------------


def _paid(attempt: PaymentAttempt, answer: Answer, now: datetime, actor: Actor) -> None:
    """Stripe has the money: by our capture, or by somebody's in Stripe's dashboard."""
    intent = answer.intent
    assert intent is not None
    decided = _decide(attempt.pk, answer, now, elsewhere=True)
    wanted = not paid_for_nothing(decided)
    if decided.status == AttemptStatus.CAPTURING:
        wanted = captures.record_capture(
            attempt_id=attempt.pk, intent=intent, wanted=wanted, now=now, actor=actor
        )
    refunds.follow(attempt_id=attempt.pk, intent=intent, asked_at=answer.asked_at, now=now)
    if not wanted:
        refunds.return_unwanted(attempt_id=attempt.pk, intent=intent, now=now)


# --- not paid --------------------------------------------------------------------------------------


def _without_payment(attempt: PaymentAttempt, answer: Answer, now: datetime) -> None:
    if answer.refusal:
        _decline(attempt.pk, answer, now)
        return
    closed = answer.page is not None and answer.page.status == "expired"
    never_opened = not attempt.checkout_id and attempt.status in UNPAID and now >= attempt.expires_at
    if closed or never_opened:
        _expire(attempt.pk, answer, now)


def _not_given(attempt: PaymentAttempt, answer: Answer, now: datetime) -> None:
    """A kept card was refused, or its bank wants to ask the client: who is there for a while, or is not."""
    assert answer.intent is not None
    asks = answer.intent.status == "requires_action"
    if answer.intent.status == "requires_payment_method" or (asks and attempt.off_session):
        # Written down first: a payment that is cancelled does not say any more why it was refused.
        _decline(attempt.pk, answer, now)
        _let_go_of(attempt)
    elif asks and now >= attempt.expires_at:
        _let_go_of(attempt)
        _expire(attempt.pk, answer, now)
    else:
        _note_payment(attempt.pk, answer)


def _let_go_of(attempt: PaymentAttempt) -> None:
    """Nobody can go on with a payment that is done with here."""
    try:
        gateway.release(account_id=attempt.account_id, intent_id=attempt.intent_id)
    except gateway.GatewayDisconnected:
        raise
    except gateway.GatewayRefused as refusal:
        log.info("payment_not_cancelled", attempt=str(attempt.pk), code=refusal.code)


def _decline(attempt_id: uuid.UUID, answer: Answer, now: datetime) -> None:
    """Refused by the bank. Whoever is there may pay in another way, so what is kept stays kept."""
    refusal = answer.refusal or Refusal("authentication_required")
    with transaction.atomic(durable=True):
        attempt = locked(attempt_id)
        if is_stale(attempt, answer.asked_at) or attempt.status not in UNPAID:
            return
        captures.note_payment(attempt, answer.intent, answer.asked_at)
        attempt.decline, attempt.advice = refusal.in_short[:60], refusal.advice[:24]
        attempt.save()
        move(attempt, AttemptStatus.DECLINED, reason="declined")
        refusals.follow(attempt, refusal, now=now)


def _unpaid(attempt: PaymentAttempt, answer: Answer, now: datetime) -> None:
    """Declined, waiting for the payer, or being processed: only an expired page ends it."""
    page = answer.page or _page_of(attempt)
    if page is not None and page.status == "expired":
        _expire(attempt.pk, answer, now)
        return
    _note_payment(attempt.pk, answer)


def _page_of(attempt: PaymentAttempt) -> gateway.CheckoutView | None:
    if not attempt.checkout_id:
        return None
    return gateway.fetch_checkout(account_id=attempt.account_id, checkout_id=attempt.checkout_id)


def _expire(attempt_id: uuid.UUID, answer: Answer, now: datetime) -> None:
    with transaction.atomic(durable=True):
        attempt = locked(attempt_id)
        if is_stale(attempt, answer.asked_at) or attempt.status not in UNPAID:
            return
        move(attempt, AttemptStatus.EXPIRED, asked_at=answer.asked_at, reason="page_expired")
        _free_what_was_kept(attempt, "payment_abandoned", now)


def _close(attempt: PaymentAttempt, answer: Answer, now: datetime) -> None:
    """The authorisation is gone without money: released by us, cancelled at Stripe, or lapsed."""
    cards.let_go(attempt, answer.intent)
    with transaction.atomic(durable=True):
        attempt = locked(attempt.pk)
        if is_stale(attempt, answer.asked_at) or attempt.status not in UNFINISHED:
            return
        captures.note_payment(attempt, answer.intent, answer.asked_at)
        attempt.save()
        failed = attempt.status == AttemptStatus.CAPTURING
        reason = attempt.reason or "cancelled_at_stripe"
        move(attempt, AttemptStatus.CAPTURE_FAILED if failed else AttemptStatus.RELEASED, reason=reason)
        told = "payment_failed" if failed else TOLD.get(reason, reason)
        _free_what_was_kept(attempt, told, now, Refusal(reason))
        order_fees.give_claim_back(attempt, now=now)


def _give_up(attempt_id: uuid.UUID, now: datetime) -> None:
    """The coach has disconnected: nothing can be captured or cancelled; the hold lapses at the bank."""
    with transaction.atomic(durable=True):
        attempt = locked(attempt_id)
        if attempt.status in UNFINISHED:
            move(attempt, AttemptStatus.UNREACHABLE, reason="account_disconnected")
            _free_what_was_kept(attempt, "payment_unreachable", now)
            order_fees.give_claim_back(attempt, now=now)


def _free_what_was_kept(
    attempt: PaymentAttempt, reason: str, now: datetime, refusal: Refusal | None = None
) -> None:
    """Unless another attempt at the same thing goes on, for which it is kept. Nothing is kept for a part
    that is collected later: that is tried again. Before the claim is given back: what is sold is locked
    before its charge, and the charge before the coach's account."""
    charge = attempt.charge
    if attempt.off_session:
        if refusal and not paid_for_nothing(attempt):
            refusals.follow(attempt, refusal, now=now)
    elif not charge.paid_minor and live_attempt(charge.pk) is None:
        fulfilment_of(charge.purpose).release(reference=charge.reference, reason=reason, now=now)


# --- who calls -------------------------------------------------------------------------------------


def look_after(*, reference: uuid.UUID, now: datetime) -> datetime | None:
    """Use case of the sweeper: settle, and say when to look again; None when nothing can change any more."""
    attempt = settle(attempt_id=reference, now=now)
    if attempt.status in UNFINISHED:
        return now + _pause(attempt, now)
    if attempt.status == AttemptStatus.CAPTURED:
        return refunds.next_look(attempt, now=now)
    could_come = attempt.checkout_id or (attempt.status == AttemptStatus.EXPIRED and attempt.intent_id)
    if now - attempt.created_at < LATE_LOOKS and could_come:
        # A late authorisation on a page that we could not close is released, not forgotten.
        return now + timedelta(hours=6)
    return None


def _pause(attempt: PaymentAttempt, now: datetime) -> timedelta:
    """Often while the payer is at the card page, then at the page's end, then with the age of the payment."""
    age = now - attempt.created_at
    return min(max(age / 4, timedelta(seconds=20)), timedelta(hours=1))


def on_stripe_event(*, account_id: str, schema_name: str, object_id: str, now: datetime) -> str:
    """Use case of the inbox: settle the attempt that an event speaks of. Answers why there is none.

    Raises `connect.inbox.NotNow` while somebody else settles it.
    """
    try:
        attempt = payment_of(account_id=account_id, object_id=object_id)
    except gateway.GatewayDisconnected:
        # What is open there is given up by the sweeper.
        return "of an account that was disconnected"
    if attempt is None:
        return "not made by Upfront"
    if not _settle(attempt.pk, now, SYSTEM):
        raise NotNow("the payment is being settled")
    return ""


def payment_of(*, account_id: str, object_id: str) -> PaymentAttempt | None:
    """The payment here that any object at Stripe belongs to: by its id, or by our mark on the payment.

    Called with no transaction open. Raises the gateway's errors.
    """
    return _known(object_id) or _found_at_stripe(account_id, object_id)


def _known(object_id: str) -> PaymentAttempt | None:
    fields = {"cs_": "checkout_id", "pi_": "intent_id", "ch_": "stripe_charge_id"}
    field = fields.get(object_id[:3])
    return PaymentAttempt.objects.filter(**{field: object_id}).first() if field else None


def _found_at_stripe(account_id: str, object_id: str) -> PaymentAttempt | None:
    origin = origin_of(account_id=account_id, object_id=object_id)
    if origin.attempt_id is None:
        return None
    ours = PaymentAttempt.objects.filter(pk=origin.attempt_id, account_id=account_id)
    attempt = ours.first()
    if attempt is None or not _is_its_payment(attempt, origin):
        return None
    with transaction.atomic(durable=True):
        # Where Stripe was faster than our own commit, the payment's name is known from here only.
        ours.filter(checkout_id="", intent_id="").update(intent_id=origin.intent_id or "")
    return attempt


def _is_its_payment(attempt: PaymentAttempt, origin: Origin) -> bool:
    """Our mark can be copied to another payment in Stripe's dashboard; what we asked for cannot change."""
    if (origin.amount_minor, origin.currency) == (attempt.amount_minor, attempt.currency):
        return True
    log.error(
        "a payment bears an attempt's mark but not its amount",
        attempt=str(attempt.pk),
        intent=origin.intent_id,
    )
    return False
