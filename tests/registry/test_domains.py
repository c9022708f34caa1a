"""Domains that coaches bring: claimed by anybody, had by who proves it, looked after, given back."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM
from tenants.registry import domains, wakeups
from tenants.registry.domain_names import DomainRefused
from tenants.registry.hosts import tenant_for_host
from tenants.registry.models import Domain, Tenant, Wakeup
from tenants.registry.pages import coach_address
from tenants.registry.resolving import Dns, Unanswered
from tests.registry.nameserver import Zone, nameserver

NAME = "book.anna.example"
DAY = timedelta(days=1)


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    """The DNS as our real resolver reads it."""
    with nameserver() as zone:
        monkeypatch.setattr(domains, "resolver", lambda: Dns(["127.0.0.1"], port=zone.port))
        yield zone


def claim(tenant: Tenant, name: str = NAME) -> Domain:
    return domains.claim(tenant_id=tenant.pk, typed=name, now=clock.now(), actor=SYSTEM)


def set_records(zone: Zone, domain: Domain) -> None:
    """What the page asks the coach to do."""
    host = f"{domain.tenant.slug}.localhost"
    zone.records[f"_upfront.{domain.domain}", "TXT"] = ['"other=1"', f'"{domain.token}"']
    zone.records[domain.domain, "CNAME"] = [f"{host}."]
    zone.records[host, "A"] = ["192.0.2.10", "192.0.2.11"]


def check(domain: Domain, **at: Any) -> Domain:
    found = domains.check(domain_id=domain.pk, now=at.get("now") or clock.now())
    assert found is not None
    return found


def verified(tenant: Tenant, zone: Zone, name: str = NAME) -> Domain:
    domain = claim(tenant, name)
    set_records(zone, domain)
    return check(domain)


# --- proving it -------------------------------------------------------------------------------------


def test_both_records_prove_a_domain(anna: Tenant, zone: Zone) -> None:
    domain = claim(anna)
    assert tenant_for_host(NAME) is None
    set_records(zone, domain)
    domain = check(domain)
    assert (domain.problem, bool(domain.verified_at)) == ("", True)
    assert tenant_for_host(NAME) == anna


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({("_upfront.book.anna.example", "TXT"): None}, "was not found"),
        ({("_upfront.book.anna.example", "TXT"): ['"something"']}, "says something else"),
        ({(NAME, "CNAME"): None}, "CNAME record at book.anna.example was not found"),
        ({(NAME, "CNAME"): ["shop.elsewhere.example."]}, "leads to shop.elsewhere.example, not to anna"),
        ({(NAME, "CNAME"): None, (NAME, "A"): ["198.51.100.7"]}, "leads to another server (198.51.100.7)"),
        # One of ours and one of somebody else's: half of the visitors would go astray.
        ({(NAME, "CNAME"): None, (NAME, "A"): ["192.0.2.10", "198.51.100.7"]}, "leads to another server"),
    ],
)
def test_what_is_missing_is_said(anna: Tenant, zone: Zone, change: dict[Any, Any], problem: str) -> None:
    domain = claim(anna)
    set_records(zone, domain)
    for record, value in change.items():
        zone.records.pop(record, None)
        if value:
            zone.records[record] = value
    domain = check(domain)
    assert problem in domain.problem
    assert domain.verified_at is None
    assert tenant_for_host(NAME) is None


def test_a_domain_that_takes_no_alias_may_have_its_addresses(anna: Tenant, zone: Zone) -> None:
    domain = claim(anna, "anna-coaching.example")
    set_records(zone, domain)
    del zone.records["anna-coaching.example", "CNAME"]
    zone.records["anna-coaching.example", "A"] = ["192.0.2.10"]
    assert check(domain).verified_at


def test_an_alias_over_another_name_leads_here_too(anna: Tenant, zone: Zone) -> None:
    domain = claim(anna)
    set_records(zone, domain)
    zone.records[NAME, "CNAME"] = ["www.anna.example."]
    zone.records["www.anna.example", "CNAME"] = ["anna.localhost."]
    assert check(domain).verified_at


def test_a_name_in_another_script(anna: Tenant, zone: Zone) -> None:
    assert verified(anna, zone, "Bücher.example").domain == "xn--bcher-kva.example"
    assert tenant_for_host("xn--bcher-kva.example:8000") == anna


@pytest.mark.parametrize("how", ["silent", "broken"])
def test_a_dns_that_does_not_answer_says_nothing_of_the_name(anna: Tenant, zone: Zone, how: str) -> None:
    waiting = claim(anna)
    kept = verified(anna, zone, "www.anna.example")
    setattr(zone, how, True)
    with pytest.raises(Unanswered):
        Dns(["127.0.0.1"], port=zone.port).texts(NAME)
    assert "did not answer" in check(waiting).problem
    late = clock.now() + 9 * DAY
    kept = check(kept, now=late)
    assert (kept.problem, kept.failing_since, bool(kept.verified_at)) == ("", None, True)


def test_the_dns_is_asked_outside_of_any_transaction(anna: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    class Watching:
        def texts(self, name: str) -> list[str]:
            asked.append((name, connection.in_atomic_block))
            return []

    monkeypatch.setattr(domains, "resolver", Watching)
    check(claim(anna))
    assert asked == [(f"_upfront.{NAME}", False)]


# --- two who want the same --------------------------------------------------------------------------


def test_two_may_claim_a_name_and_who_proves_it_has_it(anna: Tenant, ben: Tenant, zone: Zone) -> None:
    of_ben, of_anna = claim(ben), claim(anna)
    assert of_ben.token != of_anna.token
    set_records(zone, of_anna)
    assert "says something else" in check(of_ben).problem
    assert check(of_anna).verified_at
    assert tenant_for_host(NAME) == anna
    # Even with a record of his beside hers, it is hers for as long as it is verified.
    zone.records[f"_upfront.{NAME}", "TXT"].append(f'"{of_ben.token}"')
    zone.records[NAME, "CNAME"] = ["ben.localhost."]
    zone.records["ben.localhost", "A"] = ["192.0.2.10"]
    late = check(of_ben)
    assert (late.problem, late.verified_at) == (domains.TAKEN, None)
    assert tenant_for_host(NAME) == anna


def test_what_another_has_proved_cannot_be_claimed(anna: Tenant, ben: Tenant, zone: Zone) -> None:
    verified(anna, zone)
    with pytest.raises(DomainRefused, match="another coach"):
        claim(ben)


def test_two_who_prove_it_at_once_are_told_apart_by_the_database(
    anna: Tenant, ben: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both see all records, then both write."""
    both = threading.Barrier(2, timeout=20)
    monkeypatch.setattr(domains, "problem_of", lambda _domain, _dns: str(both.wait())[:0])
    claims = [claim(anna), claim(ben)]

    def prove(domain: Domain) -> None:
        try:
            domains.check(domain_id=domain.pk, now=clock.now())
        finally:
            connections.close_all()

    at_once = [threading.Thread(target=prove, args=(each,)) for each in claims]
    for thread in at_once:
        thread.start()
    for thread in at_once:
        thread.join()
    rows = Domain.objects.filter(domain=NAME)
    assert sorted((bool(each.verified_at), each.problem) for each in rows) == [
        (False, domains.TAKEN),
        (True, ""),
    ]


