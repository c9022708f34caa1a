"""What a coach is told when a domain of theirs leads elsewhere, word for word."""

import pytest
from django.core import mail
from django_tenants.utils import schema_context

from kit import clock
from kit.actors import SYSTEM
from tenants.registry import domains
from tenants.registry.models import Domain
from tests.messaging import mailroom
from tests.registry.nameserver import nameserver
from tests.registry.test_domains import set_records
from tests.worlds import Shop

NAME = "bücher.anna.example"


@pytest.fixture
def proved(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Domain:
    """By records that are gone when the test begins."""
    from tenants.registry.resolving import Dns

    with nameserver() as zone:
        monkeypatch.setattr(domains, "resolver", lambda: Dns(["127.0.0.1"], port=zone.port))
        domain = domains.claim(tenant_id=shop.tenant.pk, typed=NAME, now=clock.now(), actor=SYSTEM)
        set_records(zone, domain)
        assert look(domain).verified_at
        zone.records.clear()
        look(domain)
    return domain


def look(domain: Domain) -> Domain:
    found = domains.check(domain_id=domain.pk, now=clock.now())
    assert found is not None
    return found


def test_the_mail_of_a_domain_that_leads_elsewhere(shop: Shop, proved: Domain) -> None:
    mailroom.work_off()
    mailroom.compare("domain_failing", ("coach",))


def test_it_is_told_once_and_not_when_it_leads_here_again(
    shop: Shop, proved: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domains, "problem_of", lambda _domain, _dns: "It is gone.")
    look(proved)
    mailroom.work_off()
    assert len(mail.outbox) == 1
    with schema_context("public"):
        Domain.objects.filter(pk=proved.pk).update(failing_since=None)
    look(proved)
    with schema_context("public"):
        Domain.objects.filter(pk=proved.pk).update(failing_since=None)
    mailroom.work_off()
    assert len(mail.outbox) == 1, "it was mended before the mail went out"
