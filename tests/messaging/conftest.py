from collections.abc import Iterator

import pytest

from connect.simulator.client import Simulator
from kit import clock
from tenants.registry.models import Tenant
from tests import worlds
from tests.messaging import mailroom
from tests.worlds import Shop


@pytest.fixture
def june(stripe: Simulator) -> Iterator[None]:
    """Monday 2 June 2031, 11:00 in Berlin, here and at Stripe: mails name dates."""
    with clock.travel((mailroom.NOW - clock.now()).total_seconds()):
        stripe.set_clock(mailroom.NOW)
        yield


@pytest.fixture
def shop(june: None, anna: Tenant, stripe: Simulator) -> Shop:
    shop = worlds.open_shop(anna, stripe)
    mailroom.change_practice(shop, contact_email=mailroom.COACH)
    return shop
