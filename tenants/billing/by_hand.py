"""Cash and bank transfers: what a coach says was received, or given back, and how a slip is put right.

Nothing of it is at Stripe, and it bears no platform fee. Only the coach's word stands for it, so each is kept
with who said it and when. Amounts are counted up only where something is owed.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Sum

from connect import gateway
from kit.actors import Actor
from kit.clock import at_wall, start_of_day, zone
from kit.database import insert_unless_there, require_transaction
from kit.money import format_money
from kit.states import try_move
from tenants.activity import events
from tenants.billing import charges, checkout
from tenants.billing.attempts import live_attempt
from tenants.billing.fulfilment import StandsOnIt, fulfilment_of
from tenants.billing.models import (
    UNPAID,
    AttemptStatus,
    BankLine,
    BankLineStatus,
    Charge,
    EntryKind,
    LedgerEntry,
    ManualPayment,
    Tender,
)
from tenants.offers.practice import practice

OLDEST = timedelta(days=3660)
NOON = time(12)
IN_WORDS = {Tender.CASH: "in cash", Tender.TRANSFER: "by bank transfer"}


class CannotRecord(Exception):
    """Nothing was recorded. The message says why, and what to do instead."""


class TooMuch(CannotRecord):
    """More than is owed, or more than was received. `left_minor` says how much there is."""

    def __init__(self, message: str, left_minor: int) -> None:
        super().__init__(message)
        self.left_minor = left_minor


class BeingPaid(CannotRecord):
    """A card payment of it is under way, which would pay for it twice."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing was recorded: it is being paid by card just now. Look again in a few minutes, and if"
            " something is owed then, record it."
        )


class CannotTakeBack(Exception):
    """Nothing was changed. The message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class Received:
    """Money that the coach has in hand. `key` comes with the form, so that pressing twice records once."""

    key: uuid.UUID
    charge_id: uuid.UUID
    amount_minor: int
    tender: Tender
    received_on: date
    reference: str = ""
    bank_line_id: uuid.UUID | None = None
    currency: str = ""


# --- recording ----------------------------------------------------------------------------------------


def record(
    *,
    charge_id: uuid.UUID,
    tender: Tender,
    amount_minor: int,
    received_on: date,
    reference: str,
    now: datetime,
    actor: Actor,
    key: uuid.UUID,
) -> ManualPayment:
    """Use case of the coach: cash or a transfer for something that is owed, the whole or a part of it.

    The same `key` records once. A page on which it could be paid by card is closed before. Raises
    CannotRecord, TooMuch and BeingPaid; nothing has changed then.
    """
    if done := _recorded(key):
        return done
    close_pages([charge_id])
    said = Received(key, charge_id, amount_minor, tender, received_on, reference)
    with transaction.atomic(durable=True):
        return receive(said=said, now=now, actor=actor)


def close_pages(charge_ids: Sequence[uuid.UUID]) -> None:
    """See to it that nobody pays these by card meanwhile. Called with no transaction open. Raises BeingPaid,
    and CannotRecord where Stripe cannot be asked."""
    for charge_id in charge_ids:
        attempt = live_attempt(charge_id)
        if attempt is None:
            continue
        # Without a page it is a saved card that is being charged, which takes seconds.
        if attempt.status not in UNPAID or attempt.saved_card_id or attempt.off_session:
            raise BeingPaid
        try:
            closed = checkout.close_page(attempt)
        except gateway.GatewayUnavailable as fault:
            raise CannotRecord(
                "Nothing was recorded: a card page for it is open, and cannot be closed since Stripe does not"
                " answer. Press again in a minute."
            ) from fault
        if not closed:
            raise BeingPaid
        with transaction.atomic(durable=True):
            try_move(attempt, AttemptStatus.EXPIRED, reason="paid_otherwise")


def receive(*, said: Received, now: datetime, actor: Actor, told_with: str = "") -> ManualPayment:
    """Step of `record`, and of whoever sells for money in hand: pages are closed already.

    `told_with` names a mail that tells the payer of it besides.
    """
    require_transaction()
    charge = Charge.objects.select_related("client").get(pk=said.charge_id)
    # What is sold is locked before the charge, as everywhere.
    is_owed = fulfilment_of(charge.purpose).still_owed(reference=charge.reference, now=now)
    charge = charges.locked(said.charge_id)
    if done := _recorded(said.key):
        return done
    if live_attempt(charge.pk):
        raise BeingPaid
    left_minor = charges.owed_minor(charge) if is_owed else 0
    _require_owed(charge, said, left_minor)
    payment = _write(charge, said, said.amount_minor, now, actor)
    charges.apply(charge, paid_minor=said.amount_minor, now=now, actor=actor)
    _tell(
        "payment.received", charge, payment, now, actor, told_with=told_with, matched=bool(said.bank_line_id)
    )
    if not charges.owed_minor(charge):
        fulfilment_of(charge.purpose).settled(reference=charge.reference, now=now, actor=actor)
    return payment


def _recorded(key: uuid.UUID) -> ManualPayment | None:
    return ManualPayment.objects.select_related("charge").filter(pk=key).first()


def _require_owed(charge: Charge, said: Received, left_minor: int) -> None:
    if said.currency not in ("", charge.currency):
        owed_in, paid_in = charge.currency.upper(), said.currency.upper()
        raise CannotRecord(f"Nothing was recorded: it is owed in {owed_in}, and this is {paid_in}.")
    if said.amount_minor <= 0:
        raise CannotRecord("Nothing was recorded: type an amount above 0.")
    if not left_minor:
        raise TooMuch(f"Nothing was recorded: nothing is owed for {charge.description} any more.", 0)
    if said.amount_minor > left_minor:
        owed = _money(left_minor, charge.currency)
        raise TooMuch(f"Nothing was recorded: only {owed} is owed. Type that much, or less.", left_minor)


def _write(charge: Charge, said: Received, amount_minor: int, now: datetime, actor: Actor) -> ManualPayment:
    payment = ManualPayment(
        pk=said.key,
        charge=charge,
        bank_line_id=said.bank_line_id,
        tender=said.tender,
        amount_minor=amount_minor,
        currency=charge.currency,
        received_on=said.received_on,
        reference=" ".join(said.reference.split())[:140],
        **actor.columns,
        created_at=now,
    )
    moment = _moment(said.received_on, now)
    if not insert_unless_there(payment):
        raise CannotRecord("Nothing was recorded: the form was used before. Open it again.")
    _enter(charge, payment, str(payment.pk), amount_minor, moment)
    return payment


def _moment(day: date, now: datetime) -> datetime:
    """When it counts as received: today now, on another day at noon on the coach's wall."""
    tz = practice().timezone
    today = now.astimezone(zone(tz)).date()
    if day > today:
        raise CannotRecord("Nothing was recorded: this day is still to come. Choose today or an earlier one.")
    if day < today - OLDEST:
        raise CannotRecord("Nothing was recorded: this day is more than ten years past. Choose a later one.")
    if day == today:
        return now
    return at_wall(day, NOON, tz) or start_of_day(day, tz)


