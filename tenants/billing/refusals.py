"""What follows when a kept card was refused for a part of what is owed, and when such a part is given up."""

import uuid
from datetime import datetime

from kit.actors import STRIPE, SYSTEM
from kit.states import try_move
from tenants.billing import charges, instalments
from tenants.billing.dunning import DAY, Refusal, given_up_at
from tenants.billing.fulfilment import fulfilment_of
from tenants.billing.models import (
    OWED,
    Charge,
    Instalment,
    InstalmentKind,
    InstalmentStatus,
    PaymentAttempt,
)
from tenants.registry import wakeups


def follow(attempt: PaymentAttempt, refusal: Refusal, *, now: datetime) -> None:
    """Step: the part that a locked attempt was to pay, while its payer was away, is tried again, or not."""
    if not attempt.off_session or attempt.instalment_id is None or attempt.saved_card is None:
        return
    charge = attempt.charge
    # What is sold is locked before its charge, as everywhere: it may be given up, or changed just now.
    fulfilment_of(charge.purpose).still_owed(reference=charge.reference, now=now)
    charges.locked(charge.pk)
    part = Instalment.objects.get(pk=attempt.instalment_id)
    if part.status not in OWED:
        return
    instalments.refused(charge, part, refusal, card=attempt.saved_card, now=now, actor=STRIPE)
    if part.next_try_at is None and now >= given_up_at(part.first_try_at or now):
        give_up(charge, part, now=now)
        return
    if part.kind == InstalmentKind.REST and now >= (part.first_try_at or now) + DAY:
        say_unpaid(charge, part.pk, now=now)
    due_at = instalments.next_look(part, now=now)
    wakeups.ask(kind="instalment", reference=part.pk, due_at=due_at, now=now, replace=True)


def give_up(charge: Charge, part: Instalment, *, now: datetime) -> None:
    """Step: nothing more is tried by itself. It stays owed, and can be paid by link or by hand."""
    say_unpaid(charge, part.pk, now=now)
    if try_move(part, InstalmentStatus.FAILED, next_try_at=None):
        instalments.tell("instalment.unpaid", charge, part, now=now, actor=SYSTEM)


def say_unpaid(charge: Charge, part_id: uuid.UUID, *, now: datetime) -> None:
    """Step: whoever sold it does what was agreed for that case."""
    fulfilment_of(charge.purpose).unpaid(
        reference=charge.reference, instalment_id=part_id, now=now, actor=SYSTEM
    )
