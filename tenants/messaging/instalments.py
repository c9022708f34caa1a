"""Mails about the parts of what is owed: to be charged, to be paid, paid, refused, given up.

The payer gets them, with one way on in each; the coach hears where something is in the way. Of a retainer's
periods others tell.
"""

from dataclasses import dataclass
from datetime import datetime

from connect.accounts import account_of
from kit.clock import zone
from kit.database import current_schema
from kit.money import format_money
from kit.words import long_date, wall_time
from tenants.activity.models import Event
from tenants.billing import cards, charges, instalments, links
from tenants.billing.models import (
    OWED,
    Charge,
    Instalment,
    InstalmentKind,
    InstalmentStatus,
    PaymentAttempt,
    SavedCard,
)
from tenants.billing.tenders import card_in_words
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.story import coach_name
from tenants.messaging.wording import one_line
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.registry.pages import dashboard_address

OF_PACKS = frozenset({"pack", "pack_and_booking"})
# What banks say, where it helps to know it. Everything else is a plain no.
SAID = {
    "insufficient_funds": "there was not enough money on it",
    "expired_card": "the card has expired",
    "lost_card": "the card is reported as lost",
    "stolen_card": "the card is reported as stolen",
    "card_velocity_exceeded": "the card’s limit is reached",
    "withdrawal_count_limit_exceeded": "the card’s limit is reached",
}


@dataclass(frozen=True)
class Told:
    """One part as it stands when the mail is written."""

    event: Event
    part: Instalment
    charge: Charge
    practice: Practice
    coach: str

    @property
    def what(self) -> str:
        return one_line(self.charge.description)

    @property
    def who(self) -> str:
        return one_line(self.charge.client.name)

    @property
    def amount(self) -> str:
        """What is left of this part; of one that was paid, what it was."""
        minor = instalments.left_minor(self.part) or self.part.amount_minor
        return self.money(minor)

    @property
    def zone(self) -> str:
        return self.charge.client.timezone or self.practice.timezone

    @property
    def due_on(self) -> str:
        return self.day(self.part.due_at)

    def day(self, at: datetime) -> str:
        return long_date(at.astimezone(zone(self.zone)).date(), self.practice.locale)

    def money(self, minor: int) -> str:
        return format_money(minor, self.charge.currency, self.practice.locale)

    def facts(self) -> tuple[Fact, ...]:
        """Which part of what, and what is open of the whole."""
        which = (Fact("Payment", self._which()),) if self._which() else ()
        owed_minor = charges.owed_minor(self.charge)
        left = Fact("Open of the whole price", self.money(owed_minor) if owed_minor else "Nothing")
        return (Fact("For", self.what), *which, left)

    def _which(self) -> str:
        if self.part.kind == InstalmentKind.INSTALMENT:
            others = self.charge.instalments.exclude(status=InstalmentStatus.VOID).count()
            return f"{self.part.number} of {others}"
        return "The rest, after the deposit" if self.part.kind == InstalmentKind.REST else ""

    def to_payer(self, **said: object) -> tuple[Letter, str]:
        letter = Letter(
            why=f"You get this because you pay {self.coach} for {self.what} in parts.",
            reply_to=self.practice.contact_email,
            **said,  # type: ignore[arg-type]
        )
        return letter, self.charge.client.email

    def to_coach(self, **said: object) -> tuple[Letter, str]:
        page = f"{dashboard_address(current_schema())}clients/{self.charge.client_id}/payments/"
        letter = Letter(
            why=f"You get this because something that {called.a_client} owes you was not paid.",
            action=Link("See what is owed", page),
            reply_to=self.charge.client.email,
            **said,  # type: ignore[arg-type]
        )
        return letter, ""

    def pay(self, words: str) -> Link:
        return Link(words, links.pay_address(self.charge))


def _told(event: Event) -> Told:
    part = Instalment.objects.select_related("charge__client").get(pk=event.subject_id)
    return Told(event, part, part.charge, practice(), coach_name())


def _still_owed(event: Event) -> Told:
    told = _told(event)
    if told.part.status not in OWED:
        raise Outdated("It is paid, or not owed any more.")
    return told


