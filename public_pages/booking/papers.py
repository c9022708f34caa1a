"""What a client takes along: the session for a calendar, and a receipt."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from kit.calendar import Method, session_calendar
from public_pages.booking.booking import by_link
from public_pages.booking.coach import Coach, coach_of, show_private
from public_pages.booking.stages import latest_attempt
from public_pages.booking.stages_shown import calendar_words, organizer_address, summary_of, zones_of
from tenants.billing.models import AttemptStatus, EntryKind, PaymentAttempt
from tenants.messaging.story import calendar_uid
from tenants.scheduling import links
from tenants.scheduling.models import FUNDED, Booking, BookingStatus


@require_safe
@by_link
def booking_calendar(request: HttpRequest, booked: Booking) -> HttpResponse:
    """The session as a calendar file: to keep, to put where it was moved to, or to take out again."""
    method = _method(booked)
    if method is None:
        return redirect("booking", links.token_of(booked))
    content = _calendar(coach_of(request), booked, method)
    response = HttpResponse(content, content_type=f"text/calendar; charset=utf-8; method={method}")
    response["Content-Disposition"] = 'attachment; filename="session.ics"'
    response["Cache-Control"] = "private, no-cache"
    return response


def _method(booked: Booking) -> Method | None:
    """None for what never stood in a calendar. What replaces an older file is an invitation, as in mails."""
    if booked.status == BookingStatus.CANCELLED and booked.confirmed_at:
        return "CANCEL"
    if booked.status not in FUNDED:
        return None
    return "REQUEST" if booked.calendar_sequence else "PUBLISH"


def _calendar(coach: Coach, booked: Booking, method: Method) -> bytes:
    client = booked.client
    return session_calendar(
        uid=calendar_uid(booked),
        sequence=booked.calendar_sequence,
        method=method,
        starts_at=booked.session.starts_at,
        ends_at=booked.session.ends_at,
        tz=zones_of(coach, booked)[0],
        organizer_name=coach.name,
        organizer_email=organizer_address(coach),
        attendee_email=client.email if client else "",
        attendee_name=client.name if client else "",
        url=links.address_of(booked),
        now=coach.now,
        locale=coach.locale,
        **calendar_words(coach, booked),
    )


@require_safe
@by_link
def receipt(request: HttpRequest, booked: Booking) -> HttpResponse:
    """What was paid and what went back, from the ledger; there is none where nothing was paid."""
    attempt = latest_attempt(booked)
    if attempt is None or attempt.status != AttemptStatus.CAPTURED:
        return redirect("booking", links.token_of(booked))
    coach = coach_of(request)
    context = {
        **summary_of(coach, booked),
        "attempt": attempt,
        "number": receipt_number(booked),
        "lines": _lines(booked, attempt),
        "token": links.token_of(booked),
    }
    return show_private(request, coach, "receipt.html", context)


def receipt_number(booked: Booking) -> str:
    """Short enough to be read out: the random end of the booking's key."""
    end = booked.pk.hex[-8:].upper()
    return f"{end[:4]}-{end[4:]}"


def _lines(booked: Booking, attempt: PaymentAttempt) -> list[dict[str, Any]]:
    entries = attempt.entries.filter(kind__in=(EntryKind.CAPTURE, EntryKind.REFUND)).order_by("at", "pk")
    labels = {EntryKind.CAPTURE: attempt.charge.description, EntryKind.REFUND: "Refund"}
    return [{"label": labels[EntryKind(entry.kind)], "minor": entry.amount_minor} for entry in entries]
