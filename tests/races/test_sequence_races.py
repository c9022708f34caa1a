"""Sequences that begin and end while their client is changed: one may wait, none may wait for ever."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from tenants.messaging import sequence_runs, sequences
from tenants.people import erasing
from tests.crowd import Meeting, at_once
from tests.messaging import sequence_room
from tests.messaging.sequence_room import ANNA, NEXT_DAY, NEXT_WEEK
from tests.worlds import Shop


def test_who_is_erased_while_one_sequence_ends_and_another_begins(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The announcement had ended a run and wanted its client, while erasing had it the other way."""
    sequence_room.made(shop, NEXT_DAY, stops_on=["booking.confirmed"])
    sequence_room.made(shop, NEXT_WEEK, starts_on="booking.confirmed")
    cleo = sequence_room.client(shop)
    sequence_room.begins(shop, cleo)
    event = sequence_room.happens(shop, "booking.confirmed", cleo)

    def announced() -> None:
        with tenant_context(shop.tenant), transaction.atomic():
            sequences.begin(event=event, now=clock.now())

    def erased() -> None:
        with tenant_context(shop.tenant):
            erasing.erase(client_id=cleo.pk, now=clock.now(), actor=ANNA)

    meets = Meeting(monkeypatch)
    meets.after(sequence_runs, "end_by")
    calls: list[Callable[[], Any]] = [announced, meets.press(erased)]
    got = at_once(calls)
    assert [each for each in got if isinstance(each, Exception)] == []
    assert sequence_room.runs(shop) == []
