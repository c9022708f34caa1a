"""The platform's fee on an order: cumulative over its payments, on terms that its first capture fixes."""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db.models import QuerySet

from fees import accounts as fee_accounts
from fees import rules
from fees.models import FeeAccount
from fees.rules import order_fee
from kit.database import current_schema
from tenants.billing import charges
from tenants.billing.attempts import UNWANTED
from tenants.billing.models import AttemptStatus, Charge, PaymentAttempt

COUNTS = (AttemptStatus.CAPTURING, AttemptStatus.CAPTURED)


@dataclass(frozen=True, slots=True)
class SoFar:
    """What the payments of an order have captured by card, and what of it was the platform's due."""

    captured_minor: int = 0
    fees_minor: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """What the first capture of an order fixes for all its parts, named as on the charge."""

    rate_bp: int
    free_units: int
    unit_cap_minor: int | None


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
    terms = _fixed(charge)
    if terms is None:
        account = fee_accounts.terms(schema_name=current_schema())
        free_units = min(len(fee_accounts.free_numbers_left(account)), charge.units)
        terms = _offered(account, charge, free_units)
    return _fee(charge, part_minor, terms, so_far(charge))


def fix(attempt: PaymentAttempt, charge: Charge, *, paid_minor: int, now: datetime) -> None:
    """Step: the fee of a payment that is about to be captured, and is saved with it.

    The first one of an order claims its fee-free units and fixes the terms of all. Raises ChargeMoved.
    """
    before = so_far(charge, besides=attempt)
    terms = _fixed(charge) or _fix_terms(attempt, charge, now)
    attempt.fee_minor = _fee(charge, paid_minor, terms, before)
    attempt.save(update_fields=["free_numbers", "fee_minor"])


def _fixed(charge: Charge) -> Terms | None:
    if charge.rate_bp is None:
        return None
    return Terms(charge.rate_bp, charge.free_units or 0, charge.unit_cap_minor)


def _offered(account: FeeAccount, charge: Charge, free_units: int) -> Terms:
    """The coach's terms for this order: a cap in another currency than its own does not count."""
    return Terms(account.rate_bp, free_units, account.unit_cap_in(charge.currency))


def _fix_terms(attempt: PaymentAttempt, charge: Charge, now: datetime) -> Terms:
    # Before the account, as wherever both are locked.
    charges.locked(charge.pk)
    account = fee_accounts.locked_terms(schema_name=current_schema(), now=now)
    attempt.free_numbers = fee_accounts.claim_units(
        account=account, units=charge.units, reference=str(attempt.pk), now=now
    )
    terms = _offered(account, charge, len(attempt.free_numbers))
    if not _write_terms(charge, terms):
        raise ChargeMoved(str(charge.pk))
    for name, value in asdict(terms).items():
        setattr(charge, name, value)
    return terms


def _write_terms(charge: Charge, terms: Terms) -> bool:
    """Whether the charge is still as it was read; then its row is locked by this."""
    as_read = Charge.objects.filter(
        pk=charge.pk, rate_bp=None, paid_minor=charge.paid_minor, waived_minor=charge.waived_minor
    )
    return as_read.update(**asdict(terms)) == 1


def _fee(charge: Charge, part_minor: int, terms: Terms, before: SoFar) -> int:
    return order_fee(
        captured_so_far_minor=before.captured_minor,
        fees_taken_minor=before.fees_minor,
        part_minor=part_minor,
        rate_bp=terms.rate_bp,
        units=charge.units,
        free_units_granted=terms.free_units,
        extras_minor=charge.extras_minor,
        cap_minor=terms.unit_cap_minor,
    )


def cap_that_bites(charge: Charge) -> int | None:
    """What each free session of the order frees, where that is less than its price; None where it is all."""
    return rules.cap_that_bites(
        amount_minor=charge.amount_minor - charge.waived_minor,
        units=charge.units,
        free_units_granted=charge.free_units or 0,
        cap_minor=charge.unit_cap_minor,
        extras_minor=charge.extras_minor,
    )


def give_claim_back(attempt: PaymentAttempt, *, now: datetime) -> None:
    """Step: a payment comes to nothing, so its fee-free units are free again.

    The terms of its order are open again too, unless another payment stands on them. What is sold is locked
    before: this locks the charge, and then the coach's account.
    """
    if attempt.fee_minor is not None and not counted(attempt.charge_id).exclude(pk=attempt.pk).exists():
        Charge.objects.filter(pk=attempt.charge_id).update(rate_bp=None, free_units=None, unit_cap_minor=None)
    fee_accounts.return_units(
        schema_name=current_schema(), numbers=attempt.free_numbers, reference=str(attempt.pk), now=now
    )
