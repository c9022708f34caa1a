"""The page behind the link in each mail of a sequence, and the press of a mail program."""

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.messaging import unsubscribing
from tenants.people import erasing
from tenants.registry.models import Tenant
from tests.messaging import sequence_room
from tests.messaging.sequence_room import ANNA
from tests.worlds import Shop


@pytest.fixture
def cleo(shop: Shop) -> Client:
    return sequence_room.client(shop)


def browser_of(tenant: Tenant, **options: bool) -> Browser:
    return Browser(HTTP_HOST=f"{tenant.slug}.localhost:8000", **options)


def path_of(shop: Shop, client: Client) -> str:
    with tenant_context(shop.tenant):
        return f"/unsubscribe/{unsubscribing.token_of(client.pk)}/"


def is_off(shop: Shop, client: Client) -> bool:
    with tenant_context(shop.tenant):
        return unsubscribing.is_unsubscribed(client.pk)


def test_a_look_changes_nothing_and_a_press_does(shop: Shop, cleo: Client) -> None:
    browser, path = browser_of(shop.tenant), path_of(shop, cleo)
    assert "No more of these mails?" in browser.get(path).content.decode()
    assert not is_off(shop, cleo)
    assert "You are unsubscribed" in browser.post(path, {"to": "off"}).content.decode()
    assert is_off(shop, cleo)
    assert "You are unsubscribed" in browser.get(path).content.decode()
    browser.post(path, {"to": "on"})
    assert not is_off(shop, cleo)


def test_a_mail_program_needs_one_post_and_no_cookie(shop: Shop, cleo: Client) -> None:
    browser, path = browser_of(shop.tenant, enforce_csrf_checks=True), path_of(shop, cleo)
    for _ in range(2):
        answer = browser.post(path, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert is_off(shop, cleo)
    with tenant_context(shop.tenant):
        assert Event.objects.filter(kind="client.unsubscribed").count() == 1


def test_a_link_opens_nothing_elsewhere_nor_when_cut_nor_for_who_is_erased(
    shop: Shop, cleo: Client, ben: Tenant
) -> None:
    path = path_of(shop, cleo)
    assert browser_of(ben).post(path).status_code == 404
    assert browser_of(shop.tenant).post(path[:-3] + "/").status_code == 404
    assert not is_off(shop, cleo)
    with tenant_context(shop.tenant):
        erasing.erase(client_id=cleo.pk, now=clock.now(), actor=ANNA)
    assert browser_of(shop.tenant).get(path).status_code == 404