def test_claimed_twice_is_one_claim_and_there_are_not_endless_ones(anna: Tenant) -> None:
    assert claim(anna).pk == claim(anna, f"https://{NAME.upper()}/").pk
    for number in range(domains.MOST - 1):
        claim(anna, f"n{number}.anna.example")
    with pytest.raises(DomainRefused, match="5 already"):
        claim(anna, "one-more.example")


def test_a_coach_without_the_right_to_it_gets_nothing(anna: Tenant, ben: Tenant, zone: Zone) -> None:
    domain = verified(anna, zone)
    about = {"tenant_id": ben.pk, "domain_id": domain.pk}
    assert domains.check_now(**about, now=clock.now()) is None
    with pytest.raises(domains.NotVerified):
        domains.make_address(**about, actor=SYSTEM)
    domains.remove(**about, actor=SYSTEM)
    assert domains.of_tenant(anna.pk) == [domain]
    assert domains.of_tenant(ben.pk) == []


# --- the address of all pages -----------------------------------------------------------------------


def test_only_a_verified_one_becomes_the_address(anna: Tenant, zone: Zone) -> None:
    domain = claim(anna)
    with pytest.raises(domains.NotVerified):
        domains.make_address(tenant_id=anna.pk, domain_id=domain.pk, actor=SYSTEM)
    assert coach_address(anna.schema_name) == "http://anna.localhost:8000"
    set_records(zone, domain)
    check(domain)
    domains.make_address(tenant_id=anna.pk, domain_id=domain.pk, actor=SYSTEM)
    assert coach_address(anna.schema_name) == f"http://{NAME}:8000"
    with tenant_context(anna):
        assert coach_address(anna.schema_name) == f"http://{NAME}:8000", "also for the tenant's role"


