"""Things that are owed, and money in hand."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from kit.clock import zone
from kit.ids import uuid7
from tenants.billing import by_hand
from tenants.billing.models import Charge, LedgerEntry, ManualPayment, Tender
from tenants.clients.records import find_or_add
from tenants.offers.practice import practice
from tenants.packs import selling
from tenants.packs.models import Pack, PackOffer
from tenants.registry.models import Tenant
from tests import worlds

ANNA = Actor("coach", "7", "Anna")
PACK_MINOR = 45000


def sold_pack(tenant: Tenant, offer: PackOffer | None = None, *, email: str = "cleo@example.com") -> Pack:
    """Cleo has ten sessions, and owes 450.00 for them."""
    offer = offer or worlds.pack_offer(tenant, worlds.session_type(tenant))
    with tenant_context(tenant):
        name = email.split("@")[0].title()
        with transaction.atomic():
            client = find_or_add(name=name, email=email, phone="", timezone="", now=clock.now())
        return selling.sell(offer_id=offer.pk, client_id=client.pk, now=clock.now(), actor=ANNA)


def charge_of(tenant: Tenant, reference: uuid.UUID) -> Charge:
    with tenant_context(tenant):
        return Charge.objects.select_related("client").get(reference=reference)


def record(tenant: Tenant, charge: Charge, minor: int, **said: Any) -> ManualPayment:
    with tenant_context(tenant):
        usual: dict[str, Any] = {
            "tender": Tender.CASH,
            "received_on": clock.now().astimezone(zone(practice().timezone)).date(),
            "reference": "",
            "key": uuid7(),
        }
        return by_hand.record(
            charge_id=charge.pk, amount_minor=minor, now=clock.now(), actor=ANNA, **{**usual, **said}
        )


def give_back(tenant: Tenant, charge: Charge, minor: int, **said: Any) -> ManualPayment:
    with tenant_context(tenant):
        usual: dict[str, Any] = {
            "tender": Tender.CASH,
            "given_on": clock.now().astimezone(zone(practice().timezone)).date(),
            "reference": "",
            "key": uuid7(),
        }
        return by_hand.give_back(
            charge_id=charge.pk, amount_minor=minor, now=clock.now(), actor=ANNA, **{**usual, **said}
        )


def take_back(tenant: Tenant, payment: ManualPayment, because: str = "typed twice") -> ManualPayment:
    with tenant_context(tenant):
        return by_hand.take_back(payment_id=payment.pk, because=because, now=clock.now(), actor=ANNA)


def books(tenant: Tenant, charge: Charge) -> tuple[int, int, int, str]:
    """Paid, given back, the ledger's sum, and the state of a charge."""
    with tenant_context(tenant):
        charge.refresh_from_db()
        entries = LedgerEntry.objects.filter(sold_id=charge.reference, kind="received")
        total = entries.aggregate(minor=Sum("amount_minor"))["minor"] or 0
        return charge.paid_minor, charge.refunded_minor, total, charge.status
