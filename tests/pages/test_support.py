"""A question to the platform's people: kept, mailed, answered once; and nothing said that was not asked."""

import random
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.db.utils import DatabaseError
from django.test import Client
from django_tenants.utils import tenant_context

from accounts import mails, support
from accounts.models import SupportRequest, User
from kit import clock
from kit.actors import Actor
from tenants.registry.models import Tenant
from tests import console
from tests.console import OLGA, OTTO
from tests.crowd import at_once
from tests.dashboard.desk import Coach

ASK = {"text": "Can I import\nmy clients?", "email": "zoe@example.com", "name": "Zoë", "website": ""}


def visitor() -> Client:
    """Of an address of its own, since tries are counted by address."""
    address = ".".join(["10", *(str(random.randint(1, 254)) for _ in range(3))])
    return Client(HTTP_HOST="localhost:8000", REMOTE_ADDR=address)


@pytest.fixture
def operator(db: None) -> Client:
    return console.operator()


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def asked(**more: Any) -> SupportRequest:
    usual = {"email": "zoe@example.com", "name": "Zoë", "text": "Why?", "now": clock.now()}
    return support.ask(**{**usual, **more})


def sent() -> dict[str, str]:
    """To whom, and what it says."""
    return {each.to[0]: f"{each.subject}\n{each.body}" for each in mail.outbox}


def breaks(monkeypatch: pytest.MonkeyPatch, to: str) -> None:
    """The mail server takes nothing for this address."""
    send = mails.send

    def refuse(letter: mails.Mail, **where: Any) -> None:
        if where["to"] == to:
            raise SMTPServerDisconnected("gone")
        send(letter, **where)

    monkeypatch.setattr(mails, "send", refuse)


# --- asking -------------------------------------------------------------------------------------------


def test_from_a_strangers_question_to_its_answer(operator: Client) -> None:
    browser = visitor()
    assert 'href="/help/"' in words(browser.get("/"))
    assert browser.post("/help/", ASK)["Location"] == "/help/sent/"
    assert "The answer comes by mail" in words(browser.get("/help/sent/"))
    assert support.tell(now=clock.now()) == 1
    question, confirmation = mail.outbox
    assert (question.to, question.extra_headers["Reply-To"]) == (["help@upfront.example"], "zoe@example.com")
    assert "> Can I import\n> my clients?" in question.body
    assert "Asked on the public page." in question.body
    assert confirmation.to == ["zoe@example.com"]
    assert "my clients" not in confirmation.body, "a stranger may name anybody's address"
    row = SupportRequest.objects.get()
    assert f"http://localhost:8000/operators/questions/{row.pk}/" in question.body
    assert "Can I import" in words(operator.get("/operators/questions/"))
    assert "1 question to answer" in words(operator.get("/operators/"))
    answer = operator.post(f"/operators/questions/{row.pk}/", {"text": "Yes, as CSV."}, follow=True)
    assert "mailed to zoe@example.com" in words(answer)
    letter = mail.outbox[-1]
    assert (letter.to, letter.extra_headers["Reply-To"]) == (["zoe@example.com"], "help@upfront.example")
    assert "Yes, as CSV." in letter.body
    assert "> my clients?" in letter.body
    row.refresh_from_db()
    assert (row.answer, row.answered_by, row.answered_at is not None) == ("Yes, as CSV.", "Olga", True)
    assert "Can I import" not in words(operator.get("/operators/questions/"))
    assert "Can I import" in words(operator.get("/operators/questions/?show=answered"))
    assert "by Olga" in words(operator.get(f"/operators/questions/{row.pk}/"))


def test_a_coach_asks_from_where_they_are(anna: Tenant) -> None:
    coach = Coach(anna)
    assert "/coach/anna/help/?from=/coach/anna/money/" in coach.read("money/?period=all")
    form = coach.read("help/?from=/coach/anna/money/%3Fq=Cleo")
    assert "you were on /coach/anna/money/, and" in form
    answer = coach.post("help/", {"text": "Where is it?", "page": "/coach/anna/money/?q=Cleo#k"})
    assert (answer.status_code, answer["Location"]) == (303, "/coach/anna/help/")
    row = SupportRequest.objects.get()
    assert (row.schema_name, row.page) == (anna.schema_name, "/coach/anna/money/")
    assert row.email == User.objects.get(memberships__tenant=anna).email
    support.tell(now=clock.now())
    assert "Asked on /coach/anna/money/." in sent()["help@upfront.example"]
    assert "> Where is it?" in sent()[row.email]


@pytest.mark.parametrize("page", ["https://elsewhere.example/", "/b/a-secret/", "/coach/ben/", ""])
def test_a_page_that_is_not_the_dashboards_own_is_not_told(anna: Tenant, page: str) -> None:
    coach = Coach(anna)
    assert "you were on" not in coach.read(f"help/?from={page}")
    coach.post("help/", {"text": "Where is it?", "page": page})
    assert SupportRequest.objects.get().page == ""