def _enter(charge: Charge, payment: ManualPayment, reference: str, amount_minor: int, at: datetime) -> None:
    insert_unless_there(
        LedgerEntry(
            kind=EntryKind.RECEIVED,
            reference=reference,
            manual=payment,
            client_id=charge.client_id,
            sold_id=charge.reference,
            amount_minor=amount_minor,
            currency=charge.currency,
            at=at.astimezone(UTC),
        )
    )


# --- putting right ------------------------------------------------------------------------------------


def take_back(*, payment_id: uuid.UUID, because: str, now: datetime, actor: Actor) -> ManualPayment:
    """Use case of the coach: it was a slip, and no such money moved. What it paid for is owed again.

    The row stays, with the reason; the ledger gets an entry that corrects it. Taken back twice it is taken
    back once. Raises CannotTakeBack.
    """
    with transaction.atomic(durable=True):
        # Before what is sold and the charge, as where a line is accepted.
        lines = BankLine.objects.select_for_update(of=("self",), no_key=True).filter(payments=payment_id)
        line = lines.first()
        payment = undo(payment_id=payment_id, because=because, now=now, actor=actor)
        if line and not line.payments.filter(taken_back_at=None).exists():
            try_move(line, BankLineStatus.OPEN)
    return payment


def undo(*, payment_id: uuid.UUID, because: str, now: datetime, actor: Actor) -> ManualPayment:
    """Step of `take_back`."""
    if not because.strip():
        raise CannotTakeBack("Nothing was changed: say why, so that it can be read later.")
    found = ManualPayment.objects.select_related("charge").get(pk=payment_id)
    # Locks what is sold, which comes before the charge; whatever it answers, the slip was one.
    fulfilment_of(found.charge.purpose).still_owed(reference=found.charge.reference, now=now)
    charge = charges.locked(found.charge_id)
    payment = ManualPayment.objects.select_for_update(no_key=True).get(pk=payment_id)
    if payment.taken_back_at:
        return payment
    _require_not_given_back(payment, charge)
    payment.taken_back_at, payment.taken_back_by = now, (actor.name or actor.kind)[:120]
    payment.taken_back_because = because.strip()[:200]
    payment.save(update_fields=["taken_back_at", "taken_back_by", "taken_back_because"])
    written = LedgerEntry.objects.get(kind=EntryKind.RECEIVED, reference=str(payment.pk))
    _enter(charge, payment, f"{payment.pk}:taken_back", -payment.amount_minor, written.at)
    _reverse(charge, payment, now, actor)
    _tell("payment.taken_back", charge, payment, now, actor, because=payment.taken_back_because)
    if payment.amount_minor > 0:
        _unsettle(charge, payment, now, actor)
    return payment


