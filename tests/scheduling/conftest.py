"""A shop whose lessons a card or a pack pays for."""

import pytest

from tenants.offers.models import SessionType
from tests import worlds


@pytest.fixture
def lesson(shop: worlds.Shop) -> SessionType:
    return worlds.session_type(shop.tenant)
