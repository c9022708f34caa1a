"""Reading the mails that were sent, and the histories that lead to each of them."""

import html
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django_tenants.utils import schema_context, tenant_context
from icalendar import Calendar

from connect import accounts
from kit import clock
from tenants.activity import events
from tenants.activity.models import Event
from tenants.billing.decisions import settle
from tenants.messaging.models import Mail
from tenants.offers.models import Practice, SessionType
from tenants.packs.models import Pack
from tenants.registry import wakeups
from tenants.scheduling import bookings, holds
from tenants.scheduling.models import Booking
from tenants.shop.models import Order
from tests import worlds
from tests.worlds import Shop

NOW = datetime(2031, 6, 2, 9, 0, tzinfo=UTC)  # a Monday
TUESDAY = datetime(2031, 6, 10, 15, 0, tzinfo=UTC)  # 17:00 in Berlin, 11:00 in New York
CLIENT = "cleo@example.com"
COACH = "anna@lessons.example"
MIA = "mia@example.com"
READERS = {CLIENT: "client", COACH: "coach", MIA: "mia"}
GOLDEN = Path(__file__).parent / "golden"


# --- what the workers do ----------------------------------------------------------------------------


def work_off() -> None:
    """Until nothing is due any more: what is done may ask for more to be done."""
    for _ in range(10):
        if not wakeups.schemas_with_due_work(now=clock.now()):
            return
        worlds.sweep()


def announce(shop: Shop) -> None:
    """Have the mails about all that has happened asked for, and none of them sent."""
    with tenant_context(shop.tenant):
        for event_id in Event.objects.values_list("pk", flat=True):
            events.announce(reference=event_id, now=clock.now())


def settled(shop: Shop, booking: Booking | Pack | Order) -> None:
    """Ask Stripe how the payment stands, and do all that follows."""
    attempt = worlds.attempt_for(shop.tenant, booking)
    with tenant_context(shop.tenant):
        settle(attempt_id=attempt.pk, now=clock.now())
    work_off()


def mails(shop: Shop) -> list[Mail]:
    with tenant_context(shop.tenant):
        return list(Mail.objects.order_by("pk"))


# --- what was sent ----------------------------------------------------------------------------------


def sent_to(address: str) -> EmailMultiAlternatives:
    """The newest mail to somebody."""
    return next(message for message in reversed(mail.outbox) if message.to == [address])  # type: ignore[return-value]


def html_of(message: EmailMultiAlternatives) -> str:
    return str(next(part.content for part in message.alternatives if part.mimetype == "text/html"))


def file_of(message: EmailMultiAlternatives) -> Message | None:
    parts = message.message().walk()
    return next((part for part in parts if part.get_content_type() == "text/calendar"), None)


def calendar_of(message: EmailMultiAlternatives) -> Any:
    part = file_of(message)
    assert part is not None
    return Calendar.from_ical(part.get_payload(decode=True))


def page_of(message: EmailMultiAlternatives) -> str:
    """The whole mail as one readable page that is the same in every run."""
    headers = [f"{name}: {value}" for name, value in _headers(message)]
    parts = ["\n".join(headers), message.body.strip()]
    if (part := file_of(message)) is not None:
        lines = part.get_payload(decode=True).decode().replace("\r\n ", "").splitlines()
        parts.append("\n".join(line for line in lines if not line.startswith("DTSTAMP")))
    return _without_ids("\n\n".join(parts)) + "\n"


def compare(name: str, readers: tuple[str, ...]) -> None:
    """What was sent to whom is what the golden pages say; with GOLDEN=write they are written."""
    pages: dict[str, list[str]] = {}
    for message in mail.outbox:
        assert isinstance(message, EmailMultiAlternatives)
        pages.setdefault(READERS[message.to[0]], []).append(page_of(message))
        assert left_out(message) == []
    assert sorted(reader for reader, sent in pages.items() for _ in sent) == sorted(readers)
    for reader, sent in pages.items():
        path, page = GOLDEN / f"{name}.{reader}.txt", "\n".join(sorted(sent))
        if os.environ.get("GOLDEN") == "write":
            path.write_text(page)
        assert page == path.read_text(), page


