"""Inserting without looking first."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from connect.models import StripeEvent
from kit.database import insert, insert_unless_there
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.registry.models import Tenant
from tests.crowd import at_once

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def event(stripe_id: str = "evt_1", **fields: str) -> StripeEvent:
    return StripeEvent(**{"stripe_id": stripe_id, "type": "charge.captured", **fields})


def test_one_statement_says_whether_the_row_went_in(db: None) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        assert insert_unless_there(event(object_id="first"))
        assert not insert_unless_there(event(object_id="second"))
    assert len(asked) == 2
    assert StripeEvent.objects.get().object_id == "first"


def test_a_row_that_went_in_can_be_saved_again(db: None) -> None:
    stored = event()
    with transaction.atomic():
        assert insert_unless_there(stored)
        stored.note = "changed"
        stored.save()
    assert StripeEvent.objects.get().note == "changed"


def test_of_no_rows_nothing_is_sent(db: None) -> None:
    """An event that nobody is told of plans no mail."""
    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        insert(unless_there=[])
    assert len(asked) == 0


def test_only_what_is_there_already_is_passed_over(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_unless_there(event(type=None))  # type: ignore[arg-type]


def test_of_many_at_once_one_goes_in(db: None) -> None:
    def store(number: int) -> bool:
        with transaction.atomic():
            return insert_unless_there(event(object_id=str(number)))

    assert sorted(at_once(partial(store, number) for number in range(8)), key=bool) == [False] * 7 + [True]


def test_who_is_known_is_found_as_on_record(anna: Tenant) -> None:
    def add(name: str, days: int) -> Client:
        with tenant_context(anna), transaction.atomic():
            return find_or_add(
                name=name, email="Cleo@Example.com", phone="", timezone="UTC", now=NOW + timedelta(days=days)
            )

    first, second = add("Cleo", 0), add("Somebody else", 1)
    assert (first.email, second.pk, second.name) == ("cleo@example.com", first.pk, "Cleo")
