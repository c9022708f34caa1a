"""Calling a session off: for the client, for weather, by the coach; undone, or waived."""

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.views.decorators.http import require_POST

from tenants.dashboard import presses
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.sessions import WaiverForm
from tenants.dashboard.views.bookings import Refusal, booking_page, entry_or_404
from tenants.scheduling import cancelling
from tenants.scheduling.models import BookingStatus, Cancellation, Cause


@require_POST
def call_off(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    """For one of the causes that a button names; of effect in a minute."""
    desk = desk_of(request)
    entry_or_404(desk, booking_id)
    named = request.POST.get("cause", "")
    if named not in presses.NAMES:
        return HttpResponseBadRequest("There is no such button.")
    return _asked(desk, booking_id, cause=Cause(named), shown=request.POST.get("shown", ""))


@require_POST
def waive(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    """It goes back although the rule keeps it, for a reason that is written down."""
    desk = desk_of(request)
    booking = entry_or_404(desk, booking_id).booking
    form = WaiverForm(request.POST)
    if not form.is_valid():
        return booking_page(desk, booking_id, status=422, waiver_form=form)
    because: str = form.cleaned_data["because"]
    if booking.status == BookingStatus.CANCELLED:
        return _waived_later(desk, booking_id, because)
    cause = presses.waived_cause(booking) or Cause.LATE
    return _asked(desk, booking_id, cause=cause, shown="waived", because=because)


def _asked(desk: Desk, booking_id: uuid.UUID, *, cause: Cause, shown: str, because: str = "") -> HttpResponse:
    try:
        row = cancelling.cancel(
            booking_id=booking_id,
            cause=cause,
            now=desk.now,
            actor=desk.actor,
            shown=shown,
            waived_because=because,
        )
    except cancelling.CannotCancel as refusal:
        return booking_page(desk, booking_id, refusal=Refusal(str(refusal)))
    except cancelling.OutcomeChanged as changed:
        return booking_page(desk, booking_id, refusal=_by_now(desk, booking_id, changed))
    if row.cause != cause:
        return booking_page(desk, booking_id, refusal=Refusal("It is being called off already."))
    return _done(desk, booking_id, row)


def _by_now(desk: Desk, booking_id: uuid.UUID, changed: cancelling.OutcomeChanged) -> Refusal:
    booking = entry_or_404(desk, booking_id).booking
    would = presses.in_words(desk, booking, changed.outcome)
    return Refusal(f"By now it would mean something else. {changed.outcome.reason} {would}")


def _waived_later(desk: Desk, booking_id: uuid.UUID, because: str) -> HttpResponse:
    try:
        row = cancelling.waive(booking_id=booking_id, because=because, now=desk.now, actor=desk.actor)
    except cancelling.CannotCancel as refusal:
        return booking_page(desk, booking_id, refusal=Refusal(str(refusal)))
    return _done(desk, booking_id, row)


def _done(desk: Desk, booking_id: uuid.UUID, row: Cancellation) -> HttpResponse:
    booking = entry_or_404(desk, booking_id).booking
    would = presses.in_words(desk, booking, row)
    messages.success(desk.request, f"{row.reason} {would} You can undo this for a minute.")
    return desk.go_back("booking", booking_id)


@require_POST
def undo(request: HttpRequest, slug: str, booking_id: uuid.UUID) -> HttpResponse:
    """Within the minute, and only what was pressed at a coach's desk."""
    desk = desk_of(request)
    entry_or_404(desk, booking_id)
    if not cancelling.undo(booking_id=booking_id, now=desk.now, actor=desk.actor):
        too_late = "There is nothing to undo any more. What happened stands below."
        return booking_page(desk, booking_id, refusal=Refusal(too_late))
    messages.success(request, "Undone. Everything is as it was before.")
    return desk.go_back("booking", booking_id)
