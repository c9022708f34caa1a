"""What the templates of a booking's page are given."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from kit.calendar import google_calendar_url, outlook_url
from kit.clock import zone
from kit.words import duration
from public_pages.booking.coach import Coach
from public_pages.booking.deposits import rest_of, split_of
from public_pages.booking.prices import prices_of
from public_pages.booking.slots import picker_address
from public_pages.booking.stages import Stage, Standing
from public_pages.booking.wording import (
    by_hand,
    cancel_rule,
    clock_with_seconds,
    decline_in_words,
    ended_in_words,
    late_rule,
    outcome_of,
    place_in_words,
    press,
    units_in_words,
    was_paid,
)
from public_pages.paperwork.before import announced, listed
from tenants.billing.models import UNPAID, PaymentAttempt
from tenants.offers.models import Place
from tenants.scheduling import moving
from tenants.scheduling.cancellation import Policy, consequences, deadline_in_words, free_cancel_until
from tenants.scheduling.holds import MOST_RENEWALS, nearest_to
from tenants.scheduling.models import Booking, BookingStatus, Cancellation, CancellationStatus
from tenants.scheduling.paperwork import handed_out, required_by

ACTIONS = {
    "details_url": "booking_details",
    "more_time_url": "booking_more_time",
    "pay_url": "booking_pay",
    "papers_url": "booking_papers",
    "another_time_url": "booking_another_time",
    "return_url": "booking_return",
    "calendar_url": "booking_calendar",
    "receipt_url": "receipt",
    "booking_url": "booking",
    "cancel_url": "booking_cancel",
    "undo_url": "booking_undo",
    "move_url": "booking_move",
    "keep_time_url": "booking_keep_time",
    "decline_move_url": "booking_decline_move",
    "withdraw_url": "booking_withdraw",
}


def context_of(coach: Coach, standing: Standing, token: str) -> dict[str, Any]:
    """Everything that the stage's template names."""
    booking, stage = standing.booking, standing.stage
    context = {
        **summary_of(coach, booking),
        **{name: reverse(view, args=[token]) for name, view in ACTIONS.items()},
        "token": token,
        "attempt": standing.attempt,
        "kept_until": standing.kept_until,
        "can_renew": booking.renewals < MOST_RENEWALS,
        "decline": decline_in_words(standing.attempt),
        "at_bank": _is_at_bank(standing.attempt),
        **steps_of(booking),
        "picker_url": picker_address(booking.session.session_type),
    }
    if stage == Stage.PAPERS:
        context |= listed(standing.to_do, path=context["booking_url"])
    if stage == Stage.PAYMENT:
        context["split"] = split = split_of(booking, context["prices"])
        context["press"] = press(
            split.now_minor if split else context["prices"].total_minor,
            booking.currency,
            coach.locale,
            asks_first=context["asks_first"],
            is_exact=True,
            is_deposit=split is not None,
        )
    if stage == Stage.DETAILS:
        context["papers_first"] = announced_for(coach, booking)
    if stage == Stage.ENDED:
        context |= _ended(coach, standing)
    if stage == Stage.BOOKED:
        context |= _booked(coach, booking)
    if stage == Stage.CANCELLED and standing.cancellation:
        context |= _cancelled(coach, booking, standing.cancellation)
    return context


def announced_for(coach: Coach, booking: Booking) -> str:
    """That papers come first, for whoever has not been asked for them: they are done once."""
    if handed_out(booking):
        return ""
    before = "payment" if prices_of(booking).may_cost else "booking"
    return announced(required_by(booking), coach.locale, before=before)


def steps_of(booking: Booking) -> dict[str, Any]:
    """The way to a booking, and which step of it paying is."""
    papers = ["Papers"] if required_by(booking) or handed_out(booking) else []
    names = ["Time", "Details", *papers, *(["Pay"] if prices_of(booking).may_cost else [])]
    return {"steps": "|".join(names), "pay_step": len(names)}


def _is_at_bank(attempt: PaymentAttempt | None) -> bool:
    """A kept card whose bank asks the client, who has come back here."""
    return attempt is not None and attempt.saved_card_id is not None and attempt.status in UNPAID


