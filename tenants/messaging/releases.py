"""Mails about a time that was not booked after all, and about money that was not taken."""

from datetime import datetime
from typing import Final, NamedTuple

from django.conf import settings
from django.urls import reverse

from connect.accounts import can_charge
from kit.clock import zone
from kit.database import current_schema
from kit.words import long_date, wall_time
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.messaging.letters import Letter, Link, Outdated
from tenants.messaging.story import Story
from tenants.messaging.wording import brief_time, one_line
from tenants.offers.models import SessionType
from tenants.offers.vocabulary import called
from tenants.registry.pages import coach_address
from tenants.scheduling.holds import nearest_to
from tenants.scheduling.models import UNDECIDED, Booking, BookingStatus

NOTHING_CHARGED: Final = "Nothing was charged."
LET_GO = frozenset({AttemptStatus.RELEASED, AttemptStatus.CAPTURE_FAILED, AttemptStatus.UNREACHABLE})
# Nobody's card was asked yet: of no use to somebody who has booked again meanwhile.
WITHOUT_PAYMENT = frozenset({"hold_lapsed", "payment_abandoned"})


class Reason(NamedTuple):
    """Why there is no session. `{coach}` is the coach's name."""

    words: str
    action: str = "Choose another time"


PAPERS_MISSING: Final = "papers_missing"
REASONS: Final = {
    "hold_lapsed": Reason("The booking was not finished in time, so the time is free again.", "Book again"),
    "payment_abandoned": Reason(
        "The payment was not finished in time, so the time is free again.", "Continue from your booking"
    ),
    "payment_failed": Reason("Your bank did not let the payment through.", "Try again with another card"),
    "payment_released": Reason("The time was no longer free when your payment arrived."),
    "cancelled_at_stripe": Reason("The payment was called off before it was taken."),
    "review_not_closed": Reason("Stripe was still checking the payment when it had to be decided."),
    PAPERS_MISSING: Reason(
        "It has waited 7 days for what was to be signed or filled in first, and ended by itself then."
    ),
    "request_declined": Reason("{coach} cannot take this {session}, so the request is closed."),
    "request_unanswered": Reason(
        "{coach} did not answer in time. By the rule for requests, yours ended by itself then."
    ),
    "request_withdrawn": Reason("You withdrew your request."),
    "payment_unreachable": Reason("{coach} cannot take card payments at the moment.", "See your booking"),
}
REQUESTS: Final = frozenset({"request_declined", "request_unanswered", "request_withdrawn"})
OTHERWISE: Final = Reason("The booking was not finished.")


def to_client(story: Story, *, organizer_email: str) -> Letter:
    """That nothing was charged comes first; then why, what the bank may show, and which times are free."""
    del organizer_email
    _still_true(story)
    if story.stands:
        return _about_a_second_payment(story)
    tz, reason = story.client_zone, _reason(story)
    return Letter(
        subject=f"Not booked: {story.what}, {story.brief(tz)}",
        fact=_fact(story, tz),
        facts=(story.what_fact(), *story.when_facts(tz, other=story.coach_zone, whose=story.coach)),
        paragraphs=tuple(filter(None, (called.said(reason.words, coach=story.coach), _at_the_bank(story)))),
        choices_title="Free times close to it",
        choices=_free_times(story),
        action=Link(reason.action, story.booking_url),
        why=f"You get this because you {_had_done(story)} {story.coach}.",
        reply_to=story.practice.contact_email,
    )


def _fact(story: Story, tz: str) -> str:
    """Where no card was ever asked for, there is no word about money."""
    said = f"{story.what} with {story.coach} on {story.brief(tz)} is not booked."
    return said if _is_request(story) and not story.attempts else f"{NOTHING_CHARGED} {said}"


def _had_done(story: Story) -> str:
    return "sent a request to" if _is_request(story) else f"started to book {called.a_session} with"


def _is_request(story: Story) -> bool:
    return story.event.data.get("reason") in REQUESTS


def to_coach(story: Story, *, organizer_email: str) -> Letter:
    """A request that nobody needs to answer any more, or a payment that Stripe cannot take for this coach."""
    del organizer_email
    return _request_is_over(story) if _is_request(story) else _account_is_away(story)


def _request_is_over(story: Story) -> Letter:
    if story.booking.status != BookingStatus.EXPIRED:
        raise Outdated("The session was booked after all.")
    tz, who = story.coach_zone, one_line(story.client.name)
    withdrawn = story.event.data["reason"] == "request_withdrawn"
    news = f"{who} withdrew the request for" if withdrawn else f"You did not answer {who} in time about"
    return Letter(
        subject=f"Request over: {who}, {story.what}, {story.brief(tz)}",
        fact=f"{news} {story.what}, {story.brief(tz)}. The time is free again.",
        facts=(story.what_fact(), *story.when_facts(tz, other=story.client_zone, whose=who)),
        paragraphs=() if withdrawn else (_unanswered(story, who),),
        action=Link("Open the booking", story.dashboard_url),
        why=f"You get this because {called.a_client} asked for {called.a_session} with you.",
        reply_to=story.client.email,
    )


