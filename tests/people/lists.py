"""Lists of clients as coaches bring them, and what stands in the books and lists of a practice."""

from datetime import date
from typing import Any

from django.db.models import Sum
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.billing.models import LedgerEntry
from tenants.clients.models import Client, Import, Note
from tenants.dashboard import balances
from tenants.earnings import owed
from tenants.packs.models import Pack, PackStatus
from tenants.people import import_undo, importing
from tenants.people.client_lists import text_of
from tenants.registry.models import Tenant

ANNA = Actor("coach", "7", "Anna")
MAY = date(2026, 5, 3)
LIST = """Name,E-mail,Phone,Sessions left,Owes,Notes
Cleo Kurz,cleo@example.com,0171 5,4,,Knee
Dora Lang,dora@example.com,,,120.50,
Emil Meer,emil@example.com,,2,45,
Fritz,fritz@example.com,,,,
"""


def brought(tenant: Tenant, text: str = LIST, **said: Any) -> Import:
    usual: dict[str, Any] = {"chosen": None, "file_name": "clients.csv", "list_of": MAY, "pack_line": None}
    with tenant_context(tenant):
        return importing.bring(text=text_of(text.encode()), now=clock.now(), actor=ANNA, **{**usual, **said})


def undone(tenant: Tenant, made: Import) -> import_undo.Undone:
    with tenant_context(tenant):
        return import_undo.undo(import_id=made.pk, now=clock.now(), actor=ANNA)


def client(tenant: Tenant, email: str) -> Client:
    with tenant_context(tenant):
        return Client.objects.get(email=email)


def everything(tenant: Tenant) -> dict[str, Any]:
    """What a coach can see of clients, balances and money."""
    with tenant_context(tenant):
        now = clock.now()
        packs = Pack.objects.filter(status=PackStatus.ACTIVE).annotate(left=Sum("entries__units"))
        return {
            "clients": sorted(Client.objects.filter(erased_at=None).values_list("pk", "name", "email")),
            "balances": sorted((each.pack.pk, each.contents) for each in balances.roster(now=now)),
            "packs": sorted(packs.values_list("pk", "left")),
            "owed": [(each.charge.pk, each.left_minor) for each in owed.open_charges(now=now, tz="UTC")],
            "notes": sorted(Note.objects.values_list("pk", "text")),
            "ledger": LedgerEntry.objects.count(),
        }
