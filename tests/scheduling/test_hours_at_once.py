"""Save pressed twice: hours are replaced by each press, and not added to."""

from datetime import time, timedelta
from functools import partial
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from kit import clock
from tenants.registry.models import Tenant
from tenants.scheduling import hours, slots
from tests.crowd import at_once

MORNINGS = [slots.WeeklyHours(day, time(9), time(12)) for day in range(5)]


def press(coach: Tenant, save: Any) -> None:
    with tenant_context(coach):
        save()


@pytest.mark.parametrize("times", range(3))
def test_the_week_is_saved_once(anna: Tenant, times: int) -> None:
    at_once([partial(press, anna, partial(hours.set_weekly, ranges=MORNINGS))] * 6)
    with tenant_context(anna):
        assert len(hours.weekly()) == 5


def test_a_date_is_saved_once(anna: Tenant) -> None:
    day = clock.now().date() + timedelta(days=3)
    save = partial(hours.set_date, day=day, ranges=[(time(9), time(12))])
    at_once([partial(press, anna, save)] * 6)
    with tenant_context(anna):
        assert len(hours.exceptions(since=day)) == 1