def left_out(message: EmailMultiAlternatives) -> list[str]:
    """Lines of the plain text that the HTML does not say."""
    page = html.unescape(html_of(message))
    lines = (line.removesuffix(":") for line in message.body.splitlines())
    told = (line for line in lines if line not in ("", "--"))
    return [line for line in told if not all(said in page for said in _said(line))]


def _said(line: str) -> list[str]:
    """The words of a line without its label; in a list those of the link, and its address."""
    return line[2:].rsplit(": ", 1) if line.startswith("- ") else [line.split(": ", 1)[-1]]


def _headers(message: EmailMultiAlternatives) -> list[tuple[str, str]]:
    written = message.message()
    names = ("From", "To", "Reply-To", "Subject", "Message-ID", "Auto-Submitted")
    return [(name, str(make_header(decode_header(written[name])))) for name in names if written[name]]


def _without_ids(text: str) -> str:
    text = re.sub(
        r"/(b|p|r|o|packs-for|paper|payments|pay|sign|form|read|packet|proposal|my/enter|unsubscribe)/[\w-]{40,}",
        r"/\1/SECRET",
        text,
    )
    text = re.sub(r"(Write with it: )[0-9A-Z]{4}-[0-9A-Z]{4}", r"\1CODE", text)
    text = re.sub(r"\d{3} \d{3}(?= is your code|\.$)", "DIGITS", text, flags=re.MULTILINE)
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)


# --- histories --------------------------------------------------------------------------------------


def lesson(shop: Shop, **fields: Any) -> SessionType:
    usual = {"name": "Tennis lesson", "place_detail": "https://meet.example/anna"}
    return worlds.session_type(shop.tenant, **{**usual, **fields})


def asked(
    shop: Shop,
    kind: SessionType,
    *,
    at: datetime = TUESDAY,
    timezone: str = "America/New_York",
    name: str = "Cleo Bright",
    message: str = "",
) -> Booking:
    """Held and with the client's details; where there is a price, its page is open."""
    booking = worlds.held(shop.tenant, kind, at=at)
    with tenant_context(shop.tenant):
        bookings.book(
            booking_id=booking.pk,
            name=name,
            email=CLIENT,
            phone="+49 30 1234567",
            message=message,
            timezone=timezone,
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    return booking


def sold(shop: Shop, kind: SessionType, **details: Any) -> Booking:
    booking = asked(shop, kind, **details)
    worlds.pay(shop, booking)
    settled(shop, booking)
    return booking


def refunded(shop: Shop, booking: Booking | Pack | Order, minor: int | None) -> None:
    shop.stripe.dashboard_refund(worlds.attempt_for(shop.tenant, booking).stripe_charge_id, minor)
    settled(shop, booking)


def lost(shop: Shop, booking: Booking) -> None:
    """The time is given away while the payment is under way."""
    with tenant_context(shop.tenant), transaction.atomic():
        holds.end_hold(Booking.objects.get(pk=booking.pk), reason="hold_lapsed", now=clock.now())


def later(shop: Shop, **length: int) -> Any:
    """Time that passes here and at Stripe alike."""
    seconds = int(timedelta(**length).total_seconds())
    shop.stripe.advance(seconds)
    return clock.travel(seconds)


def change_practice(shop: Shop, **changes: Any) -> None:
    with tenant_context(shop.tenant), transaction.atomic():
        Practice.objects.update(**changes)


def stripe_says(shop: Shop, kind: str) -> None:
    """What the inbox does when Stripe tells of a change of the account."""
    with schema_context("public"):
        accounts.refresh_account(account_id=shop.account_id, now=clock.now())
    with tenant_context(shop.tenant):
        events.record_shared(kind=kind, schema_name=shop.tenant.schema_name, now=clock.now())
    work_off()


History = Callable[[Shop], object]
