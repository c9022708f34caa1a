"""Writing down what Stripe says of a payment: the authorisation, the capture, the processor's fee."""

import uuid
from datetime import datetime
from functools import partial

from django.db import transaction

from connect import gateway
from fees import accounts as fee_accounts
from fees.models import FeeEntryKind
from kit.actors import Actor
from kit.database import current_schema, insert_unless_there
from kit.states import move
from tenants.activity import events
from tenants.billing import cards, charges, order_fees
from tenants.billing.attempts import UNWANTED, locked, paid_for_nothing
from tenants.billing.fulfilment import fulfilment_of
from tenants.billing.models import (
    AttemptStatus,
    Charge,
    EntryKind,
    LedgerEntry,
    PaymentAttempt,
    SavedCard,
)

CAPTURED_LESS = "captured_less_at_stripe"


def note_payment(attempt: PaymentAttempt, intent: gateway.IntentView | None, asked_at: datetime) -> None:
    """Take over what the payment is called and how it stands; the caller saves."""
    attempt.asked_at = asked_at
    if intent is None:
        return
    attempt.intent_id = intent.id
    attempt.decline = intent.decline_code or intent.error_code or ""
    if intent.next_url:
        attempt.checkout_url = intent.next_url
    if charge := intent.charge:
        attempt.stripe_charge_id = charge.id
        attempt.card = f"{charge.card_brand} {charge.card_last4}".strip()
        attempt.capture_before = charge.capture_before


def record_capture(
    *, attempt_id: uuid.UUID, intent: gateway.IntentView, wanted: bool, now: datetime, actor: Actor
) -> bool:
    """Step in a transaction of its own: the money is there, so the ledger says so and the sale is fulfilled.

    `intent` must have been fetched as succeeded: nothing else confirms anything (law 1). Answers whether the
    money is kept: what a later part is for may have ended since it was decided, and then it goes back.
    """
    assert intent.status == "succeeded"
    with transaction.atomic(durable=True):
        attempt = locked(attempt_id)
        if attempt.status != AttemptStatus.CAPTURING:
            return not paid_for_nothing(attempt)
        charge = attempt.charge
        _take_over(attempt, intent, now)
        _write_capture(attempt, charge, now)
        wanted = wanted and _give_what_was_paid_for(attempt, charge, now, actor)
        if wanted:
            cards.remember(attempt, charge, intent, now=now)
        events.record(
            kind="payment.captured",
            subject_id=attempt.pk,
            client_id=charge.client_id,
            actor=actor,
            now=now,
            data={
                "charge": str(charge.pk),
                "amount_minor": attempt.captured_minor,
                "currency": attempt.currency,
            },
        )
    return wanted


def _give_what_was_paid_for(attempt: PaymentAttempt, charge: Charge, now: datetime, actor: Actor) -> bool:
    """What is sold is locked before the charge, as where a payment is opened."""
    fulfilment = fulfilment_of(charge.purpose)
    is_first = not charge.paid_minor
    if is_first:
        whole = attempt.amount_minor >= charges.owed_minor(charge)
        fulfilment.fulfil(
            reference=charge.reference, attempt_id=attempt.pk, whole=whole, now=now, actor=actor
        )
    elif not fulfilment.still_owed(reference=charge.reference, now=now):
        _take_back(attempt, now)
        return False
    _count(attempt, charge, now, actor)
    if not is_first and not charges.owed_minor(charge):
        fulfilment.settled(reference=charge.reference, now=now, actor=actor)
    return True


def _count(attempt: PaymentAttempt, charge: Charge, now: datetime, actor: Actor) -> None:
    """What the charge has of it. Less than was asked for was taken in Stripe's dashboard, on purpose."""
    has_parts = attempt.instalment_id is not None
    if short_minor := max(attempt.amount_minor - attempt.captured_minor, 0):
        charges.let_off(
            charge,
            amount_minor=short_minor,
            because=CAPTURED_LESS,
            now=now,
            actor=actor,
            first=True,
        )
    charges.apply(charge, now=now, actor=actor, paid_minor=attempt.captured_minor, has_parts=has_parts)
    if attempt.saved_card_id:
        SavedCard.objects.filter(pk=attempt.saved_card_id).update(tries_in_a_row=0)


def _take_back(attempt: PaymentAttempt, now: datetime) -> None:
    """Its money fulfils nothing: it bears no fee and keeps no fee-free session."""
    order_fees.give_claim_back(attempt, now=now)
    attempt.reason, attempt.fee_minor, attempt.free_numbers = UNWANTED, None, []
    attempt.save(update_fields=["reason", "fee_minor", "free_numbers"])


def _take_over(attempt: PaymentAttempt, intent: gateway.IntentView, now: datetime) -> None:
    note_payment(attempt, intent, now)
    charge = intent.charge
    attempt.application_fee_id = (charge and charge.application_fee_id) or ""
    attempt.application_fee_minor = charge.application_fee_minor if charge else 0
    attempt.save()
    move(attempt, AttemptStatus.CAPTURED, captured_at=now, captured_minor=intent.amount_received_minor)


def _write_capture(attempt: PaymentAttempt, charge: Charge, now: datetime) -> None:
    enter(attempt, charge, EntryKind.CAPTURE, str(attempt.pk), attempt.captured_minor, now)
    enter(attempt, charge, EntryKind.PLATFORM_FEE, str(attempt.pk), -attempt.application_fee_minor, now)
    note = partial(
        fee_accounts.note_amount,
        schema_name=current_schema(),
        reference=str(attempt.pk),
        currency=attempt.currency,
        now=now,
    )
    note(kind=FeeEntryKind.CHARGED, amount_minor=attempt.application_fee_minor)
    # A capture in Stripe's dashboard took the fee that was preset, which may be less than what is due.
    missing_minor = max((attempt.fee_minor or 0) - attempt.application_fee_minor, 0)
    note(kind=FeeEntryKind.UNCOLLECTED, amount_minor=missing_minor)


def enter(
    attempt: PaymentAttempt, charge: Charge, kind: EntryKind, reference: str, amount_minor: int, now: datetime
) -> bool:
    """Step: one ledger entry, from the coach's side, once per kind and reference. False if it was there."""
    if not amount_minor:
        return False
    entry = LedgerEntry(
        kind=kind,
        reference=reference,
        attempt=attempt,
        client_id=charge.client_id,
        sold_id=charge.reference,
        amount_minor=amount_minor,
        currency=attempt.currency,
        at=now,
    )
    return insert_unless_there(entry)
