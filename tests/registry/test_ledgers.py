"""Rows that are written once refuse in Python too, with a sentence, before the database does."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django_tenants.utils import tenant_context

from kit.ids import uuid7
from kit.ledgers import AppendOnly
from tenants.activity.models import Event
from tenants.registry.models import Tenant


@pytest.fixture
def event(anna: Tenant) -> Event:
    with tenant_context(anna), transaction.atomic():
        return Event.objects.create(kind="x", subject_id=uuid4(), actor_kind="system")


def test_a_stored_row_is_not_saved_again(event: Event) -> None:
    event.kind = "y"
    with pytest.raises(AppendOnly, match="correcting row"):
        event.save()


def test_a_stored_row_is_not_deleted(event: Event) -> None:
    with pytest.raises(AppendOnly):
        event.delete()


def test_stored_rows_are_not_changed_in_bulk(event: Event) -> None:
    with pytest.raises(AppendOnly):
        Event.objects.filter(pk=event.pk).update(kind="y")
    with pytest.raises(AppendOnly):
        Event.objects.filter(pk=event.pk).delete()


def test_a_row_with_a_known_key_is_inserted_and_never_replaces_one(event: Event, anna: Tenant) -> None:
    again = Event(pk=event.pk, kind="y", subject_id=uuid4(), actor_kind="system")
    with tenant_context(anna), pytest.raises(IntegrityError), transaction.atomic():
        again.save()


def test_keys_are_of_version_7_and_in_order_of_time() -> None:
    keys = [uuid7() for _ in range(10_000)]
    assert {(key.version, key.variant) for key in keys} == {(7, "specified in RFC 4122")}
    assert len(set(keys)) == len(keys)
    moments = [key.int >> 64 for key in keys]
    assert moments == sorted(moments)
