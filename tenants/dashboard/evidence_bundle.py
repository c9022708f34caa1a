"""All that is kept about one payment, put together to answer a dispute: each line says where it comes from.

For the cardholder's bank, so nothing of other clients, nobody's private notes, and no fees of ours.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kit.money import format_money
from kit.words import duration, wall_time, zone_in_words
from tenants.activity.models import Event
from tenants.billing.models import Dispute, Mandate, PaymentAttempt
from tenants.dashboard import evidence, refund_words, sentences
from tenants.dashboard.desk import Desk
from tenants.dashboard.dispute_words import STATES
from tenants.messaging.disputes import reason_in_words
from tenants.messaging.models import Audience, Mail, MailStatus
from tenants.packs.models import Pack
from tenants.packs.statements import PURPOSES, statement_of
from tenants.retainers import statements as retainer_statements
from tenants.retainers.models import RetainerEntry, RetainerPeriod
from tenants.scheduling.cancellation import Policy, deadline_in_words
from tenants.scheduling.models import Booking, BookingStatus
from tenants.shop import downloads
from tenants.shop.fulfilment import PURPOSE as ORDER
from tenants.shop.models import Order

# Where a line comes from.
STRIPE, RECORD = "Stripe’s record of the payment", "The record of events, written when it happened"
AGREED, TERMS = "Kept with the booking when it was made", "Kept with the order, as it was shown"
TYPED, SENT = "Typed by the client at booking", "The record of mails, written when it was sent"
UNITS, DECIDED = "The ledger of units", "Kept with the decision, as it was shown"
PERSON = "The client’s record"

STATUS_WORDS = {
    BookingStatus.CONFIRMED: "Booked",
    BookingStatus.COMPLETED: "Took place, and the client was there",
    BookingStatus.NO_SHOW: "Took place, and the client did not come",
    BookingStatus.CANCELLED: "Called off",
}
# What each mail was about, where its name does not say it well.
MAIL_WORDS = {
    "booking_confirmed": "Confirmation of the session",
    "booking_requested": "The request was received",
    "booking_released": "The time was let go",
    "booking_reminder": "Reminder of the session",
    "booking_moved": "The session was moved",
    "booking_cancelled": "The session was called off",
    "booking_waived": "What the rule keeps was given back",
    "series_confirmed": "Confirmation of several sessions",
    "payment_refunded": "A refund was made",
    "refund_refused": "A refund takes longer",
    "pack_bought": "Confirmation of the pack",
    "pack_payment_refunded": "A refund of the pack was made",
    "pack_frozen": "The pack was paused",
    "pack_unfrozen": "The pack can be used again",
    "pack_low": "Few sessions are left of the pack",
    "pack_expiring": "The pack ends soon",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One fact, and where it comes from."""

    label: str
    words: str
    source: str


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What the payment was for, with every session that it paid for."""

    attempt: PaymentAttempt
    bookings: tuple[Booking, ...] = ()
    pack: Pack | None = None
    period: RetainerPeriod | None = None
    order: Order | None = None

    @property
    def ids(self) -> list[uuid.UUID]:
        """What events and mails about it are filed under."""
        ids = [self.attempt.pk, self.attempt.charge.reference, *(each.pk for each in self.bookings)]
        return ids + ([self.period.retainer_id] if self.period else [])


def bundle(desk: Desk, attempt: PaymentAttempt) -> list[Section]:
    """Everything with a source; sections without anything are left out. `attempt` comes with its client."""
    subject = _subject(attempt)
    every = (
        Section("The payment", tuple(_payment(desk, attempt))),
        Section("What was shown and agreed to", tuple(_agreed(desk, subject))),
        Section("The sessions", tuple(_sessions(desk, subject))),
        Section("Changes and cancellations, with the rule that applied", tuple(_called_off(desk, subject))),
        Section("What was used", tuple(_used(desk, subject))),
        Section("Messages of the client", tuple(_messages(desk, subject))),
        Section("Mails that were sent to the client", tuple(_mails(desk, subject))),
        Section("Refunds and disputes", tuple(_returned(desk, attempt))),
        Section("Everything in order", tuple(_happened(desk, subject))),
    )
    return [each for each in every if each.lines]


def _subject(attempt: PaymentAttempt) -> Subject:
    charge = attempt.charge
    rows = Booking.objects.select_related("session__session_type", "client").order_by("session__starts_at")
    if charge.purpose == "booking":
        return Subject(attempt, tuple(rows.filter(pk=charge.reference)))
    if charge.purpose in PURPOSES:
        pack = Pack.objects.select_related("offer", "client", "buyer").get(pk=charge.reference)
        return Subject(attempt, tuple(rows.filter(pack=pack)), pack)
    if charge.purpose == "retainer":
        period = RetainerPeriod.objects.select_related("retainer").get(pk=charge.reference)
        booked = RetainerEntry.objects.filter(period=period).values("booking_id")
        return Subject(attempt, tuple(rows.filter(pk__in=booked)), period=period)
    if charge.purpose == ORDER:
        order = Order.objects.select_related("payer", "product", "pack__offer").get(pk=charge.reference)
        sessions = tuple(rows.filter(pack=order.pack)) if order.pack else ()
        return Subject(attempt, sessions, order.pack, order=order)
    return Subject(attempt)


def _when(desk: Desk, at: datetime) -> str:
    zone = zone_in_words(desk.tz, at, desk.practice.locale)
    return f"{wall_time(at, desk.tz, desk.practice.locale)} ({zone})"


def _money(desk: Desk, minor: int, currency: str) -> str:
    return format_money(minor, currency, desk.practice.locale)


def _payment(desk: Desk, attempt: PaymentAttempt) -> Iterable[Line]:
    client = attempt.charge.client
    yield Line("Paid by", f"{client.name}, {client.email}", PERSON)
    yield Line("For", attempt.charge.description, AGREED)
    yield Line("Amount", _money(desk, attempt.captured_minor, attempt.currency), STRIPE)
    yield Line("Paid at", _when(desk, attempt.captured_at or attempt.created_at), STRIPE)
    if attempt.card:
        yield Line("Card", attempt.card.capitalize(), STRIPE)
    yield Line("Stripe’s names", f"{attempt.intent_id}, {attempt.stripe_charge_id}", STRIPE)


# --- what was agreed ---------------------------------------------------------------------------------


def _agreed(desk: Desk, subject: Subject) -> Iterable[Line]:
    if subject.order:
        yield from _bought(desk, subject.order)
    elif subject.pack:
        yield from _accepted(desk, "the pack", subject.pack.accepted)
    if subject.period:
        yield from _accepted(desk, "the retainer", subject.period.retainer.accepted)
    for mandate in _mandates(subject):
        said = {"text": mandate.text, "sha256": mandate.sha256, "at": mandate.at, "address": mandate.address}
        yield from _accepted(desk, "charging the card", said)
    for booking in subject.bookings:
        yield from _terms(desk, booking)


def _accepted(desk: Desk, what: str, said: Mapping[str, Any]) -> Iterable[Line]:
    """The very words with their hash, the time, and where from they were agreed to."""
    if not said.get("text"):
        return
    at = said["at"] if isinstance(said["at"], datetime) else datetime.fromisoformat(said["at"])
    yield Line(f"Terms of {what}", said["text"], TERMS)
    yield Line("Agreed to", _when(desk, at), TERMS)
    if said.get("address"):
        yield Line("From the address", said["address"], TERMS)
    yield Line("Hash of the terms (SHA-256)", said["sha256"], TERMS)


def _bought(desk: Desk, order: Order) -> Iterable[Line]:
    """A product's terms, who said yes to them, and each download that followed."""
    yield from _accepted(desk, order.agreed["name"], order.agreed)
    if order.agreed.get("by"):
        yield Line("By the name of", order.agreed["by"], PERSON)
    if order.agreed.get("agent"):
        yield Line("With the browser", order.agreed["agent"], TERMS)
    names = {str(each.file.pk): each.file.name for each in downloads.downloads_of(order)}
    for event in Event.objects.filter(subject_id=order.pk, kind=downloads.DOWNLOADED).order_by("at", "pk"):
        name = names.get(event.data["file"], "a file that was taken off since")
        yield Line("Downloaded", f"{name}, {_when(desk, event.at)}", RECORD)


