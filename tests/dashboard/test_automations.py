"""What is done without the coach: on one page with its switches, and in a log that leads to each thing."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from kit import clock
from kit.ids import uuid7
from tenants.activity.models import Event
from tenants.dashboard.automation_words import DEEDS, GROUPS, MAILS, WORDS
from tenants.earnings.deeds import BY_THE_COACH, Deed
from tenants.messaging import retainer_mails, sequences
from tenants.messaging.switches import SWITCHES, Automation
from tenants.messaging.writers import ABOUT_BOOKINGS, ABOUT_PACKS, ABOUT_STRIPE, ON_THEIR_OWN
from tenants.offers.practice import practice
from tenants.registry.models import Tenant
from tests import worlds
from tests.dashboard.desk import Coach
from tests.messaging import mailroom, pack_room, sequence_room, test_golden_papers
from tests.messaging.mailroom import lesson
from tests.retainers import stack
from tests.worlds import Shop


def pressed(coach: Coach, automation: str, to: str) -> int:
    return coach.post(f"settings/automations/{automation}/switch", {"to": to}).status_code


def switched_off(tenant: Tenant) -> list[str]:
    with tenant_context(tenant):
        return list(practice().switched_off)


def row_of(page: str, automation: str) -> str:
    """What the page says of one automation."""
    return page.partition(f'id="{automation}">')[2].partition("</li>")[0]


# --- the page -----------------------------------------------------------------------------------------


def test_each_automation_stands_on_the_page_once_and_says_why_it_cannot_be_switched_off() -> None:
    listed = [each for group in GROUPS for each in group.automations]
    assert sorted(listed) == sorted([*Automation, *Deed])
    assert set(listed) == set(WORDS)
    assert {each for each in listed if not WORDS[each].kept} == set(SWITCHES)


def test_each_deed_of_the_log_has_words() -> None:
    written = {*ABOUT_BOOKINGS, *ABOUT_PACKS, *ON_THEIR_OWN, *retainer_mails.WRITERS}
    kinds = {kind for kind, _audience in written} | set(ABOUT_STRIPE)
    assert set(MAILS) <= kinds - set(BY_THE_COACH)
    assert set(Deed) - {Deed.PAPERS, Deed.RETRIED} == set(DEEDS)


def test_a_switch_is_pressed_and_stays_so(anna: Tenant) -> None:
    coach = Coach(anna)
    assert "Switch off" in row_of(coach.read("settings/automations/"), "pack_low")
    assert pressed(coach, "pack_low", "off") == 303
    page = coach.read("settings/automations/")
    assert "Packs that are nearly used up: off from now on." in page
    assert "Switch on" in row_of(page, "pack_low")
    assert "Switch off" in row_of(page, "pack_expiring")
    assert switched_off(anna) == ["pack_low"]
    assert pressed(coach, "pack_low", "on") == 303
    assert switched_off(anna) == []
    with tenant_context(anna):
        events = Event.objects.filter(kind="automation.switched").order_by("pk")
        told = [(event.actor_kind, event.data["to"]) for event in events]
    assert told == [("coach", "off"), ("coach", "on")]


@pytest.mark.parametrize("automation", [*sorted(set(Automation) - set(SWITCHES)), *Deed, "nothing", "log"])
def test_what_must_be_done_has_no_switch(anna: Tenant, automation: str) -> None:
    coach = Coach(anna)
    assert "<button" not in row_of(coach.read("settings/automations/"), automation)
    assert pressed(coach, automation, "off") == 404
    assert switched_off(anna) == []


def test_reminders_are_one_setting_wherever_it_is_set(anna: Tenant) -> None:
    coach = Coach(anna)
    coach.post("settings/reminders/", {"first": "48", "second": ""})
    assert "Sent 48 hours before a session." in row_of(coach.read("settings/automations/"), "reminders")
    pressed(coach, "reminders", "off")
    assert "None are sent" in coach.read("settings/")
    coach.post("settings/reminders/", {"first": "72", "second": ""})
    assert "Switch off" in row_of(coach.read("settings/automations/"), "reminders")


def test_what_is_set_for_each_session_type_is_shown_as_it_is_set(anna: Tenant) -> None:
    for number, fails in enumerate(("keep", "cancel", "cancel")):
        fields = {"deposit_minor": 1000, "if_rest_fails": fails, "rest_by_card": fails == "keep"}
        worlds.session_type(anna, name=f"Lesson {number}", **fields)
    page = Coach(anna).read("settings/automations/")
    assert "for 1 of 3 session types with a deposit" in row_of(page, "charged")
    assert "On for 2 of 3 session types with a deposit" in row_of(page, "called_off")


def test_how_often_and_when_last_is_said(shop: Shop) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(12))
    worlds.drain()
    coach = Coach(shop.tenant)
    assert "1 in the last 30 days" in row_of(coach.read("settings/automations/"), "paid")
    assert "Not needed yet" in row_of(coach.read("settings/automations/"), "retried")
    with clock.travel(40 * 86_400):
        assert "None in the last 30 days" in row_of(coach.read("settings/automations/"), "paid")


# --- the log ------------------------------------------------------------------------------------------


@pytest.fixture
def june(stripe: Simulator) -> Iterator[None]:
    """The Monday on which the histories of mails begin."""
    with clock.travel((mailroom.NOW - clock.now()).total_seconds()):
        stripe.set_clock(mailroom.NOW)
        yield


@pytest.fixture
def busy(june: None, anna: Tenant, stripe: Simulator) -> Shop:
    """Something of everything that a line of the log can lead to."""
    shop = worlds.open_shop(anna, stripe)
    kind = lesson(shop)
    pack = pack_room.bought(shop, pack_room.offered(shop, kind, units=3, price_minor=15000))
    pack_room.booked(shop, pack, kind)
    sold = mailroom.sold(shop, lesson(shop, name="Second lesson"), at=mailroom.TUESDAY + timedelta(days=2))
    mailroom.work_off()
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, sold).stripe_charge_id, 1000)
    worlds.hear_stripe(shop.stripe)
    stack.begin(shop, stack.plan(shop, kind), email="cleo@example.com")
    left = worlds.held(shop.tenant, kind, at=mailroom.TUESDAY + timedelta(days=4))
    worlds.book(shop.tenant, left)
    test_golden_papers.invoice_overdue(shop)
    return shop


def links_of(page: str) -> list[str]:
    return re.findall(r'<a class="row" href="([^"]+)"', page)


def test_each_line_leads_to_what_it_is_about(busy: Shop) -> None:
    coach = Coach(busy.tenant)
    seen: set[str] = set()
    with clock.travel(18 * 86_400):
        mailroom.work_off()
        for number in (1, 2):
            seen |= set(links_of(coach.read(f"settings/automations/log/?page={number}")))
        for href in seen:
            assert coach.browser.get(href).status_code == 200, href
    kinds = {re.sub(r"/[0-9a-f-]{36}/$", "", href).removeprefix(coach.base.rstrip("/")) for href in seen}
    assert {"/booking", "/clients/packs", "/money/payments", "/money/papers", "/retainers"} <= kinds


def test_the_log_says_what_was_done_for_whom_and_for_how_much(shop: Shop) -> None:
    worlds.sell(shop, worlds.session_type(shop.tenant), at=worlds.hour(12))
    worlds.drain()
    coach = Coach(shop.tenant)
    page = coach.read("settings/automations/log/")
    for said in ("Booking confirmed", "Mail to Cleo", "Payment taken", "€45.00", "Receipt written"):
        assert said in page, said
    only = coach.read("settings/automations/log/?of=paid")
    assert "Payment taken" in only
    assert "Booking confirmed" not in only
    assert '<option value="paid" selected>' in only
    assert "Nothing yet" in coach.read("settings/automations/log/?of=retried")
    assert "Booking confirmed" in coach.read("settings/automations/log/?of=nonsense")


def test_the_log_names_the_mail_of_a_sequence(shop: Shop) -> None:
    made = sequence_room.made(shop, sequence_room.WELCOME, sequence_room.NEXT_DAY)
    sequence_room.begins(shop, sequence_room.client(shop))
    with clock.travel(25 * 3600):
        mailroom.work_off()
        page = Coach(shop.tenant).read("settings/automations/log/?of=sequences")
        assert "Mail 1 of “After a pack”" in page
        assert "Mail 2 of “After a pack”" in page
        first = made.steps[0]
        with tenant_context(shop.tenant):
            sequences.remove_step(
                sequence_id=made.pk, step_id=first["id"], now=clock.now(), actor=sequence_room.ANNA
            )
        page = Coach(shop.tenant).read("settings/automations/log/?of=sequences")
        assert "A mail of “After a pack”" in page
        assert "Mail 1 of “After a pack”" in page


def test_a_page_of_the_log_leads_to_the_next_of_the_same(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.earnings.deeds.ON_A_PAGE", 1)
    for number in (0, 2):
        worlds.sell(shop, worlds.session_type(shop.tenant, name=f"L{uuid7()}"), at=worlds.hour(12 + number))
    worlds.drain()
    page = Coach(shop.tenant).read("settings/automations/log/?of=paid")
    assert "Page 1 of 2" in page
    assert "?of=paid&amp;page=2" in page
    assert len(links_of(page)) == 1