def summary_of(coach: Coach, booking: Booking) -> dict[str, Any]:
    """What was agreed: the same facts on every page, from the booking's own copy of them."""
    agreed, session, prices = booking.agreed, booking.session, prices_of(booking)
    by_unit = bool(booking.pack_id or booking.retainer_id)
    is_free = not prices.total_minor and not by_unit
    zones = zones_of(coach, booking)
    policy = Policy(agreed["cancel_window_hours"])
    is_late = policy.window_hours and coach.now > free_cancel_until(policy, session.starts_at)
    rule_of = late_rule if is_late else cancel_rule
    return {
        "booking": booking,
        "agreed": agreed,
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "clocks": clocks_of(coach, booking, session.starts_at),
        "length": duration(agreed["duration_min"], coach.locale),
        "tz": zones[0],
        "prices": prices,
        "is_free": is_free,
        "asks_first": booking.agreed.get("needs_approval", False),
        "answer_within": duration(session.session_type.answer_within_hours * 60, coach.locale),
        "units": units_in_words(booking.pack_units) if booking.pack_id else "",
        "place": place_in_words(agreed["place"], agreed["place_detail"]),
        "whole_place": place_in_words(agreed["place"], agreed["place_detail"], booked=True),
        "place_is_link": agreed["place_detail"].startswith(("https://", "http://")),
        "rule": rule_of(policy.window_hours, free=is_free, by_pack=by_unit),
        "deadline": deadline_in_words(
            policy, session.starts_at, tz=zones[0], now=coach.now, locale=coach.locale
        ),
    }


def clocks_of(coach: Coach, booking: Booking, moment: datetime) -> list[dict[str, Any]]:
    """The clocks on which a time of the booking is shown, with the date that it is there."""
    return [{"tz": tz, "date": moment.astimezone(zone(tz)).date()} for tz in zones_of(coach, booking)]


def zones_of(coach: Coach, booking: Booking) -> list[str]:
    """The zone that the client reads times in, then the coach's where its clock differs."""
    theirs = booking.agreed["timezone"]
    if booking.agreed["place"] == Place.IN_PERSON:
        return [theirs]
    own = coach.visitor_zone or booking.client_timezone or theirs
    same = _offset(booking.session.starts_at, own) == _offset(booking.session.starts_at, theirs)
    return [own] if same else [own, theirs]


def _offset(moment: datetime, tz: str) -> object:
    return moment.astimezone(zone(tz)).utcoffset()


def _ended(coach: Coach, standing: Standing) -> dict[str, Any]:
    offered = standing.booking.session.session_type
    title, sentence = ended_in_words(standing.reason, standing.attempt)
    bookable = offered.is_active and coach.can_be_booked(offered)
    nearest = nearest_to(booking=standing.booking, now=coach.now) if bookable else []
    return {
        "title": title,
        "sentence": sentence,
        "nearest": [{"starts_at": at} for at in nearest],
        "type": offered,
    }


def _booked(coach: Coach, booking: Booking) -> dict[str, Any]:
    session = booking.session
    entry = {
        "starts_at": session.starts_at,
        "ends_at": session.ends_at,
        "tz": booking.agreed["timezone"],
        "locale": coach.locale,
        **calendar_words(coach, booking),
    }
    confirmed = booking.status == BookingStatus.CONFIRMED
    return {
        "is_over": session.ends_at <= coach.now,
        "rest": rest_of(booking),
        "was_paid": was_paid(booking),
        "can_cancel": confirmed and session.starts_at > coach.now,
        "can_move": confirmed and not moving.refusal(booking=booking, now=coach.now),
        "google_url": google_calendar_url(**entry),
        "outlook_url": outlook_url(**entry),
    }


def _cancelled(coach: Coach, booking: Booking, cancellation: Cancellation) -> dict[str, Any]:
    """What became of it, as it was decided; and for a minute, until when it can be undone."""
    tz = zones_of(coach, booking)[0]
    pending = cancellation.status == CancellationStatus.PENDING
    can_undo = pending and cancellation.takes_effect_at > coach.now
    outcome = outcome_of(
        cancellation,
        free_cancel_until(Policy(cancellation.window_hours), booking.session.starts_at),
    )
    paid = was_paid(booking)
    return {
        "cancellation": cancellation,
        "consequences": consequences(outcome, booking.currency, coach.locale, in_hand=by_hand(booking))
        if paid
        else (),
        "undo_until": clock_with_seconds(cancellation.takes_effect_at, tz, coach.locale) if can_undo else "",
        "units_back": units_in_words(cancellation.units_back),
        "by_client": cancellation.actor_kind == "client",
    }


def calendar_words(coach: Coach, booking: Booking) -> dict[str, str]:
    """How the session is called in a calendar. No amount: others may look at it too."""
    place = place_in_words(booking.agreed["place"], booking.agreed["place_detail"], booked=True)
    return {
        "summary": f"{booking.agreed['name']} with {coach.name}",
        "description": booking.agreed["description"],
        "location": place,
    }


def organizer_address(coach: Coach) -> str:
    """Who the invitation is from: the coach, else the platform for a coach who gave no address."""
    return coach.practice.contact_email or settings.DEFAULT_FROM_EMAIL.split("<")[-1].rstrip(">")
