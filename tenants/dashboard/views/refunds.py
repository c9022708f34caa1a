"""Money back for everybody of a session, a series or a day: read with every name, pressed once, followed."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from kit.ids import uuid7
from kit.words import day_in_words
from tenants.billing import coach_refunds
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.billing.refund_preview import NothingLeft, Preview
from tenants.dashboard.desk import Desk, SeeOther, desk_of
from tenants.dashboard.forms.refunds import BecauseForm
from tenants.dashboard.refund_progress import progress_of
from tenants.dashboard.typed import key_of
from tenants.scheduling import closing
from tenants.scheduling.models import Booking

CHANGED = "Something about these payments has changed since you looked. Here is the list as it is now."


@dataclass(frozen=True, slots=True)
class Whose:
    """The bookings that are meant, in words, and how the address says it."""

    bookings: tuple[Booking, ...]
    words: str
    asked: dict[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One payment that can go back."""

    booking: Booking
    attempt: PaymentAttempt
    told: Preview

    @property
    def shown(self) -> str:
        return f"{self.attempt.pk}:{self.told.fingerprint}"


@require_http_methods(["GET", "HEAD", "POST"])
def refund_each(request: HttpRequest, slug: str) -> HttpResponse:
    """The list with what it comes to; after the press, how far it is."""
    desk = desk_of(request)
    whose = _whose(desk)
    form = BecauseForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _page(desk, whose, form)
    key, shown = key_of(request), list(_shown(request.POST.getlist("shown")))
    if not form.is_valid():
        return _page(desk, whose, form, status=422)
    if key is None or not shown or not _are_theirs(whose, shown):
        return _page(desk, whose, form, status=409)
    try:
        made = coach_refunds.refund_each(
            shown=shown,
            because=coach_refunds.Because(form.cleaned_data["because"]),
            key=key,
            now=desk.now,
            actor=desk.actor,
        )
    except (coach_refunds.PreviewChanged, coach_refunds.NotRefundable, NothingLeft):
        return _page(desk, whose, form, status=409)
    people = "1 person" if len(made) == 1 else f"{len(made)} people"
    messages.success(request, f"The money of {people} is on its way back.")
    return SeeOther(f"{desk.address('refund_each')}?{urlencode(whose.asked)}")


def _whose(desk: Desk) -> Whose:
    """What the address names: a session, a series, or a day. Anything else is not found."""
    asked = desk.request.GET
    rows = Booking.objects.select_related("session", "client").order_by("session__starts_at", "pk")
    rows = rows.filter(client__isnull=False)
    try:
        if "session" in asked:
            found = rows.filter(session=uuid.UUID(asked["session"]))
            return Whose(tuple(found), "everybody of this session", {"session": asked["session"]})
        if "series" in asked:
            found = rows.filter(series=uuid.UUID(asked["series"]))
            return Whose(tuple(found), "all sessions of this series", {"series": asked["series"]})
        on = date.fromisoformat(asked.get("day", ""))
        since, until = closing.day(on)
    except (ValueError, OverflowError) as problem:
        raise Http404("There is no such day or session.") from problem
    found = rows.filter(session__starts_at__gte=since, session__starts_at__lt=until)
    return Whose(tuple(found), day_in_words(on, desk.practice.locale, with_year=True), {"day": f"{on}"})


def _shown(sent: list[str]) -> Iterable[coach_refunds.Shown]:
    """What stood in the list; what is none was never in it."""
    for each in sent:
        name, _, fingerprint = each.partition(":")
        try:
            yield coach_refunds.Shown(uuid.UUID(name), fingerprint)
        except ValueError:
            continue


def _are_theirs(whose: Whose, shown: Iterable[coach_refunds.Shown]) -> bool:
    """Only payments of what the page is about."""
    theirs = {each.pk for each in _payments(whose)}
    return all(each.attempt_id in theirs for each in shown)


def _payments(whose: Whose) -> list[PaymentAttempt]:
    rows = PaymentAttempt.objects.select_related("charge").filter(
        charge__purpose="booking",
        charge__reference__in=[each.pk for each in whose.bookings],
        status=AttemptStatus.CAPTURED,
    )
    return list(rows.order_by("captured_at", "pk"))


def _page(desk: Desk, whose: Whose, form: BecauseForm, *, status: int = 200) -> HttpResponse:
    rows = _rows(whose)
    return desk.page(
        "refund_each",
        "calendar",
        status=status,
        form=form,
        whose=whose,
        rows=rows,
        sums=_sums(rows),
        progress=progress_of([each.pk for each in whose.bookings]),
        changed=CHANGED if status == 409 else "",
        key=uuid7(),
        asked=urlencode(whose.asked),
    )


def _rows(whose: Whose) -> list[Row]:
    """Every payment of which something is left. Four queries, however many there are."""
    attempts = _payments(whose)
    facts = coach_refunds.facts_of_each(attempts=attempts)
    bookings = {each.pk: each for each in whose.bookings}
    open_ones = [each for each in attempts if each.pk in facts and facts[each.pk].taken.left_minor]
    return [Row(bookings[each.charge.reference], each, facts[each.pk].preview()) for each in open_ones]


def _sums(rows: list[Row]) -> list[dict[str, Any]]:
    """What it comes to, by currency: to the clients, the platform's fee back, and what Stripe keeps."""
    sums: dict[str, dict[str, Any]] = {}
    for row in rows:
        told = row.told
        each = sums.setdefault(told.currency, {"currency": told.currency, "amount": 0, "fee": 0, "stripe": 0})
        each["amount"] += told.amount_minor
        each["fee"] += told.fee_back_minor
        each["stripe"] += told.processor_fee_minor or 0
    return list(sums.values())
