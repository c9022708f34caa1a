"""Mails about a session that was put at another time. What pays for it stays with it."""

from datetime import datetime

from kit.words import wall_time
from tenants.messaging.confirmations import how_to_cancel
from tenants.messaging.letters import Fact, Letter, Link, Outdated
from tenants.messaging.story import Story, invitation
from tenants.messaging.wording import brief_time, one_line
from tenants.offers.vocabulary import called

NEW_ENTRY = "The calendar file with this mail puts it at its new time in your calendar."


def to_client(story: Story, *, organizer_email: str) -> Letter:
    """The new time and the old one; where the coach moved it, that it can be declined for a full return."""
    _still_there(story)
    tz = story.client_zone
    by_client = _by_client(story)
    return Letter(
        subject=f"Moved: {story.what}, now {story.brief(tz)}",
        fact=_news(story, tz, by_client),
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.coach_zone, whose=story.coach),
            _before(story, tz),
            story.where_fact(),
        ),
        paragraphs=(*_stays_paid(story), *_ways_out(story, tz, by_client), NEW_ENTRY),
        action=_client_action(story, by_client),
        why=f"You get this because you booked this {called.session} with {story.coach}.",
        invitation=invitation(story, "REQUEST", for_client=True, organizer_email=organizer_email),
        reply_to=story.practice.contact_email,
    )


def to_coach(story: Story, *, organizer_email: str) -> Letter:
    """Who comes at another time now, and that the old one is free."""
    _still_there(story)
    tz, who = story.coach_zone, one_line(story.client.name)
    mover = who if _by_client(story) else "You"
    return Letter(
        subject=f"Moved: {who}, {story.what}, now {story.brief(tz)}",
        fact=f"{mover} moved {story.what}{'' if mover == who else f' with {who}'} to {story.brief(tz)}.",
        facts=(
            story.what_fact(),
            *story.when_facts(tz, other=story.client_zone, whose=who),
            _before(story, tz),
            story.where_fact(),
        ),
        paragraphs=_told_the_client(story, who),
        action=Link("Open the booking", story.dashboard_url),
        why=f"You get this because {called.a_session} with you was moved.",
        invitation=invitation(story, "PUBLISH", for_client=False, organizer_email=organizer_email),
        reply_to=story.client.email,
    )


def _still_there(story: Story) -> None:
    if not story.stands:
        raise Outdated("The session was cancelled before the mail could be sent.")
    if story.session.starts_at != datetime.fromisoformat(story.event.data["to"]):
        raise Outdated("The session was moved again; the mail about that says where it is.")


def _by_client(story: Story) -> bool:
    return story.event.actor_kind == "client"


def _news(story: Story, tz: str, by_client: bool) -> str:
    if by_client:
        return f"Moved: {story.what} with {story.coach} is now {story.brief(tz)}."
    return f"{story.coach} moved {story.what} to {story.brief(tz)}."


def _before(story: Story, tz: str) -> Fact:
    was = datetime.fromisoformat(story.event.data["from"])
    return Fact("Before", brief_time(was, tz, story.locale))


def _stays_paid(story: Story) -> tuple[str, ...]:
    if story.by_unit:
        units = story.booking.pack_units
        return (f"{story.units(units)} still {'pays' if units == 1 else 'pay'} for it.",)
    return ("What you paid stays with it.",) if story.paid_by else ()


def declining(story: Story, tz: str) -> tuple[str, ...]:
    """How to decline a time that the coach chose, for as long as the client has not agreed to it."""
    if not story.booking.moved_from:
        return ()
    begins = wall_time(story.session.starts_at, tz, story.locale)
    choice = f"If the new time does not suit you, you can decline it until it begins, {begins}."
    return (f"{choice}{_all_goes_back(story)}",)


def _ways_out(story: Story, tz: str, by_client: bool) -> tuple[str, ...]:
    if not by_client and (declined := declining(story, tz)):
        return declined
    return (how_to_cancel(story, tz),)


def _all_goes_back(story: Story) -> str:
    return " Everything that was paid then goes back." if story.by_unit or story.paid_by else ""


def _client_action(story: Story, by_client: bool) -> Link:
    words = "See your booking" if by_client else "Keep or decline the new time"
    return Link(words, story.booking_url)


def _told_the_client(story: Story, who: str) -> tuple[str, ...]:
    if _by_client(story):
        return ("The time before is free again.",)
    return (f"{who} was told, and can decline the new time for a full return until it begins.",)
