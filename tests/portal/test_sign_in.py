"""Into the own pages by a mailed code or link: once, soon, where it was asked for, and at one coach only."""

from typing import Any

import pytest
from django.core import mail
from django.http import HttpResponse
from django_tenants.utils import tenant_context

from kit import clock
from tenants.activity.models import Event
from tenants.clients import sign_in
from tenants.clients.models import Client, SignIn
from tenants.clients.sign_in import CodeEnded, WrongCode
from tenants.registry.models import Tenant
from tests import worlds
from tests.crowd import at_once
from tests.portal import people

NOT_THE_CODE = "000000"


@pytest.fixture
def cleo(anna: Tenant) -> Client:
    return people.client(anna)


def rows(tenant: Tenant, **like: Any) -> list[SignIn]:
    with tenant_context(tenant):
        return list(SignIn.objects.filter(**like))


def wrong(code: str) -> str:
    return NOT_THE_CODE if code != NOT_THE_CODE else "111111"


# --- the code ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("between", ["", " ", "-"])
def test_the_mailed_code_opens_once(anna: Tenant, cleo: Client, between: str) -> None:
    asked = people.asked(anna, email="CLEO@example.com")
    code = people.code(anna, asked)
    as_typed = f" {code[:3]}{between}{code[3:]} "
    assert people.who(anna, people.typed(anna, asked, as_typed)) == cleo
    with pytest.raises(CodeEnded):
        people.typed(anna, asked, code)
    with pytest.raises(CodeEnded):
        people.followed(anna, people.link(anna, asked))


def test_the_mailed_link_opens_once_and_in_any_browser(anna: Tenant, cleo: Client) -> None:
    asked = people.asked(anna)
    assert people.who(anna, people.followed(anna, people.link(anna, asked))) == cleo
    with pytest.raises(CodeEnded):
        people.followed(anna, people.link(anna, asked))
    with pytest.raises(CodeEnded):
        people.typed(anna, asked, people.code(anna, asked))


def test_five_wrong_tries_end_it(anna: Tenant, cleo: Client) -> None:
    asked = people.asked(anna)
    code = people.code(anna, asked)
    left = []
    for _ in range(4):
        with pytest.raises(WrongCode) as refused:
            people.typed(anna, asked, wrong(code))
        left.append(refused.value.tries_left)
    assert left == [4, 3, 2, 1]
    with pytest.raises(CodeEnded):
        people.typed(anna, asked, wrong(code))
    with pytest.raises(CodeEnded):
        people.typed(anna, asked, code)
    with pytest.raises(CodeEnded):
        people.followed(anna, people.link(anna, asked))


def test_four_wrong_tries_do_not(anna: Tenant, cleo: Client) -> None:
    asked = people.asked(anna)
    code = people.code(anna, asked)
    for _ in range(4):
        with pytest.raises(WrongCode):
            people.typed(anna, asked, wrong(code))
    assert people.who(anna, people.typed(anna, asked, code)) == cleo


@pytest.mark.parametrize(("minutes", "opens"), [(14, True), (16, False)])
def test_it_ends_after_a_quarter_of_an_hour(anna: Tenant, cleo: Client, minutes: int, opens: bool) -> None:
    asked = people.asked(anna)
    code, token = people.code(anna, asked), people.link(anna, asked)
    with clock.travel(minutes * 60):
        if opens:
            assert people.who(anna, people.typed(anna, asked, code)) == cleo
        else:
            for try_it in (lambda: people.typed(anna, asked, code), lambda: people.followed(anna, token)):
                with pytest.raises(CodeEnded):
                    try_it()


def test_the_code_opens_in_the_browser_that_asked_only_and_costs_no_try_elsewhere(
    anna: Tenant, cleo: Client
) -> None:
    asked = people.asked(anna)
    code = people.code(anna, asked)
    for _ in range(4):
        with pytest.raises(WrongCode):
            people.typed(anna, asked, code, browser="another one")
    assert [row.tries for row in rows(anna, kind="code")] == [0]
    assert people.who(anna, people.typed(anna, asked, code)) == cleo


