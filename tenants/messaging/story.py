"""All that mails may say of one booking, read when the mail is written, in the practice's own words."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from kit.calendar import Method, session_calendar
from kit.database import current_schema
from kit.money import format_money
from kit.words import duration
from tenants.activity.models import Event
from tenants.billing.models import AttemptStatus, PaymentAttempt
from tenants.billing.tenders import card_in_words
from tenants.clients.models import Client
from tenants.messaging import retainer_units
from tenants.messaging.balances import counted
from tenants.messaging.letters import Fact, Invitation
from tenants.messaging.models import Audience
from tenants.messaging.wording import (
    brief_time,
    differ,
    elsewhere,
    known_zone,
    one_line,
    stretch,
)
from tenants.offers.models import Place, Practice
from tenants.offers.practice import practice
from tenants.packs import links as pack_links
from tenants.packs.models import Pack
from tenants.registry.models import Tenant
from tenants.registry.pages import coach_address, dashboard_address
from tenants.retainers.models import Retainer
from tenants.scheduling.bookings import booking_of
from tenants.scheduling.links import address_of
from tenants.scheduling.models import FUNDED, Booking, Cancellation, Session

BOOKING = "booking"
WITH_PACK = "pack_and_booking"
MONEY_CAME = frozenset({AttemptStatus.CAPTURED, AttemptStatus.CAPTURING})


@dataclass(frozen=True)
class Story:
    """A booking as its client and its coach are told of it."""

    event: Event
    booking: Booking
    session: Session
    client: Client
    practice: Practice
    coach: str
    attempts: tuple[PaymentAttempt, ...]
    pack: Pack | None
    retainer: Retainer | None
    cancellation: Cancellation | None
    now: datetime

    @property
    def what(self) -> str:
        return one_line(self.booking.agreed["name"])

    @property
    def locale(self) -> str:
        return self.practice.locale

    @property
    def schema_name(self) -> str:
        return current_schema()

    @property
    def stands(self) -> bool:
        return self.booking.status in FUNDED

    @property
    def paid_by(self) -> PaymentAttempt | None:
        """The try at paying that brought money, if one did."""
        return next((each for each in self.attempts if each.status in MONEY_CAME), None)

    @property
    def payments(self) -> tuple[PaymentAttempt, ...]:
        """All card payments that brought money, the latest first: a deposit and its rest are two."""
        return tuple(each for each in self.attempts if each.status in MONEY_CAME)

    @property
    def paid_minor(self) -> int:
        """What cards paid for this session, extras included: not what bought a pack along with it."""
        if self.paid_by is None:
            return 0
        of_booking = [each.captured_minor for each in self.payments if each.charge.purpose == BOOKING]
        return sum(of_booking) if of_booking else self.booking.extras_minor

    @property
    def coach_zone(self) -> str:
        """Where the session was agreed; a later move of the practice changes nothing of it."""
        return self.session.timezone

    @property
    def client_zone(self) -> str:
        """In person the venue's clock is the only one."""
        if self.booking.agreed["place"] == Place.IN_PERSON:
            return self.coach_zone
        return known_zone(self.booking.client_timezone, otherwise=self.coach_zone)

    # --- where it is looked at ----------------------------------------------------------------------

    @property
    def booking_url(self) -> str:
        """The client's page of this booking."""
        return address_of(self.booking)

    @property
    def coach_url(self) -> str:
        return f"{coach_address(self.schema_name)}/"

    @property
    def times_url(self) -> str:
        """Where the client finds another time for the same kind of session."""
        kind = self.session.session_type
        if not kind.is_active:
            return self.coach_url
        path = reverse("session_type", urlconf=settings.COACH_URLCONF, args=[kind.slug])
        return f"{coach_address(self.schema_name)}{path}"

    @property
    def dashboard_url(self) -> str:
        """The coach's page of this booking."""
        return f"{dashboard_address(self.schema_name)}booking/{self.booking.pk}/"

    # --- words --------------------------------------------------------------------------------------

    def money(self, minor: int) -> str:
        return format_money(minor, self.booking.currency, self.locale)

    def brief(self, tz: str) -> str:
        return brief_time(self.session.starts_at, tz, self.locale)

    def what_fact(self) -> Fact:
        return Fact("What", f"{self.what}, {duration(self.booking.agreed['duration_min'], self.locale)}")

    def when_facts(self, tz: str, *, other: str, whose: str) -> tuple[Fact, ...]:
        """When, in the reader's zone; and on the other's clock where it shows another time."""
        starts_at = self.session.starts_at
        facts = (Fact("When", stretch(starts_at, self.session.ends_at, tz, self.locale)),)
        if not differ(starts_at, tz, other):
            return facts
        return (*facts, Fact(f"For {whose}", elsewhere(starts_at, tz, other, self.locale)))

    def extra_facts(self) -> tuple[Fact, ...]:
        """What was chosen beside the session, each with its price."""
        chosen = (each for each in self.booking.agreed.get("extras", []) if each.get("chosen"))
        return tuple(Fact(one_line(each["name"]), self.money(each["price_minor"])) for each in chosen)

    def units(self, count: int) -> str:
        """So many of what the pack or retainer counts, with its name: "1 session of Ten lessons"."""
        if self.retainer:
            return retainer_units.named(self.retainer, count)
        assert self.pack is not None
        return f"{counted(self.pack, count)} of {one_line(self.pack.offer.name)}"

    def units_alone(self, count: int) -> str:
        """The same without the name: "1 session"."""
        if self.retainer:
            return retainer_units.counted(self.retainer, count)
        assert self.pack is not None
        return counted(self.pack, count)

    @property
    def by_unit(self) -> bool:
        """Whether a pack or a retainer pays for it."""
        return bool(self.pack or self.retainer)

    def unit_facts(self) -> tuple[Fact, ...]:
        """Where to see what is left of what pays for it."""
        if self.retainer:
            return (retainer_units.link_fact(self.retainer),)
        if self.pack:
            return (Fact("Your pack", "See what is left and why", href=pack_links.address_of(self.pack)),)
        return ()

    def retainer_balance(self, audience: Audience) -> tuple[str, ...]:
        """What is left of the retainer's period, where one pays for it."""
        if self.retainer is None:
            return ()
        return retainer_units.balance(
            self.retainer,
            starts_at=self.session.starts_at,
            now=self.now,
            practice=self.practice,
            to_coach=audience == Audience.COACH,
        )

    def where_fact(self) -> Fact:
        label = Place(self.booking.agreed["place"]).label
        detail = self.booking.agreed["place_detail"].strip()
        return Fact("Where", detail or label, href=detail if _is_link(detail) else "")

    def card(self) -> str:
        return card_in_words(self.paid_by.card if self.paid_by else "")


