"""Sign-up by invitation: a list, a link that opens the way in once, and nobody without."""

import random
import re
import uuid
from runpy import run_path
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.utils import DatabaseError
from django.test import Client
from django_tenants.utils import tenant_context

from accounts import mails, waitlist
from accounts.models import User, WaitlistEntry
from config import settings as settings_module
from kit import clock
from tenants.registry.models import Tenant
from tests import console
from tests.crowd import at_once

PASSWORD = "purple horse lamp"  # noqa: S105
JOIN = {"email": "Zoe@Example.com", "coaches": "Tennis for grown-ups", "name": "Zoë"}
INVITED = re.compile(r"http://localhost:8000(/invited/[\w-]+/)")


@pytest.fixture(autouse=True)
def by_invitation(settings: Any) -> None:
    settings.SIGN_UP = "invite"


def visitor() -> Client:
    """Of an address of its own, since tries are counted by address."""
    address = ".".join(["10", *(str(random.randint(1, 254)) for _ in range(3))])
    return Client(HTTP_HOST="localhost:8000", REMOTE_ADDR=address)


@pytest.fixture
def browser(db: None) -> Client:
    return visitor()


@pytest.fixture
def operator(db: None) -> Client:
    return console.operator()


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def entry(**fields: Any) -> WaitlistEntry:
    usual = {"email": f"{uuid.uuid4().hex[:12]}@example.com", "coaches": "Tennis"}
    return WaitlistEntry.objects.create(**{**usual, **fields})


def press(operator: Client, of: WaitlistEntry, **data: str) -> str:
    return words(operator.post(f"/operators/waitlist/{of.pk}/invite", data, follow=True))


def link() -> str:
    """The path in the newest mail."""
    found = INVITED.search(str(mail.outbox[-1].body))
    assert found
    return found[1]


def invited(**fields: Any) -> tuple[WaitlistEntry, str]:
    one = entry(status="invited", invited_at=clock.now(), **fields)
    return one, waitlist.address_of(one).removeprefix("http://localhost:8000")


def users(word: str) -> list[str]:
    return list(User.objects.filter(email__startswith=word).values_list("email", flat=True))


def sign_up(browser: Client, email: str) -> Any:
    return browser.post("/accounts/signup/", {"email": email, "password1": PASSWORD})


# --- the list -----------------------------------------------------------------------------------------


def test_from_the_landing_page_to_a_page_of_ones_own(browser: Client, operator: Client) -> None:
    assert 'href="/waitlist/"' in words(browser.get("/"))
    assert 'href="/accounts/signup/"' not in words(browser.get("/"))
    assert browser.post("/waitlist/", JOIN)["Location"] == "/waitlist/joined/"
    assert "When it is your turn, a mail comes" in words(browser.get("/waitlist/joined/"))
    zoe = WaitlistEntry.objects.get()
    assert (zoe.email, zoe.name, zoe.status) == ("zoe@example.com", "Zoë", "waiting")
    assert "The invitation was sent" in press(operator, zoe)
    (letter,) = mail.outbox
    assert letter.to == ["zoe@example.com"]
    path = link()
    assert "You are invited, Zoë" in words(browser.get(path))
    assert browser.post(path)["Location"] == "/accounts/signup/"
    form = words(browser.get("/accounts/signup/"))
    assert 'value="zoe@example.com"' in form, "typed once is enough"
    assert sign_up(browser, "zoe@example.com")["Location"] == "/start/", "the mail has arrived: no code"
    assert EmailAddress.objects.get(email="zoe@example.com").verified
    assert browser.get("/start/").status_code == 200
    zoe.refresh_from_db()
    assert (zoe.status, zoe.signed_up_at is not None) == ("signed_up", True)
    assert "Signed up" in words(operator.get("/operators/waitlist/"))


def test_the_answer_is_the_same_whoever_asks(browser: Client) -> None:
    user = User.objects.create_user("known@example.com", PASSWORD)
    waiting, (called, _path) = entry(), invited()
    emails = [user.email, waiting.email, waiting.email.upper(), called.email, "new@example.com"]
    answers = [browser.post("/waitlist/", {**JOIN, "email": email}) for email in emails]
    assert {(each.status_code, each["Location"]) for each in answers} == {(302, "/waitlist/joined/")}
    assert mail.outbox == []
    assert WaitlistEntry.objects.filter(email=waiting.email).get().coaches == "Tennis", "as it was"
    called.refresh_from_db()
    assert called.status == "invited"


