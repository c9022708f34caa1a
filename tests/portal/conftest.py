"""Anna's client Cleo, and the browser in which she is signed in."""

import pytest
from django.test import Client as Browser

from tenants.clients.models import Client
from tests.portal import people
from tests.worlds import Shop


@pytest.fixture
def cleo(shop: Shop) -> Client:
    return people.client(shop.tenant)


@pytest.fixture
def own(shop: Shop, cleo: Client) -> Browser:
    """Cleo's browser on Anna's host."""
    return people.browser_of(shop.tenant, cleo)
