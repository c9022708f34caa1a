"""One booking: what was agreed, what it earned, what happened; and how it went."""

import uuid
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from fees import accounts as fee_accounts
from kit.states import IllegalMove
from kit.words import duration
from tenants.activity.models import Event
from tenants.billing.models import PaymentAttempt
from tenants.dashboard import diary, sentences
from tenants.dashboard.desk import Desk, desk_of
from tenants.earnings import figures
from tenants.earnings.periods import Period
from tenants.messaging.models import Mail, MailStatus
from tenants.scheduling import bookings
from tenants.scheduling.cancellation import Policy, deadline_in_words
from tenants.scheduling.links import address_of
from tenants.scheduling.models import Booking


@require_safe
def booking(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    return _page(desk_of(request), booking_id)


@require_POST
def attendance(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    """Done, or a no-show. Before the start, or of a booking that does not stand, it is a conflict."""
    desk = desk_of(request)
    came = request.POST.get("came") == "yes"
    try:
        bookings.record_attendance(booking_id=booking_id, came=came, now=desk.now, actor=desk.actor)
    except (IllegalMove, Booking.DoesNotExist):
        return _page(desk, booking_id, refused=True)
    name = _entry(desk, booking_id).name
    how = "is marked as done." if came else "is marked as a no-show. The payment stays with you."
    messages.success(request, f"The session with {name} {how}")
    return desk.go_back("booking", booking_id)


def _entry(desk: Desk, booking_id: uuid.UUID) -> diary.Entry:
    row = diary.with_payment(Booking.objects.all()).filter(pk=booking_id).first()
    if row is None:
        raise Http404("There is no such booking.")
    return diary.entry_of(row, desk.now)


def _page(desk: Desk, booking_id: uuid.UUID, *, refused: bool = False) -> HttpResponse:
    entry = _entry(desk, booking_id)
    mails = list(Mail.objects.filter(subject_id=booking_id))
    attempts = list(PaymentAttempt.objects.filter(charge__reference=booking_id).order_by("created_at"))
    with desk.speaking():
        happened = _timeline(entry, attempts, mails)
    return desk.page(
        "booking",
        "calendar",
        status=409 if refused else 200,
        refused=refused,
        failed_mails=[mail for mail in mails if mail.status == MailStatus.FAILED],
        entry=entry,
        length=duration(entry.booking.agreed.get("duration_min", 0), desk.practice.locale),
        rule=_rule(desk, entry),
        client_page=address_of(entry.booking) if entry.booking.client_id else "",
        payments=_payments(desk, booking_id, attempts),
        card=next((attempt.card for attempt in attempts if attempt.card), ""),
        happened=happened,
    )


def _rule(desk: Desk, entry: diary.Entry) -> str:
    """The rule that was agreed for this booking, which later settings do not touch."""
    window = entry.booking.agreed.get("cancel_window_hours")
    if window is None:
        return ""
    return deadline_in_words(
        Policy(window), entry.session.starts_at, tz=desk.tz, now=desk.now, locale=desk.practice.locale
    )


def _payments(desk: Desk, booking_id: uuid.UUID, attempts: list[PaymentAttempt]) -> list[dict[str, object]]:
    """Each payment with its lines, which add up to its net."""
    if not attempts:
        return []
    terms = fee_accounts.terms(schema_name=desk.tenant.schema_name)
    lines = figures.lines(period=Period(desk.tz), booking_id=booking_id)
    return [{"line": line, "parts": _parts(line, terms.free_units, terms.rate_bp)} for line in lines]


def _parts(line: figures.Line, free_units: int, rate_bp: int) -> list[dict[str, object]]:
    parts: list[dict[str, object]] = [{"label": "Paid by card", "minor": line.gross_minor}]
    note = free_session(line.free_numbers, free_units) or _rate(line, rate_bp)
    parts.append({"label": "Platform fee", "minor": line.platform_fee_minor, "note": note})
    if line.processor_fee_known and not line.foreign_currency:
        parts.append({"label": "Card processing by Stripe", "minor": line.processor_fee_minor})
    if line.refunds_minor:
        parts.append({"label": "Refunded", "minor": line.refunds_minor})
    return parts


def _rate(line: figures.Line, rate_bp: int) -> str:
    """The rate, as long as it explains the amount."""
    return "" if line.refunds_minor else f"{rate_bp / 100:g} %"


def free_session(numbers: tuple[int, ...], of: int) -> str:
    """ "free session 7 of 10", or nothing."""
    if not numbers:
        return ""
    return f"free session {', '.join(map(str, numbers))} of {of}"


def _timeline(entry: diary.Entry, attempts: list[PaymentAttempt], mails: list[Mail]) -> list[sentences.Row]:
    subjects = [entry.id, *(attempt.pk for attempt in attempts)]
    rows = [sentences.chosen(at=entry.booking.created_at, name=entry.name)]
    rows += [sentences.sentence(event) for event in Event.objects.filter(subject_id__in=subjects)]
    declined = [attempt for attempt in attempts if attempt.decline]
    rows += [sentences.declined(at=_asked(attempt), code=attempt.decline) for attempt in declined]
    for mail in mails:
        at = mail.sent_at or mail.created_at
        rows.append(sentences.mailed(at=at, status=mail.status, audience=mail.audience))
    return sentences.in_order(rows)


def _asked(attempt: PaymentAttempt) -> datetime:
    return attempt.asked_at or attempt.created_at
