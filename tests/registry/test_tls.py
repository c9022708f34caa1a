"""For which hosts the proxy may get a certificate."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import Resolver404, resolve

from kit import clock
from kit.actors import SYSTEM
from public_pages.central import tls
from tenants.registry import domains
from tenants.registry.hosts import forget_hosts
from tenants.registry.models import Domain, Tenant, TenantStatus


def ask(name: str, **options: Any) -> int:
    """As the proxy does: by the central host, without any cookie."""
    return Browser(HTTP_HOST="localhost:8000").get("/internal/tls", {"domain": name}, **options).status_code


@pytest.fixture
def claimed(anna: Tenant) -> Domain:
    return domains.claim(tenant_id=anna.pk, typed="book.anna.example", now=clock.now(), actor=SYSTEM)


def test_hosts_of_ours_and_of_open_coaches_may_have_one(anna: Tenant) -> None:
    assert [ask(name) for name in ("localhost", "anna.localhost", "ANNA.localhost.")] == [200, 200, 200]


@pytest.mark.parametrize(
    "name", ["", "nobody.localhost", "evil.example", "anna.localhost.evil.example", "a" * 300, "*.localhost"]
)
def test_no_other_name_may(anna: Tenant, name: str) -> None:
    assert ask(name) == 404


def test_an_own_domain_may_when_it_is_verified_and_not_before(claimed: Domain) -> None:
    assert ask(claimed.domain) == 404
    Domain.objects.filter(pk=claimed.pk).update(verified_at=clock.now())
    forget_hosts()
    assert ask(claimed.domain) == 200


def test_a_coach_who_is_not_open_may_have_none(anna: Tenant) -> None:
    Tenant.objects.filter(pk=anna.pk).update(status=TenantStatus.SUSPENDED)
    assert ask("anna.localhost") == 404


def test_it_is_no_page_of_a_coach(anna: Tenant) -> None:
    with pytest.raises(Resolver404):
        resolve("/internal/tls", "config.urls.coach")
    assert Browser(HTTP_HOST="anna.localhost:8000").get("/internal/tls?domain=localhost").status_code == 404


def test_a_flood_of_one_name_costs_one_query(anna: Tenant) -> None:
    with CaptureQueriesContext(connection) as asked:
        assert {ask("nobody.example") for _ in range(5)} == {404}
    assert len(asked) == 1


def test_who_asks_too_often_waits(anna: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "ASKED", {"most": 3, "seconds": 60})
    somebody = f"2001:db8:{uuid4().int % 65536:x}::"
    monkeypatch.setattr(tls, "connection_of", lambda _request: somebody)
    answers = [ask("anna.localhost") for _ in range(5)]
    assert answers[-2:] == [429, 429]


def test_it_answers_the_proxy_without_encryption(anna: Tenant, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert ask("anna.localhost") == 200
    assert Browser(HTTP_HOST="localhost:8000").get("/").status_code == 301


def test_it_answers_by_the_name_that_the_proxy_knows(anna: Tenant, settings: Any) -> None:
    """Inside, as `EXTRA_HOSTS` says it, and without the headers that a proxy adds for visitors."""
    settings.SECURE_SSL_REDIRECT = True
    inside = Browser(HTTP_HOST="web:8000")
    assert inside.get("/internal/tls?domain=anna.localhost").status_code == 404
    settings.CENTRAL_HOSTS = [*settings.CENTRAL_HOSTS, "web"]
    assert inside.get("/internal/tls?domain=anna.localhost").status_code == 200
