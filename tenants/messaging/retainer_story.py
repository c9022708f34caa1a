"""All that mails may say of one retainer, read when the mail is written."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.database import current_schema
from kit.money import format_money
from kit.words import long_date
from tenants.activity.models import Event
from tenants.billing.links import pay_address
from tenants.billing.models import Charge, PaymentAttempt
from tenants.billing.tenders import card_in_words
from tenants.clients.models import Client
from tenants.clients.relations import may_see_amounts
from tenants.messaging.letters import Letter, Link
from tenants.messaging.models import Audience
from tenants.messaging.story import MONEY_CAME, coach_name
from tenants.messaging.wording import one_line
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.registry.pages import dashboard_address
from tenants.retainers import links
from tenants.retainers.charging import PURPOSE
from tenants.retainers.models import Retainer, RetainerPeriod
from tenants.retainers.periods import day_of
from tenants.retainers.statements import PeriodLine, Statement, statement_of

CLIENT, PAYER, COACH = Audience.CLIENT, Audience.BUYER, Audience.COACH


@dataclass(frozen=True)
class RetainerStory:
    """A retainer as one reader is told of it: who uses it, who pays it, or the coach."""

    event: Event
    audience: str
    retainer: Retainer
    period: RetainerPeriod | None
    charge: Charge | None
    practice: Practice
    coach: str
    statement: Statement
    now: datetime

    # --- who ----------------------------------------------------------------------------------------

    @property
    def reader(self) -> Client | None:
        """The person a mail goes to; None for the coach."""
        if self.audience == COACH:
            return None
        return self.retainer.payer if self.audience == PAYER else self.retainer.client

    @property
    def who(self) -> str:
        return one_line(self.retainer.client.name)

    @property
    def payer(self) -> str:
        return one_line(self.retainer.payer.name)

    @property
    def for_whom(self) -> str:
        """ " for Cleo", where somebody else pays."""
        return f" for {self.who}" if self.retainer.payer_id != self.retainer.client_id else ""

    # --- what ---------------------------------------------------------------------------------------

    @property
    def what(self) -> str:
        return one_line(self.retainer.plan.name)

    @property
    def days(self) -> str:
        """The days of the period that it is about."""
        return self._line.days if self._line else ""

    @property
    def _line(self) -> PeriodLine | None:
        return next((each for each in self.statement.lines if each.period == self.period), None)

    @property
    def paid_by(self) -> PaymentAttempt | None:
        """The payment by card of the period that it is about."""
        if self.charge is None:
            return None
        tries = PaymentAttempt.objects.filter(charge=self.charge, status__in=MONEY_CAME)
        return tries.order_by("-created_at").first()

    def card(self) -> str:
        return card_in_words(self.paid_by.card if self.paid_by else "")

    def balance(self) -> tuple[str, ...]:
        """What the period holds that the mail is about, or else the one that runs, and what comes."""
        told = self.statement.balance
        about = self._line
        return tuple(filter(None, (about.sentence if about else told.headline, told.next_line, *told.notes)))

    # --- where --------------------------------------------------------------------------------------

    def page(self, path: str = "") -> str:
        return links.address_of(self.retainer, path, for_payer=self.audience == PAYER)

    def pay_page(self) -> str:
        assert self.charge is not None
        return pay_address(self.charge)

    @property
    def dashboard_url(self) -> str:
        return f"{dashboard_address(current_schema())}retainers/{self.retainer.pk}/"

    # --- words --------------------------------------------------------------------------------------

    def money(self, minor: int) -> str:
        return format_money(minor, self.retainer.currency, self.practice.locale)

    @property
    def price(self) -> str:
        """What the period costs that it is about, or else the retainer."""
        return self.money(self.period.price_minor if self.period else self.retainer.price_minor)

    def day(self, moment: datetime) -> str:
        """On the coach's wall: "Friday 29 May 2026"."""
        return long_date(day_of(moment, self.practice.timezone), self.practice.locale)

    def last_day(self, ends_at: datetime) -> str:
        return long_date(day_of(ends_at - datetime.resolution, self.practice.timezone), self.practice.locale)

    def moment(self, name: str) -> datetime | None:
        """One of the moments that the event names."""
        written = self.event.data.get(name)
        return datetime.fromisoformat(written) if written else None

    def letter(self, **said: Any) -> Letter:
        """A letter to this reader: answers go to the coach, and the coach's to who pays."""
        to_coach = self.audience == COACH
        usual: dict[str, Any] = {
            "action": Link("Open the retainer", self.dashboard_url)
            if to_coach
            else Link("See your retainer", self.page()),
            "why": self._why(),
            "reply_to": self.retainer.payer.email if to_coach else self.practice.contact_email,
        }
        return Letter(**{**usual, **said})

    def _why(self) -> str:
        if self.audience == COACH:
            return f"You get this because {called.a_client} has this retainer with you."
        if self.audience == PAYER:
            return f"You get this because you pay for this retainer with {self.coach}."
        return f"You get this because you have this retainer with {self.coach}."


def retainer_story_of(event: Event, audience: str, now: datetime) -> RetainerStory:
    """The retainer that an event speaks of, with the period that it is about.

    The event is one of the retainer's own, or of a payment for one of its periods.
    """
    period = _period_of(event)
    retainer_id = period.retainer_id if period else event.subject_id
    retainer = Retainer.objects.select_related("plan", "client", "payer").get(pk=retainer_id)
    us = practice()
    charges = Charge.objects.select_related("client").filter(purpose=PURPOSE)
    return RetainerStory(
        event=event,
        audience=audience,
        retainer=retainer,
        period=period,
        charge=charges.filter(reference=period.pk).first() if period else None,
        practice=us,
        coach=coach_name(),
        statement=statement_of(
            retainer=retainer,
            now=now,
            sees_amounts=audience != CLIENT or may_see_amounts(retainer.client_id, retainer.payer_id),
            is_coach=audience == COACH,
            practice=us,
        ),
        now=now,
    )


def _period_of(event: Event) -> RetainerPeriod | None:
    if event.kind == "payment.refunded":
        return RetainerPeriod.objects.get(pk=event.subject_id)
    named = event.data.get("period")
    return RetainerPeriod.objects.get(pk=uuid.UUID(named)) if named else None
