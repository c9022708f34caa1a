"""The switches of mails: each stops what it names and nothing else, when mails are planned and when sent."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import SYSTEM, Actor
from tenants.activity import events
from tenants.activity.models import Event
from tenants.messaging import outbox, plans, retainer_mails, switches
from tenants.messaging.models import Mail, MailStatus
from tenants.messaging.switches import SWITCHES, Automation
from tenants.messaging.writers import ABOUT_BOOKINGS, ABOUT_PACKS, ABOUT_STRIPE, ON_THEIR_OWN
from tenants.offers.practice import practice
from tests.messaging import mailroom, test_golden_papers, test_golden_retainers
from tests.messaging.mailroom import CLIENT, COACH, MIA, TUESDAY, asked, lesson
from tests.messaging.pack_room import booked, bought, offered
from tests.messaging.test_golden_reminders import remind
from tests.worlds import Shop

ANNA = Actor("coach", "7", "Anna")
ONE, ALL = ("coach",), ("client", "buyer", "coach")
# Each switch, with the mails that it names and who reads them.
NAMED: Mapping[Automation, dict[str, tuple[str, ...]]] = MappingProxyType(
    {
        Automation.REMINDERS: {"booking_reminder": ("client",)},
        Automation.PACK_LOW: {"pack_low": ALL},
        Automation.PACK_EXPIRING: {"pack_expiring": ("client", "coach")},
        Automation.INVOICE_OVERDUE: {"invoice_overdue": ("client",)},
        Automation.ASKED_AGAIN: {"instalment_due": ("client",)},
        Automation.PERIOD_PAID: {"retainer_renewed": ("client", "coach")},
        Automation.PAPERS_GIVEN: {"paper_handed_over": ("client",)},
        Automation.NEWS_BOOKED: {"booking_confirmed": ONE, "series_confirmed": ONE},
        Automation.NEWS_CHANGED: {
            "booking_moved": ONE,
            "booking_cancelled": ONE,
            "booking_waived": ONE,
        },
        Automation.NEWS_MONEY: {
            "pack_bought": ONE,
            "pack_sold": ONE,
            "pack_paid": ONE,
            "packs_bought": ONE,
            "packs_refunded": ONE,
            "payment_received": ONE,
            "payment_refunded": ONE,
            "pack_payment_refunded": ONE,
            "retainer_refunded": ONE,
            "invoice_paid": ONE,
            "invoice_refunded": ONE,
            "order_paid": ONE,
            "order_refunded": ONE,
            "fees_stated": ONE,
        },
        Automation.NEWS_PLANS: {
            "pack_expired": ONE,
            "pack_extended": ONE,
            "pack_sent": ONE,
            "pack_unfrozen": ONE,
            "retainer_started": ONE,
            "retainer_resumed": ONE,
            "retainer_cancel_wanted": ONE,
            "retainer_ended": ONE,
        },
    }
)


def switched(shop: Shop, automation: Automation, *, on: bool) -> None:
    with tenant_context(shop.tenant):
        switches.switch(automation=automation, on=on, now=clock.now(), actor=ANNA)


def happenings() -> list[tuple[str, dict[str, Any]]]:
    """Everything that leads to mails: each kind of event, in each of its meanings for them."""
    every: list[tuple[str, dict[str, Any]]] = [
        (kind, {}) for kind in plans.MAILS if kind not in ("instalment.due", "payment.refunded")
    ]
    every += [("instalment.due", {"reminds": again}) for again in (False, True)]
    return every + [("payment.refunded", {"purpose": each}) for each in ("booking", *plans.REFUNDED)]


def planned(shop: Shop) -> set[tuple[str, str, str, bool]]:
    """All mails that are planned when everything happens: of what, which, to whom, if for a second time."""
    told = set()
    with tenant_context(shop.tenant), transaction.atomic():
        for kind, data in happenings():
            event = events.record(kind=kind, subject_id=uuid4(), actor=SYSTEM, now=clock.now(), data=data)
            outbox.plan(event=event, now=clock.now())
            again = bool(data.get("reminds"))
            rows = Mail.objects.filter(event_id=event.pk)
            told |= {(data.get("purpose", kind), row.kind, row.audience, again) for row in rows}
        transaction.set_rollback(True)
    return told


@pytest.fixture
def whoever_may_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the rules that look at rows, such as who has paid: the plan and the switches are left."""
    monkeypatch.setattr(plans, "_ONLY_IF", {})


@pytest.mark.parametrize("automation", SWITCHES)
def test_a_switch_stops_the_mails_that_it_names_and_no_others(
    shop: Shop, whoever_may_be_told: None, automation: Automation
) -> None:
    before = planned(shop)
    switched(shop, automation, on=False)
    after = planned(shop)
    stopped = {(kind, audience, again) for _event, kind, audience, again in before - after}
    again = automation == Automation.ASKED_AGAIN
    named = {(kind, reader, again) for kind, readers in NAMED[automation].items() for reader in readers}
    assert stopped == named
    assert after <= before
    switched(shop, automation, on=True)
    assert planned(shop) == before


