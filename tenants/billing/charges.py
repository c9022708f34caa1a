"""What is owed: the one place where the amounts of a charge change, and its status follows from them."""

import uuid
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from kit.database import require_transaction
from kit.money import MINIMUM_CHARGE_MINOR, format_money
from tenants.activity import events
from tenants.billing import instalments
from tenants.billing.attempts import live_attempt
from tenants.billing.fulfilment import fulfilment_of
from tenants.billing.models import Charge, ChargeStatus

AMOUNTS = ("paid_minor", "refunded_minor", "waived_minor")


class CannotWaive(Exception):
    """Nothing was let off. The message says why, and what to do instead."""


def standing(charge: Charge) -> ChargeStatus:
    """The status that follows from the amounts: pure."""
    if charge.waived_minor >= charge.amount_minor and not charge.paid_minor:
        return ChargeStatus.VOID
    if charge.refunded_minor:
        whole = charge.refunded_minor >= charge.paid_minor
        return ChargeStatus.REFUNDED if whole else ChargeStatus.PARTIALLY_REFUNDED
    if not charge.paid_minor:
        return ChargeStatus.OPEN
    return ChargeStatus.PARTIALLY_PAID if owed_minor(charge) else ChargeStatus.PAID


def owed_minor(charge: Charge) -> int:
    """What is still to be paid; money that went back is not owed again."""
    return max(charge.amount_minor - charge.waived_minor - charge.paid_minor, 0)


def shown_as(charge: Charge) -> str:
    """The status as people see it: while a dispute is open, "disputed" is what matters."""
    return "disputed" if charge.disputed_at else ChargeStatus(charge.status).value


def locked(charge_id: uuid.UUID) -> Charge:
    """Step: the charge as it is now, kept so until the transaction ends. What is sold is locked before it."""
    require_transaction()
    # No key of it changes, so that rows which refer to it need not wait, and cannot meet in a deadlock.
    return Charge.objects.select_for_update(no_key=True).get(pk=charge_id)


def apply(
    charge: Charge,
    *,
    now: datetime,
    actor: Actor,
    paid_minor: int = 0,
    refunded_minor: int = 0,
    waived_minor: int = 0,
    has_parts: bool = True,
) -> None:
    """Step: add to the amounts of a charge, or with a number below 0 take from them.

    The status follows, and so do the parts: what was paid fills them from the earliest on. `has_parts` False
    saves the look at them. The row in memory need not be fresh, and is so afterwards.
    """
    require_transaction()
    before = {name: getattr(charge, name) for name in AMOUNTS}
    added = {"paid_minor": paid_minor, "refunded_minor": refunded_minor, "waived_minor": waived_minor}
    for name, minor in added.items():
        setattr(charge, name, before[name] + minor)
    changes = {name: getattr(charge, name) for name in AMOUNTS}
    charge.status = standing(charge)
    unchanged = Charge.objects.filter(pk=charge.pk, amount_minor=charge.amount_minor, **before)
    if not unchanged.update(status=charge.status, **changes):
        # Somebody else was faster: the sums go on from theirs.
        charge.refresh_from_db()
        return apply(charge, now=now, actor=actor, has_parts=has_parts, **added)
    if has_parts and paid_minor:
        instalments.fill(charge, now=now, actor=actor)
    return None


def waive(*, charge_id: uuid.UUID, because: str, now: datetime, actor: Actor, amount_minor: int = 0) -> None:
    """Use case of the coach: nobody asks for so much of it any more; 0 means for all that is owed.

    The last parts go first. Raises CannotWaive.
    """
    with transaction.atomic(durable=True):
        sold = Charge.objects.only("purpose", "reference").get(pk=charge_id)
        fulfilment = fulfilment_of(sold.purpose)
        is_given = fulfilment.still_owed(reference=sold.reference, now=now)
        charge = locked(charge_id)
        amount_minor = amount_minor or owed_minor(charge)
        _refuse(charge, amount_minor, because)
        let_off(charge, amount_minor=amount_minor, because=because.strip(), now=now, actor=actor)
        if is_given and not owed_minor(charge):
            fulfilment.settled(reference=charge.reference, now=now, actor=actor)


def _refuse(charge: Charge, amount_minor: int, because: str) -> None:
    owed = owed_minor(charge)
    if not because.strip():
        raise CannotWaive("Nothing was changed: say why, so that it can be read later.")
    if not 0 < amount_minor <= owed:
        shown = format_money(owed, charge.currency)
        raise CannotWaive(f"Nothing was changed: {shown} is open. Choose an amount up to that.")
    if 0 < owed - amount_minor < MINIMUM_CHARGE_MINOR[charge.currency]:
        raise CannotWaive("Nothing was changed: a card cannot take what would be left. Let all of it off.")
    if live_attempt(charge.pk):
        raise CannotWaive("Nothing was changed: it is being paid just now. Look again in a few minutes.")


def let_off(
    charge: Charge, *, amount_minor: int, because: str, now: datetime, actor: Actor, first: bool = False
) -> None:
    """Step: so much of a charge is not asked for any more, with the reason; its last parts (or its `first`
    one) go first."""
    instalments.shorten(charge, minor=amount_minor, first=first)
    apply(charge, now=now, actor=actor, waived_minor=amount_minor)
    events.record(
        kind="charge.waived",
        subject_id=charge.reference,
        client_id=charge.client_id,
        actor=actor,
        now=now,
        data={
            "charge": str(charge.pk),
            "purpose": charge.purpose,
            "amount_minor": amount_minor,
            "currency": charge.currency,
            "because": because,
        },
    )


def void_rest(*, purpose: str, reference: uuid.UUID, now: datetime, actor: Actor) -> int:
    """Step: what was sold is off, so its open parts are not owed any more; answers how much that was.

    What was paid stays as it is: whether it goes back is decided elsewhere.
    """
    require_transaction()
    owed = Charge.objects.select_for_update(no_key=True)
    charge = owed.filter(purpose=purpose, reference=reference).first()
    return void(charge, now=now, actor=actor) if charge else 0


def void(charge: Charge, *, now: datetime, actor: Actor) -> int:
    """Step: the same, of a locked charge."""
    if owed := owed_minor(charge):
        instalments.void(charge)
        apply(charge, now=now, actor=actor, waived_minor=owed)
    return owed
