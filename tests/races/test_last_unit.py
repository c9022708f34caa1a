"""Many want the last unit of a pack: one gets it, the others are told, and no balance falls below 0."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM
from tenants.packs import expiry, ledger, removals, transfers
from tenants.packs.models import Pack, PackEntry
from tenants.packs.refusals import Refusal
from tenants.packs.spending import CannotSpend
from tenants.registry.models import Tenant
from tests.crowd import at_once, meeting
from tests.packs import sold


@pytest.fixture
def last_unit(anna: Tenant) -> Pack:
    with tenant_context(anna):
        return sold.bought(units=1)


def spend(tenant: Tenant, pack: Pack) -> PackEntry:
    """Each by a booking of its own."""
    with tenant_context(tenant):
        return sold.spend(pack)


def left(tenant: Tenant, pack: Pack) -> int:
    with tenant_context(tenant):
        return ledger.balance_of(pack.pk)


def entries(got: list[Any]) -> list[PackEntry]:
    return [each for each in got if isinstance(each, PackEntry)]


@contextmanager
def without_the_constraint(tenant: Tenant, owner: Any) -> Iterator[None]:
    """The ledger as it would be if only looking first protected it."""
    table = f'"{tenant.schema_name}".packs_packentry'
    with owner.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT pack_entry_number")
        yield
        cursor.execute(f"DELETE FROM {table}")
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT pack_entry_number UNIQUE (pack_id, number)")


def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for anybody, and two meet between the look and the entry."""
    monkeypatch.setattr(ledger, "locked", lambda pk: Pack.objects.select_related("offer").get(pk=pk))
    monkeypatch.setattr(ledger, "last_and_left", meeting(ledger.last_and_left, 2))


def test_looking_first_alone_would_spend_the_last_unit_twice(
    anna: Tenant, last_unit: Pack, as_owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_the_constraint(anna, as_owner):
        without_the_lock(monkeypatch)
        got = at_once([partial(spend, anna, last_unit)] * 2)
        assert [type(each) for each in got] == [PackEntry, PackEntry]
        assert left(anna, last_unit) == -1


def test_without_the_lock_the_database_refuses_the_second(
    anna: Tenant, last_unit: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_the_lock(monkeypatch)
    got = at_once([partial(spend, anna, last_unit)] * 2)
    assert sorted(type(each).__name__ for each in got) == ["IntegrityError", "PackEntry"]
    [refused] = [each for each in got if isinstance(each, IntegrityError)]
    assert "pack_entry_number" in str(refused)
    assert left(anna, last_unit) == 0


def test_of_twenty_who_spend_the_last_unit_one_does(anna: Tenant, last_unit: Pack) -> None:
    got = at_once([partial(spend, anna, last_unit)] * 20)
    assert len(entries(got)) == 1, got
    refused = [each for each in got if isinstance(each, CannotSpend)]
    assert [each.reason for each in refused] == [Refusal.USED_UP] * 19
    assert left(anna, last_unit) == 0


def test_one_booking_that_is_confirmed_and_given_back_by_many_moves_one_unit_each_way(anna: Tenant) -> None:
    with tenant_context(anna):
        pack = sold.bought()
        booking = sold.spend(pack).booking_id

    def give_back() -> PackEntry | None:
        with tenant_context(anna):
            return sold.give_back(booking)

    got = at_once([give_back] * 8)
    assert (len(entries(got)), got.count(None)) == (1, 7), got
    assert left(anna, pack) == 10


@pytest.mark.parametrize("_round", range(3))
def test_spending_passing_on_refund_and_end_at_once_leave_exact_books(anna: Tenant, _round: int) -> None:
    with tenant_context(anna):
        pack = sold.bought(units=6, price_minor=6000)
        received = transfers.pass_on(
            pack_id=pack.pk, units=2, name="Dora", email="d@example.com", now=clock.now(), actor=SYSTEM
        )
        bookings = [sold.spend(received).booking_id, sold.spend(pack).booking_id]

    def pass_on() -> object:
        with tenant_context(anna):
            return transfers.pass_on(
                pack_id=pack.pk, units=1, name="Eve", email="e@example.com", now=clock.now(), actor=SYSTEM
            )

    def refund() -> object:
        with tenant_context(anna), transaction.atomic():
            return removals.remove_refunded(
                pack_id=pack.pk, captured_minor=6000, refunded_minor=6000, reference="re",
                now=clock.now(), actor=SYSTEM,
            )  # fmt: skip

    def give_back(booking: Any) -> object:
        with tenant_context(anna):
            return sold.give_back(booking, cause="coach")

    def end() -> object:
        with tenant_context(anna):
            return expiry.expire(reference=pack.pk, now=clock.now())

    calls = [refund, refund, end, pass_on, *(partial(give_back, each) for each in bookings)]
    got = at_once([*calls, *[partial(spend, anna, each) for each in (pack, received)] * 2])
    expected = (CannotSpend, ledger.NotEnoughUnits)
    assert [each for each in got if isinstance(each, Exception) and not isinstance(each, expected)] == []
    with tenant_context(anna):
        family = [pack, *Pack.objects.filter(origin__isnull=False)]
        used = ledger.used(family)
        removed = -sum(PackEntry.objects.filter(kind="refunded").values_list("units", flat=True))
        assert set(ledger.balances_of(each.pk for each in family).values()) == {0}
        assert (removed + used, sold.reread(pack).owed_minor) == (6, used * 1000)
