"""What is owed for sessions of a pack that were used and refunded: a charge of its own, beside the pack's.

The charge follows the units; what is paid of it, or let off, follows into the pack. Units that come back
lower it again, and nothing that the coach let off is asked for once more.
"""

import uuid
from datetime import datetime

from django.db.models import Sum
from django.db.models.fields import IntegerField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from kit.database import insert
from kit.states import change
from tenants.activity.models import Event
from tenants.billing import charges
from tenants.billing.models import Charge
from tenants.offers.vocabulary import called
from tenants.packs import ledger
from tenants.packs.models import Pack

PURPOSE = "pack_debt"


def owe(*, pack: Pack, gross_minor: int, now: datetime) -> None:
    """Step: so much in all is owed for used units of a locked pack, before what was paid of it."""
    charge = _there(pack)
    if charge is None and gross_minor:
        charge = _new(pack, gross_minor, now)
    elif charge is not None:
        _change(charge, gross_minor)
    change(pack, owed_minor=charges.owed_minor(charge) if charge else 0)


def _there(pack: Pack) -> Charge | None:
    rows = Charge.objects.select_for_update(no_key=True)
    return rows.filter(purpose=PURPOSE, reference=pack.pk).first()


def _new(pack: Pack, gross_minor: int, now: datetime) -> Charge:
    """It bears the fee of any money, and takes no free session: what was used took one before."""
    charge = Charge(
        client_id=pack.buyer_id,
        purpose=PURPOSE,
        reference=pack.pk,
        description=f"Used {called.sessions} of {pack.offer.name}"[:200],
        amount_minor=gross_minor,
        currency=pack.currency,
        units=0,
        tax_bp=pack.offer.tax_bp,
        created_at=now,
    )
    insert(charge)
    return charge


def _change(charge: Charge, gross_minor: int) -> None:
    """The amount only grows; what it is above the debt counts as waived, beside what the coach let off."""
    charge.amount_minor = max(charge.amount_minor, gross_minor)
    fallen = charge.amount_minor - gross_minor
    charge.waived_minor = min(fallen + _let_off(charge), charge.amount_minor)
    charge.status = charges.standing(charge)
    charge.save(update_fields=["amount_minor", "waived_minor", "status"])


def _let_off(charge: Charge) -> int:
    waived = Event.objects.filter(
        kind="charge.waived", subject_id=charge.reference, data__charge=str(charge.pk)
    )
    minor = Cast(KT("data__amount_minor"), IntegerField())
    return int(waived.aggregate(minor=Sum(minor))["minor"] or 0)


def follow(*, event: Event, now: datetime) -> None:
    """Step of an announcement: the pack says what is owed yet, after a part in cash, a slip, a waiver."""
    del now
    if event.data.get("purpose") == PURPOSE:
        note(Charge.objects.values_list("reference", flat=True).get(pk=event.data["charge"]))


def note(pack_id: uuid.UUID) -> None:
    """Step: what the charge says is owed stands with the pack."""
    pack = ledger.locked(pack_id)
    charge = Charge.objects.get(purpose=PURPOSE, reference=pack_id)
    change(pack, owed_minor=charges.owed_minor(charge))
