"""What every answer of the API keeps to: versions, limits, states, pages, and bodies that are none."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client as Browser
from django_tenants.utils import tenant_context

from api.core import quotas
from kit import clock
from kit.actors import Actor
from tenants.integrations import keys, requests
from tenants.integrations.models import ApiKey, ApiRequest
from tenants.registry.models import Tenant
from tests import worlds
from tests.api.conftest import MakeProgram
from tests.api.test_every_address import at_once, problem
from tests.api.writes import WRITES, bookings, sent
from tests.worlds import Shop

TYPES = "/api/v1/session-types"
COACH = Actor("coach", "7", "Anna")


# --- versions ----------------------------------------------------------------------------------------


def test_a_version_is_echoed_and_an_unknown_one_refused(anna: Tenant, program: MakeProgram) -> None:
    asks = program(anna)
    assert asks.get(TYPES).headers["Upfront-Version"] == "2026-11-01"
    assert asks.ask("GET", TYPES, **{"Upfront-Version": "2026-11-01"}).status_code == 200
    assert problem(asks.ask("GET", TYPES, **{"Upfront-Version": "2020-01-01"})) == "unknown-version"


def test_who_names_no_version_gets_the_one_that_was_in_force_when_the_key_was_made(
    anna: Tenant, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_on = f"{clock.now():%Y-%m-%d}"
    monkeypatch.setattr("api.core.versions.VERSIONS", ("2026-11-01", made_on, "2199-01-01"))
    asks = program(anna)
    assert asks.get(TYPES).headers["Upfront-Version"] == made_on
    assert asks.ask("GET", TYPES, **{"Upfront-Version": "2199-01-01"}).status_code == 200


# --- limits ------------------------------------------------------------------------------------------


def test_a_key_that_asks_too_often_waits_and_others_do_not(
    anna: Tenant, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotas, "PER_MINUTE", 3)
    monkeypatch.setattr("api.core.quotas.time.time", lambda: 1_800_000_020)
    asks, other = program(anna), program(anna)
    left = [asks.get(TYPES).headers["RateLimit"] for _ in range(3)]
    assert left == ['"key";r=2;t=40', '"key";r=1;t=40', '"key";r=0;t=40']
    refused = asks.get(TYPES)
    assert problem(refused) == "too-many-requests"
    assert refused.headers["Retry-After"] == "40"
    assert other.get(TYPES).status_code == 200
    monkeypatch.setattr("api.core.quotas.time.time", lambda: 1_800_000_060)
    assert asks.get(TYPES).status_code == 200


def test_who_tries_keys_is_stopped_and_who_has_one_is_not(anna: Tenant, program: MakeProgram) -> None:
    good, guess = program(anna), program(anna)
    guess.secret += "x"
    from_outside: dict[str, Any] = {"REMOTE_ADDR": "203.0.113.7"}
    answers = [tried(guess, from_outside) for _ in range(32)]
    assert answers.count("unauthenticated") == 30
    assert answers[-1] == "too-many-requests"
    assert good.get(TYPES).status_code == 200


def tried(guess: Any, from_outside: dict[str, Any]) -> str:
    browser = Browser(HTTP_HOST=f"{guess.tenant.slug}.localhost:8000", **from_outside)
    return problem(browser.get(TYPES, headers={"Authorization": f"Bearer {guess.secret}"}))


# --- states ------------------------------------------------------------------------------------------


def test_what_is_known_is_not_sent_again(anna: Tenant, program: MakeProgram) -> None:
    asks = program(anna)
    worlds.session_type(anna)
    first = asks.get(TYPES)
    again = asks.ask("GET", TYPES, **{"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    worlds.session_type(anna, name="Another")
    assert asks.ask("GET", TYPES, **{"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_of_two_changes_of_one_state_only_one_is_done(shop: Shop, program: MakeProgram) -> None:
    ask, asks = WRITES["api_booking_time", "PUT"](shop), program(shop.tenant)
    path = f"/api/v1/{ask.path}"
    state = asks.get(path.removesuffix("/time")).headers["ETag"]
    times = iter([worlds.hour(60).isoformat(), worlds.hour(70).isoformat()])
    answers = at_once(2, lambda: asks.ask("PUT", path, {"starts_at": next(times)}, match=state))
    assert sorted(each.status_code for each in answers) == [200, 412]


# --- pages -------------------------------------------------------------------------------------------


def test_pages_show_everything_once_while_more_is_added(anna: Tenant, program: MakeProgram) -> None:
    asks = program(anna)
    there = [str(worlds.session_type(anna, name=f"Type {number}").pk) for number in range(7)]
    seen, cursor = [], ""
    while True:
        page = asks.get(TYPES, limit=3, cursor=cursor).json()
        seen += [each["id"] for each in page["data"]]
        worlds.session_type(anna, name=f"New {len(seen)}")
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == there[::-1]


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0", "e30", "WyIyMDI2LTAxLTAxIiwgInh4Il0", "ä", "A" * 200])
def test_a_cursor_that_is_none_is_refused(anna: Tenant, program: MakeProgram, cursor: str) -> None:
    assert problem(program(anna).get(TYPES, cursor=cursor)) == "bad-cursor"


@pytest.mark.parametrize("words", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"lmit": 3}])
def test_words_that_cannot_be_used_are_named(anna: Tenant, program: MakeProgram, words: Any) -> None:
    answer = program(anna).get(TYPES, **words)
    assert problem(answer) == "invalid"
    assert set(answer.json()["errors"]) == set(words)


# --- bodies ------------------------------------------------------------------------------------------

BODIES = {
    "not-json": ("{", "application/json", "bad-request"),
    "nan": ('{"a": NaN}', "application/json", "bad-request"),
    "a list": ("[]", "application/json", "bad-request"),
    "deep": ("[" * 60_000, "application/json", "bad-request"),
    "not utf-8": (b'{"a": "\xff"}', "application/json", "bad-request"),
    "a form": ("a=1", "application/x-www-form-urlencoded", "unsupported-media-type"),
    "large": (json.dumps({"a": "x" * 70_000}), "application/json", "too-large"),
    "larger": (json.dumps({"a": "x" * 2_000_000}), "application/json", "too-large"),
    "half a letter": ('{"session_type_id": "\\ud800"}', "application/json", "invalid"),
    "nothing": ("", "application/json", "invalid"),
    "another field": ('{"when": 1}', "application/json", "invalid"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_read_is_refused(anna: Tenant, program: MakeProgram, name: str) -> None:
    body, kind, code = BODIES[name]
    secret = program(anna).secret
    browser = Browser(HTTP_HOST="anna.localhost:8000", raise_request_exception=False)
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k"}
    assert problem(browser.post("/api/v1/holds", body, content_type=kind, headers=headers)) == code
    with tenant_context(anna):
        assert bookings() == ([], [], 1)
        assert not ApiRequest.objects.exists()


def test_an_address_that_is_none_is_a_problem_too(anna: Tenant, program: MakeProgram) -> None:
    asks = program(anna)
    for path in ("/api/v1/", "/api/v1/nothing", "/api/v1/bookings/not-an-id", "/api/v1/bookings/"):
        assert problem(asks.get(path)) == "not-found", path
    refused = asks.ask("DELETE", TYPES)
    assert problem(refused) == "method-not-allowed"
    assert refused.headers["Allow"] == "GET"


def test_what_breaks_is_told_without_what_it_was(
    anna: Tenant, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret words")

    monkeypatch.setattr("api.core.pages.page_of", broken)
    answer = program(anna).get(TYPES)
    assert problem(answer) == "our-fault"
    assert b"secret" not in answer.content


# --- writes ------------------------------------------------------------------------------------------


def test_what_was_refused_may_be_sent_again_with_its_key(shop: Shop, program: MakeProgram) -> None:
    ask, asks = WRITES["api_holds", "POST"](shop), program(shop.tenant)
    other = asks.post("/api/v1/holds", ask.body).json()
    assert problem(sent(asks, "POST", ask, key="k")) == "slot-taken"
    asks.ask("DELETE", f"/api/v1/holds/{other['id']}")
    assert sent(asks, "POST", ask, key="k").status_code == 201


def test_a_request_that_is_still_carried_out_is_not_done_beside_itself(
    shop: Shop, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its effect is there and its answer is not, and whoever is at it may still be alive."""
    monkeypatch.setattr("api.core.writing.PATIENCE_SECONDS", 0.2)
    ask, asks = WRITES["api_holds", "POST"](shop), program(shop.tenant)
    with monkeypatch.context() as patched:
        patched.setattr("tenants.integrations.requests.answered", lambda *_, **__: None)
        sent(asks, "POST", ask, key="k")
    waits = sent(asks, "POST", ask, key="k")
    assert problem(waits) == "request-in-progress"
    assert waits.headers["Retry-After"] == "1"


