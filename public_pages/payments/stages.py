"""What the page of a charge shows, by what it has come to: its parts, what was paid, what is owed now."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import QuerySet

from tenants.billing.by_link import Owed, owed_of
from tenants.billing.models import (
    UNPAID,
    AttemptStatus,
    Charge,
    Document,
    ManualPayment,
    PaymentAttempt,
)

UNDER_WAY = (AttemptStatus.CAPTURING, AttemptStatus.RELEASING)


class Stage(StrEnum):
    CONFIRMING = "confirming"
    OWED = "owed"
    PAID = "paid"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True)
class Standing:
    """A charge with what can be paid of it, and the latest try at that."""

    owed: Owed
    attempt: PaymentAttempt | None
    stage: Stage

    @property
    def charge(self) -> Charge:
        return self.owed.charge

    @property
    def by_itself(self) -> bool:
        """What is being confirmed is a charge to the kept card, for which nobody pressed anything."""
        return self.attempt is not None and self.attempt.off_session


def standing_of(charge: Charge, now: datetime, *, returned: bool = False) -> Standing:
    """Where a charge stands. `returned` is a browser that Stripe has just sent back as paid."""
    owed, attempt = owed_of(charge=charge, now=now), tries_at(charge).first()
    return Standing(owed, attempt, _stage(owed, attempt, returned=returned))


def _stage(owed: Owed, attempt: PaymentAttempt | None, *, returned: bool) -> Stage:
    if attempt and _is_under_way(attempt, returned=returned):
        return Stage.CONFIRMING
    if owed.all_minor:
        return Stage.OWED
    return Stage.PAID if owed.charge.paid_minor else Stage.NOT_ASKED


def _is_under_way(attempt: PaymentAttempt, *, returned: bool) -> bool:
    """Paid as far as the payer can tell, or charged to the kept card just now; and not settled yet."""
    payable = attempt.status in UNPAID
    waits = returned or attempt.off_session or attempt.capture_before is not None
    return attempt.status in UNDER_WAY or (payable and waits)


def tries_at(charge: Charge) -> QuerySet[PaymentAttempt]:
    """At paying any part of it, the last first."""
    return charge.attempts.order_by("-created_at", "-pk")


def card_payments(charge: Charge) -> list[PaymentAttempt]:
    """What cards have paid of it, the earliest first."""
    paid = charge.attempts.filter(status=AttemptStatus.CAPTURED)
    return list(paid.order_by("captured_at", "pk"))


def hand_payments(charge: Charge) -> list[ManualPayment]:
    """What was paid in cash or by transfer, and given back so, the earliest first."""
    rows = ManualPayment.objects.filter(charge=charge, taken_back_at=None)
    return list(rows.order_by("received_on", "pk"))


def papers_of(charge: Charge) -> list[Document]:
    """Its receipts, invoices and credit notes for whoever pays it now, the newest first."""
    rows = charge.documents.select_related("charge__client").filter(client_id=charge.client_id)
    return list(rows.order_by("-issued_at", "-number"))