def _mandates(subject: Subject) -> Iterable[Mandate]:
    charge = subject.attempt.charge
    about = [charge.pk, charge.reference]
    if subject.period:
        about.append(subject.period.retainer_id)
    return Mandate.objects.filter(client=charge.client_id, reference__in=about).order_by("at")


def _terms(desk: Desk, booking: Booking) -> Iterable[Line]:
    agreed, locale = booking.agreed, desk.practice.locale
    minutes = duration(agreed.get("duration_min", 0), locale)
    price = _money(desk, booking.price_minor, booking.currency) if booking.price_minor else "no price"
    yield Line("Chosen", f"{agreed.get('name', '')}, {minutes}, {price}", AGREED)
    yield Line("Chosen at", _when(desk, booking.created_at), AGREED)
    if agreed.get("description"):
        yield Line("Described as", agreed["description"], AGREED)
    for extra in agreed.get("extras") or ():
        if extra.get("chosen"):
            yield Line("With", extra["name"], AGREED)
    window = agreed.get("cancel_window_hours")
    if window is not None:
        rule = deadline_in_words(
            Policy(window), booking.session.starts_at, tz=desk.tz, now=booking.created_at, locale=locale
        )
        yield Line("Rule for cancelling, shown before paying", rule, AGREED)


# --- what became of it -------------------------------------------------------------------------------


