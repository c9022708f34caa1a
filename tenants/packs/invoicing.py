"""An invoice for a pack that the coach sold unpaid."""

import uuid
from datetime import date, datetime

from django.db import transaction

from kit.actors import Actor
from tenants.billing import invoices
from tenants.billing.models import Charge, Document
from tenants.billing.sales import AlreadyPaid, open_charge
from tenants.packs import ledger, selling
from tenants.packs.models import Pack, PackStatus


def send_for(*, pack_id: uuid.UUID, key: uuid.UUID, due_on: date, now: datetime, actor: Actor) -> Document:
    """Use case of the coach: ask for what is owed of a pack by an invoice. The same `key` sends one.

    Raises `invoices.NotOwed` and `invoices.AlreadyInvoiced`.
    """
    with transaction.atomic(durable=True):
        pack = ledger.locked(pack_id)
        return invoices.ask_for(key=key, charge_id=_charge_of(pack).pk, due_on=due_on, now=now, actor=actor)


def _charge_of(pack: Pack) -> Charge:
    """The one that there is, or a new one: nobody has begun to pay for it yet."""
    if pack.status != PackStatus.ACTIVE or pack.paid_at is not None or not pack.price_minor:
        raise invoices.NotOwed(pack.offer.name)
    try:
        return open_charge(sale=selling.sale_of(pack))
    except AlreadyPaid as paid:
        raise invoices.NotOwed(pack.offer.name) from paid
