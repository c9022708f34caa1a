"""Keys and partners' programs, on the dashboard."""

import re

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from accounts.models import User
from kit.clock import now
from partners import accesses, applications
from partners.models import Access
from tenants.integrations.models import ApiKey
from tenants.registry.models import Tenant
from tests import worlds
from tests.console import OLGA
from tests.dashboard.desk import Coach

PAGE = "settings/programs/"
SAID = {"name": "Our website", "scopes": ["catalogue:read", "bookings:read"], "ends": "90"}


@pytest.fixture
def coach(anna: Tenant) -> Coach:
    worlds.open_for_bookings(anna)
    worlds.session_type(anna, price_minor=5000)
    return Coach(anna)


def shown(page: str) -> str:
    """The secret on the page."""
    [secret] = set(re.findall(r"upfk_[a-z0-9]{8}_[\w-]{43}", page))
    return secret


def opened(secret: str) -> int:
    browser = Browser(HTTP_HOST="anna.localhost:8000", headers={"Authorization": f"Bearer {secret}"})
    return browser.get("/api/v1/session-types").status_code


def made(coach: Coach) -> str:
    answer = coach.post(PAGE, SAID)
    assert answer.status_code == 201
    return shown(answer.content.decode())


def kept(tenant: Tenant) -> list[ApiKey]:
    with tenant_context(tenant):
        return list(ApiKey.objects.order_by("created_at", "pk"))


def test_a_key_is_shown_once_and_opens_the_api(coach: Coach, anna: Tenant) -> None:
    assert "You have no key" in coach.read(PAGE)
    secret = made(coach)
    assert opened(secret) == 200
    page = coach.read(PAGE)
    assert "Our website" in page
    assert secret not in page
    [key] = kept(anna)
    assert key.prefix in page
    assert secret not in (key.digest, key.prefix)
    assert key.expires_at is not None
    assert (key.expires_at - key.created_at).days == 90


def test_another_secret_takes_over_while_the_old_one_goes_on(coach: Coach, anna: Tenant) -> None:
    old = made(coach)
    answer = coach.post(f"{PAGE}{kept(anna)[0].pk}/rotate")
    assert answer.status_code == 201
    new = shown(answer.content.decode())
    assert new != old
    assert (opened(old), opened(new)) == (200, 200)


def test_a_revoked_key_opens_nothing(coach: Coach, anna: Tenant) -> None:
    secret = made(coach)
    assert coach.post(f"{PAGE}{kept(anna)[0].pk}/revoke").status_code == 303
    assert opened(secret) == 401
    page = coach.read(PAGE)
    assert "1 key ended or revoked." in page
    assert coach.post(f"{PAGE}{kept(anna)[0].pk}/rotate").status_code == 303
    assert "opens nothing any more" in coach.read(PAGE)


def test_a_key_for_nothing_keeps_what_was_typed(coach: Coach, anna: Tenant) -> None:
    answer = coach.post(PAGE, {"name": "Our website", "scopes": []})
    assert answer.status_code == 422
    assert "Our website" in answer.content.decode()
    assert kept(anna) == []


def test_a_partners_program_is_listed_and_ended(coach: Coach, anna: Tenant) -> None:
    program, _secret = applications.register(
        name="Planner", redirect_uris=["https://p.example/"], keeps_secret=True, now=now(), actor=OLGA
    )
    user = User.objects.get(memberships__tenant=anna)
    access = accesses.allow(
        application_id=program.pk, tenant=anna, user=user, scopes=["events:read"], now=now()
    )
    assert "Planner" in coach.read(PAGE)
    assert coach.post(f"{PAGE}partners/{access.pk}/end").status_code == 303
    page = coach.read(PAGE)
    assert "The program can do nothing here" in page
    assert Access.objects.get(pk=access.pk).ended_at is not None
