"""From an e-mail to a page of one's own, and who is told what on the way."""

import random
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client

from accounts.models import User
from kit.clock import now
from tenants.offers.practice import practice
from tenants.registry.models import Membership, Tenant, TenantStatus
from tenants.registry.provisioning import provision

PASSWORD = "purple horse lamp"  # noqa: S105
FORM = {
    "name": "Zoë Müller",
    "slug": "zoe",
    "country": "CH",
    "timezone": "Europe/Zurich",
    "contact_email": "hallo@zoe.example",
}


@pytest.fixture
def browser(db: None) -> Client:
    """Of an address of its own, since tries are counted by address."""
    address = ".".join(["10", *(str(random.randint(1, 254)) for _ in range(3))])
    return Client(HTTP_HOST="localhost:8000", REMOTE_ADDR=address)


@pytest.fixture
def zoe(browser: Client) -> User:
    """Signed in, with no page yet."""
    user = member()
    browser.force_login(user)
    return user


def member() -> User:
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    user = User.objects.create_user(email, PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def sign_in(browser: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    return browser.post("/accounts/login/", {"login": email, "password": password, **more})


# --- the account -----------------------------------------------------------------------------------


def test_from_an_email_to_an_open_page(browser: Client) -> None:
    email = f"{uuid.uuid4().hex[:12]}@example.com"
    response = browser.post("/accounts/signup/", {"email": email, "password1": PASSWORD})
    assert response["Location"] == "/accounts/confirm-email/"
    assert email in words(browser.get("/accounts/confirm-email/"))
    code = mail.outbox[0].subject.split()[0]
    response = browser.post("/accounts/confirm-email/", {"code": code})
    assert response["Location"] == "/start/"
    response = browser.post("/start/", FORM)
    assert response["Location"] == "/start/zoe/"
    waiting = browser.get("/start/zoe/")
    assert waiting["Refresh"] == "2"
    assert "is being set up" in words(waiting)
    tenant = provision(tenant_id=Tenant.objects.get(slug="zoe").pk, now=now())
    assert browser.get("/start/zoe/")["Location"] == "/coach/zoe/"
    assert browser.get("/start/zoe/", headers={"HX-Request": "true"})["HX-Redirect"] == "/coach/zoe/"
    assert (tenant.name, tenant.country, tenant.currency) == ("Zoë Müller", "CH", "chf")


def test_the_mail_says_the_same_with_and_without_html(browser: Client) -> None:
    browser.post("/accounts/signup/", {"email": "both@example.com", "password1": PASSWORD})
    (letter,) = mail.outbox
    code = letter.subject.split()[0]
    html = letter.alternatives[0].content  # type: ignore[attr-defined]
    assert letter.body.startswith("Type this code where you left off")
    assert code in letter.body
    assert code in html
    assert "Upfront" in letter.from_email


def test_a_wrong_code_is_kept_and_explained(browser: Client) -> None:
    browser.post("/accounts/signup/", {"email": "wrong@example.com", "password1": PASSWORD})
    page = words(browser.post("/accounts/confirm-email/", {"code": "ABCD-EFGH"}))
    assert "This is not the code that we sent last" in page
    assert 'value="ABCD-EFGH"' in page
    assert not EmailAddress.objects.filter(email="wrong@example.com", verified=True).exists()


def test_a_weak_password_is_explained(browser: Client) -> None:
    page = words(browser.post("/accounts/signup/", {"email": "weak@example.com", "password1": "short"}))
    assert "at least 10 characters" in page
    assert not User.objects.filter(email="weak@example.com").exists()


def test_nobody_learns_who_has_an_account(browser: Client) -> None:
    known = member()
    answers = [
        browser.post("/accounts/signup/", {"email": email, "password1": PASSWORD})
        for email in (known.email, "unknown@example.com")
    ]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert mail.outbox[0].subject == "You have an account already"
    assert mail.outbox[0].to == [known.email]


def test_nobody_learns_it_from_a_forgotten_password_either(browser: Client) -> None:
    known = member()
    answers = [
        browser.post("/accounts/password/reset/", {"email": email})
        for email in (known.email, "unknown@example.com")
    ]
    assert len({(answer.status_code, answer["Location"]) for answer in answers}) == 1
    assert [letter.subject for letter in mail.outbox] == [
        "Set a new password",
        "There is no account with this e-mail",
    ]


def test_nor_from_a_failed_sign_in(browser: Client) -> None:
    known = member()
    answers = [
        re.search(r'role="alert".*?</ul>', words(sign_in(browser, email, "not the one")))
        for email in (known.email, "unknown@example.com")
    ]
    assert answers[0]
    assert answers[1]
    assert answers[0][0] == answers[1][0]


def test_a_new_password_by_mail(browser: Client) -> None:
    user = member()
    browser.post("/accounts/password/reset/", {"email": user.email})
    (link,) = re.findall(r"http://localhost:8000(\S+/key/\S+)", mail.outbox[0].body)
    form = browser.get(link)["Location"]
    page = browser.get(form)
    assert "Choose a new password" in words(page)
    browser.post(form, {"password1": "green horse lamp", "password2": "green horse lamp"})
    user.refresh_from_db()
    assert user.check_password("green horse lamp")
    assert "This link does not work any more" in words(Client(HTTP_HOST="localhost:8000").get(link))


def test_guessing_a_password_is_stopped(browser: Client) -> None:
    user = member()
    for _ in range(5):
        assert "do not go together" in words(sign_in(browser, user.email, "a wrong guess"))
    assert "Too many tries" in words(sign_in(browser, user.email))


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/start/", "/start/"),
        ("https://evil.example/", "/coach/"),
        ("//evil.example/", "/coach/"),
        ("javascript:alert(1)", "/coach/"),
    ],
)
def test_after_the_sign_in_one_stays_here(browser: Client, wanted: str, led_to: str) -> None:
    assert sign_in(browser, member().email, next=wanted)["Location"] == led_to