def test_of_an_address_that_nobody_has_everything_is_the_same_but_the_mail(
    anna: Tenant, cleo: Client
) -> None:
    asked = people.asked(anna, email="nobody@example.com")
    assert asked.ends_at > clock.now()
    assert rows(anna) == []
    answers = []
    for _ in range(5):
        with pytest.raises((WrongCode, CodeEnded)) as refused:
            people.typed(anna, asked, NOT_THE_CODE)
        answers.append(getattr(refused.value, "tries_left", None))
    assert answers == [4, 3, 2, 1, None]


def test_nobodys_mailbox_is_filled(anna: Tenant, cleo: Client) -> None:
    for _ in range(7):
        people.asked(anna)
    assert len(rows(anna, kind="code")) == 5
    with clock.travel(3601):
        asked = people.asked(anna)
        assert people.who(anna, people.typed(anna, asked, people.code(anna, asked))) == cleo
        assert len(rows(anna, kind="code")) == 1


def test_used_by_two_at_once_it_opens_for_one(anna: Tenant, cleo: Client) -> None:
    asked = people.asked(anna)
    code, token = people.code(anna, asked), people.link(anna, asked)

    def open_it(number: int) -> str:
        try:
            return people.typed(anna, asked, code) if number % 2 else people.followed(anna, token)
        except CodeEnded:
            return ""

    answers = at_once([lambda number=number: open_it(number) for number in range(6)])
    assert len([each for each in answers if each]) == 1
    assert len(rows(anna, kind="session")) == 1


def test_tries_at_once_are_all_counted(anna: Tenant, cleo: Client) -> None:
    asked = people.asked(anna)
    guess = wrong(people.code(anna, asked))

    def guessed() -> str:
        try:
            return people.typed(anna, asked, guess)
        except (WrongCode, CodeEnded) as refused:
            return type(refused).__name__

    answers = at_once([guessed] * 8)
    assert sorted(answers) == ["CodeEnded"] * 4 + ["WrongCode"] * 4
    assert [row.tries for row in rows(anna, kind="code")] == [5]


# --- what is kept -----------------------------------------------------------------------------------


def test_neither_the_table_nor_the_record_of_events_opens_anything(anna: Tenant, cleo: Client) -> None:
    asked = people.asked(anna)
    code, token = people.code(anna, asked), people.link(anna, asked)
    secret = people.opened(anna, cleo)
    with tenant_context(anna):
        kept = str([*SignIn.objects.values(), *Event.objects.values()])
    for each in (code, token, secret, people.BROWSER):
        assert each not in kept


def test_a_code_is_another_one_each_time_and_at_each_coach(anna: Tenant, ben: Tenant) -> None:
    people.client(anna)
    asked = [people.asked(anna) for _ in range(5)]
    assert len({people.code(anna, each) for each in asked} | {people.code(ben, each) for each in asked}) > 6


# --- the mail ---------------------------------------------------------------------------------------


def test_the_mail_brings_both_and_goes_to_the_address_on_record_only(
    shop: worlds.Shop, anna: Tenant, cleo: Client
) -> None:
    asked = people.asked(anna, email="Cleo@Example.com")
    people.asked(anna, email="nobody@example.com")
    worlds.sweep()
    [message] = mail.outbox
    assert message.to == ["cleo@example.com"]
    code = people.code(anna, asked)
    assert f"{code[:3]} {code[3:]}" in str(message.body)
    assert f"/my/enter/{people.link(anna, asked)}/" in str(message.body)
    assert not worlds.failures()


def test_a_code_that_was_used_before_the_mail_left_is_not_sent(
    shop: worlds.Shop, anna: Tenant, cleo: Client
) -> None:
    asked = people.asked(anna)
    people.typed(anna, asked, people.code(anna, asked))
    worlds.sweep()
    assert mail.outbox == []