def moved(anna: Tenant, zone: Zone) -> Domain:
    domain = verified(anna, zone)
    domains.make_address(tenant_id=anna.pk, domain_id=domain.pk, actor=SYSTEM)
    return domain


def test_the_old_address_leads_to_the_new_one(anna: Tenant, zone: Zone) -> None:
    before = Browser(HTTP_HOST="anna.localhost:8000")
    assert before.get("/").status_code == 200
    moved(anna, zone)
    answer = before.get("/b/token/?day=2026-06-10&x=%2F")
    assert (answer.status_code, answer["Location"]) == (
        301,
        f"http://{NAME}:8000/b/token/?day=2026-06-10&x=%2F",
    )
    assert answer["Cache-Control"] == "max-age=3600"
    assert before.head("/").status_code == 301
    assert before.post("/zone", {"tz": "Europe/Berlin"}).status_code == 302, (
        "a POST is answered where it came"
    )
    here = Browser(HTTP_HOST=f"{NAME}:8000").get("/")
    assert here.status_code == 200
    assert here.wsgi_request.tenant == anna  # type: ignore[attr-defined]


def test_a_double_slash_leads_to_no_other_site(anna: Tenant, zone: Zone) -> None:
    moved(anna, zone)
    answer = Browser(HTTP_HOST="anna.localhost:8000").get("//evil.example/x")
    assert answer["Location"].startswith(f"http://{NAME}:8000/")


def test_forms_may_lead_to_the_new_address(anna: Tenant, zone: Zone) -> None:
    moved(anna, zone)
    for host in (NAME, "anna.localhost"):
        answer = Browser(HTTP_HOST=f"{host}:8000").post("/my/sign-in/", {})
        (forms,) = [
            each for each in answer["Content-Security-Policy"].split("; ") if each.startswith("form-action")
        ]
        assert f"http://{NAME}:8000" in forms


def test_encryption_is_asked_for_on_the_domain_and_not_on_what_the_coach_has_below_it(
    anna: Tenant, zone: Zone, settings: Any
) -> None:
    settings.SECURE_HSTS_SECONDS = 1000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    moved(anna, zone)

    def asked(host: str) -> str:
        return Browser(HTTP_HOST=f"{host}:8000").get("/", secure=True)["Strict-Transport-Security"]

    assert asked(NAME) == "max-age=1000"
    assert "includeSubDomains" in asked("anna.localhost")


def test_one_that_is_not_the_address_leads_to_it(anna: Tenant, zone: Zone) -> None:
    verified(anna, zone)
    answer = Browser(HTTP_HOST=f"{NAME}:8000").get("/shop/")
    assert (answer.status_code, answer["Location"]) == (301, "http://anna.localhost:8000/shop/")


def test_given_back_the_pages_are_at_our_address_at_once(anna: Tenant, zone: Zone) -> None:
    domain = moved(anna, zone)
    ours, own = Browser(HTTP_HOST="anna.localhost:8000"), Browser(HTTP_HOST=f"{NAME}:8000")
    assert (ours.get("/").status_code, own.get("/").status_code) == (301, 200)
    domains.leave_address(tenant_id=anna.pk, actor=SYSTEM)
    assert (ours.get("/").status_code, own.get("/").status_code) == (200, 301)
    domains.make_address(tenant_id=anna.pk, domain_id=domain.pk, actor=SYSTEM)
    domains.remove(tenant_id=anna.pk, domain_id=domain.pk, actor=SYSTEM)
    assert (ours.get("/").status_code, own.get("/").status_code) == (200, 404)
    assert not Wakeup.objects.filter(kind="domain").exists()
    domains.remove(tenant_id=anna.pk, domain_id=domain.pk, actor=SYSTEM)


