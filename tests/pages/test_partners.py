"""A partner's program: let in by a coach for one practice, with what it may do, and ended by one press."""

import base64
import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client as Browser
from django_tenants.utils import tenant_context
from oauth2_provider.models import get_access_token_model, get_application_model, get_refresh_token_model

from accounts.models import AuditEntry, User
from kit.actors import Actor
from kit.clock import now
from partners import accesses, applications
from partners.models import Access
from tenants.activity.models import Event
from tenants.registry.models import Membership, Tenant
from tests import worlds
from tests.console import operator

BACK = "https://program.example/back"
OPERATOR = Actor("operator", "00000000-0000-0000-0000-000000000001", "Olga")
SCOPES = "catalogue:read bookings:read"
HOST = "localhost:8000"


class Program:
    """What a partner's program does, by what it was told at its registration."""

    def __init__(self, *, keeps_secret: bool = True) -> None:
        registered, self.secret = applications.register(
            name="Planner", redirect_uris=[BACK], keeps_secret=keeps_secret, now=now(), actor=OPERATOR
        )
        self.client_id = str(registered.client_id)
        self.verifier = secrets.token_urlsafe(48)
        self.browser = Browser(HTTP_HOST=HOST, enforce_csrf_checks=True)

    def asks(self, **other: str) -> dict[str, str]:
        challenge = base64.urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "scope": SCOPES,
            "state": "of-the-program",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**asked, **other}.items() if value}

    def fetches(self, **said: str) -> Any:
        known = {"client_id": self.client_id, "client_secret": self.secret}
        return self.browser.post("/oauth/token", {**{k: v for k, v in known.items() if v}, **said})

    def tokens(self, code: str, **other: str) -> Any:
        said = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        return self.fetches(**{**said, "code_verifier": self.verifier, **other})

    def refreshes(self, token: str) -> Any:
        return self.fetches(grant_type="refresh_token", refresh_token=token)


@pytest.fixture
def program(db: None) -> Program:
    return Program()


@pytest.fixture
def coach(anna: Tenant) -> Browser:
    worlds.open_for_bookings(anna)
    worlds.session_type(anna, price_minor=5000)
    browser = Browser(HTTP_HOST=HOST)
    browser.force_login(User.objects.get(memberships__tenant=anna))
    return browser


def allowed(coach: Browser, program: Program, practice: Tenant, **other: str) -> str:
    """The code that a press brings back to the program."""
    page = coach.get(f"/oauth/authorize?{urlencode(program.asks())}")
    assert page.status_code == 200
    said = {**program.asks(), "practice": str(practice.pk), "allow": "yes", **other}
    answer = coach.post("/oauth/authorize", said)
    assert answer.status_code == 302, answer.content.decode()
    back = urlsplit(answer["Location"])
    assert answer["Location"].startswith(f"{BACK}?")
    told = parse_qs(back.query)
    assert told["state"] == ["of-the-program"]
    assert told["iss"] == [f"http://{HOST}"]
    return told["code"][0]


def opened(token: str, host: str = "anna.localhost:8000") -> int:
    browser = Browser(HTTP_HOST=host, headers={"Authorization": f"Bearer {token}"})
    return browser.get("/api/v1/session-types").status_code


def test_the_page_says_who_asks_for_what_and_where_the_answer_goes(coach: Browser, program: Program) -> None:
    page = coach.get(f"/oauth/authorize?{urlencode(program.asks())}")
    text = page.content.decode()
    assert "Let Planner in?" in text
    assert "See what can be booked" in text
    assert "See amounts" not in text
    assert "https://program.example" in text
    assert "form-action" in page["Content-Security-Policy"]
    assert "https://program.example" in page["Content-Security-Policy"]


def test_a_code_brings_tokens_that_open_this_practice_alone(
    coach: Browser, program: Program, anna: Tenant, ben: Tenant
) -> None:
    worlds.open_for_bookings(ben)
    answer = program.tokens(allowed(coach, program, anna))
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["api"] == "http://anna.localhost:8000/api/v1/"
    assert told["practice"] == "Anna"
    assert told["expires_in"] == 3600
    assert opened(told["access_token"]) == 200
    assert opened(told["access_token"], "ben.localhost:8000") == 401
    assert opened(told["refresh_token"]) == 401


def test_only_digests_of_tokens_are_kept(coach: Browser, program: Program, anna: Tenant) -> None:
    told = program.tokens(allowed(coach, program, anna)).json()
    kept = get_access_token_model().objects.get()
    refresh = get_refresh_token_model().objects.get()
    assert (kept.token, refresh.token) == ("", "")
    assert kept.token_checksum == sha256(told["access_token"].encode()).hexdigest()