# --- before, and when it is due ------------------------------------------------------------------------


def upcoming(event: Event, now: datetime) -> tuple[Letter, str]:
    """Which card is charged when, and how to pay otherwise."""
    told = _still_owed(event)
    if now >= told.part.due_at:
        raise Outdated("The day has come.")
    account = account_of(schema_name=current_schema())
    card = account and cards.usable_card(client_id=told.charge.client_id, account_id=account.account_id or "")
    if not card:
        raise Outdated("No card would be charged.")
    shown = card_in_words(str(card))
    return told.to_payer(
        subject=f"On {told.due_on}: {told.amount} for {told.what}",
        fact=f"On {told.due_on} your {shown} is charged {told.amount} for {told.what} with {told.coach}.",
        facts=told.facts(),
        paragraphs=(
            "You need not do anything. To pay earlier, or with another card, open the page below; there you "
            "can change or remove the card too.",
        ),
        action=told.pay("Pay earlier or otherwise"),
    )


def due(event: Event, now: datetime) -> tuple[Letter, str]:
    """To be paid by the link; a day later once more."""
    del now
    told = _still_owed(event)
    reminds = event.data["reminds"]
    return told.to_payer(
        subject=f"{'Still open' if reminds else 'To pay'}: {told.amount} for {told.what}",
        fact=f"{told.amount} for {told.what} with {told.coach} was due on {told.due_on}."
        if reminds
        else f"{told.amount} for {told.what} with {told.coach} is due now.",
        facts=told.facts(),
        paragraphs=_what_follows(told),
        action=told.pay("Pay now"),
    )


def _what_follows(told: Told) -> tuple[str, ...]:
    """What it means that it is not paid: as it was agreed, and no threat."""
    if told.charge.purpose in OF_PACKS:
        return ("While it is not paid for more than a few days, nothing more can be booked with it.",)
    return ()


def paid(event: Event, now: datetime) -> tuple[Letter, str]:
    """How much was paid by which card, and what is still to come."""
    del now
    told = _told(event)
    attempt = PaymentAttempt.objects.filter(charge=told.charge, captured_at=event.at).first()
    if told.part.status != InstalmentStatus.PAID or attempt is None:
        raise Outdated("It was taken back, or a receipt has told of it.")
    amount = told.money(attempt.captured_minor)
    return told.to_payer(
        subject=f"Paid: {amount} for {told.what}",
        fact=f"You paid {told.coach} {amount} for {told.what}.",
        facts=(Fact("Paid", f"{amount} by {card_in_words(attempt.card)}"), *told.facts()),
        paragraphs=(_what_comes(told),),
        action=Link("See your payments", links.payments_address(told.charge.client)),
    )


def _what_comes(told: Told) -> str:
    following = instalments.next_part(instalments.of_charge(told.charge.pk))
    if following is None:
        return "Everything is paid."
    amount = told.money(instalments.left_minor(following))
    return f"The next payment, {amount}, is due on {told.day(following.due_at)}."


# --- refused -------------------------------------------------------------------------------------------


def failed(event: Event, now: datetime) -> tuple[Letter, str]:
    """Why the bank has refused, when the card is tried again, and how to pay at once."""
    del now
    told = _still_owed(event)
    card = card_in_words(event.data["card"])
    return told.to_payer(
        subject=f"Your card was refused: {told.amount} for {told.what}",
        fact=f"{told.amount} for {told.what} with {told.coach} could not be charged to your {card}"
        f"{_because(event)}. No money was taken.",
        facts=told.facts(),
        paragraphs=(_then(told), *_what_follows(told)),
        action=told.pay("Pay now, or use another card"),
    )


def _because(event: Event) -> str:
    said = SAID.get(event.data["decline"])
    return f": {said}" if said else ""


def _then(told: Told) -> str:
    again_at = told.event.data["next_try_at"]
    if again_at is None:
        return "This card is not tried again. Please pay with another one."
    at = datetime.fromisoformat(again_at)
    when = wall_time(at, told.zone, told.practice.locale)
    return f"It is tried again on {when}, unless you pay before."


