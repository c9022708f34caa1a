"""The mail before a session: what was booked, as it stands when the mail is sent."""

from datetime import datetime

from kit.words import duration
from tenants.messaging import confirmations, moves
from tenants.messaging.letters import Letter, Link, Outdated
from tenants.messaging.models import Audience
from tenants.messaging.story import Story
from tenants.offers.vocabulary import called
from tenants.scheduling.cancellation import free_cancel_until
from tenants.scheduling.cancelling import pending_of, policy_of
from tenants.scheduling.models import BookingStatus


def to_client(story: Story, *, organizer_email: str) -> Letter:
    """When and where it is, what pays for it, and until when it can be given back.

    Without a calendar file: every calendar has it already.
    """
    _still_ahead(story)
    tz = story.client_zone
    return Letter(
        subject=f"Reminder: {story.what}, {story.brief(tz)}",
        fact=f"{story.what} with {story.coach} is on {story.brief(tz)}.",
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.coach_zone, whose=story.coach),
            story.where_fact(),
            *confirmations.paid_by_client(story),
        ),
        balance=confirmations.balance(story, Audience.CLIENT, tz),
        paragraphs=moves.declining(story, tz) or confirmations.deadline(story, tz),
        action=Link(_press(story), story.booking_url),
        why=_why(story),
        reply_to=story.practice.contact_email,
    )


def _still_ahead(story: Story) -> None:
    if story.booking.status != BookingStatus.CONFIRMED or pending_of(story.booking.pk):
        raise Outdated("The session was cancelled before the reminder could be sent.")
    if story.session.starts_at != datetime.fromisoformat(story.event.data["starts_at"]):
        raise Outdated("The session was moved; there is a reminder of its new time.")
    if story.session.starts_at <= story.now:
        raise Outdated("The session had begun before the reminder could be sent.")


def _press(story: Story) -> str:
    if story.booking.moved_from:
        return "Keep or decline the new time"
    is_free = story.now <= free_cancel_until(policy_of(story.booking), story.session.starts_at)
    return "See, move or cancel your booking" if is_free else "See your booking"


def _why(story: Story) -> str:
    before = duration(story.event.data["hours"] * 60, story.locale)
    return (
        f"You get this because {story.coach} has a reminder sent {before} before "
        f"{called.a_session} that is booked."
    )
