"""The demo's mailbox: reads what Django's file backend wrote, and lets nothing in a mail do harm."""

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client

from demo import mailbox

BACKEND = "django.core.mail.backends.filebased.EmailBackend"
HTML = '<html><head><title>x</title></head><body><a href="http://localhost:8000/">Go</a></body></html>'


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = BACKEND, str(tmp_path)
    return tmp_path


@pytest.fixture
def browser(db: None) -> Client:
    return Client(HTTP_HOST="localhost:8000")


def letter(subject: str, *, to: str = "cleo@example.com", html: str = HTML) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(subject, f"Words of {subject}\n-- \nÜbrigens", "us@example.com", [to])
    if html:
        message.attach_alternative(html, "text/html")
    message.attach("session.ics", "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "text/calendar")
    return message


def send(*messages: EmailMultiAlternatives) -> None:
    """All by one connection, so that they stand in one file."""
    get_connection().send_messages(list(messages))


def test_mails_are_listed_the_newest_first(browser: Client) -> None:
    send(letter("first"), letter("second"))
    send(letter("third"))
    assert [mail.subject for mail in mailbox.mails()] == ["third", "second", "first"]
    page = browser.get("/mailbox/").content.decode()
    assert page.index("third") < page.index("second") < page.index("first")


def test_an_empty_mailbox_says_what_it_is_for(browser: Client) -> None:
    assert "No mail yet" in browser.get("/mailbox/").content.decode()


def test_mail_of_one_person(browser: Client) -> None:
    send(letter("hers", to="cleo@example.com"), letter("his", to="omar@example.com"))
    page = browser.get("/mailbox/", {"to": "OMAR"}).content.decode()
    assert "his" in page
    assert "hers" not in page


def test_a_mail_shows_its_text_and_frames_its_html(browser: Client) -> None:
    send(letter("Grüße"))
    (mail,) = mailbox.mails()
    response = browser.get(f"/mailbox/{mail.key}/")
    page = response.content.decode()
    assert "Grüße" in page
    assert "Übrigens" in page
    assert f'src="/mailbox/{mail.key}/html"' in page
    assert 'sandbox="allow-top-navigation-by-user-activation"' in page
    assert "frame-src 'self'" in response["Content-Security-Policy"]


def test_the_frame_runs_nothing_and_stays_in_the_mailbox(browser: Client) -> None:
    send(letter("hello"))
    response = browser.get(f"/mailbox/{mailbox.mails()[0].key}/html")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert "img-src data: http://*.localhost:8000;" in policy
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert '<base target="_top">' in response.content.decode()


def test_attachments_are_saved_as_they_were_sent(browser: Client) -> None:
    send(letter("with calendar"))
    key = mailbox.mails()[0].key
    response = browser.get(f"/mailbox/{key}/attachments/1")
    assert response["Content-Disposition"] == 'attachment; filename="session.ics"'
    assert response["Content-Type"] == "text/calendar"
    assert response.content.replace(b"\r\n", b"\n") == b"BEGIN:VCALENDAR\nEND:VCALENDAR\n"
    assert browser.get(f"/mailbox/{key}/attachments/2").status_code == 404


def test_an_attachment_is_never_shown_as_a_page(browser: Client) -> None:
    message = letter("with a page")
    message.attach("page.html", "<script>alert(1)</script>", "text/html")
    send(message)
    response = browser.get(f"/mailbox/{mailbox.mails()[0].key}/attachments/2")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")


def test_a_mail_without_html_has_no_frame(browser: Client) -> None:
    send(letter("plain", html=""))
    key = mailbox.mails()[0].key
    assert "<iframe" not in browser.get(f"/mailbox/{key}/").content.decode()
    assert browser.get(f"/mailbox/{key}/html").status_code == 404


@pytest.mark.parametrize("key", ["nothing.0", "..%2Fsecret-key.0", "x", "secret.0"])
def test_only_mails_can_be_read(browser: Client, folder: Path, key: str) -> None:
    (folder / "secret.txt").write_text("Subject: no mail\n\nhidden")
    response = browser.get(f"/mailbox/{key}/")
    assert response.status_code == 404
    assert "hidden" not in response.content.decode()
