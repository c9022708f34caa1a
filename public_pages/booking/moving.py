"""Another time for a booking: chosen among the free ones, looked at once more, then moved as it is."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from kit.clock import now, zone
from kit.database import read_only
from kit.limits import allows, connection_of
from kit.words import wall_time
from public_pages.booking.booking import by_link, client_of
from public_pages.booking.coach import Coach, coach_of, show_private
from public_pages.booking.picker import picker
from public_pages.booking.slots import clock_line, moment_of, slow_down, wants_part
from public_pages.booking.stages import Stage, standing_of
from public_pages.booking.stages_shown import clocks_of, summary_of, zones_of
from public_pages.booking.wording import was_paid
from tenants.offers.vocabulary import called
from tenants.scheduling import bookings, links, moving
from tenants.scheduling.cancellation import deadline_in_words, free_cancel_until
from tenants.scheduling.cancelling import policy_of
from tenants.scheduling.holds import SlotTaken
from tenants.scheduling.models import Booking

MOVES = {"most": 40, "seconds": 600}


@require_safe
@by_link
def move(request: HttpRequest, booked: Booking) -> HttpResponse:
    """The times that this session could be moved to."""
    coach = coach_of(request)
    return _refused(request, booked, coach) or _picker_page(request, coach, booked)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def move_to(request: HttpRequest, booked: Booking) -> HttpResponse:
    """From here to there: read first, then done."""
    if request.method == "POST":
        return _move(request, booked)
    coach, wanted = coach_of(request), moment_of(request.GET.get("starts_at", ""))
    if refused := _refused(request, booked, coach):
        return refused
    if wanted is None:
        return _picker_page(request, coach, booked, status=422, unreadable=True)
    minute = {"since": wanted, "until": wanted + timedelta(minutes=1), "now": coach.now}
    if wanted not in moving.free_times(booking=booked, **minute):
        return _taken(request, coach, booked, wanted)
    return _review(request, coach, booked, wanted)


def _refused(request: HttpRequest, booked: Booking, coach: Coach) -> HttpResponse | None:
    """Back to the booking's page, which says why, where it cannot be moved."""
    if standing_of(booked, coach.now).stage == Stage.BOOKED:
        said = moving.refusal(booking=booked, now=coach.now)
        if not said:
            return None
        messages.warning(request, said)
    return redirect("booking", links.token_of(booked))


def _move(request: HttpRequest, booked: Booking) -> HttpResponse:
    if not allows("moves", connection_of(request), **MOVES):
        return slow_down(request)
    wanted, coach = moment_of(request.POST.get("starts_at", "")), coach_of(request)
    if wanted is None:
        with read_only():
            return _picker_page(request, coach, booked, status=422, unreadable=True)
    if wanted != booked.session.starts_at:
        try:
            moving.move_by_client(booking_id=booked.pk, starts_at=wanted, now=now(), actor=client_of(booked))
        except moving.CannotMove as problem:
            messages.warning(request, f"{problem} Nothing was changed.")
            return redirect("booking", links.token_of(booked))
        except SlotTaken:
            return _lost(request, booked, wanted)
    when = wall_time(wanted, zones_of(coach, booked)[0], coach.locale)
    messages.success(request, f"Your {called.session} is now on {when}. Nothing was charged.")
    return redirect("booking", links.token_of(booked))


def _lost(request: HttpRequest, booked: Booking, wanted: datetime) -> HttpResponse:
    with read_only():
        fresh = bookings.booking_of(booking_id=booked.pk)
        return _taken(request, coach_of(request), fresh, wanted)


def _taken(request: HttpRequest, coach: Coach, booked: Booking, wanted: datetime) -> HttpResponse:
    """409: the session stays where it is, and the nearest free times are offered."""
    near = moving.nearest(booking=booked, wanted=wanted, now=coach.now)
    day = wanted.astimezone(zone(_zone(coach, booked))).date().isoformat()
    return _picker_page(
        request,
        coach,
        booked,
        status=409,
        asked={"day": day},
        wanted=wanted,
        nearest=[{"starts_at": at} for at in near],
    )


def _zone(coach: Coach, booked: Booking) -> str:
    return coach.zone_for(booked.session.session_type.place)


def _picker_page(
    request: HttpRequest,
    coach: Coach,
    booked: Booking,
    *,
    status: int = 200,
    asked: dict[str, str] | None = None,
    **context: Any,
) -> HttpResponse:
    token, kind = links.token_of(booked), booked.session.session_type
    page = reverse("booking_move", args=[token])
    part = wants_part(request)
    context |= {
        **summary_of(coach, booked),
        "booking_url": reverse("booking", args=[token]),
        "type": kind,
        "bookable": True,
        "picker": picker(coach, kind, asked or request.GET, page=page, moved=booked),
        "choose_url": reverse("booking_move_to", args=[token]),
        "in_part": part,
        **clock_line(kind, page),
    }
    response = show_private(request, coach, "_picker.html" if part else "move.html", context, status)
    response.headers.setdefault("Vary", "HX-Request")
    return response


def _review(request: HttpRequest, coach: Coach, booked: Booking, wanted: datetime) -> HttpResponse:
    token, session = links.token_of(booked), booked.session
    context = summary_of(coach, booked)
    context |= {
        "move_url": reverse("booking_move", args=[token]),
        "move_to_url": reverse("booking_move_to", args=[token]),
        "wanted": wanted,
        "was_paid": was_paid(booked),
        "wanted_ends_at": wanted + (session.ends_at - session.starts_at),
        "wanted_clocks": clocks_of(coach, booked, wanted),
        "gives_up_free_cancelling": free_cancel_until(policy_of(booked), wanted) < coach.now,
        "deadline": deadline_in_words(
            policy_of(booked), wanted, tz=context["tz"], now=coach.now, locale=coach.locale
        ),
    }
    return show_private(request, coach, "move_review.html", context)


@require_POST
@by_link
def keep_time(request: HttpRequest, booked: Booking) -> HttpResponse:
    """The time that the coach moved it to is fine."""
    if moving.keep_new_time(booking_id=booked.pk, now=now(), actor=client_of(booked)):
        messages.success(request, "The new time is agreed.")
    return redirect("booking", links.token_of(booked))
