"""Inside Anna's practice in Berlin, where most tests of retainers take place."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from tenants.offers.models import Practice
from tenants.registry.models import Tenant


@pytest.fixture
def berlin(anna: Tenant) -> Iterator[Tenant]:
    with tenant_context(anna):
        with transaction.atomic():
            Practice.objects.update(timezone="Europe/Berlin")
        yield anna
