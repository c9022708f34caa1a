"""One coach's page, the acts on it, and looking as the coach: everything said, nothing changed, all known."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from accounts.models import AuditEntry
from fees import accounts as fee_accounts
from fees.models import FeeAccount
from kit import clock
from kit.money import Money, parse_money
from tenants.billing.models import Charge
from tenants.registry.looking import LASTS
from tenants.registry.models import Membership, Tenant, TenantStatus, Wakeup
from tests import console, worlds
from tests.architecture import routes
from tests.console import OLGA
from tests.journeys import steps
from tests.worlds import Shop

WHY = "They asked us why a time is not shown."
MOST_QUERIES = 22


@pytest.fixture
def operator(db: None) -> Client:
    return console.operator()


def page_of(tenant: Tenant) -> str:
    return f"/operators/coaches/{tenant.pk}/"


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def looks(operator: Client, tenant: Tenant) -> Any:
    return operator.post(f"{page_of(tenant)}look", {"looking-reason": WHY})


# --- the page -----------------------------------------------------------------------------------------


def test_it_says_what_is_known(operator: Client, shop: Shop) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(0))
    worlds.sweep()
    with steps.later(shop.stripe, 600):
        worlds.sweep()
        page = words(operator.get(page_of(shop.tenant)))
    assert shop.account_id in page
    assert "1 of 10 free sessions used" in page
    assert "<dt>Bookings</dt><dd>1</dd>" in page
    assert "Volume and fees in" in page
    assert Membership.objects.get(tenant=shop.tenant).user.email in page


def test_what_is_due_or_failed_is_told_and_what_is_planned_is_counted(
    operator: Client, anna: Tenant, in_tenant: Any
) -> None:
    now, hour = clock.now(), timedelta(hours=1)
    assert "Something waits here" not in words(operator.get(page_of(anna)))
    with in_tenant(anna), transaction.atomic():
        for kind, due_at in (("hold", now - hour), ("mail", now + hour), ("refund", now + hour)):
            Wakeup(schema_name=anna.schema_name, kind=kind, reference=uuid4(), due_at=due_at).save(
                force_insert=True
            )
    Wakeup.objects.filter(kind="refund").update(attempts=4, last_error="GatewayRefused: too little")
    page = words(operator.get(page_of(anna)))
    for told in ("Letting go of a time", "Sending a refund", "too little", "Something waits here"):
        assert told in page
    assert "Sending a mail" not in page
    assert "1 more piece of work is planned for later." in page


def test_it_asks_a_fixed_number_of_questions(operator: Client, anna: Tenant) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert operator.get(page_of(anna)).status_code == 200
    assert len(captured) <= MOST_QUERIES


def test_nobody_has_a_page_of_a_coach_who_is_not_there(operator: Client) -> None:
    assert operator.get(f"/operators/coaches/{uuid4()}/").status_code == 404


@pytest.mark.parametrize("act", ["suspend", "reopen", "terms", "look"])
def test_no_act_without_a_reason(operator: Client, anna: Tenant, act: str) -> None:
    answer = operator.post(f"{page_of(anna)}{act}", {"terms-percent": "8", "terms-free_units": "10"})
    assert answer.status_code == 422
    assert not AuditEntry.objects.exists()
    anna.refresh_from_db()
    assert anna.is_open


def test_suspending_what_is_suspended_changes_nothing(operator: Client, anna: Tenant) -> None:
    reason = {"suspending-reason": "Unclear."}
    operator.post(f"{page_of(anna)}suspend", reason)
    again = operator.post(f"{page_of(anna)}suspend", reason, follow=True)
    assert "Anna is suspended already. Nothing was changed." in words(again)
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ({"state": "suspended"}, ["ben"]),
        ({"state": "open", "q": "ben"}, []),
        ({"q": "anna@example"}, ["anna"]),
        ({"order": "name"}, ["anna", "ben", "chiara", "dev-coaching"]),
        ({"state": "nonsense", "order": "nonsense", "q": "ben"}, ["ben"]),
    ],
)
def test_the_list_is_searched_filtered_and_ordered(
    operator: Client, tenants: list[Tenant], query: dict[str, str], slugs: list[str]
) -> None:
    Tenant.objects.filter(slug="ben").update(status=TenantStatus.SUSPENDED)
    found = [row.tenant.slug for row in operator.get("/operators/coaches/", query).context["rows"]]
    assert found == slugs


# --- the fee's terms ----------------------------------------------------------------------------------


def test_other_terms_count_for_new_orders_only(operator: Client, shop: Shop) -> None:
    worlds.set_free_units(shop.tenant, 0)
    kind = worlds.session_type(shop.tenant)
    before = worlds.sell(shop, kind, at=worlds.hour(0))
    operator.post(
        f"{page_of(shop.tenant)}terms",
        {"terms-percent": "7.25", "terms-free_units": "1", "terms-reason": "As agreed in May."},
    )
    free = worlds.sell(shop, kind, at=worlds.hour(2))
    after = worlds.sell(shop, kind, at=worlds.hour(4))
    with tenant_context(shop.tenant):
        rates = {each.reference: (each.rate_bp, each.free_units) for each in Charge.objects.all()}
    assert rates == {before.pk: (1000, 0), free.pk: (725, 1), after.pk: (725, 0)}
    entry = AuditEntry.objects.get()
    assert entry.data == {
        "before": {"rate_bp": 1000, "free_units": 0},
        "after": {"rate_bp": 725, "free_units": 1},
    }


@pytest.mark.parametrize(("percent", "units"), [("101", "10"), ("-1", "10"), ("10", "-1"), ("1.234", "10")])
def test_terms_that_are_none_are_refused(operator: Client, anna: Tenant, percent: str, units: str) -> None:
    typed = {"terms-percent": percent, "terms-free_units": units, "terms-reason": "Because."}
    assert operator.post(f"{page_of(anna)}terms", typed).status_code == 422
    assert FeeAccount.objects.get(schema_name=anna.schema_name).rate_bp == 1000


def test_the_use_case_refuses_them_too(anna: Tenant) -> None:
    with pytest.raises(ValueError, match="cannot be terms"):
        fee_accounts.change_terms(
            schema_name=anna.schema_name,
            rate_bp=10_001,
            free_units=0,
            unit_cap=None,
            reason="x",
            now=clock.now(),
            actor=OLGA,
        )


def test_the_coach_reads_them(operator: Client, anna: Tenant) -> None:
    typed = {"terms-percent": "7.5", "terms-free_units": "20", "terms-reason": "As agreed."}
    operator.post(f"{page_of(anna)}terms", typed)
    page = words(routes.signed_in(anna).get("/coach/anna/settings/by-operators/"))
    assert "Olga: Changed the terms of the platform fee" in page
    assert "From 10% and 10 free sessions to 7.5% and 20 free sessions" in page


# --- the cap of what a free session frees -------------------------------------------------------------


def change(operator: Client, tenant: Tenant, cap: str, currency: str | None = None) -> Any:
    typed = {"terms-percent": "10", "terms-free_units": "10", "terms-reason": "As agreed."}
    typed["terms-unit_cap"] = cap
    if currency is not None:
        typed["terms-unit_cap_currency"] = currency
    return operator.post(f"{page_of(tenant)}terms", typed)


def cap_of(tenant: Tenant) -> Money | None:
    return FeeAccount.objects.get(schema_name=tenant.schema_name).unit_cap


@pytest.mark.parametrize(
    ("typed", "currency", "minor", "shown"),
    [
        ("50", "eur", 5000, "€50.00"),
        ("50,5", "eur", 5050, "€50.50"),
        ("€1,234.50", "eur", 123450, "€1,234.50"),
        ("5000", "jpy", 5000, "¥5,000"),
    ],
)
def test_a_cap_is_typed_as_any_amount_and_shown(
    operator: Client, anna: Tenant, typed: str, currency: str, minor: int, shown: str
) -> None:
    assert change(operator, anna, typed, currency).status_code == 302
    assert cap_of(anna) == Money(minor, currency)
    page = operator.get(page_of(anna))
    assert f"0 of 10 free sessions used, each up to {shown}." in re.sub(r"<[^>]+>", "", words(page))
    form = page.context["terms_form"]
    assert form["unit_cap_currency"].value() == currency
    assert parse_money(form["unit_cap"].value(), currency) == minor
    entry = AuditEntry.objects.get()
    assert entry.data["after"] == {
        "rate_bp": 1000,
        "free_units": 10,
        "unit_cap_minor": minor,
        "unit_cap_currency": currency,
    }
    assert entry.data["before"] == {"rate_bp": 1000, "free_units": 10}


@pytest.mark.parametrize(
    ("typed", "currency", "said"),
    [
        ("0", "eur", "A free session that frees nothing is none: set the free paid sessions to 0 instead."),
        ("-5", "eur", "An amount cannot be below zero."),
        ("fifty", "eur", "“fifty” is not an amount. Write it like 45.00."),
        ("1.234", "eur", "EUR has at most 2 decimals."),
        ("50.5", "jpy", "JPY has no decimals. Write it like 4500."),
        ("50", "", "Choose the currency that this is in."),
        ("50", None, "Choose the currency that this is in."),
        ("50", "xyz", "xyz is not one of the available choices."),
    ],
)
def test_a_cap_that_is_none_is_refused_and_kept_as_typed(
    operator: Client, anna: Tenant, typed: str, currency: str | None, said: str
) -> None:
    answer = change(operator, anna, typed, currency)
    assert answer.status_code == 422
    assert said in words(answer)
    assert f'value="{typed}"' in answer.content.decode()
    assert cap_of(anna) is None
    assert not AuditEntry.objects.exists()


def test_an_empty_cap_lifts_it(operator: Client, anna: Tenant) -> None:
    change(operator, anna, "50", "eur")
    assert change(operator, anna, "", "eur").status_code == 302
    assert cap_of(anna) is None
    page = words(operator.get(page_of(anna)))
    assert "free sessions used." in page
    assert "up to" not in page
    assert "unit_cap_minor" not in AuditEntry.objects.latest("at").data["after"]


def test_the_page_says_where_a_cap_does_not_count(operator: Client, anna: Tenant) -> None:
    page = words(operator.get(page_of(anna)))
    assert "Payments in another currency are not capped." in page
    change(operator, anna, "50", "eur")
    assert "The cap counts for nothing here" not in words(operator.get(page_of(anna)))
    change(operator, anna, "50", "usd")
    page = words(operator.get(page_of(anna)))
    assert "It is in USD, and the practice sells in EUR" in page


def test_the_coach_reads_of_a_cap_and_of_its_end(operator: Client, anna: Tenant) -> None:
    record = "/coach/anna/settings/by-operators/"
    change(operator, anna, "50", "usd")
    page = words(routes.signed_in(anna).get(record))
    assert "to 10% and 10 free sessions, each free up to US$50.00, for new orders." in page
    change(operator, anna, "")
    page = words(routes.signed_in(anna).get(record))
    assert "free up to US$50.00 to 10% and 10 free sessions, for new orders." in page


@pytest.mark.parametrize("cap", [Money(0, "eur"), Money(-1, "eur")])
def test_the_use_case_refuses_a_cap_that_is_none(anna: Tenant, cap: Money) -> None:
    with pytest.raises(ValueError, match="is none"):
        fee_accounts.change_terms(
            schema_name=anna.schema_name,
            rate_bp=1000,
            free_units=10,
            unit_cap=cap,
            reason="x",
            now=clock.now(),
            actor=OLGA,
        )


# --- looking as the coach -----------------------------------------------------------------------------


def test_a_look_begins_with_a_reason_and_ends_by_a_press(operator: Client, anna: Tenant) -> None:
    assert operator.get("/coach/anna/").status_code == 404
    assert looks(operator, anna)["Location"] == "/coach/anna/"
    page = words(operator.get("/coach/anna/"))
    assert "You look at Anna as its coach" in page
    assert "Stop looking" in page
    assert operator.post("/operators/looks/end")["Location"] == page_of(anna)
    assert operator.get("/coach/anna/").status_code == 404
    assert list(AuditEntry.objects.order_by("at").values_list("kind", "reason")) == [
        ("practice.looked_at", WHY),
        ("practice.look_ended", ""),
    ]


def test_the_coach_sees_who_looked_and_why(operator: Client, anna: Tenant) -> None:
    looks(operator, anna)
    page = words(routes.signed_in(anna).get("/coach/anna/settings/by-operators/"))
    assert "Olga: Looked at the dashboard as you see it" in page
    assert WHY in page


def test_it_ends_by_itself(operator: Client, anna: Tenant) -> None:
    looks(operator, anna)
    with clock.travel((LASTS - timedelta(minutes=1)).total_seconds()):
        assert operator.get("/coach/anna/").status_code == 200
    with clock.travel(LASTS.total_seconds() + 1):
        assert operator.get("/coach/anna/").status_code == 404


def test_a_look_that_nobody_ends_has_its_end_on_record_at_the_moment_of_it(
    operator: Client, anna: Tenant
) -> None:
    looks(operator, anna)
    began = AuditEntry.objects.get()
    worlds.sweep()
    assert AuditEntry.objects.count() == 1
    with clock.travel(LASTS.total_seconds() + 7200):
        worlds.sweep()
        worlds.sweep()
        page = words(operator.get("/operators/trail/"))
    ended = AuditEntry.objects.exclude(pk=began.pk).get()
    assert (ended.kind, ended.reason) == ("practice.look_ended", "The half hour was over.")
    assert (ended.user_id, ended.user_name, ended.at) == (began.user_id, "Olga", began.at + LASTS)
    assert "The half hour was over." in page
    read = words(routes.signed_in(anna).get("/coach/anna/settings/by-operators/"))
    assert read.count("Olga: Stopped looking") == read.count("The half hour was over.") == 1


def test_a_look_that_was_ended_has_one_end(operator: Client, anna: Tenant) -> None:
    looks(operator, anna)
    operator.post("/operators/looks/end")
    with clock.travel(LASTS.total_seconds() + 1):
        worlds.sweep()
    assert [each.reason for each in AuditEntry.objects.filter(kind="practice.look_ended")] == [""]


@pytest.mark.parametrize("is_swept_first", [True, False])
def test_a_press_after_its_time_adds_no_second_end(
    operator: Client, anna: Tenant, is_swept_first: bool
) -> None:
    looks(operator, anna)
    with clock.travel(LASTS.total_seconds() + 60):
        if is_swept_first:
            worlds.sweep()
        answer = operator.post("/operators/looks/end", follow=True)
        worlds.sweep()
    assert "You do not look any more." in words(answer)
    ended = AuditEntry.objects.get(kind="practice.look_ended")
    assert ended.at == AuditEntry.objects.get(kind="practice.looked_at").at + LASTS


def test_it_is_of_one_practice_and_another_ends_the_first(
    operator: Client, anna: Tenant, ben: Tenant
) -> None:
    looks(operator, anna)
    assert operator.get("/coach/ben/").status_code == 404
    looks(operator, ben)
    assert operator.get("/coach/anna/").status_code == 404
    assert operator.get("/coach/ben/").status_code == 200
    kinds = list(AuditEntry.objects.order_by("at", "pk").values_list("kind", "schema_name"))
    assert ("practice.look_ended", anna.schema_name) in kinds


def test_who_is_no_operator_any_more_sees_nothing(operator: Client, anna: Tenant) -> None:
    looks(operator, anna)
    console.staff().__class__.objects.filter(email="olga@example.com").update(is_staff=False)
    assert operator.get("/coach/anna/").status_code == 404


def test_there_is_nothing_to_look_at_in_what_is_closed(operator: Client, anna: Tenant) -> None:
    Tenant.objects.filter(pk=anna.pk).update(status=TenantStatus.CLOSED)
    assert looks(operator, anna).status_code == 409
    assert not AuditEntry.objects.exists()
