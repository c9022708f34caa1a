"""Which automation each mail belongs to, and those that a coach may switch off.

A switch counts when a mail is planned, and once more when it is sent. What it stops is left out for good:
switched on again, nothing is made up for.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.db import transaction

from kit.actors import Actor
from tenants.activity import events
from tenants.activity.models import Event
from tenants.messaging.models import Audience
from tenants.offers.models import Practice, reminded_a_day_before
from tenants.offers.practice import practice

CLIENT, BUYER, COACH = Audience.CLIENT, Audience.BUYER, Audience.COACH


class Automation(StrEnum):
    """What mails are for. Those of the first group can be switched off."""

    REMINDERS = "reminders"
    PACK_LOW = "pack_low"
    PACK_EXPIRING = "pack_expiring"
    INVOICE_OVERDUE = "invoice_overdue"
    ASKED_AGAIN = "asked_again"
    PERIOD_PAID = "period_paid"
    PAPERS_GIVEN = "papers_given"
    NEWS_BOOKED = "news_booked"
    NEWS_CHANGED = "news_changed"
    NEWS_MONEY = "news_money"
    NEWS_PLANS = "news_plans"

    CONFIRMATIONS = "confirmations"
    RECEIPTS = "receipts"
    CHARGE_NOTICES = "charge_notices"
    ASKS = "asks"
    LINKS = "links"
    SEQUENCES = "sequences"
    NEEDS_COACH = "needs_coach"


# Kept in `Practice.switched_off`; reminders have their hours, and none of them is off.
SWITCHES: Final = (
    Automation.REMINDERS,
    Automation.PACK_LOW,
    Automation.PACK_EXPIRING,
    Automation.INVOICE_OVERDUE,
    Automation.ASKED_AGAIN,
    Automation.PERIOD_PAID,
    Automation.PAPERS_GIVEN,
    Automation.NEWS_BOOKED,
    Automation.NEWS_CHANGED,
    Automation.NEWS_MONEY,
    Automation.NEWS_PLANS,
)

# To whoever they go, or by kind and audience where that differs. A mail to a client that stands in none is
# about something agreed or changed; one to the coach, about something to be done.
_TO_ANYBODY: Final = {
    Automation.REMINDERS: ("booking_reminder",),
    Automation.PACK_LOW: ("pack_low",),
    Automation.PACK_EXPIRING: ("pack_expiring",),
    Automation.INVOICE_OVERDUE: ("invoice_overdue",),
    Automation.PAPERS_GIVEN: ("paper_handed_over",),
}
_TO_COACH: Final = {
    Automation.PERIOD_PAID: ("retainer_renewed",),
    Automation.NEWS_BOOKED: ("booking_confirmed", "series_confirmed"),
    Automation.NEWS_CHANGED: ("booking_moved", "booking_cancelled", "booking_waived"),
    Automation.NEWS_MONEY: (
        "pack_bought",
        "packs_bought",
        "packs_refunded",
        "pack_sold",
        "pack_paid",
        "payment_received",
        "payment_refunded",
        "pack_payment_refunded",
        "retainer_refunded",
        "invoice_paid",
        "invoice_refunded",
        "order_paid",
        "order_refunded",
        "fees_stated",
    ),
    Automation.NEWS_PLANS: (
        "pack_expired",
        "pack_extended",
        "pack_sent",
        "pack_unfrozen",
        "retainer_started",
        "retainer_resumed",
        "retainer_cancel_wanted",
        "retainer_ended",
    ),
}
_TO_CLIENTS: Final = {
    Automation.RECEIPTS: (
        "payment_refunded",
        "payment_received",
        "payment_given_back",
        "payment_taken_back",
        "refund_refused",
        "instalment_paid",
        "pack_paid",
        "pack_refunded",
        "pack_payment_refunded",
        "retainer_refunded",
        "retainer_renewed",
        "invoice_paid",
        "invoice_cancelled",
        "invoice_refunded",
        "order_refunded",
        "packs_refunded",
    ),
    Automation.CHARGE_NOTICES: ("instalment_upcoming", "retainer_upcoming", "retainer_price_changed"),
    Automation.ASKS: (
        "instalment_due",
        "instalment_failed",
        "instalment_asks_client",
        "instalment_unpaid",
        "retainer_past_due",
        "retainer_asks_client",
    ),
    Automation.LINKS: (
        "pack_link_asked",
        "order_link_asked",
        "payments_link_asked",
        "card_saved",
        "card_removed",
        "sign_in_code",
    ),
    Automation.SEQUENCES: ("sequence_mail",),
}


def _table() -> Mapping[tuple[str, str], Automation]:
    groups = ((_TO_ANYBODY, (CLIENT, BUYER, COACH)), (_TO_COACH, (COACH,)), (_TO_CLIENTS, (CLIENT, BUYER)))
    found: dict[tuple[str, str], Automation] = {
        (kind, audience): automation
        for named, audiences in groups
        for automation, kinds in named.items()
        for kind in kinds
        for audience in audiences
    }
    # Whoever pays gets it as a receipt; to whom another pays for it is only news.
    found["retainer_renewed", CLIENT] = Automation.PERIOD_PAID
    return MappingProxyType(found)


MAILS: Final = _table()


def automation_of(kind: str, audience: str, *, asks_again: bool = False) -> Automation:
    """What a mail belongs to; `asks_again` where its event says that it asks for the same a second time."""
    if kind == "instalment_due" and asks_again:
        return Automation.ASKED_AGAIN
    usual = Automation.NEEDS_COACH if audience == COACH else Automation.CONFIRMATIONS
    return MAILS.get((kind, audience), usual)


def is_off(kind: str, audience: str, event: Event) -> bool:
    """Whether the coach wants no such mail to be sent, as the switches are now."""
    automation = automation_of(kind, audience, asks_again=bool(event.data.get("reminds")))
    return automation in SWITCHES and not is_on(automation, practice())


def is_on(automation: str, here: Practice) -> bool:
    """Whether it does its work at a practice."""
    if automation == Automation.REMINDERS:
        return bool(here.reminder_hours)
    return automation not in here.switched_off


def switch(*, automation: Automation, on: bool, now: datetime, actor: Actor) -> None:
    """Use case of the coach: from now on it works, or does not. Pressed twice it is recorded once.

    Raises ValueError for one that has no switch.
    """
    if automation not in SWITCHES:
        raise ValueError(f"{automation} cannot be switched off")
    with transaction.atomic(durable=True):
        here = Practice.objects.select_for_update().get()
        if is_on(automation, here) == on:
            return
        if automation == Automation.REMINDERS:
            Practice.objects.update(reminder_hours=reminded_a_day_before() if on else [])
        else:
            left = {*here.switched_off} - {automation} if on else {*here.switched_off, automation}
            Practice.objects.update(switched_off=sorted(left))
        _record(here, automation, on, now, actor)


def set_reminders(*, hours: list[int], now: datetime, actor: Actor) -> Practice:
    """Use case of the coach: how long before a session its client is reminded; never is off."""
    with transaction.atomic(durable=True):
        here = Practice.objects.select_for_update().get()
        was_on = is_on(Automation.REMINDERS, here)
        Practice.objects.update(reminder_hours=hours)
        if was_on != bool(hours):
            _record(here, Automation.REMINDERS, bool(hours), now, actor)
    return practice()


def _record(here: Practice, automation: str, on: bool, now: datetime, actor: Actor) -> None:
    events.record(
        kind="automation.switched",
        subject_id=here.pk,
        actor=actor,
        now=now,
        data={"automation": str(automation), "to": "on" if on else "off"},
    )
