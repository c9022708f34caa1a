"""Somebody whom the coach does not know yet books two times at once: one record, and both bookings."""

from functools import partial

import pytest
from django_tenants.utils import tenant_context

from tenants.clients.models import Client
from tenants.registry.models import Tenant
from tenants.scheduling import bookings
from tenants.scheduling.models import Booking, BookingStatus
from tests import worlds
from tests.crowd import at_once, meeting


def test_two_first_bookings_of_one_person_share_a_record(
    anna: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    worlds.open_for_bookings(anna)
    kind = worlds.session_type(anna, price_minor=0)
    held = [worlds.held(anna, kind, at=worlds.hour(3 + 2 * n), browser=f"tab {n}") for n in range(2)]
    # Both have found nobody with the address before either goes on.
    met = meeting(bookings.add_if_new, 2)
    monkeypatch.setattr(bookings, "add_if_new", met)
    answers = at_once(partial(worlds.book, anna, each) for each in held)
    assert answers == [None, None]
    with tenant_context(anna):
        [client] = Client.objects.all()
        booked = Booking.objects.all()
        assert {(each.status, each.client_id) for each in booked} == {(BookingStatus.CONFIRMED, client.pk)}
        assert len(booked) == 2
