"""The one mail about sessions that were booked in one go."""

from kit.clock import zone
from kit.database import current_schema
from kit.words import clock_time, duration, listing, wall_time, zone_in_words
from tenants.messaging import confirmations
from tenants.messaging.balances import balance_lines
from tenants.messaging.letters import Fact, Letter, Link
from tenants.messaging.models import Audience
from tenants.messaging.series_story import SeriesStory
from tenants.messaging.story import Story
from tenants.messaging.wording import differ, one_line
from tenants.offers.vocabulary import called
from tenants.packs import links as pack_links
from tenants.registry.pages import dashboard_address
from tenants.scheduling.cancellation import free_cancel_until
from tenants.scheduling.cancelling import policy_of

ALL_IN_ONE_FILE = "The calendar file with this mail adds all of them to your calendar."
ANOTHER_DAY = {-1: " the day before", 0: "", 1: " the day after"}


def to_client(series: SeriesStory, *, organizer_email: str) -> Letter:
    """When each session is, what pays for it, what is left then, and until when each can be given back."""
    first = series.first
    if len(series.stories) == 1:
        return confirmations.to_client(first, organizer_email=organizer_email)
    tz = first.client_zone
    return Letter(
        subject=f"Confirmed: {first.what}, {_times(series)} from {series.day(first, tz)}",
        fact=f"Confirmed: {first.what} with {first.coach}, {_times(series)} {_from_to(series, tz)}.",
        facts=(first.what_fact(), _zone_of_times(series), first.where_fact(), *_pack_pages(series)),
        sessions=tuple(Link(_session(series, each, tz), each.booking_url) for each in series.stories),
        more_balances=_balances(series, Audience.CLIENT, tz),
        paragraphs=(*_deadlines(series, tz), ALL_IN_ONE_FILE),
        action=_all_of_them(series),
        why=f"You get this because {_who_booked(first)} with {first.coach}.",
        invitation=series.calendar(for_client=True, organizer_email=organizer_email),
        reply_to=first.practice.contact_email,
    )


def to_coach(series: SeriesStory, *, organizer_email: str) -> Letter:
    """Who comes when, and what pays for it."""
    first = series.first
    if len(series.stories) == 1:
        return confirmations.to_coach(first, organizer_email=organizer_email)
    tz, who = first.coach_zone, one_line(first.client.name)
    by_coach = first.event.actor_kind == "coach"
    news = f"You booked {first.what} with {who}" if by_coach else f"{who} booked {first.what}"
    return Letter(
        subject=f"New bookings: {who}, {first.what}, {_times(series)} from {series.day(first, tz)}",
        fact=f"{news}, {_times(series)} {_from_to(series, tz)}.",
        facts=(
            first.what_fact(),
            _zone_of_times(series),
            *_for_client(series, who),
            first.where_fact(),
            *confirmations.contact(first),
        ),
        sessions=tuple(Link(_session(series, each, tz), each.dashboard_url) for each in series.stories),
        more_balances=_balances(series, Audience.COACH, tz),
        action=Link(
            f"Open the {called.client}", f"{dashboard_address(current_schema())}clients/{first.client.pk}/"
        ),
        why=confirmations.WHY_COACH_BOOKED if by_coach else confirmations.WHY_CLIENT_BOOKED,
        invitation=series.calendar(for_client=False, organizer_email=organizer_email),
        reply_to=first.client.email,
    )


def _times(series: SeriesStory) -> str:
    return f"{len(series.stories)} times"


def _from_to(series: SeriesStory, tz: str) -> str:
    return f"from {series.day(series.first, tz)} to {series.day(series.stories[-1], tz)}"


def _who_booked(story: Story) -> str:
    return (
        f"{called.sessions} were booked for you"
        if story.event.actor_kind == "coach"
        else f"you booked {called.sessions}"
    )


# --- when ---------------------------------------------------------------------------------------------


def _zone_of_times(series: SeriesStory) -> Fact:
    """Where the times are agreed: the wall time stays when the clocks there change, the offset does not."""

    def place(story: Story) -> str:
        return zone_in_words(story.coach_zone, story.session.starts_at, story.locale)

    return Fact("Times in", series.stretches(place))


def _for_client(series: SeriesStory, who: str) -> tuple[Fact, ...]:
    if not any(_differs(each) for each in series.stories):
        return ()
    return (Fact(f"For {who}", series.stretches(_on_the_clients_clock)),)


def _differs(story: Story) -> bool:
    return differ(story.session.starts_at, story.coach_zone, story.client_zone)


def _on_the_clients_clock(story: Story) -> str:
    if not _differs(story):
        return "the same time"
    at, tz = story.session.starts_at, story.client_zone
    days = at.astimezone(zone(tz)).date() - at.astimezone(zone(story.coach_zone)).date()
    there = clock_time(at, tz, story.locale)
    return f"{there}{ANOTHER_DAY[days.days]} ({zone_in_words(tz, at, story.locale)})"


# --- what pays for it ---------------------------------------------------------------------------------


def _session(series: SeriesStory, story: Story, tz: str) -> str:
    paid = story.units(story.booking.pack_units) if story.pack else "free"
    return f"{series.start(story, tz)}, {paid}"


def _pack_pages(series: SeriesStory) -> tuple[Fact, ...]:
    packs = series.packs
    return tuple(
        Fact(
            "Your pack" if len(packs) == 1 else one_line(pack.offer.name),
            "See what is left and why",
            href=pack_links.address_of(pack),
        )
        for pack in packs
    )


def _balances(series: SeriesStory, audience: Audience, tz: str) -> tuple[tuple[str, ...], ...]:
    """Each pack after these bookings, in the words of the page."""
    return tuple(
        balance_lines(
            pack,
            audience=audience,
            tz=tz,
            locale=series.first.locale,
            now=series.first.now,
            this_booking=[story.booking.pk for story in series.paid_with(pack)],
        )
        for pack in series.packs
    )


def _all_of_them(series: SeriesStory) -> Link:
    if not series.packs:
        return Link(f"See the first {called.session}", series.first.booking_url)
    path = f"several/{series.first.event.subject_id}"
    return Link("See all of them", pack_links.address_of(series.packs[0], path))


# --- until when they can be given back ----------------------------------------------------------------


def _deadlines(series: SeriesStory, tz: str) -> tuple[str, ...]:
    """By the rule that each was sold under: two packs may have two."""
    if not series.packs:
        return (f"If you cannot come, please tell {series.first.coach} early.",)
    by_window: dict[int, list[Story]] = {}
    for story in series.stories:
        by_window.setdefault(policy_of(story.booking).window_hours, []).append(story)
    return tuple(_deadline(stories, tz, among_others=len(by_window) > 1) for stories in by_window.values())


def _deadline(stories: list[Story], tz: str, *, among_others: bool) -> str:
    first = stories[0]
    policy = policy_of(first.booking)
    names = dict.fromkeys(one_line(story.pack.offer.name) for story in stories if story.pack)
    which = (
        f"Each {called.session} of {listing(list(names), first.locale)}"
        if among_others
        else f"Each {called.session}"
    )
    hours = policy.window_hours
    rule = f"until {duration(hours * 60, first.locale)} before it begins" if hours else "until it begins"
    until = free_cancel_until(policy, first.session.starts_at)
    when = wall_time(until, tz, first.locale)
    for_first = f"until {when}" if first.now <= until else f"no more: that ended {when}"
    return f"{which} is free to cancel {rule}; the first one {for_first}."
