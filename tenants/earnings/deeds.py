"""What was done without the coach, one by one: read from what is on record anyway, never written.

Each row says when, as part of which automation, about what and for whom. A payment that was tried again is
one deed, whether the bank took it or not.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import (
    Case,
    CharField,
    Count,
    DateTimeField,
    Exists,
    Expression,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from payouts.models import Payout
from tenants.activity.models import Event
from tenants.billing.models import AttemptStatus, Document, DocumentKind, PaymentAttempt
from tenants.messaging import switches
from tenants.messaging.models import Audience, Mail, MailStatus
from tenants.messaging.switches import Automation
from tenants.scheduling.models import REST_UNPAID, Booking, BookingStatus


class Deed(StrEnum):
    """What is done besides mails."""

    BOOKED = "booked"
    PAID = "paid"
    CHARGED = "charged"
    RETRIED = "retried"
    RETURNED = "returned"
    PAPERS = "papers"
    FREED = "freed"
    CALLED_OFF = "called_off"
    EXPIRED = "expired"
    EXPLAINED = "explained"


ON_A_PAGE: Final = 25
# What the coach sends by a press of their own.
BY_THE_COACH: Final = (
    "invoice_sent",
    "retainer_invited",
    "packs_offered",
    "sequence_test",
    "given_paper_reminded",
)
# Credit notes that a press of the coach asks for.
CORRECTIONS: Final = Q(reference__startswith="cancel:") | Q(reference__startswith="again:")
# Of payments with nobody there: each try at a part after the first one.
TRIED_AGAIN: Final = Q(off_session=True, instalment__isnull=False) & Q(
    Exists(
        PaymentAttempt.objects.filter(
            instalment=OuterRef("instalment"), off_session=True, created_at__lt=OuterRef("created_at")
        )
    )
)


@dataclass(frozen=True, slots=True)
class Done:
    """One deed. `what` is the kind of mail or of paper, or how a payment stands; amounts in minor units.

    `row_id` is the key of the record that it stands in.
    """

    at: datetime
    automation: str
    what: str
    audience: str
    subject_id: uuid.UUID | None
    client_id: uuid.UUID | None
    minor: int | None
    currency: str
    row_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Tally:
    """How often since some moment, and when last."""

    times: int = 0
    last: datetime | None = None


def tallies(*, since: datetime) -> dict[str, Tally]:
    """Each automation that has ever done anything. A query for each of the six kinds of rows."""
    found: dict[str, Tally] = {}
    for rows in _labelled():
        counted = rows.values("automation").annotate(
            times=Count("pk", filter=Q(happened_at__gte=since)), last=Max("happened_at")
        )
        for row in counted:
            found[row["automation"]] = Tally(row["times"], row["last"])
    return found


def log(*, automation: str = "", number: str | int | None = 1) -> "Page[Done]":
    """A page of all deeds, or of those of one automation, the newest first. Two queries."""
    picked = [
        (rows.filter(automation=automation) if automation else rows)
        .annotate(**columns)
        .values_list("happened_at", "automation", *COLUMNS, "pk")
        for rows, columns in zip(_labelled(), _columns(), strict=True)
    ]
    every = picked[0].union(*picked[1:], all=True).order_by("-happened_at", "-pk")
    page = Paginator(every, ON_A_PAGE).get_page(number)
    page.object_list = [Done(*row) for row in page.object_list]
    return page


# --- where it is on record ----------------------------------------------------------------------------

COLUMNS: Final = ("what", "who", "about", "whom", "minor", "of_currency")


def _labelled() -> "Iterator[QuerySet[Any, Any]]":
    """Each kind of rows with `happened_at` and `automation`, in one order."""
    yield _mails()
    yield _events()
    yield _payments()
    papers = Document.objects.filter(kind__in=(DocumentKind.RECEIPT, DocumentKind.CREDIT_NOTE))
    yield _as(papers.exclude(CORRECTIONS), Deed.PAPERS, F("issued_at"))
    # Those that nobody gave a name for are no news.
    lapsed = Booking.objects.filter(status=BookingStatus.EXPIRED, client__isnull=False)
    yield _as(lapsed, Deed.FREED, F("hold_expires_at"))
    yield _as(Payout.objects.filter(itemised_at__isnull=False), Deed.EXPLAINED, F("itemised_at"))


def _columns() -> Iterator[dict[str, Any]]:
    """What the log shows of each of them, in the same order."""
    of_mail = Event.objects.filter(pk=OuterRef("event_id"))
    told = Subquery(of_mail.values("client_id")[:1], output_field=UUIDField())
    yield _shown(what=F("kind"), who=F("audience"), about=F("subject_id"), whom=told)
    yield _shown(what=F("kind"), about=_subject_of_event(), whom=F("client_id"))
    yield _shown(
        what=F("status"),
        about=F("id"),
        whom=F("charge__client_id"),
        minor=F("amount_minor"),
        of_currency=F("currency"),
    )
    yield _shown(
        what=F("kind"),
        about=F("id"),
        whom=F("client_id"),
        minor=F("amount_minor"),
        of_currency=F("currency"),
    )
    yield _shown(about=F("id"), whom=F("client_id"))
    yield _shown(about=F("id"), minor=F("amount_minor"), of_currency=F("currency"))


def _shown(**given: Any) -> dict[str, Any]:
    """Columns of one type each, so that they stand below each other; what there is nothing for is empty."""
    types: dict[str, Any] = {
        "what": CharField(),
        "who": CharField(),
        "about": UUIDField(),
        "whom": UUIDField(),
        "minor": IntegerField(),
        "of_currency": CharField(),
    }
    nothing = {
        name: Value("") if isinstance(kind, CharField) else Value(None) for name, kind in types.items()
    }
    return {name: Cast(given.get(name, nothing[name]), kind) for name, kind in types.items()}


def _as(rows: Any, automation: Any, at: Any) -> Any:
    label = automation if isinstance(automation, Expression) else Value(str(automation))
    return rows.annotate(
        happened_at=Cast(at, DateTimeField()), automation=Cast(label, CharField())
    ).order_by()


def _mails() -> Any:
    asks_again = Exists(Event.objects.filter(pk=OuterRef("event_id"), data__reminds=True))
    groups: dict[tuple[str, Automation], list[str]] = {}
    for (kind, audience), automation in switches.MAILS.items():
        groups.setdefault((audience, automation), []).append(kind)
    named = [
        When(audience=audience, kind__in=kinds, then=Value(str(automation)))
        for (audience, automation), kinds in groups.items()
    ]
    belongs_to = Case(
        When(Q(kind="instalment_due") & asks_again, then=Value(str(Automation.ASKED_AGAIN))),
        *named,
        When(audience=Audience.COACH, then=Value(str(Automation.NEEDS_COACH))),
        default=Value(str(Automation.CONFIRMATIONS)),
        output_field=CharField(),
    )
    sent = Mail.objects.filter(status=MailStatus.SENT).exclude(kind__in=BY_THE_COACH)
    return _as(sent, belongs_to, F("sent_at"))


def _events() -> Any:
    """Not what the coach has booked or accepted."""
    booked = Q(kind="booking.confirmed") & ~Q(actor_kind="coach")
    off = Q(kind="booking.cancelled", data__reason=REST_UNPAID)
    plain = Q(kind__in=("payment.refunded", "pack.expired"))
    automation = Case(
        When(kind="booking.confirmed", then=Value(str(Deed.BOOKED))),
        When(kind="booking.cancelled", then=Value(str(Deed.CALLED_OFF))),
        When(kind="payment.refunded", then=Value(str(Deed.RETURNED))),
        default=Value(str(Deed.EXPIRED)),
        output_field=CharField(),
    )
    return _as(Event.objects.filter(booked | off | plain), automation, F("at"))


def _subject_of_event() -> Any:
    """Of a refund the payment, of anything else what the event is about."""
    return Coalesce(Cast(KT("data__attempt"), UUIDField()), F("subject_id"))


def _payments() -> Any:
    """What was captured, and each try after the first at a card that is charged with nobody there."""
    automation = Case(
        When(TRIED_AGAIN, then=Value(str(Deed.RETRIED))),
        When(off_session=True, then=Value(str(Deed.CHARGED))),
        default=Value(str(Deed.PAID)),
        output_field=CharField(),
    )
    rows = PaymentAttempt.objects.filter(Q(status=AttemptStatus.CAPTURED) | TRIED_AGAIN)
    return _as(rows, automation, Coalesce(F("captured_at"), F("created_at")))
