"""Payments with a card that is kept: made at Stripe, written down, then confirmed. No page asks for them.

In two steps, so that a lost answer cannot charge twice: an unconfirmed payment takes nothing, and one that
was confirmed is found by its name before anything is tried again.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction
from django.db.models import F

from connect import gateway
from kit.database import current_schema
from kit.ids import uuid7
from kit.states import try_move
from tenants.billing import instalments, order_fees
from tenants.billing.attempts import PAGE_LIFE, leased
from tenants.billing.dunning import Refusal
from tenants.billing.models import (
    UNPAID,
    AttemptStatus,
    Charge,
    Instalment,
    InstalmentKind,
    PaymentAttempt,
    SavedCard,
)
from tenants.registry import wakeups

FIRST_LOOK = timedelta(seconds=45)
Usage = Literal["recurring", "installment", "unscheduled", ""]
# Why the bank is asked while the client is away.
USAGE: dict[str, Usage] = {
    InstalmentKind.PERIOD: "recurring",
    InstalmentKind.INSTALMENT: "installment",
    InstalmentKind.REST: "unscheduled",
    InstalmentKind.DEPOSIT: "unscheduled",
}


@dataclass(frozen=True)
class Brought:
    """How a payment stands after it was brought to the bank; without an `intent` it could not be made."""

    intent: gateway.IntentView | None
    refusal: Refusal | None = None


def open_intent(
    *,
    charge: Charge,
    parts: list[Instalment],
    part: Instalment | None,
    amount_minor: int,
    card: SavedCard,
    customer_id: str,
    now: datetime,
    off_session: bool,
    attempt_id: uuid.UUID | None = None,
    return_url: str = "",
) -> PaymentAttempt:
    """Step: an attempt at paying so much of a locked charge with a kept card. There must be no live one."""
    attempt_id = attempt_id or uuid7()
    made_with = gateway.intent_params(
        amount_minor=amount_minor,
        currency=charge.currency,
        fee_minor=order_fees.if_captured_now(charge, amount_minor),
        customer_id=customer_id,
        method_id=card.method_id,
        description=instalments.named(charge.description, part, parts, amount_minor),
        metadata={"tenant": current_schema(), "attempt": str(attempt_id)},
        usage=USAGE[part.kind] if part and off_session else "",
    )
    attempt = PaymentAttempt.objects.create(
        pk=attempt_id,
        charge=charge,
        instalment=part,
        saved_card=card,
        off_session=off_session,
        account_id=card.account_id,
        amount_minor=amount_minor,
        currency=charge.currency,
        expires_at=(now + PAGE_LIFE).replace(microsecond=0),
        parameters={"made_with": made_with, "return_url": return_url},
        created_at=now,
    )
    wakeups.ask(kind="attempt", reference=attempt_id, due_at=now + FIRST_LOOK, now=now)
    return attempt


def bring(attempt: PaymentAttempt) -> Brought:
    """Go on from wherever it was left: make the payment, commit its name, confirm it; answer how it stands.

    Called with no transaction open, under the attempt's lease. Raises `gateway.GatewayUnavailable` and
    `gateway.GatewayDisconnected`.
    """
    try:
        intent = _fetched(attempt) if attempt.intent_id else _made(attempt)
    except gateway.GatewayDisconnected:
        raise
    except gateway.GatewayRefused as refusal:
        return Brought(None, Refusal(refusal.code, refusal.decline_code or "", refusal.advice_code))
    if intent.status == "requires_confirmation":
        intent = _confirmed(attempt, intent)
    return Brought(intent, said_by(intent))


def said_by(intent: gateway.IntentView) -> Refusal | None:
    """Why the bank refused it last, if it did."""
    if not (intent.error_code or intent.decline_code):
        return None
    return Refusal(intent.error_code or "", intent.decline_code or "", intent.advice_code)


def _fetched(attempt: PaymentAttempt) -> gateway.IntentView:
    return gateway.fetch_intent(account_id=attempt.account_id, intent_id=attempt.intent_id)


def _made(attempt: PaymentAttempt) -> gateway.IntentView:
    try:
        intent = gateway.create_intent(
            account_id=attempt.account_id,
            key=f"pi-{attempt.pk}-{attempt.capture_round}",
            params=attempt.parameters["made_with"],
        )
    except gateway.GatewayUnavailable as fault:
        _next_key_after(fault, attempt)
        raise
    with transaction.atomic(durable=True):
        try_move(attempt, AttemptStatus.OPEN, intent_id=intent.id)
    return intent


def _confirmed(attempt: PaymentAttempt, intent: gateway.IntentView) -> gateway.IntentView:
    try:
        return gateway.confirm_intent(
            account_id=attempt.account_id,
            intent_id=intent.id,
            key=f"conf-{attempt.pk}-{attempt.capture_round}",
            off_session=attempt.off_session,
            return_url=attempt.parameters["return_url"],
        )
    except gateway.GatewayUnavailable as fault:
        _next_key_after(fault, attempt)
        raise
    except gateway.GatewayDisconnected:
        raise
    except gateway.GatewayRefused:
        # What the bank said stands in the payment; and it may have been confirmed by a call whose answer
        # was lost.
        return _fetched(attempt)


def _next_key_after(fault: gateway.GatewayUnavailable, attempt: PaymentAttempt) -> None:
    """Stripe answers a key that met a fault with that fault for a day. What it was asked for is looked for
    before it is asked again, and an unconfirmed payment that is made twice takes nothing."""
    if fault.answered:
        with transaction.atomic(durable=True):
            again = F("capture_round") + 1
            PaymentAttempt.objects.filter(pk=attempt.pk).update(capture_round=again)


def call_off(attempt: PaymentAttempt, *, now: datetime) -> bool:
    """The client, whom the bank asks just now, wants to pay in another way: nobody can go on with this one.

    False when it has paid meanwhile, is being settled, or nobody is there who could want so. Called with no
    transaction open. Raises `gateway.GatewayUnavailable`.
    """
    with leased(attempt.pk, now) as mine:
        fresh = PaymentAttempt.objects.get(pk=attempt.pk)
        if not mine or fresh.off_session or fresh.status not in UNPAID:
            return False
        try:
            return not fresh.intent_id or _cancelled(fresh)
        except gateway.GatewayDisconnected:
            # Out of our reach, so nothing that the bank allows there can be captured.
            return True
        except gateway.GatewayRefused:
            return _fetched(fresh).status == "canceled"


def _cancelled(attempt: PaymentAttempt) -> bool:
    intent = gateway.release(account_id=attempt.account_id, intent_id=attempt.intent_id)
    return intent.status == "canceled"
