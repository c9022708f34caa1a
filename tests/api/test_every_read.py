"""Every read of the API over a world in which everything has happened: the demo's.

`UPFRONT_SLOW` walks through the year's world, too.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from demo import seeding, worlds, year
from kit import clock
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.integrations import deliveries
from tenants.integrations.scopes import SCOPES
from tenants.registry.models import Tenant
from tests.api.conftest import MakeProgram
from tests.api.programs import Program
from tests.api.reading import Walk, gets, known_path, two_weeks
from tests.api.writes import SECRET

SLOW = bool(os.environ.get("UPFRONT_SLOW"))
FEW = 12
AMOUNT = re.compile(r"_minor|[€$¥]|\d\s(EUR|USD|JPY)\b|\b\d+[.,]\d\d\b")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A moved clock does not reach other tests, and a program asks here as often as it likes."""
    monkeypatch.setenv("LOCAL_DIR", str(tmp_path))
    monkeypatch.setattr("api.core.quotas.PER_MINUTE", 10**6)


def test_all_that_is_read_in_a_seeded_world_is_as_the_file_says(
    anna: Tenant, ben: Tenant, stripe: Simulator, program: MakeProgram
) -> None:
    seeding.seed()
    asked = walk_through(anna, program) | walk_through(ben, program)
    assert asked == set(gets()), "reads that nothing was asked of"


@pytest.mark.skipif(not SLOW, reason="takes long: ./run test --slow")
def test_all_that_is_read_of_a_year_is_as_the_file_says(
    db: None, stripe: Simulator, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(worlds.WORLDS, "year", year.world(days=56))
    seeding.seed("year")
    for slug in ("anna", "grace", "yuki"):
        walk_through(Tenant.objects.get(slug=slug), program)


def walk_through(tenant: Tenant, program: MakeProgram) -> set[str]:
    """Fails with what is wrong for a key that opens everything, or for one that opens one thing."""
    whole = Walk(program(tenant))
    for added in add_what_no_demo_has(whole.program):
        whole.seen[added["object"]] = {added["id"]: added}
    whole.read_everything()
    whole.read_what_is_named()
    whole.open_the_links()
    faults = list(whole.faults)
    for scope in SCOPES:
        one = Walk(program(tenant, [scope]), most=FEW)
        one.read_everything()
        one.read_by(whole.seen)
        faults += [f"{scope}: {each}" for each in [*one.faults, *told_too_much(tenant, scope, one)]]
    assert not faults, f"{tenant.slug}: {len(faults)} faults\n" + "\n".join(faults[:40])
    return {known_path(said.split(" ")[0]) for said in whole.read}


def told_too_much(tenant: Tenant, scope: str, walk: Walk) -> list[str]:
    """Amounts without billing:read, and people without clients:read."""
    hidden = [] if scope == "billing:read" else [AMOUNT]
    if scope != "clients:read":
        with tenant_context(tenant):
            hidden.append(re.compile("|".join(map(re.escape, Client.objects.values_list("name", flat=True)))))
    found = ((said, each.search(text)) for said, text in walk.read.items() for each in hidden)
    return [f"{said} tells “{match[0]}”" for said, match in found if match]


def add_what_no_demo_has(asks: Program) -> list[Any]:
    """A webhook that was told something; given back is what no list shows: a hold that lasts, and cash."""
    kinds = asks.get("/api/v1/session-types").json()["data"]
    lesson = next(each for each in kinds if each["is_active"] and not each["needs_approval"])
    [time, *_] = asks.get("/api/v1/slots", session_type_id=lesson["id"], **two_weeks()).json()["times"]
    wanted = {"session_type_id": lesson["id"], "starts_at": time["starts_at"]}
    endpoint = asks.post(
        "/api/v1/webhook-endpoints",
        {"url": "https://books.example.com/", "kinds": "webhook.*", "secret": SECRET},
    ).json()
    asks.post(f"/api/v1/webhook-endpoints/{endpoint['id']}/test")
    with tenant_context(asks.tenant), transaction.atomic():
        event = Event.objects.get(kind="webhook.tested", subject_id=endpoint["id"])
        deliveries.plan(event=event, now=clock.now())
    return [asks.post("/api/v1/holds", wanted).json(), *in_cash(asks)]


def in_cash(asks: Program) -> list[Any]:
    """The least that can be noted down for a charge, in a practice that is owed anything."""
    said = {"tender": "cash", "amount_minor": 1, "received_on": f"{clock.now():%Y-%m-%d}"}
    owed = (each["id"] for each in asks.get("/api/v1/charges").json()["data"] if each["owed"]["amount_minor"])
    answers = (asks.post(f"/api/v1/charges/{charge}/received-payments", said) for charge in owed)
    return [answer.json() for answer in answers if answer.status_code == 201][:1]
