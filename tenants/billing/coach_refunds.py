"""Refunds that a coach decides about a payment: shown in figures, pressed once, brought to Stripe afterwards.

They are about money only. Whether the session takes place is another decision, made elsewhere.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Sum

from kit.actors import Actor
from kit.database import insert
from tenants.activity import events
from tenants.billing.attempts import UNWANTED
from tenants.billing.fulfilment import fulfilment_of
from tenants.billing.models import (
    UNDECIDED_DISPUTES,
    AttemptStatus,
    Charge,
    Dispute,
    EntryKind,
    LedgerEntry,
    PaymentAttempt,
    Refund,
    RefundStatus,
)
from tenants.billing.refund_preview import Order, Preview, Taken, Units, preview
from tenants.billing.refunding import ALREADY_BACK
from tenants.registry import wakeups

# A refusal that says that the client has the money already.
DONE_OTHERWISE = frozenset({ALREADY_BACK, "charge_already_refunded"})


class Because(models.TextChoices):
    """Why a coach gives money back."""

    CLIENT_ASKED = "client_asked", "The client asked for it"
    NOT_HELD = "not_held", "The session did not take place"
    PAID_TWICE = "paid_twice", "It was paid twice"
    GOODWILL = "goodwill", "As a favour"
    SUSPICIOUS = "suspicious", "The card may have been used by somebody else"


class NotRefundable(Exception):
    """Of this payment nothing can be given back here. Its message says why."""


class PreviewChanged(Exception):
    """What was shown is not what would happen by now. Nothing was done; `now_told` is today's."""

    def __init__(self, *now_told: Preview) -> None:
        super().__init__("Something about this payment has changed since you looked.")
        self.now_told = now_told


