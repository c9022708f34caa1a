"""A practice that is suspended: closed to clients, read-only for its coach, and nothing new begins in it."""

from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django_tenants.utils import tenant_context

from accounts.models import AuditEntry
from kit import clock
from tenants.registry import hosts, patrols, standing
from tenants.registry.models import Tenant, TenantStatus
from tenants.retainers import ledger
from tenants.retainers.schedule import advance
from tests import worlds
from tests.architecture import routes
from tests.console import OLGA
from tests.journeys import steps
from tests.messaging import mailroom
from tests.retainers import stack
from tests.worlds import Shop

DAY = 86_400
REASON = "Clients say that sessions do not take place."


def suspend(tenant: Tenant) -> None:
    standing.suspend(schema_name=tenant.schema_name, reason=REASON, now=clock.now(), actor=OLGA)


def reopen(tenant: Tenant) -> None:
    standing.reopen(schema_name=tenant.schema_name, reason="Cleared up.", now=clock.now(), actor=OLGA)


def test_its_pages_say_that_it_is_not_open_now(anna: Tenant) -> None:
    visitor = Client(HTTP_HOST="anna.localhost:8000")
    assert visitor.get("/").status_code == 200
    suspend(anna)
    for path in ("/", "/my/", "/b/a-link/"):
        answer = visitor.get(path)
        assert answer.status_code == 503
        assert "Anna is not open now" in answer.content.decode()
        assert REASON not in answer.content.decode()
    assert visitor.post("/b/a-link/").status_code == 503
    assert visitor.get("/static/ui/foundation.css").status_code == 200
    reopen(anna)
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize(("status", "said"), [(TenantStatus.SUSPENDED, 503), (TenantStatus.CLOSED, 410)])
def test_programs_get_a_problem_and_no_page(anna: Tenant, status: str, said: int) -> None:
    Tenant.objects.filter(pk=anna.pk).update(status=status)
    hosts.forget_hosts()
    answer = Client(HTTP_HOST="anna.localhost:8000").post("/api/v1/holds", {}, "application/json")
    assert (answer.status_code, answer["Content-Type"]) == (said, "application/problem+json")
    assert answer.json()["detail"].endswith("Nothing was done.")
    assert answer.has_header("Retry-After") == (said == 503)


def test_its_coach_looks_and_changes_nothing(anna: Tenant) -> None:
    suspend(anna)
    browser = routes.signed_in(anna)
    page = browser.get("/coach/anna/").content.decode()
    assert "Your practice is suspended" in page
    assert REASON in page
    assert browser.get("/coach/anna/clients/clients.csv").status_code == 200
    answer = browser.post("/coach/anna/settings/hours/", {"monday": "09:00"})
    assert answer.status_code == 403
    assert "Nothing can be changed now" in answer.content.decode()
    assert browser.get("/coach/anna/stripe/return").status_code == 403


def test_every_act_of_the_dashboard_but_help_and_leaving_is_refused(anna: Tenant) -> None:
    suspend(anna)
    browser = routes.signed_in(anna)
    taken = set()
    for route in routes.dashboard():
        values = {**dict.fromkeys(route.parameters, uuid4()), "slug": "anna"}
        if browser.post(route.path(values)).status_code != 403:
            taken.add(route.name)
    # What is refused there is refused with a sentence: `closing.reopen` opens what the coach closed, only.
    assert taken == {"dashboard_help", "dashboard_take_out", "dashboard_open_again"}


def test_the_coach_is_mailed_why_and_when_it_is_over(shop: Shop) -> None:
    suspend(shop.tenant)
    mailroom.work_off()
    assert [each.subject for each in mail.outbox] == ["Your practice is suspended"]
    assert REASON in mail.outbox[0].body
    reopen(shop.tenant)
    mailroom.work_off()
    assert mail.outbox[1].subject == "Your practice is open again"


def test_it_is_in_the_trail_and_in_the_practices_own_record(anna: Tenant) -> None:
    suspend(anna)
    entry = AuditEntry.objects.get()
    assert (entry.kind, entry.schema_name, entry.reason) == ("practice.suspended", anna.schema_name, REASON)
    assert entry.data == {"before": "open", "after": "suspended"}
    event = steps.events_of(anna, "practice.suspended")[0]
    assert (event.actor_name, event.data["reason"]) == ("Olga", REASON)
    anna.refresh_from_db()
    assert anna.status_reason == REASON
    reopen(anna)
    anna.refresh_from_db()
    assert anna.status_reason == ""


def test_nobody_suspends_twice_or_without_a_reason(anna: Tenant) -> None:
    with pytest.raises(standing.NotPossible, match="open already"):
        reopen(anna)
    with pytest.raises(standing.NoReason):
        standing.suspend(schema_name=anna.schema_name, reason="  ", now=clock.now(), actor=OLGA)
    suspend(anna)
    with pytest.raises(standing.NotPossible, match="suspended already"):
        suspend(anna)
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("status", [TenantStatus.CLOSED, TenantStatus.PROVISIONING])
def test_what_is_closed_or_not_there_yet_is_neither_suspended_nor_opened(anna: Tenant, status: str) -> None:
    Tenant.objects.filter(pk=anna.pk).update(status=status)
    for act in (suspend, reopen):
        with pytest.raises(standing.NotPossible):
            act(anna)
    assert not AuditEntry.objects.exists()


def test_a_payment_under_way_settles(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    booking = worlds.ask_and_pay(shop, kind, at=worlds.hour(0))
    suspend(shop.tenant)
    worlds.hear_stripe(shop.stripe)
    assert worlds.reread(shop.tenant, booking).status == "confirmed"
    assert worlds.attempt_for(shop.tenant, booking).status == "captured"


def test_no_kept_card_is_charged_until_it_is_open_again(shop: Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    retainer = stack.begin(shop, stack.plan(shop, kind))
    suspend(shop.tenant)
    with steps.later(shop.stripe, 32 * DAY):
        worlds.sweep()
        assert len(stack.periods(shop, retainer)) == 1
        reopen(shop.tenant)
        with steps.later(shop.stripe, DAY + 60):
            worlds.sweep()
            worlds.hear_stripe(shop.stripe)
            assert [each.status for each in stack.periods(shop, retainer)] == ["paid", "paid"]


def test_a_part_that_is_due_is_not_asked_for_meanwhile(shop: Shop) -> None:
    retainer = stack.begin(shop, stack.plan(shop, worlds.session_type(shop.tenant)))
    charge_days_before = 28
    with steps.later(shop.stripe, charge_days_before * DAY):
        with tenant_context(shop.tenant), transaction.atomic():
            advance(ledger.locked(retainer.pk), now=clock.now())
        suspend(shop.tenant)
        worlds.sweep()
        before = len(stack.attempts(shop, retainer))
        assert len(stack.periods(shop, retainer)) == 2
        assert before == 1
        reopen(shop.tenant)
        with steps.later(shop.stripe, DAY + 60):
            worlds.sweep()
            assert len(stack.attempts(shop, retainer)) == 2


def test_a_patrol_still_comes(anna: Tenant) -> None:
    suspend(anna)
    assert anna.schema_name in patrols.schemas_to_visit()


def test_no_host_is_remembered_as_open(anna: Tenant) -> None:
    found = hosts.tenant_for_host("anna.localhost")
    assert found is not None
    assert found.is_open
    suspend(anna)
    found = hosts.tenant_for_host("anna.localhost")
    assert found is not None
    assert found.status == TenantStatus.SUSPENDED
