"""Sessions as a calendar that is subscribed to: a client's own, and the coach's.

Each is opened by a secret link that can be ended. Whoever looks at a calendar may not be who pays, or who
the session is with: no amount, no message and no note has a place in it, and no link that changes anything.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from icalendar import Event as CalendarEntry

from kit.actors import Actor
from kit.calendar import session_event, subscription
from kit.database import current_schema
from kit.signed_links import BadLink, SignedLinks
from tenants.activity import events
from tenants.clients.models import Client
from tenants.clients.portal_links import portal_address
from tenants.offers.models import Practice
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.registry.models import Tenant
from tenants.registry.pages import coach_address, dashboard_address
from tenants.scheduling.models import FUNDED, Booking

__all__ = [
    "BadLink",
    "client_by",
    "client_feed",
    "client_token",
    "coach_feed",
    "coach_feed_address",
    "coach_token",
    "end_client_feed",
    "end_coach_feed",
    "require_coachs",
]

OF_CLIENT: Final = SignedLinks("upfront.client-feed")
OF_COACH: Final = SignedLinks("upfront.coach-feed")
BACK: Final = timedelta(days=90)
MOST: Final = 1000


# --- the links --------------------------------------------------------------------------------------


def client_token(client: Client) -> str:
    """The secret part of the address of a client's calendar."""
    return OF_CLIENT.token(client.pk, client.feed_version)


def client_by(token: str) -> Client:
    """Whose calendar a link opens. Raises BadLink."""
    rows = Client.objects.filter(erased_at=None)
    return OF_CLIENT.row_by(token, rows, version=lambda client: client.feed_version)


def end_client_feed(*, client: Client, now: datetime, actor: Actor) -> None:
    """Use case: the address that is known shows nothing any more, and another one takes its place."""
    with transaction.atomic(durable=True):
        Client.objects.filter(pk=client.pk).update(feed_version=F("feed_version") + 1)
        events.record(
            kind="client.feed_ended", subject_id=client.pk, client_id=client.pk, actor=actor, now=now
        )


def coach_token(here: Practice) -> str:
    """The secret part of the address of the coach's calendar."""
    return OF_COACH.token(here.pk, here.feed_version)


def coach_feed_address(here: Practice) -> str:
    """Absolute: calendars read it from elsewhere."""
    return portal_address(f"calendar/coach/{coach_token(here)}/sessions.ics")


def require_coachs(token: str) -> Practice:
    """The practice whose calendar a link opens. Raises BadLink."""
    here = practice()
    OF_COACH.require_opens(token, here.pk, here.feed_version)
    return here


def end_coach_feed(*, now: datetime, actor: Actor) -> None:
    """Use case of the coach: the address that is known shows nothing any more."""
    with transaction.atomic(durable=True):
        Practice.objects.update(feed_version=F("feed_version") + 1)
        events.record(kind="practice.feed_ended", subject_id=practice().pk, actor=actor, now=now)


# --- what stands in them ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Feed:
    """What is the same for all sessions of one calendar."""

    here: Practice
    coach: str
    host: str
    now: datetime

    def entry(self, booking: Booking, *, tz: str, summary: str, url: str) -> CalendarEntry:
        """Under the same name as in the invitation that was mailed."""
        return session_event(
            uid=f"{booking.pk}@{self.host}",
            sequence=booking.calendar_sequence,
            method="PUBLISH",
            starts_at=booking.session.starts_at,
            ends_at=booking.session.ends_at,
            tz=tz,
            summary=summary,
            description="",
            location=booking.agreed.get("place_detail", ""),
            organizer_name=self.coach,
            organizer_email=self.here.contact_email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
            attendee_email="",
            url=url,
            now=self.now,
            locale=self.here.locale,
        )


def client_feed(*, client: Client, now: datetime) -> bytes:
    """The client's sessions, from ninety days ago on; what was cancelled is in it no more."""
    feed, url = _feed(practice(), now), portal_address("sessions/")
    entries = [
        feed.entry(
            each,
            tz=each.client_timezone or feed.here.timezone,
            summary=f"{each.agreed['name']} with {feed.coach}",
            url=url,
        )
        for each in _sessions(now).filter(client=client)[:MOST]
    ]
    return subscription(entries, name=f"{called.Sessions} with {feed.coach}")


def coach_feed(*, here: Practice, now: datetime) -> bytes:
    """All that is booked with the coach, with whom; each leads to its page of the dashboard."""
    feed, base = _feed(here, now), dashboard_address(current_schema())
    entries = [
        feed.entry(
            each,
            tz=here.timezone,
            summary=f"{each.client.name if each.client else 'Somebody'}: {each.agreed['name']}",
            url=f"{base}booking/{each.pk}/",
        )
        for each in _sessions(now)[:MOST]
    ]
    return subscription(entries, name=f"{feed.coach}: {called.sessions}")


def _feed(here: Practice, now: datetime) -> _Feed:
    coach = Tenant.objects.values_list("name", flat=True).get(schema_name=current_schema())
    return _Feed(here, coach, urlsplit(coach_address(current_schema())).hostname or "", now)


def _sessions(now: datetime) -> QuerySet[Booking]:
    rows = Booking.objects.select_related("session", "client")
    return rows.filter(status__in=FUNDED, session__starts_at__gt=now - BACK).order_by("session__starts_at")