def test_a_scope_that_was_not_allowed_is_refused(coach: Browser, program: Program, anna: Tenant) -> None:
    token = program.tokens(allowed(coach, program, anna)).json()["access_token"]
    with tenant_context(anna):
        caller = accesses.opener(token, now=now())
    assert caller is not None
    assert caller.scopes == {"catalogue:read", "bookings:read"}
    assert caller.name == "Planner"


def test_a_code_is_good_once_and_for_who_began(coach: Browser, program: Program, anna: Tenant) -> None:
    code = allowed(coach, program, anna)
    assert program.tokens(code, code_verifier="x" * 64).status_code == 400
    code = allowed(coach, program, anna)
    assert program.tokens(code, client_secret="wrong").status_code == 401  # noqa: S106
    assert program.tokens(code).status_code == 200
    assert program.tokens(code).status_code == 400


def test_a_refresh_token_is_changed_and_the_old_one_ends_the_family(
    coach: Browser, program: Program, anna: Tenant
) -> None:
    first = program.tokens(allowed(coach, program, anna)).json()
    second = program.refreshes(first["refresh_token"]).json()
    assert opened(second["access_token"]) == 200
    assert second["api"] == first["api"]
    assert program.refreshes(first["refresh_token"]).status_code == 400
    assert opened(second["access_token"]) == 401
    assert program.refreshes(second["refresh_token"]).status_code == 400


def test_one_press_of_the_coach_ends_everything(coach: Browser, program: Program, anna: Tenant) -> None:
    told = program.tokens(allowed(coach, program, anna)).json()
    waiting = allowed(coach, program, anna)
    access = Access.objects.get(ended_at=None)
    accesses.end(access_id=access.pk, tenant=anna, now=now(), actor=Actor("coach", "1", "Anna"))
    assert opened(told["access_token"]) == 401
    assert program.refreshes(told["refresh_token"]).status_code == 400
    assert program.tokens(waiting).status_code == 400
    with tenant_context(anna):
        kinds = list(Event.objects.filter(subject_id=access.pk).values_list("kind", flat=True))
    assert sorted(set(kinds)) == ["partner.allowed", "partner.ended"]


def test_what_the_coach_takes_back_a_token_has_no_more(
    coach: Browser, program: Program, anna: Tenant
) -> None:
    told = program.tokens(allowed(coach, program, anna)).json()
    allowed(coach, program, anna, scope="bookings:read")
    assert opened(told["access_token"]) == 403


def test_another_practice_cannot_end_it(coach: Browser, program: Program, anna: Tenant, ben: Tenant) -> None:
    allowed(coach, program, anna)
    access = Access.objects.get()
    with pytest.raises(accesses.NoSuchAccess):
        accesses.end(access_id=access.pk, tenant=ben, now=now(), actor=Actor("coach", "2", "Ben"))
    assert Access.objects.get().ended_at is None


def test_of_several_practices_one_is_chosen_by_hand_or_none_for_a_refusal(
    coach: Browser, program: Program, anna: Tenant, ben: Tenant
) -> None:
    owner = User.objects.get(memberships__tenant=anna)
    Membership.objects.create(tenant=ben, user=owner)
    Tenant.objects.filter(pk=ben.pk).update(name="Anna")
    page = coach.get("/oauth/authorize", program.asks()).content.decode()
    for told in ("Choose one", "Anna (anna)", "Anna (ben)"):
        assert told in page
    without = coach.post("/oauth/authorize", {**program.asks(), "allow": "yes"})
    assert "Choose the practice that the program may work in." in without.content.decode()
    refused = coach.post("/oauth/authorize", program.asks())
    assert "error=access_denied" in refused["Location"]
    assert not Access.objects.exists()


def test_a_practice_that_is_not_ones_own_cannot_be_chosen(
    coach: Browser, program: Program, anna: Tenant, ben: Tenant
) -> None:
    said = {**program.asks(), "practice": str(ben.pk), "allow": "yes"}
    answer = coach.post("/oauth/authorize", said)
    assert answer.status_code in (200, 422)
    assert "Choose the practice" in answer.content.decode()
    assert not Access.objects.exists()


def test_no_is_told_to_the_program_and_allows_nothing(coach: Browser, program: Program, anna: Tenant) -> None:
    answer = coach.post("/oauth/authorize", {**program.asks(), "practice": str(anna.pk)})
    assert parse_qs(urlsplit(answer["Location"]).query)["error"] == ["access_denied"]
    assert not Access.objects.exists()


