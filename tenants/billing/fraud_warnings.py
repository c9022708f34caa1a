"""A bank's early word that a payment is probably fraudulent, before it becomes a dispute."""

import uuid
from datetime import datetime

from django.db import transaction

from connect import gateway
from kit.actors import STRIPE
from kit.states import move
from tenants.activity import events
from tenants.billing import decisions
from tenants.billing.attempts import UNWANTED, WARNED, locked
from tenants.billing.models import UNPAID, AttemptStatus, PaymentAttempt


def on_stripe_event(*, account_id: str, schema_name: str, object_id: str, now: datetime) -> str:
    """Use case of the inbox: what is not captured is let go; of what is, the coach is told to refund it.

    Only while the bank calls it actionable. Answers why nothing was to be done.
    """
    try:
        attempt = decisions.payment_of(account_id=account_id, object_id=object_id)
        if attempt is None:
            return "not made by Upfront"
        if not _is_actionable(attempt, object_id):
            return "nothing is to be done about it"
    except gateway.GatewayDisconnected:
        return "of an account that was disconnected"
    _act(attempt.pk, now)
    # A release is carried out now; a capture that was under way is followed to its end.
    decisions.settle(attempt_id=attempt.pk, now=now)
    return ""


def _is_actionable(attempt: PaymentAttempt, warning_id: str) -> bool:
    charge_id = attempt.stripe_charge_id or _charge_at_stripe(attempt)
    if not charge_id:
        return False
    warnings = gateway.fetch_fraud_warnings(account_id=attempt.account_id, charge_id=charge_id)
    return any(each.id == warning_id and each.actionable for each in warnings)


def _charge_at_stripe(attempt: PaymentAttempt) -> str:
    """Stripe can be faster than we are: what we have not heard of yet is asked for."""
    intent = gateway.fetch_intent(account_id=attempt.account_id, intent_id=attempt.intent_id)
    return intent.charge.id if intent.charge else ""


def _act(attempt_id: uuid.UUID, now: datetime) -> None:
    with transaction.atomic(durable=True):
        attempt = locked(attempt_id)
        if attempt.status in UNPAID:
            move(attempt, AttemptStatus.RELEASING, decided_at=now, reason=WARNED)
        elif attempt.status in (AttemptStatus.CAPTURED, AttemptStatus.CAPTURING):
            _warn(attempt, now)


def _warn(attempt: PaymentAttempt, now: datetime) -> None:
    """Once per payment; where nothing was sold for it, the money goes back by itself."""
    if attempt.reason in (WARNED, UNWANTED):
        return
    attempt.reason = WARNED
    attempt.save(update_fields=["reason"])
    events.record(
        kind="payment.warned",
        subject_id=attempt.pk,
        client_id=attempt.charge.client_id,
        actor=STRIPE,
        now=now,
        data={"amount_minor": attempt.amount_minor, "currency": attempt.currency},
    )
