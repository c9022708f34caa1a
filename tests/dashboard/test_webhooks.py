"""Programs that are told what happens, on the dashboard."""

from collections.abc import Iterator

import pytest
from django_tenants.utils import tenant_context
from standardwebhooks.webhooks import Webhook

from tenants.activity.models import Event
from tenants.integrations.models import WebhookDelivery, WebhookEndpoint
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.webhooks import receiver
from tests.webhooks.receiver import Receiver

PAGE = "settings/webhooks/"


@pytest.fixture
def polite() -> Iterator[Receiver]:
    with receiver.polite() as polite:
        yield polite


@pytest.fixture
def coach(anna: Tenant) -> Coach:
    return Coach(anna)


def added(coach: Coach, anna: Tenant, url: str) -> str:
    """The page of a new one."""
    answer = coach.post(PAGE, {"url": url, "name": "Accounting", "kinds": "webhook.* pack.low"})
    assert answer.status_code == 303
    with tenant_context(anna):
        return f"{PAGE}{WebhookEndpoint.objects.get().pk}/"


def test_a_program_is_added_tried_and_its_log_read(anna: Tenant, coach: Coach, polite: Receiver) -> None:
    assert PAGE in coach.read("settings/")
    page = added(coach, anna, polite.url)
    assert "Nothing yet" in coach.read(page)
    assert coach.post(f"{page}test").status_code == 303
    assert "A test is on its way" in coach.read(page)
    worlds.sweep()
    shown = coach.read(page)
    assert "webhook.tested" in shown
    assert "Taken" in shown
    assert "Accounting" in coach.read(PAGE)

    with tenant_context(anna):
        sent = WebhookDelivery.objects.get()
    assert coach.post(f"{PAGE}sent/{sent.pk}/again").status_code == 303
    worlds.sweep()
    first, second = polite.heard
    assert first.body == second.body


def test_the_secret_is_shown_on_a_press_and_signs(anna: Tenant, coach: Coach, polite: Receiver) -> None:
    page = added(coach, anna, polite.url)
    assert "whsec_" not in coach.read(page)
    answer = coach.post(f"{page}secret")
    assert "no-store" in answer["Cache-Control"]
    secret = answer.content.decode().partition('value="whsec_')[2].partition('"')[0]
    coach.post(f"{page}test")
    worlds.sweep()
    assert Webhook(secret).verify(polite.heard[0].body, polite.heard[0].headers)
    with tenant_context(anna):
        assert Event.objects.filter(kind="webhook.secret_seen").count() == 1
    coach.post(f"{page}rotate")
    assert secret not in coach.post(f"{page}secret").content.decode()


def test_one_that_fails_is_shown_switched_off_and_on_and_sent_what_it_missed(
    anna: Tenant, coach: Coach, polite: Receiver
) -> None:
    page = added(coach, anna, polite.url)
    polite.status = 410
    coach.post(f"{page}test")
    worlds.sweep()
    shown = coach.read(page)
    assert "Nothing is sent" in shown
    assert "gone for good (410)" in shown
    coach.post(f"{page}test")
    assert "It is switched off" in coach.read(page)
    polite.status = 200
    coach.post(f"{page}switch", {"to": "on"})
    assert "1 message was given up" in coach.read(page)
    coach.post(f"{page}given-up")
    assert "1 message on the way again" in coach.read(page)
    worlds.sweep()
    assert len(polite.heard) == 2
    coach.post(f"{page}switch", {"to": "off"})
    assert "Switched off by hand" in coach.read(page)


def test_what_was_typed_wrong_is_kept_and_explained(anna: Tenant, coach: Coach) -> None:
    for url, said in (
        ("https://10.0.0.1/", "no address of the public internet"),
        ("ftp://x.com", "https://"),
    ):
        answer = coach.post(PAGE, {"url": url, "name": "Books", "kinds": ""})
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert 'value="Books"' in answer.content.decode()
    answer = coach.post(PAGE, {"url": "https://books.example.com/", "kinds": "booking.lost"})
    assert (answer.status_code, "booking.lost" in answer.content.decode()) == (422, True)


def test_it_is_changed_and_removed(anna: Tenant, coach: Coach, polite: Receiver) -> None:
    page = added(coach, anna, polite.url)
    answer = coach.post(page, {"url": "https://books.example.com/", "name": "Books", "kinds": ""})
    assert answer.status_code == 303
    shown = coach.read(page)
    assert "https://books.example.com/" in shown
    assert "All events" in shown
    assert coach.post(page, {"url": "nowhere", "name": "", "kinds": ""}).status_code == 422
    assert coach.post(f"{page}remove").status_code == 303
    assert coach.get(page).status_code == 404
    assert coach.post(f"{page}remove").status_code == 404


def test_five_are_enough(anna: Tenant, coach: Coach) -> None:
    for number in range(5):
        coach.post(PAGE, {"url": f"https://books.example.com/{number}", "name": "", "kinds": ""})
    assert "There are 5 already" in coach.read(PAGE)
    answer = coach.post(PAGE, {"url": "https://books.example.com/6", "name": "", "kinds": ""})
    assert answer.status_code == 422
