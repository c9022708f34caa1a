"""What waits for the coach, or worries them: nothing of it may be found by accident only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from connect.models import ConnectAccount
from kit.money import format_money
from kit.words import ago, listing
from tenants.activity.models import Event
from tenants.billing.models import UNPAID, AttemptStatus, Charge, PaymentAttempt
from tenants.dashboard import agreement_needs, balances, bounce_needs, missed_pages, payment_needs
from tenants.dashboard.checklist import Glance, Offered
from tenants.dashboard.desk import Desk
from tenants.dashboard.diary import Entry
from tenants.dashboard.missed_words import WORDS
from tenants.dashboard.need import Need
from tenants.dashboard.stripe_words import standing
from tenants.earnings import owed
from tenants.messaging.models import Mail, MailStatus
from tenants.packs.wording import SESSIONS, UNITS
from tenants.registry import patrols
from tenants.scheduling.models import Booking, BookingStatus
from tenants.scheduling.paying import sale_of

MAILS_MATTER_FOR = timedelta(days=14)
# Payments are decided within seconds: only what takes longer is worth a word.
USUAL = timedelta(minutes=2)
MOST_MISSED = 20


@dataclass(frozen=True, slots=True)
class Request:
    """A session that a client has asked for: what a yes brings, and until when it can be said."""

    booking: Booking
    pays: str


def requests(*, desk: Desk, entries: Iterable[Entry]) -> list[Request]:
    """Those among the entries that wait for the coach, the most urgent first."""
    asked = [each.booking for each in entries if each.is_asked and not each.booking.deciding]
    open_ones = [(each.answer_by, each) for each in asked if each.answer_by and each.answer_by > desk.now]
    most_urgent_first = sorted(open_ones, key=lambda one: one[0])
    return [Request(each, pays(each, desk.practice.locale)) for _, each in most_urgent_first]


def pays(booking: Booking, locale: str) -> str:
    """What a yes brings: "$45.00 is promised by the bank, and taken when you accept."."""
    promised_minor = sale_of(booking).amount_minor
    amount = format_money(promised_minor, booking.currency, locale)
    promised = f"{amount} is promised by the bank, and taken when you accept."
    if booking.pack_id:
        units = SESSIONS.count(1) if booking.pack_units == 1 else UNITS.count(booking.pack_units)
        by_pack = f"{units} of the pack is used when you accept."
        return f"{by_pack} {promised}" if promised_minor else by_pack
    return promised if promised_minor else "Free: nothing is to be paid."


def needs(*, desk: Desk, account: ConnectAccount | None, seen: Glance) -> list[Need]:
    """The most urgent first. Three queries, and others where a glance has seen that there is something."""
    money = payment_needs.needs(desk) if seen.money else ()
    found = _missed(desk) if seen.missed else ()
    return [
        *_stripe(desk, account, seen.offer),
        *money,
        *found,
        *_payments(desk),
        *(_owed(desk) if seen.owed else ()),
        *(agreement_needs.needs(desk) if seen.unsigned else ()),
        *_mails(desk),
        *_packs(desk),
    ]


def _stripe(desk: Desk, account: ConnectAccount | None, offer: Offered) -> Iterable[Need]:
    now = standing(account)
    stopped = now.state in ("restricted", "disconnected") and (offer.priced or now.state == "restricted")
    if stopped or now.state == "asks":
        yield Need(
            now.meaning, f"Stripe: {now.title.lower()}", now.text, "See what to do", desk.address("stripe")
        )


def _missed(desk: Desk) -> Iterable[Need]:
    """What a patrol found and has not gone since."""
    mine = patrols.open_findings(schema_name=desk.tenant.schema_name)
    for finding in mine.order_by("found_at")[:MOST_MISSED]:
        words = WORDS[finding.kind]
        found = ago(finding.found_at, desk.now, desk.practice.locale)
        told = f"{words.text} Found {found}."
        yield Need(words.meaning, words.title, told, *missed_pages.page_of(desk, finding))


def _payments(desk: Desk) -> Iterable[Need]:
    """Money that was authorised and is neither taken nor let go yet."""
    deciding = Q(
        status__in=(AttemptStatus.CAPTURING, AttemptStatus.RELEASING), decided_at__lte=desk.now - USUAL
    )
    authorised = Q(status__in=UNPAID, capture_before__isnull=False, asked_at__lte=desk.now - USUAL)
    asked = Booking.objects.filter(
        pk=OuterRef("charge__reference"), status=BookingStatus.REQUESTED, accepted_at=None
    )
    rows = PaymentAttempt.objects.filter(deciding | authorised & ~Exists(asked))
    rows = rows.select_related("charge__client")
    for attempt in rows.order_by("created_at")[:5]:
        yield Need(
            "neutral",
            f"Payment by {attempt.charge.client.name} is being checked",
            "What it pays for is kept, and confirmed when the money is there. Nothing is left to do for you.",
            *_paid_for(desk, attempt.charge),
        )


def _paid_for(desk: Desk, charge: Charge) -> tuple[str, str]:
    if charge.purpose == "booking":
        return "See the booking", desk.address("booking", charge.reference)
    return "See the client", desk.address("client", charge.client_id)


def _owed(desk: Desk) -> Iterable[Need]:
    """One row for what is the clients' again, one for all that is overdue; both are on the page behind it."""
    if back := owed.to_give_back():
        who = listing(sorted({each.charge.client.name for each in back}), desk.practice.locale)
        yield Need(
            "attention",
            "Money to give back by hand",
            f"{who} paid for a session that was called off, in cash or by transfer.",
            "See how much",
            desk.address("owed"),
        )
    late = owed.overdue(now=desk.now, tz=desk.tz)
    if not late.count:
        return
    amounts = [format_money(minor, currency, desk.practice.locale) for currency, minor in late.sums.items()]
    clients = "1 client" if late.clients == 1 else f"{late.clients} clients"
    things = "It is for 1 thing" if late.count == 1 else f"It is for {late.count} things"
    yield Need(
        "attention",
        f"{listing(amounts, desk.practice.locale)} overdue",
        f"{things}, of {clients}. Ask for it, or record what you have received.",
        "See what is owed",
        desk.address("owed"),
    )


