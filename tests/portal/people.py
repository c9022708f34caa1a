"""Clients of a coach, and the browsers in which they are signed in."""

from typing import Any

from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from kit import clock
from tenants.clients import sign_in
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.clients.sign_in import Asked
from tenants.registry.models import Tenant

PHONE = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
BROWSER = "the secret of the browser that asked"


def client(tenant: Tenant, *, name: str = "Cleo Bright", email: str = "cleo@example.com") -> Client:
    with tenant_context(tenant), transaction.atomic():
        return find_or_add(name=name, email=email, phone="", timezone="Europe/Berlin", now=clock.now())


def asked(tenant: Tenant, *, email: str = "cleo@example.com", browser: str = BROWSER) -> Asked:
    with tenant_context(tenant):
        return sign_in.ask(email=email, browser=browser, now=clock.now())


def code(tenant: Tenant, asked: Asked) -> str:
    """As it stands in the mail."""
    with tenant_context(tenant):
        return sign_in.code_of(asked.asked_id)


def link(tenant: Tenant, asked: Asked) -> str:
    with tenant_context(tenant):
        return sign_in.link_token(asked.asked_id)


def typed(tenant: Tenant, asked: Asked, code: str, *, browser: str = BROWSER) -> str:
    with tenant_context(tenant):
        return sign_in.open_with_code(
            asked_id=asked.asked_id, code=code, browser=browser, agent=PHONE, now=clock.now()
        )


def followed(tenant: Tenant, token: str) -> str:
    with tenant_context(tenant):
        return sign_in.open_with_link(token=token, agent=PHONE, now=clock.now())


def opened(tenant: Tenant, client: Client) -> str:
    """The secret of a session, as of somebody who has just proved who they are."""
    with tenant_context(tenant), transaction.atomic():
        return sign_in.open_session(client=client, agent=PHONE, now=clock.now())


def who(tenant: Tenant, secret: str) -> Client | None:
    with tenant_context(tenant):
        return sign_in.client_of(secret, now=clock.now())


def browser_of(tenant: Tenant, client: Client, **options: Any) -> Browser:
    """A browser on the coach's host in which the client is signed in."""
    browser = Browser(HTTP_HOST=f"{tenant.slug}.localhost:8000", **options)
    browser.cookies["own-pages"] = opened(tenant, client)
    return browser
