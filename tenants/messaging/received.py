"""Mails about cash and transfers: received, given back, and a slip that was put right."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from kit.database import current_schema
from kit.money import format_money
from kit.words import long_date
from tenants.activity.models import Event
from tenants.billing import charges, links
from tenants.billing.models import Charge, Document, ManualPayment, Tender
from tenants.billing.paper_links import address_of
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.story import Story, coach_name
from tenants.messaging.wording import one_line
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.registry.pages import dashboard_address
from tenants.scheduling.models import Funding

HOW = {Tender.CASH: "in cash", Tender.TRANSFER: "by bank transfer"}


@dataclass(frozen=True)
class Told:
    """A payment by hand as it stands when the mail is written."""

    payment: ManualPayment
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
        return self.money(abs(self.payment.amount_minor))

    @property
    def how(self) -> str:
        return HOW[Tender(self.payment.tender)]

    @property
    def day(self) -> str:
        return long_date(self.payment.received_on, self.practice.locale)

    def money(self, minor: int) -> str:
        return format_money(minor, self.payment.currency, self.practice.locale)

    def facts(self) -> tuple[Fact, ...]:
        """Which payment it is."""
        said = one_line(self.payment.reference)
        reference = (Fact("Reference", said),) if said else ()
        return (Fact("For", self.what), Fact("On", self.day), *reference)

    def left(self) -> Fact:
        owed_minor = charges.owed_minor(self.charge)
        return Fact("Left to pay", self.money(owed_minor) if owed_minor else "Nothing")

    def paper(self) -> tuple[Fact, ...]:
        """The receipt or credit note that was issued for it, with its number."""
        found = Document.objects.filter(
            Q(reference=str(self.payment.pk)) | Q(reference=f"{self.payment.pk}:taken_back")
        )
        newest = found.select_related("charge__client").order_by("-issued_at", "-pk").first()
        kind = str(newest.get_kind_display()) if newest else ""
        return (Fact(kind, newest.label, href=address_of(newest)),) if newest else ()

    def to_client(self, *, subject: str, fact: str, facts: tuple[Fact, ...], **said: object) -> Letter:
        return Letter(
            subject=subject,
            fact=fact,
            facts=facts,
            why=f"You get this because {self.coach} noted it for you.",
            reply_to=self.practice.contact_email,
            **said,  # type: ignore[arg-type]
        )


def _told(event: Event) -> Told:
    payment = ManualPayment.objects.select_related("charge__client").get(pk=event.data["payment"])
    return Told(payment, payment.charge, practice(), coach_name())


def _standing(event: Event) -> Told:
    told = _told(event)
    if told.payment.taken_back_at:
        raise Outdated("It was taken back before the mail could be sent.")
    return told


def received_to_client(event: Event, now: datetime) -> tuple[Letter, str]:
    """The receipt in words: how much, how, for what, and what is left; with a way to pay the rest."""
    del now
    told = _standing(event)
    owes = charges.owed_minor(told.charge) > 0
    letter = told.to_client(
        subject=f"Received: {told.amount} for {told.what}",
        fact=f"{told.coach} has received {told.amount} from you {told.how}.",
        facts=(*told.facts(), told.left(), *told.paper()),
        action=Link("Pay the rest", links.pay_address(told.charge)) if owes else None,
    )
    return letter, told.charge.client.email


def matched_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    """What a line of the bank has paid, since the coach pressed once and may have forgotten."""
    del now
    told = _standing(event)
    letter = Letter(
        subject=f"Recorded: {told.amount} from {told.who}",
        fact=f"You matched a bank transfer of {told.amount} with {told.who}’s {told.what}.",
        facts=(*told.facts(), told.left()),
        action=Link("See the payments", _payments_page(told.charge)),
        paragraphs=("If that was a slip, take it back there.",),
        why="You get this because a line of your bank was recorded as a payment.",
        reply_to=told.charge.client.email,
    )
    return letter, ""


def _payments_page(charge: Charge) -> str:
    return f"{dashboard_address(current_schema())}clients/{charge.client_id}/payments/"


def given_back_to_client(event: Event, now: datetime) -> tuple[Letter, str]:
    del now
    told = _standing(event)
    letter = told.to_client(
        subject=f"Given back: {told.amount} for {told.what}",
        fact=f"{told.coach} notes that {told.amount} went back to you {told.how}.",
        facts=(*told.facts(), *told.paper()),
        paragraphs=("If you have not received it, answer this mail.",),
    )
    return letter, told.charge.client.email


def taken_back_to_client(event: Event, now: datetime) -> tuple[Letter, str]:
    """That what an earlier mail said was a slip, and what is owed now. Why is the coach's own note."""
    del now
    told = _told(event)
    was = "was given back to you" if told.payment.amount_minor < 0 else "was received from you"
    letter = told.to_client(
        subject=f"Corrected: {told.amount} for {told.what}",
        fact=f"{told.coach} had noted by mistake that {told.amount} {was} {told.how}. That is taken back.",
        facts=(*told.facts(), told.left(), *told.paper()),
        paragraphs=("If that is not right, answer this mail.",),
    )
    return letter, told.charge.client.email


# --- in the mail about a session ----------------------------------------------------------------------


def price_facts(story: Story) -> tuple[Fact, ...] | None:
    """What was given for a session that the coach booked; None where something else pays for it."""
    if story.booking.funding == Funding.COMP:
        return (Fact("Price", "Nothing to pay"),)
    if story.booking.funding != Funding.RECEIVED:
        return None
    assert story.booking.funded_by is not None
    payment = ManualPayment.objects.select_related("charge").get(pk=story.booking.funded_by)
    extras = story.extra_facts()
    session = (Fact(called.Session, story.money(story.booking.price_minor)), *extras) if extras else ()
    paid = Fact("Paid", f"{story.money(payment.amount_minor)} {HOW[Tender(payment.tender)]}")
    owed_minor = charges.owed_minor(payment.charge)
    rest = (Fact("Left to pay", story.money(owed_minor)),) if owed_minor else ()
    return (*session, paid, *rest)