def test_operators_land_on_their_list(browser: Client) -> None:
    user = member()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert sign_in(browser, user.email)["Location"] == "/operators/"


def test_a_get_signs_nobody_out(browser: Client, zoe: User) -> None:
    assert browser.get("/accounts/logout/").status_code == 200
    assert browser.get("/start/").status_code == 200
    browser.post("/accounts/logout/")
    assert browser.get("/start/").status_code == 302


def test_a_second_factor_is_asked_for_and_kept_encrypted(browser: Client) -> None:
    user = member()
    sign_in(browser, user.email)
    # A browser that was left open changes nobody's sign-in.
    asked = browser.get("/accounts/2fa/totp/activate/")
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    browser.post(asked["Location"], {"password": PASSWORD})
    page = browser.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert secret in words(page)
    browser.post("/accounts/2fa/totp/activate/", {"code": app_code(secret)})
    kept = Authenticator.objects.get(user=user, type="totp")
    assert secret not in str(kept.data)
    assert "Sign-in asks for a second factor now" in [letter.subject for letter in mail.outbox]
    codes = re.findall(r"^[0-9a-f]{8}$", page_of_codes(browser), re.M)
    browser.post("/accounts/logout/")
    assert sign_in(browser, user.email)["Location"] == "/accounts/2fa/authenticate/"
    assert browser.get("/start/").status_code == 302
    assert "This is not the code" in words(browser.post("/accounts/2fa/authenticate/", {"code": "000"}))
    assert browser.post("/accounts/2fa/authenticate/", {"code": codes[0]})["Location"] == "/coach/"
    assert browser.get("/start/").status_code == 200


def app_code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def page_of_codes(browser: Client) -> str:
    return browser.get("/accounts/2fa/recovery-codes/").content.decode().replace("<pre>", "\n")


PAGES = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/x-y/",
    "/accounts/inactive/",
]
OWN_PAGES = [
    "/accounts/logout/",
    "/accounts/password/change/",
    "/accounts/email/",
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/reauthenticate/",
    "/start/",
]


@pytest.mark.parametrize("path", [*PAGES, *OWN_PAGES])
def test_every_page_is_of_this_house(browser: Client, path: str) -> None:
    if path in OWN_PAGES:
        sign_in(browser, member().email)
    page = words(browser.get(path, follow=True))
    assert page.count("<h1") == 1
    assert 'class="site-bar"' in page
    assert "placeholder=" not in page
    assert "style=" not in page


# --- the page --------------------------------------------------------------------------------------