def test_what_is_missing_is_said_and_what_was_typed_is_kept(anna: Tenant) -> None:
    answer = visitor().post("/help/", {**ASK, "email": "nobody"})
    assert answer.status_code == 422
    assert "my clients?" in words(answer)
    page = Coach(anna).post("help/", {"text": " ", "page": "/coach/anna/money/"})
    assert page.status_code == 422
    assert "/coach/anna/money/" in words(page)
    assert not SupportRequest.objects.exists()


def test_a_program_that_fills_in_everything_is_not_listened_to(db: None) -> None:
    answer = visitor().post("/help/", {**ASK, "website": "https://buy.example"})
    assert answer["Location"] == "/help/sent/", "it does not learn that"
    assert not SupportRequest.objects.exists()


def test_a_connection_asks_five_times_and_an_address_is_mailed_three_times(db: None) -> None:
    browser = visitor()
    mine = [browser.post("/help/", {**ASK, "email": f"a{nth}@example.com"}).status_code for nth in range(6)]
    assert mine == [302] * 5 + [429]
    victim = f"victim{random.randint(1, 10**9)}@example.com"
    theirs = [visitor().post("/help/", {**ASK, "email": victim}).status_code for _ in range(4)]
    assert theirs == [302] * 3 + [429]
    assert SupportRequest.objects.count() == 8


def test_a_practice_reads_no_other_practices_questions(anna: Tenant, ben: Tenant) -> None:
    with tenant_context(anna):
        asked(text="Aubergine?")
    asked(text="Of nobody's")
    with tenant_context(anna):
        assert [each.text for each in SupportRequest.objects.all()] == ["Aubergine?"]
    with tenant_context(ben):
        assert not SupportRequest.objects.exists()


def test_a_practice_cannot_answer_itself(anna: Tenant) -> None:
    with tenant_context(anna):
        mine = asked()
        with pytest.raises(DatabaseError, match="permission denied"):
            support.answer(request_id=mine.pk, text="Done", now=clock.now(), actor=OLGA)


# --- what is mailed -----------------------------------------------------------------------------------


def test_each_question_is_mailed_once(db: None) -> None:
    asked()
    at_once([lambda: support.tell(now=clock.now())] * 3)
    assert sorted(each.to[0] for each in mail.outbox) == ["help@upfront.example", "zoe@example.com"]


def test_what_the_server_does_not_take_goes_with_a_later_sweep(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked()
    with monkeypatch.context() as broken:
        breaks(broken, "help@upfront.example")
        assert support.tell(now=clock.now()) == 0
    assert mail.outbox == [], "who asked is told when we know of it"
    assert support.tell(now=clock.now()) == 1
    assert len(mail.outbox) == 2


def test_an_asker_who_takes_no_mail_does_not_repeat_the_operators(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked()
    breaks(monkeypatch, "zoe@example.com")
    assert [support.tell(now=clock.now()) for _ in range(2)] == [1, 0]
    assert [each.to for each in mail.outbox] == [["help@upfront.example"]]


# --- the answer ---------------------------------------------------------------------------------------


def test_of_two_operators_one_answers(operator: Client) -> None:
    row = asked()

    def answers(actor: Actor) -> str:
        try:
            support.answer(request_id=row.pk, text=f"By {actor.name}", now=clock.now(), actor=actor)
        except support.AnsweredAlready:
            return "too late"
        return actor.name

    done = at_once([lambda: answers(OLGA), lambda: answers(OTTO)])
    assert done.count("too late") == 1
    assert len(mail.outbox) == 1
    row.refresh_from_db()
    assert row.answered_by in done
    late = operator.post(f"/operators/questions/{row.pk}/", {"text": "My own words"})
    assert late.status_code == 409
    assert "My own words" in words(late)
    assert "Your answer was not sent" in words(late)
    assert len(mail.outbox) == 1


def test_an_answer_that_no_server_takes_is_not_given(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = asked()
    with monkeypatch.context() as broken:
        breaks(broken, "zoe@example.com")
        answer = operator.post(f"/operators/questions/{row.pk}/", {"text": "Because."})
    assert answer.status_code == 422
    assert "Nothing was changed" in words(answer)
    assert "Because." in words(answer)
    row.refresh_from_db()
    assert (row.answer, row.answered_at) == ("", None)
    assert operator.post(f"/operators/questions/{row.pk}/", {"text": ""}).status_code == 422
    assert operator.post(f"/operators/questions/{row.pk}/", {"text": "Because."}).status_code == 302
    assert len(mail.outbox) == 1


def test_the_oldest_waits_on_top(operator: Client) -> None:
    with clock.travel(-7200):
        asked(text="The older one")
    asked(text="The newer one")
    page = words(operator.get("/operators/questions/"))
    assert page.index("The older one") < page.index("The newer one")
    assert "2 hours ago" in page
