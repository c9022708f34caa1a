"""Between clients' own pages of two coaches, and of two clients of one: nothing passes, by any address."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from tenants.clients.models import Client, SignIn
from tenants.registry.models import Tenant
from tests import worlds
from tests.architecture import routes
from tests.architecture.routes import COACH, Route, Rows, rows_of
from tests.portal import people
from tests.worlds import Shop

BEFORE_SIGN_IN = {"portal_sign_in", "portal_code", "portal_enter", "portal_feed", "coach_feed"}


@pytest.fixture
def annas(shop: Shop) -> Rows:
    return rows_of(shop, word="Aubergine")


@pytest.fixture
def bens(ben: Tenant, stripe: Simulator) -> Rows:
    return rows_of(worlds.open_shop(ben, stripe), word="Boysenberry")


def own_pages() -> Iterator[Route]:
    for route in routes.routes(COACH):
        if route.pattern.startswith("my/") and route.name not in BEFORE_SIGN_IN:
            yield route


def client_of(rows: Rows) -> Client:
    with tenant_context(rows.tenant):
        return Client.objects.get(pk=rows.booking.client_id)


def kept(rows: Rows) -> list[Any]:
    with tenant_context(rows.tenant):
        return [*SignIn.objects.order_by("pk").values(), *Client.objects.order_by("pk").values()]


def test_a_cookie_of_another_coach_opens_no_own_page(annas: Rows, bens: Rows) -> None:
    secret = people.opened(annas.tenant, client_of(annas))
    visitor = Browser(HTTP_HOST=bens.host)
    before, walked = kept(bens), 0
    for route in own_pages():
        for method in (visitor.get, visitor.post):
            visitor.cookies["own-pages"] = secret
            answer = method(route.path(bens.values))
            refused = answer.status_code == 405 or answer.headers["Location"].startswith("/my/sign-in/")
            assert refused, route.pattern
            assert "Aubergine" not in answer.text
            assert "Boysenberry" not in answer.text
        walked += 1
    assert walked >= 11
    assert kept(bens) == before


def test_every_own_page_is_walked_and_speaks_of_its_client_only(annas: Rows, bens: Rows) -> None:
    own = people.browser_of(annas.tenant, client_of(annas))
    stranger = people.browser_of(
        annas.tenant, people.client(annas.tenant, name="Mia", email="mia@example.com")
    )
    told = ""
    for route in own_pages():
        answer = own.get(route.path(annas.values))
        assert answer.status_code in (200, 302, 405), route.pattern
        told += answer.content.decode(errors="replace")
        foreign = stranger.get(route.path(annas.values))
        assert "Aubergine client" not in foreign.content.decode(errors="replace"), route.pattern
        assert "aubergine@example.com" not in foreign.content.decode(errors="replace"), route.pattern
    assert "Aubergine lesson" in told
    assert "Aubergine pack" in told
    assert "Aubergine coaching" not in told
    assert "Boysenberry" not in told


def test_no_look_at_an_own_page_changes_anything(annas: Rows) -> None:
    own = people.browser_of(annas.tenant, client_of(annas))
    before = kept(annas)
    for route in own_pages():
        own.get(route.path(annas.values))
    assert kept(annas) == before
