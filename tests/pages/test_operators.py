"""The operators' list: for operators only, right, and as dear for a thousand coaches as for one."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from connect.models import AccountStatus, ConnectAccount, StripeEvent, StripeEventStatus
from fees import accounts as fee_accounts
from fees.models import FeeEntryKind
from kit.clock import now
from operators import figures, turnover
from tenants.registry.models import Membership, Tenant
from tests import console


@pytest.fixture
def operator(db: None) -> Client:
    return console.operator()


def note(tenant: Tenant, in_tenant: Any, kind: FeeEntryKind, amount: int, currency: str = "eur") -> None:
    with in_tenant(tenant), transaction.atomic():
        fee_accounts.note_amount(
            schema_name=tenant.schema_name,
            kind=kind,
            reference=uuid.uuid4().hex,
            amount_minor=amount,
            currency=currency,
            now=now(),
        )


def claim(tenant: Tenant, in_tenant: Any, units: int) -> list[int]:
    with in_tenant(tenant), transaction.atomic():
        account = fee_accounts.locked_terms(schema_name=tenant.schema_name, now=now())
        return fee_accounts.claim_units(account=account, units=units, reference=uuid.uuid4().hex, now=now())


def test_visitors_are_asked_to_sign_in(db: None) -> None:
    response = Client(HTTP_HOST="localhost:8000").get("/operators/?q=anna")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/operators/%3Fq%3Danna"


def test_for_coaches_there_is_no_such_page(anna: Tenant) -> None:
    browser = Client(HTTP_HOST="localhost:8000")
    browser.force_login(Membership.objects.get(tenant=anna).user)
    assert browser.get("/operators/").status_code == 404


def test_there_is_none_on_a_coachs_host(anna: Tenant) -> None:
    assert Client(HTTP_HOST="anna.localhost:8000").get("/operators/").status_code == 404


def test_figures_of_one_coach(anna: Tenant, ben: Tenant, in_tenant: Any) -> None:
    numbers = claim(anna, in_tenant, 3)
    with in_tenant(anna), transaction.atomic():
        fee_accounts.return_units(
            schema_name=anna.schema_name, numbers=numbers[:1], reference="refund", now=now()
        )
    note(anna, in_tenant, FeeEntryKind.CHARGED, 800)
    note(anna, in_tenant, FeeEntryKind.CHARGED, 450)
    note(anna, in_tenant, FeeEntryKind.RETURNED, 200)
    note(anna, in_tenant, FeeEntryKind.UNCOLLECTED, 70)
    note(anna, in_tenant, FeeEntryKind.CHARGED, 999, "usd")
    note(ben, in_tenant, FeeEntryKind.CHARGED, 100)
    row, other = figures.rows([anna, ben])
    assert (row.free_used, row.free_units, row.owners) == (2, 10, ["anna@example.com"])
    euros = row.fees["eur"]
    assert (euros.charged_minor, euros.returned_minor, euros.net_minor) == (1250, 200, 1050)
    assert euros.uncollected_minor == 70
    assert row.fees["usd"].net_minor == 999
    assert (other.free_used, other.fees["eur"].net_minor) == (0, 100)
    said = {each.currency: each.total for each in turnover.by_currency(now=now())}
    assert (said["eur"].kept_minor, said["eur"].uncollected_minor, said["usd"].kept_minor) == (1150, 70, 999)


def test_stripes_state_is_said_in_words(operator: Client, anna: Tenant) -> None:
    assert "Not connected" in operator.get("/operators/coaches/?q=anna").content.decode()
    ConnectAccount.objects.create(
        schema_name=anna.schema_name, account_id="acct_old", status=AccountStatus.DISCONNECTED
    )
    ConnectAccount.objects.create(
        schema_name=anna.schema_name, account_id="acct_new", status=AccountStatus.RESTRICTED
    )
    page = operator.get("/operators/coaches/?q=anna").content.decode()
    assert "Stripe asks for something" in page
    assert "Disconnected" not in page


def test_what_waits_and_what_is_parked(db: None, operator: Client) -> None:
    received = now() - timedelta(minutes=12)
    for number, status in enumerate(
        (StripeEventStatus.WAITING, StripeEventStatus.PARKED, StripeEventStatus.DONE)
    ):
        StripeEvent.objects.create(
            stripe_id=f"evt_{number}", type="charge.succeeded", status=status, received_at=received
        )
    assert figures.inbox() == figures.Inbox(waiting=1, parked=1, oldest=received)
    page = operator.get("/operators/").content.decode()
    assert "12 minutes ago" in page
    assert "1 thing is stuck" in page


def test_search_finds_names_and_addresses(operator: Client, tenants: list[Tenant]) -> None:
    def shown(words: str) -> list[str]:
        return [row.tenant.slug for row in operator.get("/operators/coaches/", {"q": words}).context["rows"]]

    assert shown("ANN") == ["anna"]
    assert shown("dev-coach") == ["dev-coaching"]
    assert len(shown("")) == 4
    assert "No coach with these words" in operator.get("/operators/coaches/?q=zzz").content.decode()
    assert operator.get("/operators/coaches/?q=anna%00").status_code == 200


def test_pages_follow_each_other(
    operator: Client, tenants: list[Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("operators.views.ON_A_PAGE", 3)
    first = operator.get("/operators/coaches/").context["rows"]
    second = operator.get("/operators/coaches/?page=2").context["rows"]
    assert (len(first), len(second)) == (3, 1)
    assert {row.tenant.pk for row in [*first, *second]} == {tenant.pk for tenant in tenants}


def test_queries_do_not_grow_with_coaches(operator: Client, tenants: list[Tenant], in_tenant: Any) -> None:
    for tenant in tenants:
        claim(tenant, in_tenant, 1)
        note(tenant, in_tenant, FeeEntryKind.CHARGED, 100)

    def queries(words: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert operator.get("/operators/coaches/", {"q": words}).status_code == 200
        return len(captured)

    assert queries("") == queries("anna") <= 10


def test_an_operator_is_named_by_command_and_unnamed(db: None) -> None:
    user = User.objects.create_user("oona@example.com")
    call_command("operator", "Oona@example.com")
    user.refresh_from_db()
    assert user.is_staff
    call_command("operator", "oona@example.com", "--no-longer")
    user.refresh_from_db()
    assert not user.is_staff
    with pytest.raises(CommandError, match="Nobody signs in"):
        call_command("operator", "nobody@example.com")
