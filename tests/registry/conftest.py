"""What tests of the registry share."""

from collections.abc import Iterator

import pytest

from tenants.registry.models import Tenant
from tests.registry.elsewhere import Instance, another


@pytest.fixture
def elsewhere(django_db_setup: str, anna: Tenant) -> Iterator[Instance]:
    """Made of the template, from which Anna is taken out."""
    with another(django_db_setup, anna) as instance:
        yield instance