def failed_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """Once, at the first refusal: what happens by itself, so that there is nothing to do yet."""
    del now
    told = _still_owed(event)
    again = event.data["next_try_at"] is not None
    return told.to_coach(
        subject=f"Card refused: {told.amount} by {told.who}",
        fact=f"{told.who}’s card was refused for {told.amount}, {told.what}{_because(event)}.",
        facts=told.facts(),
        paragraphs=(
            f"It is tried again after 1, 3, 5 and 7 days, and the {called.client} was sent a "
            "link to pay. You need not "
            "do anything."
            if again
            else f"This card is not tried again. The {called.client} was sent a link to pay with "
            "another one.",
        ),
    )


def asks_client(event: Event, now: datetime) -> tuple[Letter, str]:
    """The bank wants to hear from the client: only they can confirm it."""
    del now
    told = _still_owed(event)
    card = card_in_words(event.data["card"])
    return told.to_payer(
        subject=f"Please confirm: {told.amount} for {told.what}",
        fact=f"Your bank wants you to confirm {told.amount} for {told.what} with {told.coach}.",
        facts=told.facts(),
        paragraphs=(
            f"Your {card} was not charged. Open the page below and confirm the payment there; it is not "
            "tried again by itself.",
            *_what_follows(told),
        ),
        action=told.pay("Confirm the payment"),
    )


def asks_client_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    del now
    told = _still_owed(event)
    return told.to_coach(
        subject=f"{told.who} has to confirm {told.amount}",
        fact=f"The bank wants {told.who} to confirm {told.amount} for {told.what}.",
        facts=told.facts(),
        paragraphs=(f"The {called.client} was sent a link. You need not do anything.",),
    )


# --- given up ------------------------------------------------------------------------------------------


def unpaid(event: Event, now: datetime) -> tuple[Letter, str]:
    """Nothing more is tried by itself; what it means, and how to put it right."""
    del now
    told = _still_owed(event)
    return told.to_payer(
        subject=f"Not paid: {told.amount} for {told.what}",
        fact=f"{told.amount} for {told.what} with {told.coach} was due on {told.due_on} and is not paid.",
        facts=told.facts(),
        paragraphs=(_of_the_payer(told),),
        action=told.pay("Pay now"),
    )


def _of_the_payer(told: Told) -> str:
    if told.charge.purpose in OF_PACKS:
        return (
            f"Until it is, nothing more can be booked with it. {called.Sessions} that are booked "
            "stay booked, and what "
            "is left is kept."
        )
    return "Nothing is charged by itself any more. Please pay it by the link."


def unpaid_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    del now
    told = _still_owed(event)
    return told.to_coach(
        subject=f"Not paid: {told.amount} by {told.who}",
        fact=f"{told.who} has not paid {told.amount} for {told.what}, due on {told.due_on}.",
        facts=told.facts(),
        paragraphs=(_of_the_coach(told), "You can try the card again, record money, or let it off."),
    )


def _of_the_coach(told: Told) -> str:
    if told.charge.purpose in OF_PACKS:
        return "Nothing more is tried by itself, and until it is paid nothing more can be booked with it."
    return "Nothing more is tried by itself; it stays owed."


# --- a card that is kept no more -----------------------------------------------------------------------


def card_removed(event: Event, now: datetime) -> tuple[Letter, str]:
    """A card is not kept any more: which, and what is then asked for by link."""
    del now
    card = SavedCard.objects.select_related("client").get(pk=event.subject_id)
    client, coach, shown = card.client, coach_name(), card_in_words(str(card))
    by_card = Instalment.objects.filter(
        charge__client=client, charge__paid_minor__gt=0, by_card=True, status=InstalmentStatus.OPEN
    )
    open_ones = "What would have been charged to it is asked for by mail instead, when it is due."
    letter = Letter(
        subject=f"{coach} does not keep your {shown} any more",
        fact=f"Your {shown} is not kept for {coach} any more and cannot be charged.",
        paragraphs=(open_ones,) if by_card.exists() and not cards.cards_of(client.pk) else (),
        action=Link("See your payments", links.payments_address(client)),
        why="You get this because a card of yours was kept and is forgotten now.",
        reply_to=practice().contact_email,
    )
    return letter, client.email
