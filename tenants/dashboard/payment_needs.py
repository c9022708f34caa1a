"""Payments that need the coach: disputes to answer, refunds that were refused, warnings of fraud."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from kit.money import format_money
from kit.words import wall_time
from tenants.billing.attempts import WARNED
from tenants.billing.coach_refunds import DONE_OTHERWISE
from tenants.billing.models import AttemptStatus, Dispute, DisputeStatus, PaymentAttempt, Refund, RefundStatus
from tenants.dashboard import retainer_needs
from tenants.dashboard.desk import Desk
from tenants.dashboard.need import Need
from tenants.messaging import refusals

TO_ANSWER = (DisputeStatus.OPEN, DisputeStatus.INQUIRY)
MOST = 5


def anything() -> Q:
    """A condition that is true where `needs` has anything to say; without a query of its own."""
    rows: tuple[Any, ...] = (_disputes(), _refused(), _warned(), retainer_needs.late())
    found = Q()
    for each in rows:
        found |= Q(Exists(each))
    return found


def needs(desk: Desk) -> Iterable[Need]:
    """The most urgent first. Four queries."""
    yield from _answers(desk)
    yield from retainer_needs.needs(desk)
    for attempt in _warned().select_related("charge__client").order_by("created_at")[:MOST]:
        yield Need(
            "problem",
            f"The bank suspects fraud in a payment by {attempt.charge.client.name}",
            "If you do not know this client, refund it now, before it becomes a dispute.",
            "See the payment",
            desk.address("payment", attempt.pk),
        )
    for refund in _refused().select_related("attempt__charge__client").order_by("created_at")[:MOST]:
        amount = format_money(refund.amount_minor, refund.attempt.currency, desk.practice.locale)
        yield Need(
            "problem",
            f"A refund was not made: {amount} to {refund.attempt.charge.client.name}",
            f"The reason: {refusals.in_words(refund.note)}. The money is still with you. Try it again, or "
            "pay it back in another way.",
            "See the payment",
            desk.address("payment", refund.attempt_id),
        )


def _answers(desk: Desk) -> Iterable[Need]:
    rows = _disputes().select_related("attempt__charge__client")
    for dispute in rows.order_by("evidence_due_by", "opened_at")[:MOST]:
        amount = format_money(dispute.amount_minor, dispute.currency, desk.practice.locale)
        who = dispute.attempt.charge.client.name
        asks = dispute.status == DisputeStatus.INQUIRY
        yield Need(
            "attention" if asks else "problem",
            f"The bank asks about {amount} by {who}" if asks else f"{amount} by {who} is disputed",
            _until(desk, dispute),
            "See the payment and its evidence",
            desk.address("payment", dispute.attempt_id),
        )


def _until(desk: Desk, dispute: Dispute) -> str:
    if dispute.evidence_due_by is None:
        return "Answer it in Stripe. The evidence is ready as one file."
    until = wall_time(dispute.evidence_due_by, desk.tz, desk.practice.locale)
    return f"Answer it in Stripe until {until}. The evidence is ready as one file."


def _disputes() -> QuerySet[Dispute]:
    return Dispute.objects.filter(status__in=TO_ANSWER)


def _warned() -> QuerySet[PaymentAttempt]:
    """Suspected, and the money is still here."""
    return PaymentAttempt.objects.filter(
        status=AttemptStatus.CAPTURED, reason=WARNED, captured_minor__gt=F("refunded_minor") + F("lost_minor")
    )


def _refused() -> QuerySet[Refund]:
    """Refused, and neither asked for again nor done otherwise."""
    later = Refund.objects.filter(attempt=OuterRef("attempt"), created_at__gt=OuterRef("created_at"))
    left = Q(attempt__captured_minor__gt=F("attempt__refunded_minor") + F("attempt__lost_minor"))
    refused = Refund.objects.filter(left, ~Exists(later), status=RefundStatus.REFUSED)
    return refused.exclude(note__in=DONE_OTHERWISE)