def test_a_second_press_makes_one_page(browser: Client, zoe: User) -> None:
    answers = [browser.post("/start/", FORM) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == ["/start/zoe/"] * 2
    assert Membership.objects.filter(user=zoe).count() == 1


def test_one_person_may_have_two_pages(browser: Client, zoe: User) -> None:
    browser.post("/start/", FORM)
    browser.post("/start/", {**FORM, "slug": "zoe-berlin"})
    assert Membership.objects.filter(user=zoe).count() == 2
    assert "Create another page" in words(browser.get("/start/"))


def test_nobody_makes_pages_without_end(browser: Client, zoe: User) -> None:
    made = [browser.post("/start/", {**FORM, "slug": f"zoe-{n}"}).status_code for n in range(11)]
    assert made == [302] * 10 + [422]
    refused = browser.post("/start/", {**FORM, "slug": "zoe-10"})
    assert "10 pages within a day" in words(refused)
    assert FORM["contact_email"] in words(refused)
    assert not Tenant.objects.filter(slug="zoe-10").exists()
    assert browser.post("/start/", {**FORM, "slug": "zoe-9"}).status_code == 302, "it is there already"


def test_without_an_address_it_is_made_from_the_name(browser: Client, zoe: User) -> None:
    assert browser.post("/start/", {**FORM, "slug": ""})["Location"] == "/start/zoe-muller/"


def test_somebody_elses_address_cannot_be_had(browser: Client, zoe: User, anna: Tenant) -> None:
    response = browser.post("/start/", {**FORM, "slug": "Anna"})
    page = words(response)
    assert response.status_code == 422
    assert "belongs to another coach" in page
    assert "Zoë Müller" in page
    assert 'value="anna-coaching"' in page
    assert not Membership.objects.filter(user=zoe).exists()


def test_an_offered_address_is_taken_over_and_nothing_is_made_yet(browser: Client, zoe: User) -> None:
    response = browser.post("/start/", {**FORM, "slug": "anna", "use": "anna-coaching"})
    page = words(response)
    assert response.status_code == 200
    assert re.search(r'name="slug" value="anna-coaching"', page)
    assert "Zoë Müller" in page
    assert re.search(r'value="CH" selected', page)
    assert "anna-coaching is free" in page
    assert not Membership.objects.filter(user=zoe).exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"timezone": "Mars/Olympus"}, "is not a time zone we know"),
        ({"country": "BR"}, "Select a valid choice"),
        ({"name": ""}, "This field is required"),
        ({"slug": "www"}, "is kept for the platform"),
        ({"slug": "a_b!"}, "Use small letters, digits and single hyphens"),
        ({"name": "李", "slug": ""}, "Choose between 3 and 40 characters"),
        ({"contact_email": f"{'z' * 250}@example.com"}, "at most 254 characters"),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_kept(
    browser: Client, zoe: User, wrong: dict[str, str], said: str
) -> None:
    response = browser.post("/start/", {**FORM, **wrong})
    assert response.status_code == 422
    assert said in words(response)
    assert "What you typed is kept" in words(response)
    assert not Membership.objects.filter(user=zoe).exists()


def test_a_zone_that_only_the_device_knows_is_taken(browser: Client, zoe: User) -> None:
    browser.post("/start/", {**FORM, "timezone": "America/Indiana/Knox"})
    assert Tenant.objects.get(slug="zoe").timezone == "America/Indiana/Knox"


def test_the_page_starts_with_zone_and_currency(browser: Client, zoe: User, in_tenant: Any) -> None:
    browser.post("/start/", FORM)
    tenant = provision(tenant_id=Tenant.objects.get(slug="zoe").pk, now=now())
    with in_tenant(tenant):
        assert (practice().timezone, practice().currency) == ("Europe/Zurich", "chf")
        assert practice().contact_email == "hallo@zoe.example"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("zoe", "zoe is free."),
        ("ANNA", "anna belongs to another coach."),
        ("admin", "admin is kept for the platform."),
        ("a--b", "single hyphens"),
    ],
)
def test_an_address_is_looked_up_while_it_is_typed(
    browser: Client, zoe: User, anna: Tenant, typed: str, said: str
) -> None:
    assert said in words(browser.get("/start/address", {"slug": typed}))


def test_the_name_fills_the_address_until_one_is_typed(browser: Client, zoe: User) -> None:
    by_name = {"HX-Trigger-Name": "name", "HX-Request": "true"}

    def answer(**fields: str) -> str:
        return words(browser.get("/start/address", {"name": "Zoë M", **fields}, headers=by_name))

    assert 'name="slug" value="zoe-m"' in answer(slug="", suggested="")
    assert 'name="slug" value="zoe-m"' in answer(slug="zo", suggested="zo")
    mine = answer(slug="my-own", suggested="zo")
    assert 'name="slug"' not in mine
    assert "my-own is free" in mine


def test_others_cannot_wait_for_ones_page(browser: Client, zoe: User) -> None:
    browser.post("/start/", FORM)
    browser.force_login(member())
    assert browser.get("/start/zoe/").status_code == 404


def test_while_it_is_made_the_browser_asks_again(browser: Client, zoe: User) -> None:
    browser.post("/start/", FORM)
    assert browser.get("/start/zoe/", headers={"HX-Request": "true"}).status_code == 204
    Tenant.objects.filter(slug="zoe").update(created_at=now() - timedelta(minutes=1))
    slow = browser.get("/start/zoe/")
    assert slow["Refresh"] == "10"
    assert "longer than it should" in words(slow)
    assert Tenant.objects.get(slug="zoe").status == TenantStatus.PROVISIONING


def test_another_email_is_confirmed_before_it_counts(browser: Client) -> None:
    user = member()
    sign_in(browser, user.email)
    other = f"{uuid.uuid4().hex[:12]}@example.com"
    asked = browser.post("/accounts/email/", {"email": other, "action_add": "yes"})
    assert asked["Location"].startswith("/accounts/reauthenticate/")
    browser.post(asked["Location"], {"password": PASSWORD})
    browser.post("/accounts/email/", {"email": other, "action_add": "yes"})
    code = next(letter.subject.split()[0] for letter in mail.outbox if letter.to == [other])
    user.refresh_from_db()
    assert user.email != other
    browser.post("/accounts/confirm-email/", {"code": code})
    user.refresh_from_db()
    assert user.email == other
