"""All that mails may say of sessions that were booked in one go, read when the mail is written."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from kit.calendar import calendar_of_several
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.messaging.letters import Invitation, Outdated
from tenants.messaging.story import Story, coach_name, invitation
from tenants.offers.practice import practice
from tenants.packs.models import Pack
from tenants.packs.wording import Clock, SessionTime
from tenants.scheduling.models import FUNDED, Booking

GONE = "The sessions were cancelled before the mail could be sent."


@dataclass(frozen=True)
class SeriesStory:
    """Those sessions of a series that still stand, in order. They share all but their times and packs."""

    stories: tuple[Story, ...]

    @property
    def first(self) -> Story:
        return self.stories[0]

    @property
    def client(self) -> Client:
        return self.first.client

    @property
    def packs(self) -> tuple[Pack, ...]:
        """What pays for them, in the order of use."""
        return tuple({story.pack.pk: story.pack for story in self.stories if story.pack}.values())

    def paid_with(self, pack: Pack) -> tuple[Story, ...]:
        return tuple(story for story in self.stories if story.booking.pack_id == pack.pk)

    # --- words --------------------------------------------------------------------------------------

    def day(self, story: Story, tz: str) -> str:
        """ "Tue 10 June", for the reader in that zone."""
        clock = self._clock(tz)
        return clock.day(clock.here(story.session.starts_at).date(), with_weekday=True)

    def start(self, story: Story, tz: str) -> str:
        """ "Tue 10 June 17:00", as agreed; with the reader's own time where their clock shows another."""
        session = story.session
        return self._clock(tz).start(SessionTime(session.starts_at, session.wall_start))

    def stretches(self, words: Callable[[Story], str]) -> str:
        """What is said of each session, once for as long as it stays so: "17:00; from 28 October: 16:00"."""
        parts: list[str] = []
        for said, alike in groupby(self.stories, key=words):
            since = self.day(next(alike), self.first.coach_zone)
            parts.append(f"from {since}: {said}" if parts else said)
        return "; ".join(parts)

    def _clock(self, tz: str) -> Clock:
        return Clock(tz, self.first.locale, self.first.now)

    def calendar(self, *, for_client: bool, organizer_email: str) -> Invitation:
        """One file with all sessions, each by the name that its later changes bear."""
        files = [
            invitation(story, "PUBLISH", for_client=for_client, organizer_email=organizer_email).content
            for story in self.stories
        ]
        return Invitation("PUBLISH", calendar_of_several(files))


def series_of(event: Event, now: datetime) -> SeriesStory:
    """The sessions that an event speaks of, less those cancelled since. Raises Outdated without any."""
    rows = Booking.objects.filter(pk__in=[UUID(each) for each in event.data["bookings"]], status__in=FUNDED)
    related = ("session__session_type", "client", "pack__offer", "pack__client", "pack__buyer")
    found = rows.select_related(*related).order_by("session__starts_at")
    here, coach = practice(), coach_name()
    stories = [
        Story(
            event=event,
            booking=booking,
            session=booking.session,
            client=booking.client,
            practice=here,
            coach=coach,
            attempts=(),
            pack=booking.pack,
            retainer=None,
            cancellation=None,
            now=now,
        )
        for booking in found
        if booking.client
    ]
    if not stories:
        raise Outdated(GONE)
    return SeriesStory(tuple(stories))
