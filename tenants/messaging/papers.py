"""Mails about invoices that the coach sends: what is to be paid, until when, how, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from kit.clock import zone
from kit.database import current_schema
from kit.money import format_money
from kit.words import long_date
from tenants.activity.models import Event
from tenants.billing import charges
from tenants.billing.invoices import STILL_ASKS, standing_of
from tenants.billing.models import AttemptStatus, Document, DocumentKind, ManualPayment, PaymentAttempt
from tenants.billing.paper_lines import read
from tenants.billing.paper_links import address_of, payer_of
from tenants.billing.paper_words import how_to_pay
from tenants.clients.models import Client
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.refunds import UNDER_WAY
from tenants.messaging.story import coach_name, previously_refunded_minor
from tenants.messaging.wording import one_line
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.registry.pages import dashboard_address

MOST_LINES = 6


@dataclass(frozen=True)
class InvoiceStory:
    """An invoice as it stands when the mail is written."""

    event: Event
    invoice: Document
    client: Client
    practice: Practice
    coach: str
    now: datetime

    @property
    def label(self) -> str:
        return self.invoice.label

    @property
    def who(self) -> str:
        return one_line(self.client.name)

    @property
    def page(self) -> str:
        return address_of(self.invoice)

    @property
    def dashboard_page(self) -> str:
        return f"{dashboard_address(current_schema())}money/papers/{self.invoice.pk}/"

    @property
    def owed(self) -> str:
        return self.money(charges.owed_minor(self.invoice.charge))

    @property
    def due(self) -> str:
        return long_date(self.invoice.due_on, self.practice.locale) if self.invoice.due_on else ""

    def money(self, minor: int) -> str:
        return format_money(minor, self.invoice.currency, self.practice.locale)

    def still_asks(self) -> None:
        """Raise Outdated when there is nothing to pay by it any more."""
        today = self.now.astimezone(zone(self.practice.timezone)).date()
        standing = standing_of(
            invoice=self.invoice,
            charge=self.invoice.charge,
            corrections=list(self.invoice.corrections.all()),
            today=today,
        )
        if standing not in STILL_ASKS:
            raise Outdated(f"The invoice is {standing.replace('_', ' ')}.")

    def contents(self) -> tuple[Fact, ...]:
        """What it is for, and what it comes to."""
        lines = read(self.invoice.lines)
        told = [Fact("For", f"{one_line(each.text)}, {self.money(each.amount_minor)}") for each in lines]
        more = len(lines) - MOST_LINES
        rest = (Fact("And", f"{more} more"),) if more > 0 else ()
        return (*told[:MOST_LINES], *rest, Fact("Total", self.money(self.invoice.amount_minor)))

    def ways_to_pay(self) -> tuple[Fact, ...]:
        return tuple(Fact(label, one_line(said)) for label, said in how_to_pay(self.invoice, self.practice))


def story_of(event: Event, now: datetime) -> InvoiceStory:
    invoice = Document.objects.select_related("charge__client").get(pk=event.subject_id)
    return InvoiceStory(event, invoice, payer_of(invoice), practice(), coach_name(), now)


def invoice_sent(event: Event, now: datetime) -> tuple[Letter, str]:
    """What is asked for, by when, and each way to pay it."""
    story = story_of(event, now)
    story.still_asks()
    letter = Letter(
        subject=f"Invoice {story.label} from {story.coach}: {story.owed}",
        fact=f"{story.coach} sent you an invoice. {story.owed} is to be paid by {story.due}.",
        facts=(*story.contents(), *story.ways_to_pay()),
        action=Link(f"See the invoice and pay {story.owed}", story.page),
        why=f"You get this because {story.coach} sent you an invoice.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.client.email


def invoice_overdue(event: Event, now: datetime) -> tuple[Letter, str]:
    """That it was due, without a word too many."""
    story = story_of(event, now)
    story.still_asks()
    letter = Letter(
        subject=f"Reminder: invoice {story.label} from {story.coach}, {story.owed}",
        fact=f"Invoice {story.label} was to be paid by {story.due}. {story.owed} is still open.",
        facts=(*story.contents(), *story.ways_to_pay()),
        paragraphs=("If you have paid it in the last days, there is nothing to do.",),
        action=Link(f"See the invoice and pay {story.owed}", story.page),
        why=f"You get this because an invoice from {story.coach} is not paid.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.client.email


def invoice_paid(event: Event, now: datetime) -> tuple[Letter, str]:
    """That the money is there. Of cash and transfers the payer is told by another mail."""
    story = story_of(event, now)
    _was_by_card(story)
    letter = Letter(
        subject=f"Paid: invoice {story.label} from {story.coach}",
        fact=f"Invoice {story.label} is paid. There is nothing more to do.",
        facts=(*story.contents(), *_receipts(story)),
        action=Link("See the invoice", story.page),
        why=f"You get this because you paid an invoice from {story.coach}.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.client.email


def invoice_paid_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    story = story_of(event, now)
    _was_by_card(story)
    letter = Letter(
        subject=f"Invoice paid: {story.label}, {story.who}",
        fact=f"{story.who} paid invoice {story.label}, {story.money(story.invoice.amount_minor)}.",
        action=Link("Open the invoice", story.dashboard_page),
        why=f"You get this because {called.a_client} paid one of your invoices.",
        reply_to=story.client.email,
    )
    return letter, ""


def invoice_cancelled(event: Event, now: datetime) -> tuple[Letter, str]:
    """That it need not be paid, with the credit note that says so."""
    story = story_of(event, now)
    note = Document.objects.select_related("charge__client").get(pk=event.data["note"])
    letter = Letter(
        subject=f"Cancelled: invoice {story.label} from {story.coach}",
        fact=f"{story.coach} cancelled invoice {story.label}. You need not pay it.",
        facts=(Fact("Credit note", note.label, href=address_of(note)),),
        why=f"You get this because {story.coach} had sent you an invoice.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.client.email


def invoice_refunded(event: Event, now: datetime) -> tuple[Letter, str]:
    """How much is on its way back."""
    story = story_of(event, now)
    amount = _refunded(story)
    letter = Letter(
        subject=f"Refund: {amount} for invoice {story.label}",
        fact=f"{amount} for invoice {story.label} from {story.coach} is on its way back to you.",
        facts=_credit_notes(story),
        paragraphs=(UNDER_WAY,),
        action=Link("See the invoice", story.page),
        why=f"You get this because you paid {story.coach} by card.",
        reply_to=story.practice.contact_email,
    )
    return letter, story.client.email


def invoice_refunded_to_coach(event: Event, now: datetime) -> tuple[Letter, str]:
    story = story_of(event, now)
    amount = _refunded(story)
    letter = Letter(
        subject=f"Refund: {amount} to {story.who}",
        fact=f"{amount} went back to {story.who} for invoice {story.label}.",
        action=Link("Open the invoice", story.dashboard_page),
        why="You get this because a payment to you was refunded.",
        reply_to=story.client.email,
    )
    return letter, ""


def _refunded(story: InvoiceStory) -> str:
    event = story.event
    return story.money(event.data["refunded_minor"] - previously_refunded_minor(event))


def _credit_notes(story: InvoiceStory) -> tuple[Fact, ...]:
    """Those that are there when the mail is written."""
    issued = Document.objects.select_related("charge__client").filter(charge=story.invoice.charge)
    notes = issued.filter(kind=DocumentKind.CREDIT_NOTE).order_by("number")
    return tuple(Fact("Credit note", each.label, href=address_of(each)) for each in notes)


def _was_by_card(story: InvoiceStory) -> None:
    """What was received by hand the coach knows, and the payer hears of with the payment."""
    charge = story.invoice.charge
    by_hand = ManualPayment.objects.filter(charge=charge, taken_back_at=None).order_by("-created_at").first()
    by_card = PaymentAttempt.objects.filter(charge=charge, status=AttemptStatus.CAPTURED)
    last = by_card.order_by("-captured_at").first()
    if last is None or (by_hand and last.captured_at and by_hand.created_at > last.captured_at):
        raise Outdated("The mail about the payment says so.")


def _receipts(story: InvoiceStory) -> tuple[Fact, ...]:
    """Those that are there when the mail is written."""
    issued = Document.objects.select_related("charge__client").filter(charge=story.invoice.charge)
    receipts = issued.filter(kind=DocumentKind.RECEIPT).order_by("number")
    return tuple(Fact("Receipt", each.label, href=address_of(each)) for each in receipts)
