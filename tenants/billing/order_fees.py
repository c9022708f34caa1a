"""The platform's fee on an order: cumulative over its payments, on terms that its first capture fixes."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from fees import accounts as fee_accounts
from fees.rules import order_fee
from kit.database import current_schema
from tenants.billing.attempts import UNWANTED
from tenants.billing.models import AttemptStatus, Charge, PaymentAttempt

COUNTS = (AttemptStatus.CAPTURING, AttemptStatus.CAPTURED)


@dataclass(frozen=True, slots=True)
class SoFar:
    """What the payments of an order have captured by card, and what of it was the platform's due."""

    captured_minor: int = 0
    fees_minor: int = 0


def counted(charge_id: uuid.UUID) -> QuerySet[PaymentAttempt]:
    """The card payments that count for a charge: others go back by themselves."""
    return PaymentAttempt.objects.filter(charge_id=charge_id, status__in=COUNTS).exclude(reason=UNWANTED)


class ChargeMoved(Exception):
    """Somebody changed the charge since it was read: decide anew."""


def so_far(charge: Charge, *, besides: PaymentAttempt | None = None) -> SoFar:
    """The sums over a charge. Nothing is asked of one whose terms are not fixed yet."""
    if charge.rate_bp is None:
        return SoFar()
    captured = fees = 0
    for attempt in counted(charge.pk):
        if attempt == besides:
            continue
        is_there = attempt.status == AttemptStatus.CAPTURED
        captured += attempt.captured_minor if is_there else attempt.amount_minor
        fees += attempt.fee_minor or 0
    return SoFar(captured, fees)


def if_captured_now(charge: Charge, part_minor: int) -> int:
    """What the coach would owe if they pressed Capture in Stripe's dashboard: units are only looked at."""
    rate_bp, free_units = charge.rate_bp, charge.free_units or 0
    if rate_bp is None:
        account = fee_accounts.terms(schema_name=current_schema())
        rate_bp = account.rate_bp
        free_units = min(len(fee_accounts.free_numbers_left(account)), charge.units)
    return _fee(charge, part_minor, rate_bp, free_units, so_far(charge))


def fix(attempt: PaymentAttempt, charge: Charge, *, paid_minor: int, now: datetime) -> None:
    """Step: the fee of a payment that is about to be captured, and is saved with it.

    The first one of an order claims its fee-free units and fixes the terms of all. Raises ChargeMoved.
    """
    before = so_far(charge, besides=attempt)
    if charge.rate_bp is None:
        _fix_terms(attempt, charge, now)
    assert charge.rate_bp is not None
    attempt.fee_minor = _fee(charge, paid_minor, charge.rate_bp, charge.free_units or 0, before)
    attempt.save(update_fields=["free_numbers", "fee_minor"])


def _fix_terms(attempt: PaymentAttempt, charge: Charge, now: datetime) -> None:
    account = fee_accounts.locked_terms(schema_name=current_schema(), now=now)
    attempt.free_numbers = fee_accounts.claim_units(
        account=account, units=charge.units, reference=str(attempt.pk), now=now
    )
    if not _write_terms(charge, account.rate_bp, len(attempt.free_numbers)):
        raise ChargeMoved(str(charge.pk))
    charge.rate_bp, charge.free_units = account.rate_bp, len(attempt.free_numbers)


def _write_terms(charge: Charge, rate_bp: int, free_units: int) -> bool:
    """Whether the charge is still as it was read; then its row is locked by this."""
    as_read = Charge.objects.filter(
        pk=charge.pk, rate_bp=None, paid_minor=charge.paid_minor, waived_minor=charge.waived_minor
    )
    return as_read.update(rate_bp=rate_bp, free_units=free_units) == 1


def _fee(charge: Charge, part_minor: int, rate_bp: int, free_units: int, before: SoFar) -> int:
    return order_fee(
        captured_so_far_minor=before.captured_minor,
        fees_taken_minor=before.fees_minor,
        part_minor=part_minor,
        rate_bp=rate_bp,
        units=charge.units,
        free_units_granted=free_units,
        extras_minor=charge.extras_minor,
    )


def give_claim_back(attempt: PaymentAttempt, *, now: datetime) -> None:
    """Step: a payment comes to nothing, so its fee-free units are free again.

    The terms of its order are open again too, unless another payment stands on them.
    """
    fee_accounts.return_units(
        schema_name=current_schema(), numbers=attempt.free_numbers, reference=str(attempt.pk), now=now
    )
    if attempt.fee_minor is not None and not counted(attempt.charge_id).exclude(pk=attempt.pk).exists():
        Charge.objects.filter(pk=attempt.charge_id).update(rate_bp=None, free_units=None)