def _unsettle(charge: Charge, payment: ManualPayment, now: datetime, actor: Actor) -> None:
    try:
        fulfilment_of(charge.purpose).unsettled(
            reference=charge.reference, payment_id=payment.pk, now=now, actor=actor
        )
    except StandsOnIt as refusal:
        raise CannotTakeBack(str(refusal)) from refusal


def _require_not_given_back(payment: ManualPayment, charge: Charge) -> None:
    """What a card paid besides covers nothing that was given back by hand: it goes back to the card."""
    of_all = charge.refunded_minor - max(charge.paid_minor - payment.amount_minor, 0)
    given_back = max(of_all, payment.amount_minor - in_hand_minor(charge.pk))
    if payment.amount_minor > 0 and given_back > 0:
        amount = _money(given_back, charge.currency)
        raise CannotTakeBack(
            f"Nothing was changed: {amount} of it is noted as given back. Take that back first."
        )


def _reverse(charge: Charge, payment: ManualPayment, now: datetime, actor: Actor) -> None:
    if payment.amount_minor > 0:
        charges.apply(charge, paid_minor=-payment.amount_minor, now=now, actor=actor)
    else:
        charges.apply(charge, refunded_minor=payment.amount_minor, now=now, actor=actor)


def give_back(
    *,
    charge_id: uuid.UUID,
    tender: Tender,
    amount_minor: int,
    given_on: date,
    reference: str,
    now: datetime,
    actor: Actor,
    key: uuid.UUID,
) -> ManualPayment:
    """Use case of the coach: so much was given back to the payer by hand, of what was received by hand.

    It is not owed again, and what it paid for goes with it as with any refund. The same `key` records once.
    Raises CannotRecord and TooMuch.
    """
    said = Received(key, charge_id, amount_minor, tender, given_on, reference)
    with transaction.atomic(durable=True):
        found = Charge.objects.get(pk=charge_id)
        fulfilment = fulfilment_of(found.purpose)
        fulfilment.still_owed(reference=found.reference, now=now)
        charge = charges.locked(charge_id)
        if done := _recorded(key):
            return done
        _require_received(charge, amount_minor)
        payment = _write(charge, said, -amount_minor, now, actor)
        charges.apply(charge, refunded_minor=amount_minor, now=now, actor=actor)
        _tell("payment.given_back", charge, payment, now, actor)
        fulfilment.refunded(
            reference=charge.reference,
            captured_minor=charge.paid_minor,
            refunded_minor=charge.refunded_minor,
            key=str(payment.pk),
            now=now,
            actor=actor,
        )
    return payment


def _require_received(charge: Charge, amount_minor: int) -> None:
    if amount_minor <= 0:
        raise CannotRecord("Nothing was recorded: type an amount above 0.")
    left_minor = in_hand_minor(charge.pk)
    if amount_minor > left_minor:
        had = _money(left_minor, charge.currency)
        raise TooMuch(
            f"Nothing was recorded: {had} was received by hand for it and not given back. What was paid by"
            " card goes back to the card.",
            left_minor,
        )


def in_hand_minor(charge_id: uuid.UUID) -> int:
    """What was received for a charge by hand and not given back."""
    standing = ManualPayment.objects.filter(charge_id=charge_id, taken_back_at=None)
    return standing.aggregate(minor=Sum("amount_minor"))["minor"] or 0


# --- telling ------------------------------------------------------------------------------------------


def _tell(
    kind: str, charge: Charge, payment: ManualPayment, now: datetime, actor: Actor, **data: object
) -> None:
    events.record(
        kind=kind,
        subject_id=payment.pk,
        client_id=charge.client_id,
        actor=actor,
        now=now,
        data={
            "payment": str(payment.pk),
            "charge": str(charge.pk),
            "purpose": charge.purpose,
            "reference": str(charge.reference),
            "tender": payment.tender,
            "amount_minor": abs(payment.amount_minor),
            "left_minor": charges.owed_minor(charge),
            "currency": charge.currency,
            **data,
        },
    )


def _money(minor: int, currency: str) -> str:
    return format_money(minor, currency, practice().locale)
