"""What is owed and was paid: each charge and its parts, against its payments of every tender."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Sum

from tenants.billing import charges, parts
from tenants.billing.attempts import UNWANTED
from tenants.billing.models import (
    OWED,
    AttemptStatus,
    Charge,
    Instalment,
    InstalmentStatus,
    ManualPayment,
    PaymentAttempt,
)
from tenants.earnings.books.card_payments import Pair
from tenants.earnings.books.verdict import Asked, Verdict

Amounts = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Moved:
    """What was paid and went back for a charge. By hand it stands twice, in rows and in the ledger: where the
    two differ that is named elsewhere, and the charge may agree with either."""

    by_card: Amounts
    rows: Amounts
    entered: Amounts

    @property
    def expected(self) -> list[Amounts]:
        return [tuple(map(sum, zip(self.by_card, each, strict=True))) for each in (self.rows, self.entered)]  # type: ignore[misc]


def compare(verdict: Verdict, asked: Asked, pairs: Sequence[Pair]) -> None:
    by_card, by_hand = _by_card(pairs), _by_hand()
    skipped = {pair.attempt.charge_id for pair in pairs if pair.is_fresh} | _not_comparable(pairs)
    instalments = defaultdict(list)
    for part in Instalment.objects.order_by("charge", "number"):
        instalments[part.charge_id].append(part)
    for charge in Charge.objects.order_by("pk"):
        if charge.pk not in skipped:
            moved = Moved(by_card[charge.pk], *by_hand[charge.pk])
            _charge(verdict, charge, moved)
            _parts(verdict, charge, instalments[charge.pk], moved)


def _by_card(pairs: Iterable[Pair]) -> dict[uuid.UUID, Amounts]:
    """From Stripe. A payment that nobody wanted pays for nothing."""
    sums: dict[uuid.UUID, Amounts] = defaultdict(lambda: (0, 0))
    for pair in pairs:
        if pair.attempt.reason != UNWANTED:
            paid, back = sums[pair.attempt.charge_id]
            more = pair.paid.captured_minor, pair.paid.back_minor
            sums[pair.attempt.charge_id] = paid + more[0], back + more[1]
    return sums


def _by_hand() -> dict[uuid.UUID, tuple[Amounts, Amounts]]:
    """By the rows and by their entries: what came in, and what was given back."""
    sums: dict[uuid.UUID, tuple[Amounts, Amounts]] = defaultdict(lambda: ((0, 0), (0, 0)))
    for payment in ManualPayment.objects.annotate(entered=Sum("entries__amount_minor")):
        rows, entered = sums[payment.charge_id]
        stands = 0 if payment.taken_back_at else payment.amount_minor
        sums[payment.charge_id] = (
            _add(rows, stands, payment.amount_minor),
            _add(entered, payment.entered or 0, payment.amount_minor),
        )
    return sums


def _add(amounts: Amounts, minor: int, meant: int) -> Amounts:
    paid, back = amounts
    return (paid + minor, back) if meant > 0 else (paid, back - minor)


def _not_comparable(pairs: Iterable[Pair]) -> set[uuid.UUID]:
    """Of an account that cannot be asked any more; and of payments unknown to Stripe, which are named."""
    there = [pair.attempt.pk for pair in pairs]
    rows = PaymentAttempt.objects.filter(status=AttemptStatus.CAPTURED).exclude(pk__in=there)
    return set(rows.values_list("charge_id", flat=True))


def _charge(verdict: Verdict, charge: Charge, moved: Moved) -> None:
    row = f"charge {charge.pk}"
    allowed = moved.expected
    paid_is_right = verdict.one_of("paid", row, [each[0] for each in allowed], charge.paid_minor)
    back_is_right = verdict.one_of("went back", row, [each[1] for each in allowed], charge.refunded_minor)
    paid = charge.paid_minor if paid_is_right else allowed[0][0]
    back = charge.refunded_minor if back_is_right else allowed[0][1]
    as_it_should_be = Charge(
        amount_minor=charge.amount_minor,
        waived_minor=charge.waived_minor,
        paid_minor=paid,
        refunded_minor=back,
    )
    verdict.same("status", row, charges.standing(as_it_should_be).value, str(charge.status))


def _parts(verdict: Verdict, charge: Charge, rows: Sequence[Instalment], moved: Moved) -> None:
    """The parts sum to what is asked for, and what was paid fills them from the earliest on."""
    if not rows:
        return
    shares = [parts.Share(part.number, _room(part), part.paid_minor) for part in rows]
    whole = charge.amount_minor - charge.waived_minor
    total = sum(share.room_minor for share in shares)
    if not verdict.same("sum of the parts", f"charge {charge.pk}", whole, total):
        return
    spreads = [parts.allocate(shares, paid) for paid, _ in moved.expected]
    for part in rows:
        allowed = [spread[part.number] for spread in spreads]
        verdict.one_of(
            "paid of a part", f"part {part.number} of charge {charge.pk}", allowed, part.paid_minor
        )


def _room(part: Instalment) -> int:
    takes_more = part.status in OWED or part.status == InstalmentStatus.PAID
    return part.amount_minor if takes_more else part.paid_minor