def test_what_was_done_and_cannot_be_found_again_is_not_done_again(
    shop: Shop, program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, asks = WRITES["api_booking_attendance", "PUT"](shop), program(shop.tenant)
    assert sent(asks, "PUT", ask, key="k").status_code == 200
    with tenant_context(shop.tenant):
        row = ApiRequest.objects.get()
        row.status, row.subject_id = requests.LEFT, None
        with transaction.atomic():
            row.save()
        before = ask.counts()
    assert problem(sent(asks, "PUT", ask, key="k")) == "outcome-unknown"
    with tenant_context(shop.tenant):
        assert ask.counts() == before


def test_what_was_made_is_noted_in_the_transaction_that_made_it(anna: Tenant) -> None:
    """From its first event: a use case need not know who asked for it."""
    once = {"asked_by": "key:1", "digest": "d", "now": clock.now()}
    with tenant_context(anna):
        with requests.once(key="k", **once) as claim:
            made, _secret = keys.make(
                name="Script", scopes=["events:read"], expires_at=None, now=clock.now(), actor=COACH
            )
        row = ApiRequest.objects.get()
        assert claim.is_made
        assert (row.pk, row.subject_id) == (claim.row.pk, made.pk)
        with pytest.raises(requests.AlreadyAsked), requests.once(key="k", **once) as again:
            keys.revoke(key_id=made.pk, now=clock.now(), actor=COACH)
        assert not again.is_made
        assert ApiKey.objects.get().revoked_at is None


def test_records_are_kept_for_a_week(shop: Shop, program: MakeProgram) -> None:
    ask, asks = WRITES["api_holds", "POST"](shop), program(shop.tenant)
    sent(asks, "POST", ask, key="k")
    begun = clock.now()
    for days, there in ((6, 1), (8, 0)):
        with time_machine.travel(begun + timedelta(days=days) - clock.offset()):
            worlds.sweep()
            with tenant_context(shop.tenant):
                assert ApiRequest.objects.count() == there, days


# --- keys --------------------------------------------------------------------------------------------


def test_a_key_is_kept_as_a_digest_and_its_use_is_noted_once_a_minute(
    anna: Tenant, program: MakeProgram
) -> None:
    asks = program(anna)
    with tenant_context(anna):
        key = ApiKey.objects.get()
        assert asks.secret.startswith(f"{key.prefix}_")
        kept = json.dumps(ApiKey.objects.values().get(), default=str)
        assert asks.secret.removeprefix(key.prefix)[:20] not in kept
        assert key.last_used_at is None
    asks.get(TYPES)
    with tenant_context(anna):
        first = ApiKey.objects.get().last_used_at
    asks.get(TYPES)
    with tenant_context(anna):
        assert ApiKey.objects.get().last_used_at == first is not None


def test_a_rotated_key_works_for_a_day_beside_the_new_one_and_both_are_one_program(
    shop: Shop, program: MakeProgram
) -> None:
    ask, asks = WRITES["api_holds", "POST"](shop), program(shop.tenant)
    old = asks.secret
    first = sent(asks, "POST", ask, key="k")
    with tenant_context(shop.tenant):
        _new, asks.secret = keys.rotate(key_id=ApiKey.objects.get().pk, now=clock.now(), actor=COACH)
    assert sent(asks, "POST", ask, key="k").content == first.content
    asks.secret, new = old, asks.secret
    assert asks.get(TYPES).status_code == 200
    with time_machine.travel(clock.now() + timedelta(hours=25) - clock.offset()):
        assert problem(asks.get(TYPES)) == "unauthenticated"
        asks.secret = new
        assert asks.get(TYPES).status_code == 200


def test_a_revoked_key_and_one_at_its_end_open_nothing(anna: Tenant, program: MakeProgram) -> None:
    asks = program(anna)
    with tenant_context(anna):
        keys.revoke(key_id=ApiKey.objects.get().pk, now=clock.now(), actor=COACH)
        ends = clock.now() + timedelta(hours=1)
        _key, secret = keys.make(
            name="Short", scopes=["catalogue:read"], expires_at=ends, now=clock.now(), actor=COACH
        )
    assert problem(asks.get(TYPES)) == "unauthenticated"
    asks.secret = secret
    assert asks.get(TYPES).status_code == 200
    with time_machine.travel(ends + timedelta(seconds=1) - clock.offset()):
        assert problem(asks.get(TYPES)) == "unauthenticated"
