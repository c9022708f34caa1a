"""A sandbox is a practice whose Stripe is the simulated one: nothing of it meets real money."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from accounts.models import User
from connect import inbox
from connect.gateway import StripeNotice, calling
from connect.models import ConnectAccount, StripeEventStatus
from kit.actors import Actor
from kit.clock import now
from tenants.messaging.models import Audience, Mail, MailStatus
from tenants.registry import provisioning, sandboxes, wakeups
from tenants.registry.models import Tenant
from tests import worlds

REAL, SIMULATED = "http://127.0.0.1:9", "http://127.0.0.1:19"
COACH = Actor("coach", "1", "Anna")


@pytest.fixture
def offered(settings: Any) -> None:
    settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "sk_live_real", REAL
    settings.SANDBOX_STRIPE_API_BASE = SIMULATED


@pytest.fixture
def sandbox(offered: None, anna: Tenant) -> Tenant:
    user = User.objects.get(memberships__tenant=anna)
    made = sandboxes.make(user=user, timezone="UTC", country="DE", currency="eur", now=now(), actor=COACH)
    return provisioning.provision(tenant_id=made.pk, now=now())


def base() -> str:
    """Where the client of Stripe that is chosen here would go, and with which key."""
    chosen: Any = calling.client()
    return f"{chosen._requestor.base_addresses['api']} {chosen._requestor.api_key}"


def test_a_sandbox_asks_the_simulated_stripe_and_others_the_real_one(sandbox: Tenant, anna: Tenant) -> None:
    with tenant_context(sandbox):
        assert base() == f"{SIMULATED} sk_test_simulated"
    with tenant_context(anna):
        assert base() == f"{REAL} sk_live_real"
    assert base() == f"{REAL} sk_live_real"


def test_without_a_simulated_stripe_none_is_made(anna: Tenant, settings: Any) -> None:
    settings.SANDBOX_STRIPE_API_BASE = ""
    user = User.objects.get(memberships__tenant=anna)
    with pytest.raises(sandboxes.NotOffered):
        sandboxes.make(user=user, timezone="UTC", country="DE", currency="eur", now=now(), actor=COACH)
    assert "not offered" in Browser(HTTP_HOST="localhost:8000").get("/partners/").content.decode()


def notice(account_id: str) -> StripeNotice:
    return StripeNotice(
        id=f"evt_{account_id}",
        type="charge.updated",
        account_id=account_id,
        object_id="ch_1",
        object_type="charge",
        livemode=False,
        created=now(),
    )


def test_the_simulated_stripe_says_nothing_of_real_accounts(sandbox: Tenant, anna: Tenant) -> None:
    for tenant, account_id in ((anna, "acct_real"), (sandbox, "acct_sandbox")):
        ConnectAccount.objects.create(schema_name=tenant.schema_name, account_id=account_id)
    real = inbox.receive(notice=notice("acct_real"), now=now(), is_simulated=True)
    ours = inbox.receive(notice=notice("acct_sandbox"), now=now(), is_simulated=True)
    assert real is not None
    assert ours is not None
    assert (real.status, ours.status) == (StripeEventStatus.IGNORED, StripeEventStatus.WAITING)
    again = replace(notice("acct_real"), id="evt_test_mode")
    of_test_mode = inbox.receive(notice=again, now=now())
    assert of_test_mode is not None
    assert of_test_mode.status == StripeEventStatus.IGNORED


def test_its_events_need_a_secret_of_their_own(offered: None, db: None) -> None:
    answer = Browser(HTTP_HOST="localhost:8000").post(
        "/stripe/events/sandbox", "{}", content_type="application/json"
    )
    assert answer.status_code == 503


def test_a_signed_in_user_makes_one_and_at_most_three(offered: None, anna: Tenant) -> None:
    user = User.objects.get(memberships__tenant=anna)
    browser = Browser(HTTP_HOST="localhost:8000")
    said = {"currency": "eur"}
    visitor = browser.post("/partners/", said)
    assert visitor["Location"].startswith("/accounts/login/")
    browser.force_login(user)
    for nth in range(1, 4):
        answer = browser.post("/partners/", said)
        assert answer.status_code == 302
        assert sandboxes.of_user(user).count() == nth
    refused = browser.post("/partners/", said)
    assert refused.status_code == 409
    assert "Close one of them first" in refused.content.decode()


def test_its_pages_say_what_it_is(sandbox: Tenant) -> None:
    browser = Browser(HTTP_HOST="localhost:8000")
    browser.force_login(User.objects.get(memberships__tenant=sandbox))
    assert "This is a sandbox" in browser.get(f"/coach/{sandbox.slug}/").content.decode()
    assert "This is a sandbox" not in browser.get("/coach/anna/").content.decode()
    page = Browser(HTTP_HOST=f"{sandbox.slug}.localhost:8000").get("/")
    assert "This is a sandbox" in page.content.decode()


def test_it_writes_to_its_own_people_only(sandbox: Tenant) -> None:
    """Whoever tries our API must not be able to send our mail to strangers."""
    worlds.open_for_bookings(sandbox)
    kind = worlds.session_type(sandbox, price_minor=0)
    worlds.book(sandbox, worlds.held(sandbox, kind, at=worlds.hour(1)))
    wakeups.work_off(schema_name=sandbox.schema_name)
    with tenant_context(sandbox):
        told = {mail.audience: (mail.status, mail.error) for mail in Mail.objects.all()}
    assert told[Audience.COACH][0] == MailStatus.SENT
    assert told[Audience.CLIENT] == (MailStatus.DROPPED, "A sandbox writes to its own people only.")