def test_what_is_missing_is_said_and_what_was_typed_is_kept(browser: Client) -> None:
    answer = browser.post("/waitlist/", {"email": "nobody", "coaches": "Chess", "name": ""})
    assert answer.status_code == 422
    assert 'value="Chess"' in words(answer)
    assert browser.post("/waitlist/", {"email": "a@example.com", "coaches": " "}).status_code == 422
    assert not WaitlistEntry.objects.exists()


def test_a_connection_joins_ten_times_in_ten_minutes_at_most(browser: Client) -> None:
    answers = [
        browser.post("/waitlist/", {**JOIN, "email": f"many{number}@example.com"}).status_code
        for number in range(11)
    ]
    assert answers == [302] * 10 + [429]
    assert WaitlistEntry.objects.count() == 10


def test_two_who_join_with_one_address_at_once_are_one(browser: Client) -> None:
    join: dict[str, Any] = {"name": "", "email": "both@example.com", "coaches": "Judo", "now": clock.now()}
    assert at_once([lambda: waitlist.join(**join)] * 4) == [None] * 4
    assert WaitlistEntry.objects.count() == 1


# --- nobody without -----------------------------------------------------------------------------------


def test_sign_up_without_an_invitation_is_refused(browser: Client) -> None:
    for answer in (browser.get("/accounts/signup/"), sign_up(browser, "uninvited@example.com")):
        page = words(answer)
        assert "New pages are by invitation now" in page
        assert 'href="/waitlist/"' in page
        assert 'name="password1"' not in page
    assert not users("uninvited")
    assert mail.outbox == []


def test_where_sign_up_is_open_nothing_has_changed(browser: Client, settings: Any) -> None:
    settings.SIGN_UP = "open"
    assert 'href="/accounts/signup/"' in words(browser.get("/"))
    assert "waitlist" not in words(browser.get("/"))
    assert browser.get("/waitlist/")["Location"] == "/accounts/signup/"
    assert browser.post("/waitlist/", JOIN)["Location"] == "/accounts/signup/"
    assert not WaitlistEntry.objects.exists()
    assert sign_up(browser, "open@example.com")["Location"] == "/accounts/confirm-email/"
    assert users("open") == ["open@example.com"]


def test_an_invitation_is_used_where_sign_up_is_open_by_now(browser: Client, settings: Any) -> None:
    one, path = invited()
    settings.SIGN_UP = "open"
    browser.post(path)
    sign_up(browser, one.email)
    one.refresh_from_db()
    assert one.status == "signed_up"
    browser.post("/accounts/logout/")
    assert sign_up(browser, "another@example.com")["Location"] == "/accounts/confirm-email/"


@pytest.mark.parametrize("value", ["closed", ""])
def test_another_word_for_sign_up_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SIGN_UP", value)
    with pytest.raises(ImproperlyConfigured, match="open or invite"):
        run_path(str(settings_module.__file__))


# --- the link -----------------------------------------------------------------------------------------


def test_a_link_opens_one_sign_up(browser: Client) -> None:
    one, path = invited()
    browser.post(path)
    sign_up(browser, "another-of-mine@example.com")
    assert users("another") == ["another-of-mine@example.com"]
    one.refresh_from_db()
    assert one.status == "signed_up"
    second = visitor()
    for answer in (second.get(path), second.post(path)):
        assert answer.status_code == 404
        assert "does not work any more" in words(answer)
    assert "by invitation now" in words(sign_up(second, "second@example.com"))
    assert not users("second")


def test_another_address_than_the_invited_one_is_confirmed_by_a_code(browser: Client) -> None:
    _one, path = invited()
    browser.post(path)
    assert sign_up(browser, "other@example.com")["Location"] == "/accounts/confirm-email/"
    assert mail.outbox[0].to == ["other@example.com"]
    assert not EmailAddress.objects.filter(verified=True, user__email="other@example.com").exists()


def test_of_two_browsers_with_one_link_one_signs_up(browser: Client) -> None:
    _one, path = invited()
    browsers = [visitor() for _ in range(3)]
    for each in browsers:
        each.post(path)
    at_once(
        [
            lambda each=each, number=number: sign_up(each, f"race{number}@example.com")  # type: ignore[misc]
            for number, each in enumerate(browsers)
        ]
    )
    assert len(users("race")) == 1


def test_opening_the_link_alone_changes_nothing(browser: Client) -> None:
    """Mail servers look at what links lead to."""
    one, path = invited()
    assert browser.get(path).status_code == 200
    assert "by invitation now" in words(browser.get("/accounts/signup/"))
    one.refresh_from_db()
    assert one.status == "invited"


