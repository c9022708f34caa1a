"""One try at paying: opened once per charge, leased to one worker, locked before it is changed."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from tenants.billing.models import LIVE, PaymentAttempt

LEASE = timedelta(seconds=60)
UNWANTED = "no_longer_wanted"
WARNED = "fraud_warning"  # By the card's bank: let go before the capture, told of after it.
TOO_SHORT_TO_PAY = timedelta(seconds=30)
PAGE_LIFE = timedelta(minutes=31)  # Stripe's shortest is 30 minutes from when it gets the request.


def live_attempt(charge_id: uuid.UUID) -> PaymentAttempt | None:
    """The attempt that could still take money for the charge: at most one, by a constraint."""
    return PaymentAttempt.objects.filter(charge_id=charge_id, status__in=LIVE).first()


def locked(attempt_id: uuid.UUID) -> PaymentAttempt:
    """Step: the attempt as it is now, kept as it is until the transaction ends."""
    # No key of it changes, so that rows which refer to it need not wait, and cannot meet in a deadlock.
    return PaymentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_id)


@contextmanager
def leased(attempt_id: uuid.UUID, now: datetime) -> Iterator[bool]:
    """Work on an attempt alone, with no transaction open; False when somebody else does already.

    A lease that is never given back lapses, so that a killed process blocks nobody for long.
    """
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    until = now + LEASE
    with transaction.atomic(durable=True):
        taken = PaymentAttempt.objects.filter(free, pk=attempt_id).update(leased_until=until) == 1
    try:
        yield taken
    finally:
        if taken:
            with transaction.atomic(durable=True):
                PaymentAttempt.objects.filter(pk=attempt_id, leased_until=until).update(leased_until=None)


def is_stale(attempt: PaymentAttempt, asked_at: datetime) -> bool:
    """Whether an answer that was asked for at `asked_at` is older than the one already applied."""
    return attempt.asked_at is not None and attempt.asked_at > asked_at


def paid_for_nothing(attempt: PaymentAttempt) -> bool:
    """Whether the time was gone, or paid for by another attempt: its money fulfils and reverses nothing."""
    return attempt.reason == UNWANTED
