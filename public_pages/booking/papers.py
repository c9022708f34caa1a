"""What a client takes along: the session for a calendar, and a receipt."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from kit.calendar import Method, session_calendar
from public_pages.booking.booking import by_link
from public_pages.booking.coach import Coach, coach_of, show_private
from public_pages.booking.stages import tries_at
from public_pages.booking.stages_shown import calendar_words, organizer_address, summary_of, zones_of
from tenants.billing import paper_links
from tenants.billing.models import AttemptStatus, Document, EntryKind, LedgerEntry, PaymentAttempt
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
    """The receipt of its payment; where there are several papers, or none yet, what the ledger says."""
    issued = _issued(booked)
    if len(issued) == 1:
        return redirect("paper", paper_links.token_of(issued[0]))
    attempt = _captured(booked)
    if attempt is None and not issued:
        return redirect("booking", links.token_of(booked))
    coach = coach_of(request)
    lines = _lines(booked)
    context = {
        **summary_of(coach, booked),
        "attempt": attempt,
        "papers": [{"paper": each, "token": paper_links.token_of(each)} for each in issued],
        "lines": lines,
        "currency": booked.currency,
        "token": links.token_of(booked),
    }
    return show_private(request, coach, "receipt.html", context)


def _issued(booked: Booking) -> list[Document]:
    """The papers about its payments, in their order."""
    rows = Document.objects.select_related("charge__client")
    own = rows.filter(charge__purpose="booking", charge__reference=booked.pk)
    return list(own.order_by("issued_at", "pk"))


def _captured(booked: Booking) -> PaymentAttempt | None:
    attempt = tries_at(booked).first()
    return attempt if attempt and attempt.status == AttemptStatus.CAPTURED else None


def _lines(booked: Booking) -> list[dict[str, Any]]:
    """Every payment of the session, and what went back."""
    kinds = (EntryKind.CAPTURE, EntryKind.RECEIVED, EntryKind.REFUND)
    entries = LedgerEntry.objects.filter(sold_id=booked.pk, kind__in=kinds).order_by("at", "pk")
    return [{"label": _said(entry, booked), "minor": entry.amount_minor} for entry in entries]


def _said(entry: LedgerEntry, booked: Booking) -> str:
    return "Refund" if entry.amount_minor < 0 else str(booked.agreed["name"])
