"""The trail of operators' acts: each leaves exactly one entry, and nobody can change what is written."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from accounts import announcements, audit, support
from accounts.models import AuditEntry, SupportRequest, User, WaitlistEntry
from connect.models import StripeEvent, StripeEventStatus
from kit import clock
from kit.actors import SYSTEM
from operators.trail import WORDS
from tenants.registry import standing
from tenants.registry.models import Tenant, Wakeup
from tests import console
from tests.architecture import routes
from tests.console import OLGA, OTTO

# What is typed, and the rows that stand in the address: of an act that succeeds.
Act = tuple[dict[str, Any], dict[str, str]]


@pytest.fixture
def operator(db: None) -> Client:
    return console.operator()


@pytest.fixture
def draft(db: None) -> UUID:
    return announcements.write(
        announcement_id=None, title="News", text="Text", milestones=[], now=clock.now(), actor=OLGA
    ).pk


@pytest.fixture
def published(draft: UUID) -> UUID:
    announcements.publish(announcement_id=draft, mails=False, now=clock.now(), actor=OLGA)
    return draft


@pytest.fixture
def practice(anna: Tenant) -> UUID:
    return anna.pk


@pytest.fixture
def suspended(anna: Tenant) -> UUID:
    standing.suspend(schema_name=anna.schema_name, reason="Unclear.", now=clock.now(), actor=OLGA)
    return anna.pk


@pytest.fixture
def looked_at(anna: Tenant, operator: Client) -> None:
    operator.post(f"/operators/coaches/{anna.pk}/look", {"looking-reason": "They asked us to."})


@pytest.fixture
def parked(db: None) -> UUID:
    event = StripeEvent.objects.create(
        stripe_id="evt_1", type="charge.succeeded", status=StripeEventStatus.PARKED
    )
    return event.pk


@pytest.fixture
def failed(anna: Tenant, in_tenant: Any) -> UUID:
    with in_tenant(anna), transaction.atomic():
        row = Wakeup(schema_name=anna.schema_name, kind="hold", reference=uuid4(), due_at=clock.now())
        row.save(force_insert=True)
    Wakeup.objects.filter(pk=row.pk).update(attempts=5)
    return row.pk


@pytest.fixture
def asked(db: None) -> UUID:
    return support.ask(email="quin@example.com", name="Quin", text="How?", now=clock.now()).pk


@pytest.fixture
def waiting(db: None) -> UUID:
    return WaitlistEntry.objects.create(email="wanda@example.com", coaches="Running").pk


ACTS: dict[str, tuple[str, Callable[[Any], Act]]] = {
    "operators_event_again": ("event.again", lambda of: ({"event_id": of("parked")}, {})),
    "operators_wakeup_again": ("wakeup.again", lambda of: ({"wakeup_id": of("failed")}, {})),
    "operators_invite": ("waitlist.invite", lambda of: ({"entry_id": of("waiting")}, {})),
    "operators_question": (
        "support.answer",
        lambda of: ({"request_id": of("asked")}, {"text": "Like this."}),
    ),
    "operators_announcement_new": (
        "announcement.write",
        lambda _of: ({}, {"title": "Version 4", "text": "Better."}),
    ),
    "operators_announcement_change": (
        "announcement.write",
        lambda of: ({"announcement_id": of("draft")}, {"title": "Version 4", "text": "Better."}),
    ),
    "operators_publish": ("announcement.publish", lambda of: ({"announcement_id": of("draft")}, {})),
    "operators_partners": (
        "partner.registered",
        lambda _of: ({}, {"name": "Tally", "redirect_uris": "https://tally.example/back"}),
    ),
    "operators_suspend": (
        "practice.suspended",
        lambda of: ({"tenant_id": of("practice")}, {"suspending-reason": "No answer."}),
    ),
    "operators_reopen": (
        "practice.reopened",
        lambda of: ({"tenant_id": of("suspended")}, {"reopening-reason": "Answered."}),
    ),
    "operators_terms": (
        "practice.terms_changed",
        lambda of: (
            {"tenant_id": of("practice")},
            {"terms-percent": "7.5", "terms-free_units": "20", "terms-reason": "As agreed."},
        ),
    ),
    "operators_look": (
        "practice.looked_at",
        lambda of: ({"tenant_id": of("practice")}, {"looking-reason": "They asked us to."}),
    ),
    "operators_look_end": ("practice.look_ended", lambda of: (of("looked_at") or {}, {})),
    "operators_withdraw": ("announcement.withdraw", lambda of: ({"announcement_id": of("published")}, {})),
}


def posts() -> dict[str, routes.Route]:
    """The addresses of the operators' pages that a POST is meant for: as they say themselves."""
    browser = console.operator()
    pages = [each for each in routes.routes(routes.CENTRAL) if each.pattern.startswith("operators/")]
    asked = {each: browser.patch(each.path(dict.fromkeys(each.parameters, uuid4()))) for each in pages}
    return {each.name: each for each, answer in asked.items() if "POST" in answer["Allow"]}


def test_every_act_of_the_operators_pages_is_tried_here(db: None) -> None:
    assert set(posts()) == set(ACTS)