# --- sessions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "lives"), [(89, True), (91, False)])
def test_a_session_lives_for_ninety_days(anna: Tenant, cleo: Client, days: int, lives: bool) -> None:
    secret = people.opened(anna, cleo)
    with clock.travel(days * 86_400):
        assert (people.who(anna, secret) == cleo) is lives


def test_a_session_of_one_coach_is_nobody_at_another(anna: Tenant, ben: Tenant, cleo: Client) -> None:
    people.client(ben)
    secret = people.opened(anna, cleo)
    assert people.who(ben, secret) is None
    asked = people.asked(anna)
    with pytest.raises(CodeEnded):
        people.followed(ben, people.link(anna, asked))
    with pytest.raises(WrongCode):
        people.typed(ben, asked, people.code(anna, asked))


def test_nobody_is_signed_in_without_a_secret_and_nothing_is_asked(anna: Tenant, cleo: Client) -> None:
    people.opened(anna, cleo)
    assert people.who(anna, "") is None
    assert people.who(anna, "guessed") is None


def test_a_codes_own_digest_is_no_session(anna: Tenant, cleo: Client) -> None:
    asked = people.asked(anna)
    assert people.who(anna, people.link(anna, asked)) is None


def test_signing_out_everywhere_ends_sessions_and_codes(anna: Tenant, cleo: Client) -> None:
    secrets = [people.opened(anna, cleo) for _ in range(3)]
    mia = people.opened(anna, people.client(anna, email="mia@example.com"))
    asked = people.asked(anna)
    with tenant_context(anna):
        sign_in.end_everywhere(client=cleo, now=clock.now())
    assert [people.who(anna, secret) for secret in secrets] == [None] * 3
    assert people.who(anna, mia) is not None
    with pytest.raises(CodeEnded):
        people.followed(anna, people.link(anna, asked))


def test_who_never_signs_out_keeps_the_last_twenty(anna: Tenant, cleo: Client) -> None:
    secrets = []
    for minute in range(22):
        with clock.travel(minute * 60):
            secrets.append(people.opened(anna, cleo))
    with clock.travel(3600):
        assert [bool(people.who(anna, secret)) for secret in secrets] == [False] * 2 + [True] * 20


def test_the_first_session_opens_the_own_pages_once(anna: Tenant, cleo: Client) -> None:
    for _ in range(2):
        people.opened(anna, cleo)
    with tenant_context(anna):
        assert Event.objects.filter(kind="portal.opened", client_id=cleo.pk).count() == 1
        assert Client.objects.get(pk=cleo.pk).portal_since is not None


def test_use_is_noted_once_a_day(anna: Tenant, cleo: Client) -> None:
    secret = people.opened(anna, cleo)
    seen = []
    for hours in (0, 23, 25):
        with clock.travel(hours * 3600), tenant_context(anna):
            session = sign_in.session_of(secret, now=clock.now())
            assert session is not None
            sign_in.note_seen(session=session, now=clock.now())
            seen.append(SignIn.objects.get(pk=session.pk).seen_at)
    assert seen[0] == seen[1]
    assert seen[2] > seen[1]


@pytest.mark.parametrize(("scheme", "name"), [("http", "own-pages"), ("https", "__Host-own-pages")])
def test_the_cookie_is_the_hosts_own(settings: Any, scheme: str, name: str) -> None:
    settings.SITE_SCHEME = scheme
    response = HttpResponse()
    sign_in.keep(response, "secret")
    cookie = response.cookies[name]
    assert (cookie["domain"], cookie["path"], cookie["httponly"], cookie["samesite"]) == (
        "",
        "/",
        True,
        "Lax",
    )
    assert bool(cookie["secure"]) is (scheme == "https")
    assert cookie["max-age"] == 90 * 86_400
    sign_in.forget(response)
    assert response.cookies[name]["max-age"] == 0