def _sessions(desk: Desk, subject: Subject) -> Iterable[Line]:
    marked = _marks(subject)
    for booking in subject.bookings:
        starts = _when(desk, booking.session.starts_at)
        status = STATUS_WORDS.get(BookingStatus(booking.status), "Not booked any more")
        yield Line(f"Session on {starts}", status, RECORD)
        if booking.confirmed_at:
            yield Line("Confirmed", _when(desk, booking.confirmed_at), RECORD)
        for event in marked.get(booking.pk, ()):
            word = "Attendance marked" if event.kind == "booking.completed" else "Absence marked"
            by = event.actor_name or event.actor_kind
            yield Line(word, f"{_when(desk, event.at)}, by {by}", RECORD)


def _marks(subject: Subject) -> dict[uuid.UUID, list[Event]]:
    kinds = ("booking.completed", "booking.no_show")
    ids = [each.pk for each in subject.bookings]
    found: dict[uuid.UUID, list[Event]] = {}
    for event in Event.objects.filter(subject_id__in=ids, kind__in=kinds).order_by("at", "pk"):
        found.setdefault(event.subject_id, []).append(event)
    return found


def _called_off(desk: Desk, subject: Subject) -> Iterable[Line]:
    for booking in subject.bookings:
        for row in booking.cancellations.order_by("asked_at", "pk"):
            told = evidence.told(desk, booking, row)
            by = told.by if told.by != "you" else "the coach"
            yield Line(told.cause, f"{_when(desk, row.asked_at)}, {told.before}, by {by}", DECIDED)
            yield Line("Rule", told.rule, DECIDED)
            yield Line("Result", f"{told.result} ({told.state.lower()})", DECIDED)


def _used(desk: Desk, subject: Subject) -> Iterable[Line]:
    """The ledger that says what was taken of a pack or a retainer, in its own sentences."""
    if pack := subject.pack:
        told = statement_of(
            pack=pack,
            tz=desk.tz,
            now=desk.now,
            locale=desk.practice.locale,
            reader="buyer",
            reader_id=pack.buyer_id,
        )
        yield Line("Balance", told.balance.headline, UNITS)
        for row in told.rows:
            yield Line(_when(desk, row.at), f"{row.sentence} ({row.balance_after} left)", UNITS)
    if period := subject.period:
        retainer = retainer_statements.statement_of(
            retainer=period.retainer, now=desk.now, sees_amounts=True, practice=desk.practice
        )
        for line in retainer.lines:
            if line.period.pk == period.pk:
                yield Line(line.days, line.sentence, UNITS)


def _messages(desk: Desk, subject: Subject) -> Iterable[Line]:
    for booking in subject.bookings:
        if booking.message:
            yield Line(_when(desk, booking.created_at), booking.message, TYPED)


def _mails(desk: Desk, subject: Subject) -> Iterable[Line]:
    rows = Mail.objects.filter(subject_id__in=subject.ids, status=MailStatus.SENT)
    for mail in rows.exclude(audience=Audience.COACH).order_by("sent_at", "pk"):
        assert mail.sent_at is not None
        about = MAIL_WORDS.get(mail.kind, mail.kind.replace("_", " ").capitalize())
        yield Line(_when(desk, mail.sent_at), about, SENT)


def _returned(desk: Desk, attempt: PaymentAttempt) -> Iterable[Line]:
    for told in reversed(refund_words.refunds_of(attempt, attempt.entries.all(), {})):
        amount = _money(desk, told.amount_minor, attempt.currency)
        yield Line(f"Refund of {amount}", f"{_when(desk, told.at)}: {told.state.lower()}", STRIPE)
    for dispute in Dispute.objects.filter(attempt=attempt).order_by("opened_at", "pk"):
        amount = _money(desk, dispute.amount_minor, dispute.currency)
        said = f"{_when(desk, dispute.opened_at)}. {reason_in_words(dispute.reason)}."
        yield Line(f"Dispute of {amount}", f"{said} {STATES[dispute.status][1]}.", STRIPE)  # type: ignore[index]


def _happened(desk: Desk, subject: Subject) -> Iterable[Line]:
    for event in Event.objects.filter(subject_id__in=subject.ids).order_by("at", "pk"):
        told = sentences.sentence(event)
        by = told["note"].replace("by you", "by the coach")
        yield Line(_when(desk, event.at), " ".join(filter(None, (told["text"], by and f"({by})"))), RECORD)