def _unanswered(story: Story, who: str) -> str:
    until = wall_time(story.booking.answer_by or story.now, story.coach_zone, story.locale)
    return (
        f"The time to answer was over on {until}, so the request ended by itself. {who} was told. To offer "
        "another time, answer this mail."
    )


def _account_is_away(story: Story) -> Letter:
    """A payment was under way when Stripe let go of the coach's account: it cannot be taken any more."""
    if story.stands or story.paid_by:
        raise Outdated("The payment arrived after all.")
    tz, who = story.coach_zone, one_line(story.client.name)
    return Letter(
        subject=f"Not booked: {who}, {story.what}, {story.brief(tz)}",
        fact=f"{who} could not book {story.what} for {story.brief(tz)}. The time is free again.",
        facts=(story.what_fact(), *story.when_facts(tz, other=story.client_zone, whose=who)),
        paragraphs=(
            "Your Stripe account was disconnected while the payment was under way, so it was not taken. "
            f"{who} was told, and also that what the bank may have set aside ends by itself, "
            f"{_by_when(story)}.",
        ),
        action=Link("Open the booking", story.dashboard_url),
        why=f"You get this because {called.a_client} was booking {called.a_session} with you.",
        reply_to=story.client.email,
    )


def _still_true(story: Story) -> None:
    if story.booking.status in UNDECIDED:
        raise Outdated("The time is kept again.")
    if story.stands and _let_go(story) is None:
        raise Outdated("The session was confirmed after all.")
    if not story.stands and story.paid_by:
        raise Outdated("The payment arrived after all; the mail about its return says so.")
    if not _is_request(story) and story.booking.ended_reason in REQUESTS:
        raise Outdated("The mail about the request says so.")
    if story.event.data.get("reason") in WITHOUT_PAYMENT:
        if story.session.starts_at <= story.now:
            raise Outdated("The time has passed.")
        if _booked_again(story):
            raise Outdated("The client has booked again since.")


def _booked_again(story: Story) -> bool:
    others = Booking.objects.filter(client=story.client, created_at__gt=story.booking.created_at)
    standing = [*UNDECIDED, "confirmed"]
    same_type = others.filter(session__session_type_id=story.session.session_type_id)
    return same_type.filter(status__in=standing).exclude(pk=story.booking.pk).exists()


def _about_a_second_payment(story: Story) -> Letter:
    """The booking was paid by another try, and this one was let go."""
    tz = story.client_zone
    return Letter(
        subject=f"Paid once: {story.what}, {story.brief(tz)}",
        fact=f"You paid once. A second payment for {story.what} on {story.brief(tz)} was not taken.",
        paragraphs=tuple(filter(None, ("Your booking stands.", _at_the_bank(story)))),
        action=Link("See your booking", story.booking_url),
        why=f"You get this because you booked {called.a_session} with {story.coach}.",
        reply_to=story.practice.contact_email,
    )


def _reason(story: Story) -> Reason:
    return REASONS.get(story.event.data.get("reason", ""), OTHERWISE)


def _let_go(story: Story) -> PaymentAttempt | None:
    return next((each for each in story.attempts if each.status in LET_GO), None)


def _at_the_bank(story: Story) -> str:
    """What a payer may still see of an amount that the bank had set aside."""
    attempt = _let_go(story) or (_promised(story) if _is_request(story) else None)
    if attempt is None:
        return ""
    amount = story.money(attempt.amount_minor)
    if attempt.status == AttemptStatus.UNREACHABLE:
        return f"If your bank shows {amount} as pending, that ends by itself, {_by_when(story)}."
    if attempt.capture_before is None:
        return ""
    at_once = f"The authorisation of {amount} is released at once. " if _is_request(story) else ""
    return (
        f"{at_once}Your bank may show {amount} as pending for up to 7 days. It is not a payment and "
        "disappears by itself; with a debit card the money may not be available until then."
    )


def _promised(story: Story) -> PaymentAttempt | None:
    """What the bank has set aside, on its way to be let go while this mail is written."""
    return next((each for each in story.attempts if each.capture_before), None)


def _by_when(story: Story) -> str:
    attempt = _let_go(story)
    if attempt is None or attempt.capture_before is None:
        return "within 7 days"
    day = attempt.capture_before.astimezone(zone(story.client_zone)).date()
    return f"at the latest on {long_date(day, story.locale)}"


def _free_times(story: Story) -> tuple[Link, ...]:
    session_type = story.session.session_type
    if story.event.data.get("reason") == "payment_unreachable":
        return ()
    if not session_type.is_active or not _can_be_sold(session_type):
        return ()
    tz, locale = story.client_zone, story.locale
    starts = nearest_to(booking=story.booking, now=story.now)
    return tuple(Link(brief_time(at, tz, locale), _address(session_type, at, tz)) for at in starts)


def _can_be_sold(session_type: SessionType) -> bool:
    return session_type.is_free or can_charge(schema_name=current_schema())


def _address(session_type: SessionType, at: datetime, tz: str) -> str:
    """The coach's page of this type with the day of that time open: a link in a mail holds nothing."""
    path = reverse("session_type", urlconf=settings.COACH_URLCONF, args=[session_type.slug])
    day = at.astimezone(zone(tz)).date().isoformat()
    return f"{coach_address(current_schema())}{path}?day={day}#times"
