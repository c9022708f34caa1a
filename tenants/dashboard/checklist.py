"""What is left between signing up and the first paid session; told by the state alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, Exists, ExpressionWrapper

from connect.models import ConnectAccount
from kit.database import current_schema
from kit.words import ago
from tenants.dashboard import agreement_needs, payment_needs
from tenants.dashboard.hour_words import week_in_words
from tenants.dashboard.stripe_words import standing
from tenants.earnings import owed
from tenants.offers.models import Practice, SessionType
from tenants.registry import patrols
from tenants.scheduling.hours import weekly

# Beyond it, how long the set-up took says nothing any more.
WORTH_TELLING = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offered:
    """Whether anything can be booked, and whether any of it costs something."""

    anything: bool
    priced: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: `name` is what the page offers for it."""

    name: str
    title: str
    text: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Checklist:
    steps: Sequence[Step]
    since_sign_up: str

    @property
    def next(self) -> Step | None:
        return next((step for step in self.steps if not step.is_done), None)

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)


@dataclass(frozen=True, slots=True)
class Glance:
    """What one query sees: the practice, whether anything can be booked, and what has to be looked into:
    `missed` what a patrol found, `money` disputes, refused refunds and warnings, `owed` what clients owe,
    `unsigned` agreements without an answer."""

    practice: Practice
    offer: Offered
    missed: bool
    money: bool
    owed: bool
    unsigned: bool = False


def at_a_glance(*, now: datetime) -> Glance:
    """In one query."""
    on_offer = SessionType.objects.filter(is_active=True)
    row = Practice.objects.annotate(
        anything=Exists(on_offer),
        priced=Exists(on_offer.filter(price_minor__gt=0)),
        missed=Exists(patrols.open_findings(schema_name=current_schema())),
        money=ExpressionWrapper(payment_needs.anything(), output_field=BooleanField()),
        owed=ExpressionWrapper(owed.anything(), output_field=BooleanField()),
        unsigned=Exists(agreement_needs.waiting(now)),
    ).get()
    offer = Offered(row.anything, row.priced)
    return Glance(row, offer, row.missed, row.money, row.owed, row.unsigned)


def is_finished(practice: Practice, offer: Offered, account: ConnectAccount | None) -> bool:
    """Whether nothing is left. Who offers free sessions only needs no Stripe."""
    agreed = practice.hours_agreed_at and practice.policy_agreed_at and practice.link_shared_at
    return bool(agreed and offer.anything and _stripe_is_done(offer, account))


def checklist(
    *,
    practice: Practice,
    offer: Offered,
    account: ConnectAccount | None,
    signed_up_at: datetime,
    now: datetime,
) -> Checklist | None:
    """What is left to do; None once nothing is. Asks for the hours only while they are not agreed to."""
    if is_finished(practice, offer, account):
        return None
    told = ago(signed_up_at, now) if now - signed_up_at < WORTH_TELLING else ""
    return Checklist(
        [
            Step("offer", "Offer a session", "What clients can book, and what it costs.", offer.anything),
            Step("hours", "Say when you work", _hours(practice), bool(practice.hours_agreed_at)),
            Step("policy", "Say until when cancelling is free", _policy(practice), _agreed(practice)),
            Step("stripe", "Connect Stripe", standing(account).text, _stripe_is_done(offer, account)),
            Step("share", "Share your link", "Your page is live already.", bool(practice.link_shared_at)),
        ],
        told,
    )


def _agreed(practice: Practice) -> bool:
    return bool(practice.policy_agreed_at)


def _stripe_is_done(offer: Offered, account: ConnectAccount | None) -> bool:
    connected = account is not None and account.can_charge
    return connected or (offer.anything and not offer.priced)


def _hours(practice: Practice) -> str:
    return "" if practice.hours_agreed_at else week_in_words(weekly(), practice)


def _policy(practice: Practice) -> str:
    hours = practice.cancel_window_hours
    if not hours:
        return "Clients can cancel free of charge until the session begins."
    return f"Clients can cancel free of charge until {hours} hours before the session."