@dataclass(frozen=True, slots=True)
class Shown:
    """One payment of a list, as it stood on the page: with the fingerprint of what would happen."""

    attempt_id: uuid.UUID
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a refund of one payment depends on, read at one moment."""

    taken: Taken
    order: Order
    units: Units | None

    def preview(self, amount_minor: int | None = None) -> Preview:
        """What refunding so much of it does, or all that is left. Raises as `refund_preview.preview`."""
        return preview(taken=self.taken, order=self.order, amount_minor=amount_minor, units=self.units)


def facts_of(*, attempt: PaymentAttempt) -> Facts:
    """`attempt` comes with its charge. Raises NotRefundable."""
    if why := _why_not(attempt, _frozen([attempt])):
        raise NotRefundable(why)
    return facts_of_each(attempts=[attempt])[attempt.pk]


def facts_of_each(*, attempts: Collection[PaymentAttempt]) -> dict[uuid.UUID, Facts]:
    """Of those that can be refunded here, all read at once; they come with their charges."""
    frozen = _frozen(attempts)
    open_ones = [each for each in attempts if not _why_not(each, frozen)]
    paid = _captured_of_each({each.charge_id for each in open_ones})
    under_way = under_way_of([each.pk for rows in paid.values() for each in rows])
    return {each.pk: _facts(each, paid[each.charge_id], under_way) for each in open_ones}


def _facts(
    attempt: PaymentAttempt, paid: Sequence[PaymentAttempt], under_way: Mapping[uuid.UUID, int]
) -> Facts:
    charge = attempt.charge
    return Facts(
        taken=_taken(attempt, under_way.get(attempt.pk, 0)),
        order=_order(charge, paid, sum(under_way.get(each.pk, 0) for each in paid)),
        units=fulfilment_of(charge.purpose).units_of(reference=charge.reference),
    )


def _frozen(attempts: Collection[PaymentAttempt]) -> set[uuid.UUID]:
    """Those of which a dispute is open. An inquiry is none: a refund may well end it."""
    rows = Dispute.objects.filter(attempt__in=attempts, status__in=UNDECIDED_DISPUTES)
    return set(rows.values_list("attempt_id", flat=True))


def _why_not(attempt: PaymentAttempt, frozen: Collection[uuid.UUID]) -> str:
    """Why nothing of this payment can be given back here; "" where it can."""
    if attempt.status != AttemptStatus.CAPTURED:
        return "No money was taken by this payment, so none can go back."
    if attempt.reason == UNWANTED:
        return "Nothing was sold for this payment. All of it goes back by itself."
    if attempt.pk in frozen:
        return (
            "The client’s bank looks into this payment and has taken the money, so it cannot be refunded as "
            "well. If you agree with the client, accept the dispute in Stripe."
        )
    return ""


def _taken(attempt: PaymentAttempt, under_way_minor: int) -> Taken:
    foreign = attempt.settlement_currency != attempt.currency
    return Taken(
        currency=attempt.currency,
        captured_minor=attempt.captured_minor,
        gone_minor=attempt.refunded_minor + attempt.lost_minor + under_way_minor,
        # What was taken and never due goes back by itself.
        fee_minor=min(attempt.application_fee_minor, attempt.fee_minor or 0),
        processor_fee_minor=None if foreign else attempt.processor_fee_minor,
    )


def _order(charge: Charge, paid: Sequence[PaymentAttempt], under_way_minor: int) -> Order:
    captured_minor = sum(each.captured_minor for each in paid)
    back_minor = sum(each.refunded_minor + each.lost_minor for each in paid)
    return Order(
        captured_minor=captured_minor,
        gone_minor=back_minor + under_way_minor,
        free_units=sum(len(each.free_numbers) for each in paid),
        by_hand_minor=max(charge.paid_minor - captured_minor, 0),
        by_hand_back_minor=max(charge.refunded_minor - back_minor, 0),
    )


def _captured_of_each(charge_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[PaymentAttempt]]:
    """The card payments that stand for each charge; others go back by themselves."""
    found: dict[uuid.UUID, list[PaymentAttempt]] = {each: [] for each in charge_ids}
    paid = PaymentAttempt.objects.filter(charge__in=charge_ids, status=AttemptStatus.CAPTURED)
    for attempt in paid.exclude(reason=UNWANTED).order_by("captured_at", "pk"):
        found[attempt.charge_id].append(attempt)
    return found


def under_way_of(attempt_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """What we decided to give back of each payment, and Stripe has not called succeeded; none where 0."""
    decided = Refund.objects.filter(under_way(), attempt__in=attempt_ids)
    return dict(decided.values_list("attempt").annotate(minor=Sum("amount_minor")).order_by())


def under_way() -> Q:
    """A condition on refunds: neither refused nor done."""
    return ~Q(status=RefundStatus.REFUSED) & ~Q(is_counted())


def is_counted() -> Exists:
    """A condition on refunds: Stripe has called it succeeded, so that it stands in the ledger."""
    return Exists(LedgerEntry.objects.filter(kind=EntryKind.REFUND, reference=OuterRef("refund_id")))


# --- the press ---------------------------------------------------------------------------------------


def refund(
    *,
    attempt_id: uuid.UUID,
    amount_minor: int | None,
    because: Because,
    shown: str,
    reference: uuid.UUID,
    now: datetime,
    actor: Actor,
) -> Refund:
    """Use case of the coach: give back that much of a payment, or all that is left; sent after the commit.

    `shown` is the fingerprint of the preview that was read, `reference` the form's own key: pressed twice it
    is one refund. Raises PreviewChanged, NotRefundable, `refund_preview.NothingLeft` and `TooMuch`.
    """
    with transaction.atomic(durable=True):
        if pressed := _pressed_before(attempt_id, reference):
            return pressed
        told, attempt = _seen_again(attempt_id, amount_minor)
        if told.fingerprint != shown:
            raise PreviewChanged(told)
        return _decide(attempt, told.amount_minor, because, reference, now, actor)


def refund_each(
    *, shown: Sequence[Shown], because: Because, key: uuid.UUID, now: datetime, actor: Actor
) -> list[Refund]:
    """Use case of the coach: give back all that is left of each of these payments, or of none of them.

    `key` is the form's own: pressed twice it is one refund for each. Raises PreviewChanged where any of them
    is not as it was shown, and NotRefundable.
    """
    in_order = sorted(shown, key=lambda each: each.attempt_id)
    with transaction.atomic(durable=True):
        return [_refund_one(each, because, key, now, actor) for each in in_order]


def _refund_one(each: Shown, because: Because, key: uuid.UUID, now: datetime, actor: Actor) -> Refund:
    reference = uuid.uuid5(key, str(each.attempt_id))
    if pressed := _pressed_before(each.attempt_id, reference):
        return pressed
    told, attempt = _seen_again(each.attempt_id, None)
    if told.fingerprint != each.fingerprint:
        raise PreviewChanged(told)
    return _decide(attempt, told.amount_minor, because, reference, now, actor)


def try_again(*, refund_id: uuid.UUID, now: datetime, actor: Actor) -> Refund:
    """Use case of the coach: ask once more for a refund that was refused, as far as that much is left.

    Pressed twice it is one refund. Raises NotRefundable and `refund_preview.NothingLeft`.
    """
    refused = Refund.objects.get(pk=refund_id)
    reference = uuid.uuid5(refused.pk, "again")
    with transaction.atomic(durable=True):
        if pressed := _pressed_before(refused.attempt_id, reference):
            return pressed
        told, attempt = _seen_again(refused.attempt_id, None)
        if refused.status != RefundStatus.REFUSED:
            raise NotRefundable("This refund was not refused.")
        amount_minor = min(refused.amount_minor, told.amount_minor)
        return _decide(attempt, amount_minor, refused.cause, reference, now, actor)


def _pressed_before(attempt_id: uuid.UUID, reference: uuid.UUID) -> Refund | None:
    """The refund of the same press. All who refund this charge meet at its row, here."""
    charge_id = PaymentAttempt.objects.values_list("charge_id", flat=True).get(pk=attempt_id)
    Charge.objects.select_for_update(no_key=True).get(pk=charge_id)
    return Refund.objects.filter(reference=reference, attempt=attempt_id).first()


def _seen_again(attempt_id: uuid.UUID, amount_minor: int | None) -> tuple[Preview, PaymentAttempt]:
    """Read after the lock: what the refund would do now."""
    attempt = PaymentAttempt.objects.select_related("charge").get(pk=attempt_id)
    return facts_of(attempt=attempt).preview(amount_minor), attempt


def _decide(
    attempt: PaymentAttempt,
    amount_minor: int,
    because: str,
    reference: uuid.UUID,
    now: datetime,
    actor: Actor,
) -> Refund:
    decided = Refund(
        attempt=attempt, reference=reference, amount_minor=amount_minor, cause=because, created_at=now
    )
    insert(decided)
    wakeups.ask(kind="refund", reference=decided.pk, due_at=now, now=now)
    events.record(
        kind="refund.decided",
        subject_id=attempt.pk,
        client_id=attempt.charge.client_id,
        actor=actor,
        now=now,
        data={
            "refund": str(decided.pk),
            "amount_minor": amount_minor,
            "currency": attempt.currency,
            "because": str(because),
        },
    )
    return decided