def story_of(event: Event, now: datetime) -> Story:
    """The booking that an event speaks of, with its payments, newest first."""
    booking = booking_of(booking_id=event.subject_id)
    assert booking.client is not None
    itself = Q(charge__purpose=BOOKING, charge__reference=booking.pk)
    orders = Pack.objects.filter(first_booking=booking.pk).values("pk")
    tries = PaymentAttempt.objects.filter(itself | Q(charge__purpose=WITH_PACK, charge__reference__in=orders))
    packs = Pack.objects.select_related("offer", "client", "buyer")
    retainers = Retainer.objects.select_related("plan", "client", "payer")
    cancellation_id = event.data.get("cancellation")
    return Story(
        event=event,
        booking=booking,
        session=booking.session,
        client=booking.client,
        practice=practice(),
        coach=coach_name(),
        attempts=tuple(tries.select_related("charge").order_by("-created_at", "-pk")),
        pack=packs.get(pk=booking.pack_id) if booking.pack_id else None,
        retainer=retainers.get(pk=booking.retainer_id) if booking.retainer_id else None,
        cancellation=Cancellation.objects.get(pk=cancellation_id) if cancellation_id else None,
        now=now,
    )


def coach_name() -> str:
    name = Tenant.objects.values_list("name", flat=True).get(schema_name=current_schema())
    return one_line(name)


def invitation(story: Story, method: Method, *, for_client: bool, organizer_email: str) -> Invitation:
    """The session as a calendar file, with the page of whoever reads it.

    Every move and the cancellation raise the booking's sequence, so that every calendar takes them.
    """
    where = story.where_fact().words
    content = session_calendar(
        uid=calendar_uid(story.booking),
        sequence=story.booking.calendar_sequence,
        method=method,
        starts_at=story.session.starts_at,
        ends_at=story.session.ends_at,
        tz=story.client_zone if for_client else story.coach_zone,
        summary=f"{story.what} with {story.coach}" if for_client else f"{story.client.name}: {story.what}",
        description=where,
        location=where,
        organizer_name=story.coach,
        organizer_email=organizer_email,
        attendee_email=story.client.email,
        attendee_name=story.client.name,
        url=story.booking_url if for_client else story.dashboard_url,
        now=story.now,
        locale=story.locale,
    )
    return Invitation(method, content)


def calendar_uid(booking: Booking) -> str:
    """The name of a booking's entry in every calendar, the same for its whole life."""
    host = urlsplit(coach_address(current_schema())).hostname
    return f"{booking.pk}@{host}"


def _is_link(text: str) -> bool:
    return text.startswith(("https://", "http://")) and not any(map(str.isspace, text))


def previously_refunded_minor(event: Event) -> int:
    """What had gone back before the refund of this event, which tells the sum so far."""
    sums = Event.objects.filter(kind=event.kind, subject_id=event.subject_id).exclude(pk=event.pk)
    earlier = [row["refunded_minor"] for row in sums.values_list("data", flat=True)]
    return max((minor for minor in earlier if minor < event.data["refunded_minor"]), default=0)
