"""The coach's own domain, on the dashboard."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tenants.registry import domains
from tenants.registry.models import Domain, Tenant
from tests.dashboard.desk import Coach
from tests.registry.nameserver import Zone, nameserver
from tests.registry.test_domains import set_records

PAGE = "settings/address/"
NAME = "book.anna.example"


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Zone]:
    from tenants.registry.resolving import Dns

    with nameserver() as zone:
        monkeypatch.setattr(domains, "resolver", lambda: Dns(["127.0.0.1"], port=zone.port))
        yield zone


def brought(coach: Coach, name: str = NAME) -> Domain:
    assert coach.post(PAGE, {"domain": name}).status_code == 303
    return Domain.objects.get(domain=name)


def test_a_domain_is_brought_proved_made_the_address_and_removed(
    anna: Tenant, ben: Tenant, zone: Zone
) -> None:
    coach = Coach(anna)
    assert "Bring your own address" in coach.read(PAGE)
    domain = brought(coach)
    page = coach.read(PAGE)
    for shown in (NAME, "anna.localhost", f"_upfront.{NAME}", domain.token, "Not verified yet"):
        assert shown in page
    assert "Make it my address" not in page

    assert coach.post(f"{PAGE}{domain.pk}/check").status_code == 303
    assert f"The TXT record at _upfront.{NAME} was not found." in coach.read(PAGE)
    set_records(zone, domain)
    coach.post(f"{PAGE}{domain.pk}/check")
    page = coach.read(PAGE)
    assert "is yours, and leads here" in page
    assert "Make it my address" in page
    assert domain.token not in page, "there is nothing to set any more"

    coach.post(f"{PAGE}{domain.pk}/use")
    assert f"Your pages are at {NAME} now" in coach.read(PAGE)
    assert f'value="http://{NAME}:8000"' in coach.read("settings/")
    coach.post(f"{PAGE}ours")
    assert 'value="http://anna.localhost:8000"' in coach.read("settings/")
    coach.post(f"{PAGE}{domain.pk}/remove")
    assert f"{NAME} is removed" in coach.read(PAGE)
    assert not Domain.objects.filter(is_own=True).exists()
    assert coach.post(f"{PAGE}{domain.pk}/remove").status_code == 404
    assert NAME not in Coach(ben).read(PAGE)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "required"),
        ("anna", "no ending"),
        ("192.0.2.1", "number of a machine"),
        ("ben.localhost", "own"),
        ("an na.example", "cannot be a name"),
    ],
)
def test_what_is_no_domain_is_refused_and_kept_in_the_field(anna: Tenant, typed: str, why: str) -> None:
    answer = Coach(anna).post(PAGE, {"domain": typed})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert why in page
    if typed:
        assert f'value="{typed}"' in page


def test_what_is_not_verified_cannot_be_made_the_address(anna: Tenant) -> None:
    coach = Coach(anna)
    domain = brought(coach)
    assert coach.post(f"{PAGE}{domain.pk}/use").status_code == 303
    assert "has to be verified first" in coach.read(PAGE)
    anna.refresh_from_db()
    assert anna.own_host == ""


@pytest.mark.parametrize("press", ["check", "use", "remove"])
def test_the_domain_of_another_coach_is_hidden(anna: Tenant, ben: Tenant, press: str) -> None:
    domain = brought(Coach(ben), "book.ben.example")
    coach = Coach(anna)
    assert coach.post(f"{PAGE}{domain.pk}/{press}").status_code == 404
    assert coach.post(f"{PAGE}{uuid4()}/{press}").status_code == 404
    assert Domain.objects.get(pk=domain.pk).tenant_id == ben.pk


def test_that_it_leads_elsewhere_is_told_with_the_day_it_ends(anna: Tenant, zone: Zone) -> None:
    coach = Coach(anna)
    domain = brought(coach)
    set_records(zone, domain)
    coach.post(f"{PAGE}{domain.pk}/check")
    zone.records.clear()
    coach.post(f"{PAGE}{domain.pk}/check")
    page = coach.read(PAGE)
    assert "This address does not lead here any more" in page
    assert "your pages go back to anna.localhost" in page
    assert domain.token in page, "so that it can be mended"


def test_looking_too_often_waits(anna: Tenant, zone: Zone, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenants.dashboard.views import address

    monkeypatch.setattr(address, "LOOKS", {"most": 0, "seconds": 60})
    coach = Coach(anna)
    domain = brought(coach)
    set_records(zone, domain)
    coach.post(f"{PAGE}{domain.pk}/check")
    assert "press again in ten minutes" in coach.read(PAGE)
    assert Domain.objects.get(pk=domain.pk).verified_at is None