def test_every_switch_is_tried_here_and_names_mails_that_there_are(whoever_may_be_told: None) -> None:
    assert set(NAMED) == set(SWITCHES)
    written = {*ABOUT_BOOKINGS, *ABOUT_PACKS, *ON_THEIR_OWN, *retainer_mails.WRITERS}
    written |= {(kind, "coach") for kind in ABOUT_STRIPE}
    assert {kind for kind, _audience in switches.MAILS} <= {kind for kind, _audience in written}


def test_what_has_no_switch_cannot_be_switched_off(shop: Shop) -> None:
    for automation in set(Automation) - set(SWITCHES):
        with pytest.raises(ValueError, match="cannot be switched off"):
            switched(shop, automation, on=False)
    with tenant_context(shop.tenant):
        assert practice().switched_off == []


# --- as it happens ------------------------------------------------------------------------------------


def sent() -> list[tuple[str, str]]:
    return sorted((message.to[0], str(message.subject)) for message in mail.outbox)


def test_without_news_of_bookings_only_the_client_is_told(shop: Shop) -> None:
    switched(shop, Automation.NEWS_BOOKED, on=False)
    asked(shop, lesson(shop, price_minor=0))
    mailroom.work_off()
    assert [reader for reader, _subject in sent()] == [CLIENT]


def test_a_mail_that_waits_when_its_switch_is_pressed_is_not_sent(shop: Shop) -> None:
    asked(shop, lesson(shop, price_minor=0))
    mailroom.announce(shop)
    switched(shop, Automation.NEWS_BOOKED, on=False)
    mailroom.work_off()
    outcomes = {row.audience: row.status for row in mailroom.mails(shop)}
    assert outcomes == {"client": MailStatus.SENT, "coach": MailStatus.DROPPED}
    assert [reader for reader, _subject in sent()] == [CLIENT]


def test_reminders_are_switched_by_their_hours(shop: Shop) -> None:
    switched(shop, Automation.REMINDERS, on=False)
    with tenant_context(shop.tenant):
        assert practice().reminder_hours == []
    mailroom.sold(shop, lesson(shop))
    remind(shop)
    assert sent() == []
    switched(shop, Automation.REMINDERS, on=True)
    with tenant_context(shop.tenant):
        assert practice().reminder_hours == [24]


@pytest.mark.parametrize("automation", [None, Automation.PACK_LOW])
def test_nobody_is_told_of_a_low_pack_once_that_is_off(shop: Shop, automation: Automation | None) -> None:
    kind = lesson(shop)
    pack = bought(shop, offered(shop, kind, units=3, price_minor=15000))
    if automation:
        switched(shop, automation, on=False)
    mail.outbox.clear()
    booked(shop, pack, kind, at=TUESDAY)
    mailroom.work_off()
    low = [reader for reader, subject in sent() if "left" in subject]
    assert low == ([] if automation else [COACH, CLIENT])


@pytest.mark.parametrize("automation", [None, Automation.INVOICE_OVERDUE])
def test_no_invoice_is_called_late_once_that_is_off(shop: Shop, automation: Automation | None) -> None:
    if automation:
        switched(shop, automation, on=False)
    test_golden_papers.invoice_overdue(shop)
    assert len(sent()) == (0 if automation else 1)


@pytest.mark.parametrize("automation", [None, Automation.PERIOD_PAID])
def test_of_a_paid_period_only_who_pays_is_told_once_that_is_off(
    shop: Shop, automation: Automation | None
) -> None:
    if automation:
        switched(shop, automation, on=False)
    test_golden_retainers.retainer_renewed_for_somebody(shop)
    readers = [reader for reader, _subject in sent()]
    assert readers == ([MIA] if automation else sorted([CLIENT, COACH, MIA]))


# --- on record ----------------------------------------------------------------------------------------


def test_each_switch_is_on_record_once_with_who_pressed_it(shop: Shop) -> None:
    for on in (False, False, True, True):
        switched(shop, Automation.PACK_LOW, on=on)
    for hours in ([], [], [48, 2], [24]):
        with tenant_context(shop.tenant):
            switches.set_reminders(hours=hours, now=clock.now(), actor=ANNA)
    with tenant_context(shop.tenant):
        rows = Event.objects.filter(kind="automation.switched").order_by("pk")
        told = [(row.actor_name, row.data["automation"], row.data["to"]) for row in rows]
        assert practice().reminder_hours == [24]
    assert told == [
        ("Anna", "pack_low", "off"),
        ("Anna", "pack_low", "on"),
        ("Anna", "reminders", "off"),
        ("Anna", "reminders", "on"),
    ]
