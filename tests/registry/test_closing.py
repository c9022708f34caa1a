"""A practice closes: what is settled first, what can be read yet, how it opens again, and what is erased."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from accounts.models import User
from fees.models import FeeEntry
from kit import clock
from kit.actors import Actor
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.registry import closing, erasing, provisioning
from tenants.registry.closing import StillOpen
from tenants.registry.erasing import NotYet
from tenants.registry.migrating import migrate_all
from tenants.registry.models import Domain, Tenant, TenantStatus, Wakeup
from tenants.registry.standing import NotPossible
from tests import worlds
from tests.portal import people

COACH = Actor("coach", "7", "Anna")


def closed(tenant: Tenant, *, now: datetime | None = None) -> Tenant:
    return closing.close(schema_name=tenant.schema_name, now=now or clock.now(), actor=COACH)


def on(tenant: Tenant) -> Browser:
    return Browser(headers={"host": f"{tenant.slug}.localhost:8000"}, raise_request_exception=False)


# --- closed -------------------------------------------------------------------------------------------


def test_closing_says_until_when_and_stands_in_the_record(anna: Tenant) -> None:
    tenant = closed(anna, now=datetime(2026, 12, 31, 23, 0, tzinfo=UTC))
    assert tenant.status == TenantStatus.CLOSED
    assert tenant.erase_at == datetime(2037, 1, 1, tzinfo=UTC)
    with tenant_context(anna):
        assert Event.objects.get(kind="practice.closed").actor_name == "Anna"
    with pytest.raises(NotPossible, match="closed already"):
        closed(anna)


def test_what_is_to_come_is_settled_first(shop: worlds.Shop) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(3))
    with pytest.raises(StillOpen, match="1 booking to come"):
        closed(shop.tenant)
    shop.tenant.refresh_from_db()
    assert shop.tenant.is_open
    with tenant_context(shop.tenant):
        assert not Event.objects.filter(kind="practice.closed").exists()


def test_what_is_left_of_packs_is_named_and_hinders_nothing(shop: worlds.Shop) -> None:
    worlds.buy_pack(shop, worlds.pack_offer(shop.tenant, worlds.session_type(shop.tenant)))
    with tenant_context(shop.tenant), transaction.atomic():
        [matter] = closing.matters(now=clock.now())
    assert matter.words.startswith("10 paid sessions left of packs.")
    assert closed(shop.tenant).status == TenantStatus.CLOSED


def test_the_coach_gets_a_mail_with_the_days(anna: Tenant, mailoutbox: list[Any]) -> None:
    closed(anna)
    worlds.sweep()
    assert [mail.subject for mail in mailoutbox] == ["Your practice is closed"]
    assert f"{clock.now() + closing.READABLE:%Y-%m-%d}" in mailoutbox[0].body


def test_the_page_says_that_it_is_closed_and_clients_read_their_own(anna: Tenant) -> None:
    cleo = people.client(anna)
    own = people.browser_of(anna, cleo)
    assert [on(anna).get("/").status_code, own.get("/my/").status_code] == [200, 200]
    closed(anna)
    page = on(anna).get("/")
    assert page.status_code == 410
    assert "Anna has closed this page" in page.text
    assert on(anna).get("/static/ui/foundation.css").status_code == 200
    assert own.get("/my/").status_code == 200
    assert own.get("/my/data/download").status_code in (200, 405)
    assert own.post("/my/profile/", {"name": "Other"}).status_code == 410
    assert on(anna).post("/my/sign-in/", {"email": "cleo@example.com"}).status_code in (200, 302, 303)


def test_after_that_nobody_reads_anything(anna: Tenant) -> None:
    own = people.browser_of(anna, people.client(anna))
    closed(anna)
    Tenant.objects.filter(pk=anna.pk).update(closed_at=clock.now() - closing.READABLE)
    assert own.get("/my/").status_code == 404


def test_its_coach_looks_and_changes_nothing(anna: Tenant) -> None:
    browser = Browser(headers={"host": "localhost:8000"}, raise_request_exception=False)
    browser.force_login(User.objects.get(email="anna@example.com"))
    assert browser.post("/coach/anna/settings/words/", {}).status_code != 403
    closed(anna)
    assert browser.get("/coach/anna/clients/").status_code == 200
    assert browser.post("/coach/anna/settings/words/", {}).status_code == 403


# --- opened again -------------------------------------------------------------------------------------


def test_it_can_be_opened_again_for_a_while(anna: Tenant) -> None:
    closed(anna)
    tenant = closing.reopen(schema_name=anna.schema_name, now=clock.now(), actor=COACH)
    assert (tenant.status, tenant.closed_at, tenant.erase_at) == (TenantStatus.OPEN, None, None)
    assert on(anna).get("/").status_code == 200
    late = clock.now() + closing.READABLE
    closed(anna, now=late - closing.READABLE)
    with pytest.raises(NotPossible, match="Write to us"):
        closing.reopen(schema_name=anna.schema_name, now=late, actor=COACH)


def test_only_a_closed_one_is_opened_by_its_coach(anna: Tenant) -> None:
    Tenant.objects.filter(pk=anna.pk).update(status=TenantStatus.SUSPENDED)
    with pytest.raises(NotPossible):
        closing.reopen(schema_name=anna.schema_name, now=clock.now(), actor=COACH)


# --- erased -------------------------------------------------------------------------------------------


@pytest.fixture
def emil(db: None, monkeypatch: pytest.MonkeyPatch) -> Tenant:
    """A practice that only this test knows: its role may go, which other databases would hold."""
    monkeypatch.setattr(provisioning, "ask_to_provision", lambda _tenant: None)
    user = User.objects.create_user("emil@example.com", name="Emil")
    tenant = provisioning.sign_up(
        user=user,
        name="Emil",
        slug="emil",
        timezone="Europe/Berlin",
        country="DE",
        currency="eur",
        contact_email="emil@example.com",
        now=clock.now(),
        actor=COACH,
    )
    return provisioning.provision(tenant_id=tenant.pk, now=clock.now())


@pytest.fixture
def gone(emil: Tenant) -> Tenant:
    """Emil's practice, closed, with a fee in the platform's books."""
    people.client(emil, name="Cleo")
    with tenant_context(emil), transaction.atomic():
        FeeEntry.objects.create(
            schema_name=emil.schema_name,
            kind="charged",
            reference="r",
            amount_minor=450,
            currency="eur",
            at=clock.now(),
        )
    return closed(emil)


def exist(schema_name: str) -> tuple[bool, bool]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = %(n)s), "
            "EXISTS (SELECT 1 FROM pg_roles WHERE rolname = %(n)s)",
            {"n": schema_name},
        )
        schema, role = cursor.fetchone()
    return schema, role


def test_nothing_is_erased_before_its_time(gone: Tenant, anna: Tenant) -> None:
    for tenant in (gone, anna):
        with pytest.raises(NotYet):
            erasing.erase(tenant_id=tenant.pk, now=clock.now())
    assert erasing.due(now=clock.now() + timedelta(days=3650)) == []
    assert exist(gone.schema_name) == (True, True)
    with pytest.raises(NotYet):
        erasing.erase(tenant_id=anna.pk, now=clock.now(), typed="anna")


def test_when_it_is_time_all_is_gone_but_the_platforms_books(
    gone: Tenant, anna: Tenant, settings: Any, tmp_path: Path
) -> None:
    settings.EXPORTS_DIR = tmp_path
    (tmp_path / gone.schema_name).mkdir()
    (tmp_path / gone.schema_name / "a.zip").write_bytes(b"all of it")
    assert gone.erase_at is not None
    assert erasing.due(now=gone.erase_at) == [gone]
    erasing.erase(tenant_id=gone.pk, now=gone.erase_at)
    assert exist(gone.schema_name) == (False, False)
    assert list(tmp_path.iterdir()) == []
    left = Tenant.objects.get(pk=gone.pk)
    assert (left.name, left.contact_email, left.status) == ("Erased practice", "", TenantStatus.CLOSED)
    assert FeeEntry.objects.get(schema_name=gone.schema_name).amount_minor == 450
    assert not Domain.objects.filter(tenant=gone).exists()
    assert not User.objects.filter(email="emil@example.com").exists()
    assert not Wakeup.objects.filter(schema_name=gone.schema_name).exists()
    assert User.objects.filter(email="anna@example.com").exists()
    with tenant_context(anna):
        assert not Client.objects.exists()
    erasing.erase(tenant_id=gone.pk, now=gone.erase_at)
    assert erasing.due(now=gone.erase_at) == []


def test_its_address_can_be_had_again_and_migrate_misses_nothing(gone: Tenant) -> None:
    assert gone.erase_at is not None
    erasing.erase(tenant_id=gone.pk, now=gone.erase_at)
    assert provisioning.address_state("emil") == "free"
    assert migrate_all(now=clock.now(), workers=1).failed == {}


def test_who_works_elsewhere_too_keeps_the_login(gone: Tenant, anna: Tenant) -> None:
    emil = User.objects.get(email="emil@example.com")
    anna.memberships.create(user=emil)
    assert gone.erase_at is not None
    erasing.erase(tenant_id=gone.pk, now=gone.erase_at)
    assert User.objects.filter(pk=emil.pk).exists()


def test_by_hand_it_takes_the_address_twice(gone: Tenant, anna: Tenant) -> None:
    with pytest.raises(CommandError, match="no way back"):
        call_command("erase_tenants", now="emil")
    with pytest.raises(CommandError, match="Only a closed one"):
        call_command("erase_tenants", now="anna", typed="anna")
    assert exist(gone.schema_name) == (True, True)
    call_command("erase_tenants", now="emil", typed="emil")
    assert exist(gone.schema_name) == (False, False)


def test_the_night_erases_what_is_due(gone: Tenant) -> None:
    call_command("erase_tenants")
    assert exist(gone.schema_name) == (True, True)
    Tenant.objects.filter(pk=gone.pk).update(erase_at=clock.now())
    call_command("erase_tenants")
    assert exist(gone.schema_name) == (False, False)