@pytest.mark.parametrize("name", sorted(ACTS))
def test_an_act_leaves_one_entry(name: str, operator: Client, request: pytest.FixtureRequest) -> None:
    kind, prepare = ACTS[name]
    values, typed = prepare(request.getfixturevalue)
    before = set(AuditEntry.objects.values_list("pk", flat=True))
    answer = operator.post(posts()[name].path(values), typed)
    assert answer.status_code in (201, 302), answer.content.decode()
    entry = AuditEntry.objects.exclude(pk__in=before).get()
    olga = User.objects.get(email="olga@example.com")
    assert (entry.kind, entry.user_id, entry.user_name) == (kind, olga.pk, "Olga")
    assert not values or entry.reference in {str(value) for value in values.values()} or entry.schema_name


def test_what_was_not_done_leaves_none(operator: Client, parked: UUID, asked: UUID) -> None:
    StripeEvent.objects.update(status=StripeEventStatus.DONE)
    SupportRequest.objects.update(answer="Done", answered_at=clock.now())
    operator.post(f"/operators/stuck/events/{parked}/again")
    operator.post(f"/operators/questions/{asked}/", {"text": "Again"})
    assert not AuditEntry.objects.exists()


def test_an_invitation_that_could_not_be_sent_leaves_that_too(
    operator: Client, waiting: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_args: Any, **_named: Any) -> None:
        raise OSError("no mail server")

    monkeypatch.setattr("accounts.mails.send", refuses)
    operator.post(f"/operators/waitlist/{waiting}/invite")
    kinds = AuditEntry.objects.order_by("at", "pk").values_list("kind", flat=True)
    assert list(kinds) == ["waitlist.invite", "waitlist.not_sent"]


# --- the page -----------------------------------------------------------------------------------------


@pytest.fixture
def acts(anna: Tenant, ben: Tenant) -> None:
    standing.suspend(schema_name=anna.schema_name, reason="Unclear.", now=clock.now(), actor=OLGA)
    standing.suspend(schema_name=ben.schema_name, reason="Odd.", now=clock.now(), actor=OTTO)
    standing.reopen(schema_name=ben.schema_name, reason="Even.", now=clock.now(), actor=OTTO)


@pytest.mark.parametrize(
    ("asked", "reasons"),
    [
        ({}, ["Even.", "Odd.", "Unclear."]),
        ({"kind": "practice.suspended"}, ["Odd.", "Unclear."]),
        ({"practice": "ben"}, ["Even.", "Odd."]),
        ({"practice": "ben", "kind": "practice.reopened"}, ["Even."]),
        ({"practice": " BEN\0", "kind": "practice.reopened"}, ["Even."]),
        ({"practice": "nobody"}, []),
        ({"kind": "no such", "by": "-" * 36}, ["Even.", "Odd.", "Unclear."]),
        ({"by": str(uuid4()), "practice": "\0", "page": "x"}, ["Even.", "Odd.", "Unclear."]),
    ],
)
def test_the_trail_is_read_by_kind_and_practice(
    operator: Client, acts: None, asked: dict[str, str], reasons: list[str]
) -> None:
    rows = operator.get("/operators/trail/", asked).context["rows"]
    assert [row["it"].reason for row in rows] == reasons


def test_the_trail_is_read_by_operator(operator: Client, parked: UUID, acts: None) -> None:
    operator.post(f"/operators/stuck/events/{parked}/again")
    olga = User.objects.get(email="olga@example.com")
    rows = operator.get("/operators/trail/", {"by": str(olga.pk)}).context["rows"]
    assert [row["words"] for row in rows] == ["Had an event of Stripe’s tried again"]


def test_every_kind_of_act_has_words(acts: None) -> None:
    assert {kind for kind, _prepare in ACTS.values()} <= set(WORDS)


def test_a_page_says_what_was_before_and_after(operator: Client, acts: None, anna: Tenant) -> None:
    typed = {"terms-percent": "7.5", "terms-free_units": "1", "terms-reason": "As agreed."}
    typed |= {"terms-unit_cap": "40", "terms-unit_cap_currency": "eur"}
    operator.post(f"/operators/coaches/{anna.pk}/terms", typed)
    page = operator.get("/operators/trail/").content.decode()
    assert "open, then suspended" in page
    assert "10%, 10 free sessions, then 7.5%, 1 free session, each frees at most €40.00" in page


def test_an_address_that_nobody_has_is_told_as_such(operator: Client, acts: None) -> None:
    page = operator.get("/operators/trail/", {"practice": "anan"}).content.decode()
    assert "No practice has the address “anan”." in page


# --- what keeps it ------------------------------------------------------------------------------------


def test_an_act_that_is_taken_back_takes_its_entry_along(db: None) -> None:
    with transaction.atomic():
        audit.note(actor=OLGA, kind="tried", now=clock.now())
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


def test_only_operators_acts_are_noted(db: None) -> None:
    with pytest.raises(ValueError, match="system"), transaction.atomic():
        audit.note(actor=SYSTEM, kind="tried", now=clock.now())


@pytest.mark.parametrize("change", ["UPDATE {} SET kind = 'other'", "DELETE FROM {}"])
def test_the_database_lets_nobody_change_the_trail(db: None, change: str) -> None:
    with transaction.atomic():
        audit.note(actor=OLGA, kind="tried", now=clock.now())
    with pytest.raises(ProgrammingError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute(change.format(AuditEntry._meta.db_table))


def test_a_practice_can_neither_read_nor_write_it(anna: Tenant, in_tenant: Any) -> None:
    for act in (AuditEntry.objects.count, AuditEntry(user_id=uuid4(), kind="x").save):
        with in_tenant(anna), pytest.raises(ProgrammingError, match="denied"), transaction.atomic():
            act()