@pytest.mark.parametrize(
    "other",
    [
        {"code_challenge": "", "code_challenge_method": ""},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
        {"scope": "everything"},
        {"redirect_uri": "https://program.example.evil.example/back"},
        {"client_id": "nobody"},
    ],
)
def test_what_is_asked_unsafely_gets_no_page_to_allow(
    coach: Browser, program: Program, other: dict[str, str]
) -> None:
    answer = coach.get(f"/oauth/authorize?{urlencode(program.asks(**other))}")
    if answer.status_code == 302:
        assert answer["Location"].startswith(f"{BACK}?error=")
    else:
        assert answer.status_code == 400
        assert "Nothing was allowed" in answer.content.decode()
        assert "Let it in" not in answer.content.decode()


def test_a_program_without_a_secret_is_bound_by_its_verifier(coach: Browser, anna: Tenant) -> None:
    program = Program(keeps_secret=False)
    assert program.secret == ""
    assert program.tokens(allowed(coach, program, anna)).status_code == 200


@pytest.mark.parametrize(
    "grant", ["password", "client_credentials", "", "urn:ietf:params:oauth:grant-type:device_code"]
)
def test_there_is_no_other_way_to_a_token(program: Program, grant: str) -> None:
    answer = program.fetches(grant_type=grant, username="anna@example.com", device_code="x")
    assert answer.status_code == 400
    assert answer.json()["error"] == "unsupported_grant_type"


def test_a_visitor_signs_in_first_and_comes_back(db: None, program: Program) -> None:
    answer = Browser(HTTP_HOST=HOST).get(f"/oauth/authorize?{urlencode(program.asks())}")
    assert answer.status_code == 302
    assert "/accounts/login/" in answer["Location"]
    assert "client_id" in answer["Location"]


def test_the_metadata_names_what_is_there(db: None) -> None:
    told = Browser(HTTP_HOST=HOST).get("/.well-known/oauth-authorization-server").json()
    assert told["code_challenge_methods_supported"] == ["S256"]
    for endpoint in ("authorization_endpoint", "token_endpoint", "revocation_endpoint"):
        path = urlsplit(told[endpoint]).path
        assert Browser(HTTP_HOST=HOST).post(path).status_code != 404


def test_an_ended_token_opens_nothing_an_hour_later(coach: Browser, program: Program, anna: Tenant) -> None:
    told = program.tokens(allowed(coach, program, anna)).json()
    token = get_access_token_model().objects.get()
    token.expires -= timedelta(hours=1, seconds=1)
    token.save(update_fields=["expires"])
    assert opened(told["access_token"]) == 401


def test_an_operator_registers_a_program_and_sees_its_secret_once(db: None) -> None:
    browser = operator()
    said = {
        "name": "Planner",
        "redirect_uris": f"{BACK}\nhttps://program.example/other",
        "keeps_secret": "on",
    }
    page = browser.post("/operators/partners/", said)
    assert page.status_code == 201
    registered = get_application_model().objects.get()
    secret = page.context["secret"]
    assert len(secret) > 60
    assert secret in page.content.decode()
    assert registered.client_secret != secret
    assert registered.redirect_uri_allowed("https://program.example/other")
    again = browser.get("/operators/partners/").content.decode()
    assert str(registered.client_id) in again
    assert secret not in again
    assert AuditEntry.objects.get(kind="partner.registered").reference == registered.client_id


@pytest.mark.parametrize("name", ["Planner", " pLANNER "])
def test_a_page_that_is_loaded_again_registers_nothing_twice(db: None, name: str) -> None:
    browser, said = operator(), {"name": "Planner", "redirect_uris": BACK}
    assert browser.post("/operators/partners/", said).status_code == 201
    again = browser.post("/operators/partners/", {**said, "name": name})
    assert again.status_code == 409
    assert "A program of this name is registered already" in again.content.decode()
    assert get_application_model().objects.count() == AuditEntry.objects.count() == 1


@pytest.mark.parametrize("address", ["not an address", "javascript:alert(1)", "https://a.example/#part"])
def test_an_address_that_answers_must_not_go_to_is_refused(db: None, address: str) -> None:
    said = {"name": "Planner", "redirect_uris": address, "keeps_secret": "on"}
    page = operator().post("/operators/partners/", said)
    assert page.status_code == 422
    assert page.context["form"].errors["redirect_uris"]
    assert not get_application_model().objects.exists()