@pytest.mark.parametrize("change", ["another end", "cut", "no token", "not invited yet", "another's key"])
def test_a_link_that_nobody_was_sent_opens_nothing(browser: Client, change: str) -> None:
    one, path = invited()
    token, waiting = path.split("/")[2], entry()
    changed = {
        "another end": token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
        "cut": token[:-6],
        "no token": "welcome",
        "not invited yet": waitlist.LINKS.token(waiting.pk, waitlist.VERSION),
        "another's key": waitlist.SignedLinks("pack").token(one.pk, waitlist.VERSION),
    }[change]
    assert browser.get(f"/invited/{changed}/").status_code == 404
    assert browser.post(f"/invited/{changed}/").status_code == 404
    assert "by invitation now" in words(browser.get("/accounts/signup/"))


def test_whoever_has_an_account_does_not_use_the_invitation_up(browser: Client) -> None:
    User.objects.create_user("known@example.com", PASSWORD)
    one, path = invited(email="known@example.com")
    browser.post(path)
    sign_up(browser, "known@example.com")
    one.refresh_from_db()
    assert (one.status, users("known")) == ("invited", ["known@example.com"])


# --- the operators ------------------------------------------------------------------------------------


def test_operators_see_the_oldest_first_and_whom_they_have_invited(operator: Client) -> None:
    with clock.travel(-7200):
        first = entry(name="Abel Old", coaches="Chess")
    with clock.travel(-3600):
        second = entry(name="Bea New", coaches="Rowing")
    assert "2 people to invite" in words(operator.get("/operators/"))
    page = words(operator.get("/operators/waitlist/"))
    assert page.index("Abel Old") < page.index("2 hours ago") < page.index("Bea New")
    assert page.count(">Invite<") == 2
    press(operator, first)
    page = words(operator.get("/operators/waitlist/"))
    assert "Invited" in page[page.index("Abel Old") : page.index("Bea New")]
    assert (page.count(">Invite<"), page.count(">Send again<")) == (1, 1)
    second.refresh_from_db()
    assert second.status == "waiting"


def test_pressed_twice_one_mail_goes_out_and_again_only_when_asked(operator: Client) -> None:
    one = entry()
    press(operator, one)
    assert "Nothing was sent" in press(operator, one)
    assert len(mail.outbox) == 1
    assert "The invitation was sent" in press(operator, one, again="yes")
    assert len(mail.outbox) == 2
    WaitlistEntry.objects.update(status="signed_up", signed_up_at=clock.now())
    assert "Nothing was sent" in press(operator, one, again="yes")


def test_a_mail_that_is_not_taken_leaves_them_waiting(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: object, **_named: object) -> None:
        raise SMTPServerDisconnected("away")

    one = entry()
    monkeypatch.setattr(mails.EmailMultiAlternatives, "send", away)
    assert "was not taken" in press(operator, one)
    one.refresh_from_db()
    assert (one.status, one.invited_at) == ("waiting", None)
    monkeypatch.undo()
    assert "The invitation was sent" in press(operator, one)


def test_nobody_else_sees_the_list_or_invites(browser: Client, anna: Tenant) -> None:
    one = entry()
    coach = Client(HTTP_HOST="localhost:8000")
    coach.force_login(User.objects.get(memberships__tenant=anna))
    for who, status in ((browser, 302), (coach, 404)):
        assert who.get("/operators/waitlist/").status_code == status
        assert who.post(f"/operators/waitlist/{one.pk}/invite").status_code == status
    assert mail.outbox == []


def test_the_mail_says_the_same_with_and_without_html(operator: Client) -> None:
    press(operator, entry(name="Zoë"))
    letter: Any = mail.outbox[0]
    html = letter.alternatives[0].content
    assert letter.subject == "Your invitation to Upfront"
    for part in (str(letter.body), html):
        assert "Zoë, it is your turn: your page at Upfront is ready to be made" in part
        assert link() in part
        assert "It works once" in part


# --- rights -------------------------------------------------------------------------------------------


def test_no_tenant_reads_the_list_and_nobody_takes_anybody_off_it(anna: Tenant) -> None:
    entry()
    with tenant_context(anna), pytest.raises(DatabaseError, match="permission denied"):
        WaitlistEntry.objects.exists()
    with pytest.raises(DatabaseError, match="permission denied"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_waitlistentry")
