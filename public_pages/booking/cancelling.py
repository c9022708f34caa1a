"""Calling a booking off by its client: what will happen is read first, and can be undone for a minute."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from kit.clock import now
from kit.database import read_only
from public_pages.booking.booking import by_link, client_of
from public_pages.booking.coach import Coach, coach_of, show_private
from public_pages.booking.stages import Stage, standing_of
from public_pages.booking.stages_shown import summary_of
from public_pages.booking.wording import by_hand, cancel_button, was_paid, when_it_differs
from tenants.offers.vocabulary import called
from tenants.scheduling import bookings, cancelling, links
from tenants.scheduling.cancellation import Outcome, consequences
from tenants.scheduling.cancelling import CannotCancel, OutcomeChanged
from tenants.scheduling.models import Booking, Cause

NOTHING_PAID = ("Nothing was paid, so nothing goes back.",)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def cancel(request: HttpRequest, booked: Booking) -> HttpResponse:
    """What cancelling means right now, and the press that does it."""
    return _call_off(request, booked, Cause.CLIENT)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def decline_move(request: HttpRequest, booked: Booking) -> HttpResponse:
    """The coach has moved it and the new time does not suit: everything goes back."""
    return _call_off(request, booked, Cause.DECLINED_MOVE)


def _call_off(request: HttpRequest, booked: Booking, cause: Cause) -> HttpResponse:
    if request.method != "POST":
        return _look(request, booked, cause)
    try:
        asked = cancelling.cancel(
            booking_id=booked.pk,
            cause=cause,
            now=now(),
            actor=client_of(booked),
            shown=request.POST.get("shown") or "nothing",
        )
    except CannotCancel as problem:
        messages.warning(request, str(problem))
    except OutcomeChanged as changed:
        return _changed(request, booked, cause, changed.outcome)
    else:
        if asked.actor_kind != "client":
            messages.info(request, f"Your coach is cancelling this {called.session} right now.")
    return redirect("booking", links.token_of(booked))


def _look(request: HttpRequest, booked: Booking, cause: Cause) -> HttpResponse:
    coach = coach_of(request)
    if not _may_call_off(booked, cause, coach):
        return redirect("booking", links.token_of(booked))
    outcome = cancelling.preview(booking=booked, cause=cause, now=coach.now)
    return _page(request, coach, booked, cause, outcome)


def _may_call_off(booked: Booking, cause: Cause, coach: Coach) -> bool:
    standing = standing_of(booked, coach.now)
    if standing.stage != Stage.BOOKED or booked.session.starts_at <= coach.now:
        return False
    return cause != Cause.DECLINED_MOVE or booked.moved_from is not None


def _changed(request: HttpRequest, booked: Booking, cause: Cause, outcome: Outcome) -> HttpResponse:
    """409: what was read is not what would happen by now, so nothing has happened."""
    with read_only():
        fresh = bookings.booking_of(booking_id=booked.pk)
        return _page(request, coach_of(request), fresh, cause, outcome, status=409, changed=True)


def _page(
    request: HttpRequest,
    coach: Coach,
    booked: Booking,
    cause: Cause,
    outcome: Outcome,
    *,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    context |= summary_of(coach, booked)
    paid = was_paid(booked)
    context |= {
        "booking_url": reverse("booking", args=[links.token_of(booked)]),
        "outcome": outcome,
        "consequences": consequences(outcome, booked.currency, coach.locale, in_hand=by_hand(booked))
        if paid
        else NOTHING_PAID,
        "differs": when_it_differs(outcome, coach.now, tz=context["tz"], locale=coach.locale) if paid else "",
        "press": cancel_button(outcome, booked, coach.locale),
        "declines_move": cause == Cause.DECLINED_MOVE,
    }
    return show_private(request, coach, "cancel.html", context, status)


@require_POST
@by_link
def undo(request: HttpRequest, booked: Booking) -> HttpResponse:
    """All as before, within the minute that the page has named."""
    if cancelling.undo(booking_id=booked.pk, now=now(), actor=client_of(booked)):
        messages.success(request, f"Nothing was cancelled: your {called.session} stays booked.")
    elif standing_of(booked, now()).stage == Stage.CANCELLED:
        messages.warning(request, f"It was too late to undo this: the {called.session} is cancelled.")
    return redirect("booking", links.token_of(booked))
