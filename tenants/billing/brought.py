"""What clients owed before they were clients here: charges that nobody is asked to pay by bringing them."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from kit.actors import Actor
from kit.database import insert_later, new, require_transaction
from kit.ids import uuid7
from tenants.billing import charges
from tenants.billing.models import Charge, ChargeStatus

PURPOSE = "brought"


@dataclass(frozen=True, slots=True)
class Owed:
    """What one client owes, in minor units of the practice's currency."""

    client_id: uuid.UUID
    amount_minor: int


def bring(*, owed: Sequence[Owed], currency: str, description: str, now: datetime) -> list[Charge]:
    """Step: an open charge for each, of which nobody is told. It counts for no fee-free session."""
    require_transaction()
    rows = [
        new(
            Charge,
            client_id=each.client_id,
            purpose=PURPOSE,
            reference=uuid7(),
            description=description,
            amount_minor=each.amount_minor,
            currency=currency,
            units=0,
            created_at=now,
        )
        for each in owed
    ]
    insert_later(*rows)
    return rows


def happened_to(owed: QuerySet[Charge]) -> set[uuid.UUID]:
    """Those of them that somebody paid, tried to pay, sent an invoice for, or let off in part."""
    ids = owed.order_by().values("pk")
    untouched = Q(status=ChargeStatus.OPEN, paid_minor=0, waived_minor=0)
    found = set(owed.exclude(untouched).values_list("pk", flat=True))
    for relation in Charge._meta.related_objects:
        field = relation.field
        rows = relation.related_model._default_manager.filter(**{f"{field.name}__in": ids})
        found |= set(rows.values_list(field.attname, flat=True))
    return found


def remove(*, charge_ids: Collection[uuid.UUID]) -> None:
    """Step: nothing has happened to these, so that they leave no trace."""
    require_transaction()
    Charge.objects.filter(pk__in=charge_ids, purpose=PURPOSE).delete()


def let_off(*, charge_ids: Collection[uuid.UUID], because: str, now: datetime, actor: Actor) -> None:
    """Step: these are not asked for any more, with the reason; whoever owes them stays."""
    rows = (
        Charge.objects.select_for_update(no_key=True)
        .filter(pk__in=charge_ids, purpose=PURPOSE)
        .order_by("pk")
    )
    for charge in rows:
        if owed := charges.owed_minor(charge):
            charges.let_off(charge, amount_minor=owed, because=because, now=now, actor=actor)
