"""Operators' pages are opened by a second factor, and their acts by a fresh one."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.test import Client

from accounts.models import AuditEntry, User, WaitlistEntry
from operators.audience import TO_ACT, TO_LOOK
from tests import console

HOUR = 3600
PASSWORD = "three small words"  # noqa: S105


@pytest.fixture
def waiting(db: None) -> WaitlistEntry:
    return WaitlistEntry.objects.create(email="wanda@example.com", coaches="Running")


def shown_code(user: User) -> str:
    kept = Authenticator.objects.get(user=user, type="totp")
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(decrypt(kept.data["secret"]), counters[len(counters) // 2]))


def test_an_operator_without_a_second_factor_is_led_to_set_one_up(db: None) -> None:
    browser = Client(HTTP_HOST="localhost:8000")
    browser.force_login(User.objects.create_user("olga@example.com", PASSWORD, is_staff=True))
    for path in ("/operators/", "/operators/stuck/", "/operators/waitlist/"):
        answer = browser.get(path)
        assert answer["Location"] == f"/accounts/2fa/totp/activate/?next={path}"
    asked = browser.get("/accounts/2fa/totp/activate/", follow=True)
    assert "Set up an app first" in asked.content.decode()


def test_a_password_alone_opens_nothing(db: None) -> None:
    olga = console.staff()
    browser = Client(HTTP_HOST="localhost:8000")
    browser.force_login(olga)
    asked = browser.get("/operators/stuck/")
    assert asked["Location"] == "/accounts/2fa/reauthenticate/?next=%2Foperators%2Fstuck%2F"
    answer = browser.post(asked["Location"], {"code": shown_code(olga), "next": "/operators/stuck/"})
    assert answer["Location"] == "/operators/stuck/"
    assert browser.get("/operators/stuck/").status_code == 200


@pytest.mark.parametrize("longest", [TO_LOOK, TO_ACT])
def test_the_step_lasts_for_a_day_of_looking_and_for_an_hour_of_acts(
    longest: Any, waiting: WaitlistEntry
) -> None:
    browser = console.operator()

    def asks() -> Any:
        path = f"/operators/waitlist/{waiting.pk}/invite"
        return browser.get("/operators/") if longest == TO_LOOK else browser.post(path)

    console.step_up(browser, seconds_ago=longest.total_seconds() + 1)
    assert asks()["Location"].startswith("/accounts/2fa/reauthenticate/")
    assert not AuditEntry.objects.exists()
    console.step_up(browser, seconds_ago=longest.total_seconds() - 60)
    assert not asks().get("Location", "").startswith("/accounts/")


def test_what_was_pressed_is_done_after_the_step(waiting: WaitlistEntry) -> None:
    browser = console.operator()
    console.step_up(browser, seconds_ago=2 * HOUR)
    asked = browser.post(f"/operators/waitlist/{waiting.pk}/invite")
    waiting.refresh_from_db()
    assert waiting.status == "waiting"
    code = shown_code(User.objects.get(email="olga@example.com"))
    next_url = f"/operators/waitlist/{waiting.pk}/invite"
    answer = browser.post(asked["Location"], {"code": code, "next": next_url})
    assert answer["Location"] == "/operators/waitlist/"
    waiting.refresh_from_db()
    assert waiting.status == "invited"


def test_a_password_is_no_step_for_an_operator_who_has_an_app(db: None) -> None:
    browser = console.operator()
    User.objects.get(email="olga@example.com").set_password(PASSWORD)
    session = browser.session
    session["account_authentication_methods"][0]["method"] = "password"
    session.save()
    assert browser.get("/operators/")["Location"].startswith("/accounts/2fa/reauthenticate/")


def test_somebody_elses_step_in_the_same_browser_counts_for_nothing(db: None) -> None:
    browser = console.operator()
    kept = browser.session["account_authentication_methods"]
    browser.force_login(console.staff("oscar@example.com", "Oscar"))
    session = browser.session
    session["account_authentication_methods"] = kept
    session["account_authentication_methods_user"] = str(User.objects.get(email="olga@example.com").pk)
    session.save()
    assert browser.get("/operators/")["Location"].startswith("/accounts/2fa/reauthenticate/")
