"""Inside Anna's practice in Berlin, with Cleo as her client."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from tenants.clients.models import Client
from tenants.offers.models import Practice
from tenants.registry.models import Tenant


@pytest.fixture
def berlin(anna: Tenant) -> Iterator[Tenant]:
    with tenant_context(anna):
        with transaction.atomic():
            Practice.objects.update(timezone="Europe/Berlin")
        yield anna


@pytest.fixture
def cleo(berlin: Tenant) -> Client:
    with transaction.atomic():
        return Client.objects.create(name="Cleo Smith", email="cleo@example.com")