def test_an_own_domain_has_a_coachs_pages_only(anna: Tenant, zone: Zone) -> None:
    moved(anna, zone)
    browser = Browser(HTTP_HOST=f"{NAME}:8000")
    for path in ("/accounts/login/", "/coach/anna/", "/operators/", "/internal/tls", "/health"):
        assert browser.get(path).status_code == 404, path


# --- looking again ----------------------------------------------------------------------------------


def due_in(domain: Domain) -> timedelta:
    return Wakeup.objects.get(kind="domain", reference=domain.pk).due_at - clock.now()


def later(moment: timedelta, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes, and the sweep does what is due."""
    real = clock.now()
    monkeypatch.setattr(clock, "now", lambda: real + moment)
    for schema_name in wakeups.schemas_with_due_work(now=clock.now()):
        wakeups.work_off(schema_name=schema_name)


def test_a_claim_is_looked_at_again_with_growing_pauses(
    anna: Tenant, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = claim(anna)
    pauses = []
    for _ in range(12):
        pauses.append(due_in(domain))
        later(due_in(domain) + timedelta(seconds=1), monkeypatch)
    assert pauses == sorted(pauses)
    assert pauses[0] <= timedelta(minutes=1)
    assert pauses[-1] > timedelta(minutes=20)
    set_records(zone, domain)
    later(due_in(domain) + timedelta(seconds=1), monkeypatch)
    assert tenant_for_host(NAME) == anna
    assert timedelta(hours=23) < due_in(domain) <= DAY


def test_a_claim_that_nobody_proves_is_left_after_a_month_until_its_coach_asks(
    anna: Tenant, zone: Zone, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = claim(anna)
    later(31 * DAY, monkeypatch)
    assert not Wakeup.objects.filter(kind="domain").exists()
    domains.check_now(tenant_id=anna.pk, domain_id=domain.pk, now=clock.now())
    assert due_in(domain) <= DAY


def test_what_leads_elsewhere_for_three_days_is_a_claim_again(anna: Tenant, ben: Tenant, zone: Zone) -> None:
    """Somebody else may own the name by now, and bring it."""
    domain, begun = moved(anna, zone), clock.now()
    zone.records.clear()
    for days in (0, 1, 2):
        domain = check(domain, now=begun + days * DAY)
        assert domain.verified_at
        assert domain.failing_since == begun
        assert tenant_for_host(NAME) == anna
    domain = check(domain, now=begun + 3 * DAY)
    assert (domain.verified_at, domain.failing_since) == (None, None)
    assert tenant_for_host(NAME) is None
    assert coach_address(anna.schema_name) == "http://anna.localhost:8000"
    assert Browser(HTTP_HOST="anna.localhost:8000").get("/").status_code == 200
    assert verified(ben, zone).verified_at
    assert tenant_for_host(NAME) == ben


def test_what_leads_here_again_in_time_stays(anna: Tenant, zone: Zone) -> None:
    domain, begun = moved(anna, zone), clock.now()
    records = dict(zone.records)
    zone.records.clear()
    check(domain, now=begun)
    zone.records.update(records)
    domain = check(domain, now=begun + 2 * DAY)
    assert (domain.failing_since, domain.problem) == (None, "")
    zone.records.clear()
    assert check(domain, now=begun + 4 * DAY).verified_at, "the three days begin anew"


# --- the database's word ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"domain": "anna.localhost"},
        {"domain": "x.example", "is_own": True},
        {"domain": "ben.localhost", "is_own": True, "token": "t"},
    ],
    ids=["an address of another", "own without a token", "claimed twice"],
)
def test_the_database_refuses(anna: Tenant, ben: Tenant, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Domain.objects.bulk_create([Domain(tenant=ben, is_primary=False, **wrong)])