def _mails(desk: Desk) -> Iterable[Need]:
    since: datetime = desk.now - MAILS_MATTER_FOR
    failed = Q(status=MailStatus.FAILED, created_at__gte=since) | Q(bounced_at__gte=since)
    found = list(Mail.objects.filter(failed).order_by("-created_at")[:MOST_MISSED])
    yield from bounce_needs.needs(desk, found)
    mails = [each for each in found if each.bounced_at is None][:5]
    events = Event.objects.filter(pk__in=[each.event_id for each in mails])
    about = dict(events.values_list("pk", "client_id"))
    for mail in mails:
        to = "you" if mail.audience == "coach" else "your client"
        action, page = _where(desk, mail, about.get(mail.event_id))
        yield Need(
            "problem",
            f"A mail to {to} could not be delivered",
            "What it tells of stands. Check the address, and tell them another way.",
            action,
            page,
        )


def _where(desk: Desk, mail: Mail, client_id: UUID | None) -> tuple[str, str]:
    """What the mail is about: one booking, the Stripe account, or else the client."""
    if mail.kind.startswith("booking"):
        return "See the booking", desk.address("booking", mail.subject_id)
    if client_id is None:
        return "See your Stripe account", desk.address("stripe")
    return "See the client", desk.address("client", client_id)


def _packs(desk: Desk) -> Iterable[Need]:
    """One row for all of them; each is on the roster."""
    count = balances.counts(now=desk.now)
    if not count["all"]:
        return
    told = {"unpaid": "not paid", "expiring": "ending within 30 days", "low": "low or used up"}
    says = listing([f"{count[name]} {words}" for name, words in told.items() if count[name]])
    packs = "1 pack needs" if count["all"] == 1 else f"{count['all']} packs need"
    yield Need("attention", f"{packs} a look", f"{says}.", "See the balances", desk.address("balances"))
