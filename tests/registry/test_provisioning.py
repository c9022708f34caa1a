"""From sign-up to an open tenant."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django_tenants.utils import tenant_context

from accounts.models import User
from kit.actors import Actor
from kit.clock import UnknownZone
from tenants.registry import addresses, provisioning
from tenants.registry.models import Domain, Membership, Tenant, TenantSchemaState, TenantStatus
from tenants.registry.provisioning import (
    AddressMalformed,
    AddressReserved,
    AddressTaken,
    address_state,
    ask_again,
    provision,
    sign_up,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[UUID]:
    """Whom the provisioning worker was asked for."""
    asked: list[UUID] = []
    monkeypatch.setattr(provisioning, "ask_to_provision", asked.append)
    return asked


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_user("emil@example.com", name="Emil")


def signed_up(user: User, slug: str = "emil", **changes: Any) -> Tenant:
    fields = {"name": "Emil", "timezone": "Europe/Berlin", "country": "DE", "currency": "eur"} | changes
    return sign_up(user=user, slug=slug, now=NOW, actor=Actor("coach", str(user.pk), user.name), **fields)


def has_schema(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [name])
        return cursor.fetchone() is not None


def test_sign_up_registers_and_asks_for_the_schema(user: User, asked: list[UUID]) -> None:
    tenant = signed_up(user)
    assert tenant.status == TenantStatus.PROVISIONING
    assert tenant.schema_name == f"t_{tenant.pk.hex}"
    assert Domain.objects.get(tenant=tenant).domain == "emil.localhost"
    assert Membership.objects.get(tenant=tenant).user == user
    assert asked == [tenant.pk]
    assert not has_schema(tenant.schema_name)


def test_provisioning_opens_the_tenant_with_what_a_new_one_starts_with(user: User, asked: list[UUID]) -> None:
    tenant = provision(tenant_id=signed_up(user).pk, now=NOW)
    assert (tenant.status, tenant.opened_at) == (TenantStatus.OPEN, NOW)
    with tenant_context(tenant), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM offers_practice")
        assert cursor.fetchone() == (1,)


def test_provisioning_again_changes_nothing(user: User, asked: list[UUID]) -> None:
    tenant = provision(tenant_id=signed_up(user).pk, now=NOW)
    again = provision(tenant_id=tenant.pk, now=NOW + timedelta(hours=1))
    assert again.opened_at == NOW


def test_two_workers_at_once_provision_once(
    user: User, asked: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, opened = signed_up(user), []
    monkeypatch.setattr("config.wiring.TENANT_CREATED", [f"{__name__}.note"])
    monkeypatch.setattr(provisioning.wiring, "named", lambda _path: lambda **named: opened.append(named))

    def work(_worker: int) -> str:
        try:
            return provision(tenant_id=tenant.pk, now=NOW).status
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(4))) == {TenantStatus.OPEN}
    assert opened == [{"tenant_id": tenant.pk, "now": NOW}]


def test_a_crash_before_opening_is_taken_up_again(
    user: User, asked: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant = signed_up(user)
    with monkeypatch.context() as patch:
        patch.setattr("config.wiring.TENANT_CREATED", ["fees.accounts.no_such_step"])
        with pytest.raises(ImportError):
            provision(tenant_id=tenant.pk, now=NOW)
    tenant.refresh_from_db()
    assert tenant.status == TenantStatus.PROVISIONING
    assert provision(tenant_id=tenant.pk, now=NOW).status == TenantStatus.OPEN


def test_a_closed_tenant_is_not_opened(user: User, asked: list[UUID]) -> None:
    tenant = signed_up(user)
    Tenant.objects.filter(pk=tenant.pk).update(status=TenantStatus.CLOSED)
    assert provision(tenant_id=tenant.pk, now=NOW).status == TenantStatus.CLOSED
    assert not has_schema(tenant.schema_name)


def test_an_address_that_is_taken_is_refused_and_nothing_kept(
    user: User, anna: Tenant, asked: list[UUID]
) -> None:
    with pytest.raises(AddressTaken, match="another coach"):
        signed_up(user, "anna")
    assert not Membership.objects.filter(user=user).exists()
    assert asked == []


def test_of_two_who_want_one_address_at_once_one_has_it(user: User, asked: list[UUID]) -> None:
    def want(_number: int) -> str:
        try:
            return signed_up(user).slug
        except AddressTaken:
            return "taken"
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(want, range(4))) == ["emil", "taken", "taken", "taken"]


def test_a_reserved_address_is_refused_by_the_database(user: User, asked: list[UUID]) -> None:
    with pytest.raises(AddressReserved):
        signed_up(user, "admin")


@pytest.mark.parametrize(
    "slug", ["ab", "-ab", "ab-", "a--b", "Anna", "an na", "ann\u00e4", "a" * 41, "a.b", "abc\n"]
)
def test_a_malformed_address_is_refused(user: User, asked: list[UUID], slug: str) -> None:
    with pytest.raises(AddressMalformed):
        signed_up(user, slug)
    assert address_state(slug) == "malformed"


def test_the_state_of_an_address(anna: Tenant) -> None:
    states = {slug: address_state(slug) for slug in ("anna", "www", "a--b", "emil-2")}
    assert states == {"anna": "taken", "www": "reserved", "a--b": "malformed", "emil-2": "free"}


def test_every_reserved_address_could_otherwise_be_had() -> None:
    unneeded = [slug for slug in addresses.RESERVED if len(slug) >= 3 and addresses.malformed(slug)]
    assert unneeded == []


def test_an_unknown_time_zone_is_refused(user: User, asked: list[UUID]) -> None:
    with pytest.raises(UnknownZone):
        signed_up(user, timezone="Mars/Olympus")


def test_sign_up_survives_a_queue_that_is_away(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenants.registry.tasks import provision_tenant

    def refuse(*_args: Any, **_options: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(provision_tenant, "apply_async", refuse)
    assert signed_up(user).status == TenantStatus.PROVISIONING


def test_the_sweep_asks_once_more_for_those_that_wait_too_long(user: User, asked: list[UUID]) -> None:
    tenant = signed_up(user)
    asked.clear()
    assert ask_again(now=NOW + timedelta(seconds=29)) == 0
    late = NOW + timedelta(seconds=31)
    assert ask_again(now=late) == 1
    assert ask_again(now=late) == 0
    assert asked == [tenant.pk]


def test_two_sweeps_at_once_ask_for_each_tenant_once(
    user: User, asked: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = {signed_up(user).pk, signed_up(user, "emil-2").pk}
    late, asked_twice = NOW + timedelta(minutes=1), []

    def ask_while_another_sweeps(tenant_id: UUID) -> None:
        asked_twice.append(tenant_id)
        ask_again(now=late)

    monkeypatch.setattr(provisioning, "ask_to_provision", ask_while_another_sweeps)
    ask_again(now=late)
    assert sorted(asked_twice) == sorted(waiting)


def test_the_state_of_a_schema_is_noted(user: User, asked: list[UUID], anna: Tenant) -> None:
    tenant = provision(tenant_id=signed_up(user).pk, now=NOW)
    states = TenantSchemaState.objects.using("owner").in_bulk([anna.schema_name, tenant.schema_name])
    assert len({(state.migrations, state.rights) for state in states.values()}) == 1


def test_with_tenant_is_refused(anna: Tenant) -> None:
    with pytest.raises(TypeError, match="tenant_context"), anna:
        pass
