"""Which tenant a host shows."""

from typing import Any

import pytest
from django.test.utils import CaptureQueriesContext

from tenants.registry import hosts
from tenants.registry.hosts import tenant_for_host
from tenants.registry.models import Domain, Tenant, TenantStatus


@pytest.fixture
def queries(db: None) -> Any:
    from django.db import connection

    return lambda: CaptureQueriesContext(connection)


@pytest.mark.parametrize(
    "host", ["anna.localhost", "anna.localhost:8000", "ANNA.localhost", "anna.localhost."]
)
def test_a_host_shows_its_tenant(anna: Tenant, host: str) -> None:
    assert tenant_for_host(host) == anna


@pytest.mark.parametrize("host", ["localhost", "nobody.localhost", "anna.example.com", ""])
def test_a_host_of_nobody_shows_none(anna: Tenant, host: str) -> None:
    assert tenant_for_host(host) is None


def test_a_host_is_looked_up_once(anna: Tenant, queries: Any) -> None:
    with queries() as asked:
        tenant_for_host("anna.localhost")
        tenant_for_host("anna.localhost")
    assert len(asked) == 1


def test_a_host_of_nobody_is_looked_up_once_too(anna: Tenant, queries: Any) -> None:
    """Whoever asks for it all the time costs no query, and may not fill the memory."""
    with queries() as asked:
        for _ in range(3):
            assert tenant_for_host("nobody.localhost") is None
            assert tenant_for_host("evil.example") is None
            assert tenant_for_host(f"{'a' * 254}.example") is None
    assert len(asked) == 2


def test_what_is_remembered_of_strangers_has_an_end(anna: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_MOST_KEPT", 20)
    for number in range(100):
        tenant_for_host(f"n{number}.example")
    assert len(hosts._nobodys) <= 20
    assert tenant_for_host("anna.localhost") == anna


def test_a_host_of_nobody_may_be_somebodys_soon(anna: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """In another process, which hears of no change."""
    assert tenant_for_host("annabel.localhost") is None
    Domain.objects.filter(domain="anna.localhost").update(domain="annabel.localhost")
    assert tenant_for_host("annabel.localhost") is None
    late = hosts.time.monotonic() + hosts.NOBODYS_SECONDS + 1
    monkeypatch.setattr(hosts.time, "monotonic", lambda: late)
    assert tenant_for_host("annabel.localhost") == anna


def test_what_is_remembered_is_shared_with_nobody(anna: Tenant) -> None:
    first = tenant_for_host("anna.localhost")
    assert first is not None
    first.name = "Changed"
    assert tenant_for_host("anna.localhost").name == "Anna"  # type: ignore[union-attr]


def test_a_domain_that_changes_is_looked_up_anew(anna: Tenant, ben: Tenant) -> None:
    assert tenant_for_host("anna.localhost") == anna
    domain = Domain.objects.get(domain="anna.localhost")
    domain.domain = "annabel.localhost"
    domain.save()
    assert tenant_for_host("anna.localhost") is None
    assert tenant_for_host("annabel.localhost") == anna


def test_a_tenant_that_opens_is_seen_at_once(anna: Tenant) -> None:
    Tenant.objects.filter(pk=anna.pk).update(status=TenantStatus.PROVISIONING)
    assert not tenant_for_host("anna.localhost").is_open  # type: ignore[union-attr]
    Tenant.objects.filter(pk=anna.pk).update(status=TenantStatus.OPEN)
    assert tenant_for_host("anna.localhost").is_open  # type: ignore[union-attr]


def test_what_another_process_changed_is_seen_after_a_while(
    anna: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tenant_for_host("anna.localhost").name == "Anna"  # type: ignore[union-attr]
    Tenant.objects.filter(pk=anna.pk).update(name="Annabel")
    assert tenant_for_host("anna.localhost").name == "Anna"  # type: ignore[union-attr]
    late = hosts.time.monotonic() + hosts.KEPT_SECONDS + 1
    monkeypatch.setattr(hosts.time, "monotonic", lambda: late)
    assert tenant_for_host("anna.localhost").name == "Annabel"  # type: ignore[union-attr]
