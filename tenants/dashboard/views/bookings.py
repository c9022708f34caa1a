"""One booking: what was agreed, what it earned, what happened; and how it went."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from kit.states import IllegalMove
from kit.words import duration
from tenants.activity.models import Event
from tenants.billing.models import PaymentAttempt
from tenants.clients import notes
from tenants.dashboard import attention, diary, evidence, presses, sentences
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.clients import NoteForm
from tenants.dashboard.forms.sessions import MoveForm, WaiverForm
from tenants.dashboard.payment_lines import payments
from tenants.messaging.models import Mail, MailStatus
from tenants.scheduling import bookings
from tenants.scheduling.cancellation import Policy, deadline_in_words
from tenants.scheduling.links import address_of
from tenants.scheduling.models import Booking, BookingStatus, CancellationStatus, Funding


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a press had no effect, for the top of the page."""

    text: str
    title: str = "Nothing was changed"


@require_safe
def booking(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    return booking_page(desk_of(request), booking_id)


@require_POST
def attendance(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    """Done, or a no-show. Before the start, or of a booking that does not stand, it is a conflict."""
    desk = desk_of(request)
    came = request.POST.get("came") == "yes"
    try:
        bookings.record_attendance(booking_id=booking_id, came=came, now=desk.now, actor=desk.actor)
    except (IllegalMove, Booking.DoesNotExist):
        return booking_page(desk, booking_id, refusal=_not_markable(entry_or_404(desk, booking_id)))
    messages.success(request, _marked(entry_or_404(desk, booking_id), came))
    return desk.go_back("booking", booking_id)


def _not_markable(entry: diary.Entry) -> Refusal:
    if not entry.has_begun:
        return Refusal("The session has not begun yet. You can say how it went once it has.")
    if entry.is_being_called_off:
        return Refusal("This session is being called off. Undo that first.")
    return Refusal("This booking does not stand, so there is nothing to mark.")


def _marked(entry: diary.Entry, came: bool) -> str:
    if came:
        return f"The session with {entry.name} is marked as done."
    kept = _KEPT.get(Funding(entry.booking.funding), "")
    return f"The session with {entry.name} is marked as a no-show. {kept}".strip()


_KEPT = {
    Funding.CARD: "The payment stays with you. Press Done if that was a mistake.",
    Funding.PACK: "It counts as used. Press Done if that was a mistake.",
    Funding.RETAINER: "It counts as used. Press Done if that was a mistake.",
}


def entry_or_404(desk: Desk, booking_id: uuid.UUID) -> diary.Entry:
    row = diary.with_payment(Booking.objects.all()).filter(pk=booking_id).first()
    if row is None:
        raise Http404("There is no such booking.")
    return diary.entry_of(row, desk.now)


def booking_page(
    desk: Desk,
    booking_id: uuid.UUID,
    *,
    refusal: Refusal | None = None,
    waiver_form: WaiverForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """All about one booking; with a `refusal` it is a conflict."""
    entry = entry_or_404(desk, booking_id)
    mails = list(Mail.objects.filter(subject_id=booking_id))
    attempts = list(PaymentAttempt.objects.filter(charge__reference=booking_id).order_by("created_at"))
    with desk.speaking():
        happened = _timeline(entry, attempts, mails)
    return desk.page(
        "booking",
        "calendar",
        status=409 if refusal else status,
        refusal=refusal,
        failed_mails=[mail for mail in mails if mail.status == MailStatus.FAILED],
        entry=entry,
        length=duration(entry.booking.agreed.get("duration_min", 0), desk.practice.locale),
        rule=_rule(desk, entry),
        client_page=address_of(entry.booking) if entry.booking.client_id else "",
        payments=payments(desk, booking_id),
        card=next((attempt.card for attempt in attempts if attempt.card), ""),
        happened=happened,
        notes=notes.of_booking(booking_id, entry.booking.client_id) if entry.booking.client_id else [],
        note_form=NoteForm(),
        pays=attention.pays(entry.booking, desk.practice.locale) if entry.is_asked else "",
        **_calling_off(desk, entry, waiver_form),
    )


def _calling_off(desk: Desk, entry: diary.Entry, waiver_form: WaiverForm | None) -> dict[str, Any]:
    """The buttons, and every cancellation that there has been with its rule and its result."""
    rows = list(entry.booking.cancellations.order_by("asked_at", "pk"))
    done = [row for row in rows if row.status == CancellationStatus.DONE]
    means = presses.means_of([entry.booking])[entry.id]
    kept = done[-1] if done and done[-1].outcome == "used" else None
    return {
        "presses": presses.presses(desk, entry, means),
        "pending": presses.pending_of(desk, entry),
        "waiver": presses.waiver(desk, entry, means, kept),
        "waiver_form": waiver_form or WaiverForm(),
        "evidence": [evidence.told(desk, entry.booking, row) for row in reversed(rows)],
        "move_back": _move_back(desk, entry.booking),
    }


def _move_back(desk: Desk, booking: Booking) -> MoveForm | None:
    """The form that takes a move back, while the time it was moved from is still to come."""
    before = booking.moved_from
    if before is None or before <= desk.now or booking.status != BookingStatus.CONFIRMED:
        return None
    return MoveForm.at(before, desk.tz)


def _rule(desk: Desk, entry: diary.Entry) -> str:
    """The rule that was agreed for this booking, which later settings do not touch."""
    window = entry.booking.agreed.get("cancel_window_hours")
    if window is None:
        return ""
    return deadline_in_words(
        Policy(window), entry.session.starts_at, tz=desk.tz, now=desk.now, locale=desk.practice.locale
    )


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
