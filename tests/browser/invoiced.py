"""Anna sends somebody an invoice. Started as a program beside the running platform: name, address."""

import os
import sys
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import transaction  # noqa: E402
from django_tenants.utils import tenant_context  # noqa: E402

from kit import clock  # noqa: E402
from kit.actors import Actor  # noqa: E402
from kit.ids import uuid7  # noqa: E402
from tenants.billing import invoices  # noqa: E402
from tenants.billing.paper_lines import Line  # noqa: E402
from tenants.clients.records import find_or_add  # noqa: E402
from tenants.registry.models import Tenant  # noqa: E402


def send(name: str, email: str) -> None:
    now = clock.now()
    with tenant_context(Tenant.objects.get(slug="anna")):
        with transaction.atomic():
            client = find_or_add(name=name, email=email, phone="", timezone="Europe/Berlin", now=now)
        invoices.send(
            key=uuid7(),
            client_id=client.pk,
            lines=[Line("Training plan", 2_000, 0)],
            due_on=now.date() + timedelta(days=14),
            now=now,
            actor=Actor("coach", "1", "Anna"),
        )


if __name__ == "__main__":
    send(*sys.argv[1:])
