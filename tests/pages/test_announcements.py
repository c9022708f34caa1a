"""News for coaches: an operator publishes, every coach sees it, and is mailed it once if wanted."""

import uuid
from datetime import date, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from accounts import announcements, mails
from accounts.models import Announcement, User
from kit import clock
from tenants.registry import news_mails
from tenants.registry.models import Membership, Tenant
from tests import console
from tests.console import OLGA
from tests.crowd import at_once
from tests.dashboard.desk import Coach


@pytest.fixture
def operator(db: None) -> Client:
    return console.operator()


def words(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def written(title: str = "Version 3", days: Any = (), text: str = "It is **here**.") -> Announcement:
    return announcements.write(
        announcement_id=None, title=title, text=text, milestones=days, now=clock.now(), actor=OLGA
    )


def published(title: str = "Version 3", *, mails: bool = False, **more: Any) -> Announcement:
    made = written(title, **more)
    announcements.publish(announcement_id=made.pk, mails=mails, now=clock.now(), actor=OLGA)
    made.refresh_from_db()
    return made


def login_of(tenant: Tenant) -> User:
    return User.objects.get(memberships__tenant=tenant)


def everybody() -> list[str]:
    return sorted(User.objects.filter(memberships__isnull=False).values_list("email", flat=True))


def mailed() -> list[str]:
    return sorted(each.to[0] for each in mail.outbox)


# --- from the operator to the coach -------------------------------------------------------------------


def test_from_a_draft_to_read_by_a_coach(operator: Client, anna: Tenant, ben: Tenant) -> None:
    soon = clock.now().date() + timedelta(days=10)
    form = {"title": "Version 3", "text": "It is **here**.\n\n<b>x</b>", "day_1": soon, "words_1": "Old ends"}
    page = operator.post("/operators/announcements/new/", form)["Location"]
    assert "<strong>here</strong>" in words(operator.get(page)), "as coaches see it"
    assert "<b>x</b>" not in words(operator.get(page))
    coach = Coach(anna)
    assert "Version 3" not in coach.read("news/"), "a draft is nobody's news"
    changed = operator.post(f"{page}change/", {**form, "title": "Version three"})
    assert changed["Location"] == page
    assert "Published. It was not mailed." in words(operator.post(f"{page}publish", follow=True))
    assert "News: 1 not read yet" in coach.read()
    news = coach.read("news/")
    for told in ("Version three", "<strong>here</strong>", "Days to know", "Old ends", ">New<"):
        assert told in news.replace("</svg>", ">")
    assert "News: 1 not read yet" in coach.read(), "to look is not to have read"
    until = news.partition('name="until" value="')[2].partition('"')[0]
    assert coach.post("news/read", {"until": until}).status_code == 303
    assert "not read yet" not in coach.read()
    assert "Version three" in coach.read("news/")
    assert "News: 1 not read yet" in Coach(ben).read(), "each login for itself"
    assert operator.post(f"{page}withdraw").status_code == 302
    assert "Version three" not in coach.read("news/")
    assert "not read yet" not in Coach(ben).read()


def test_what_is_missing_is_said_and_what_was_typed_is_kept(operator: Client) -> None:
    typed = {"title": "Soon", "text": "", "day_2": "2031-01-01", "words_3": "Something"}
    answer = operator.post("/operators/announcements/new/", typed)
    assert answer.status_code == 422
    for told in ('value="Soon"', "Say what happens on this day", "Say on which day", 'value="Something"'):
        assert told in words(answer)
    assert not Announcement.objects.exists()


def test_what_coaches_have_read_is_not_changed(operator: Client) -> None:
    one = published()
    page = f"/operators/announcements/{one.pk}/"
    answer = operator.post(f"{page}change/", {"title": "Other", "text": "Words"})
    assert answer.status_code == 409
    one.refresh_from_db()
    assert one.title == "Version 3"
    assert "Somebody did it meanwhile" in words(
        operator.post(f"{page}publish", {"mails": "yes"}, follow=True)
    )
    one.refresh_from_db()
    assert one.mail_wanted_at is None
    operator.post(f"{page}withdraw")
    assert "Somebody did it meanwhile" in words(operator.post(f"{page}withdraw", follow=True))
    assert operator.get(f"/operators/announcements/{uuid.uuid4()}/").status_code == 404


def test_of_two_operators_one_publishes(db: None) -> None:
    draft = written()
    publish: dict[str, Any] = {"announcement_id": draft.pk, "mails": True, "now": clock.now(), "actor": OLGA}
    done = at_once([lambda: announcements.publish(**publish)] * 3)
    assert done.count(None) == 1


# --- read or not --------------------------------------------------------------------------------------


def test_only_what_the_page_showed_is_marked(anna: Tenant) -> None:
    with clock.travel(-60):
        first = published("First")
    second = published("Second")
    coach = Coach(anna)
    assert first.published_at is not None
    with clock.travel(60):
        assert "News: 2 not read" in coach.read()
        coach.post("news/read", {"until": first.published_at.isoformat()})
        assert "News: 1 not read" in coach.read()
        for wrong in ("", "yesterday", "2031-01-01"):
            coach.post("news/read", {"until": wrong})
        assert "News: 1 not read" in coach.read()
        coach.post("news/read", {"until": "9999-01-01T00:00:00+00:00"})
        assert "not read yet" not in coach.read()
        coach.post("news/read", {"until": first.published_at.isoformat()})
        assert "not read yet" not in coach.read(), "what was read stays read"
    published_later = login_of(anna).news_seen_at
    assert published_later is not None
    assert second.published_at is not None
    assert second.published_at < published_later < clock.now() + timedelta(minutes=2)


def test_what_was_published_before_somebody_came_is_no_news_to_them(anna: Tenant) -> None:
    with clock.travel(-3600):
        published()
    User.objects.filter(pk=login_of(anna).pk).update(joined_at=clock.now() - timedelta(minutes=5))
    page = Coach(anna).read("news/")
    assert "Version 3" in page
    assert "Mark all as read" not in page


def test_days_that_are_over_are_not_to_come(db: None) -> None:
    both = [(date(2031, 1, 2), "Over"), (date(2031, 1, 9), "Late"), (date(2031, 1, 3), "Today")]
    one = written(days=both)
    assert [each["text"] for each in one.milestones] == ["Over", "Today", "Late"]
    coming = announcements.upcoming([one, written("Other", [(date(2031, 1, 5), "Next")])], today=both[2][0])
    assert [(each.text, each.title) for each in coming] == [
        ("Today", "Version 3"),
        ("Next", "Other"),
        ("Late", "Version 3"),
    ]


# --- by mail ------------------------------------------------------------------------------------------


def send_all() -> int:
    batches = 0
    while news_mails.send_batch(now=clock.now()):
        batches += 1
        assert batches < 20
    return batches


def test_every_coach_is_mailed_once_in_batches(
    tenants: list[Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news_mails, "BATCH", 2)
    with_two = login_of(tenants[0])
    Membership.objects.create(user=with_two, tenant=tenants[1])
    User.objects.create_user("no-coach@example.com")
    one = published(
        mails=True, days=[(date(2031, 6, 2), "The old one ends")], text="Look [here](https://a.example/)."
    )
    User.objects.create_user("late@example.com").memberships.create(tenant=tenants[2])
    assert send_all() == 2
    assert mailed() == sorted({each.email for each in map(login_of_owner, tenants)})
    body = mail.outbox[0].body
    for told in ("Look here (https://a.example/).", "Monday 2 June 2031: The old one ends", "/coach/"):
        assert told in body
    assert mail.outbox[0].subject == "Version 3"
    one.refresh_from_db()
    assert one.mailed_at is not None
    assert send_all() == 0


def login_of_owner(tenant: Tenant) -> User:
    found = User.objects.filter(memberships__tenant=tenant).exclude(email="late@example.com")
    return found.order_by("memberships__created_at").first()  # type: ignore[return-value]


def test_several_workers_mail_nobody_twice(tenants: list[Tenant]) -> None:
    published(mails=True)
    at_once([send_all] * 3)
    assert mailed() == everybody()


def test_nobody_is_mailed_what_is_a_draft_unwanted_or_withdrawn(tenants: list[Tenant]) -> None:
    written()
    published("Unwanted")
    gone = published("Gone", mails=True)
    announcements.withdraw(announcement_id=gone.pk, now=clock.now(), actor=OLGA)
    assert send_all() == 0
    assert mail.outbox == []


def test_who_has_no_open_practice_any_more_is_not_mailed(tenants: list[Tenant]) -> None:
    Tenant.objects.filter(pk=tenants[0].pk).update(status="closed")
    User.objects.filter(pk=login_of(tenants[1]).pk).update(is_active=False)
    published(mails=True)
    send_all()
    assert mailed() == sorted(login_of(each).email for each in tenants[2:])


def test_a_server_that_takes_nothing_is_tried_again_from_there(
    tenants: list[Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    published(mails=True)
    send, tries = mails.send, []

    def third_fails(letter: mails.Mail, **where: Any) -> None:
        tries.append(where["to"])
        if len(tries) == 3:
            raise SMTPServerDisconnected("gone")
        send(letter, **where)

    monkeypatch.setattr(mails, "send", third_fails)
    assert send_all() == 0
    assert len(mail.outbox) == 2
    assert send_all() == 0, "it is let alone for a while"
    with clock.travel(61):
        send_all()
    assert mailed() == everybody()


def test_an_address_that_is_refused_keeps_nobody_else_from_theirs(
    tenants: list[Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    published(mails=True)
    send, gone = mails.send, login_of(tenants[1]).email

    def refuse(letter: mails.Mail, **where: Any) -> None:
        if where["to"] == gone:
            raise SMTPRecipientsRefused({gone: (550, b"No such mailbox")})
        send(letter, **where)

    monkeypatch.setattr(mails, "send", refuse)
    send_all()
    assert mailed() == [each for each in everybody() if each != gone]


def test_withdrawn_in_the_middle_it_goes_to_nobody_more(
    tenants: list[Tenant], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = published(mails=True)
    send = mails.send

    def then_withdraw(letter: mails.Mail, **where: Any) -> None:
        send(letter, **where)
        announcements.withdraw(announcement_id=one.pk, now=clock.now(), actor=OLGA)

    monkeypatch.setattr(mails, "send", then_withdraw)
    send_all()
    assert len(mail.outbox) == 1
