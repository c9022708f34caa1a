"""All that mails may say of one pack, read when the mail is written."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from kit.database import current_schema
from kit.money import format_money
from kit.words import long_date
from tenants.activity.models import Event
from tenants.billing.links import payments_address
from tenants.billing.models import PaymentAttempt
from tenants.billing.tenders import card_in_words
from tenants.clients import relations
from tenants.clients.models import Client
from tenants.messaging.balances import balance_lines, counted
from tenants.messaging.letters import Letter, Link
from tenants.messaging.models import Audience
from tenants.messaging.story import MONEY_CAME, coach_name
from tenants.messaging.wording import known_zone, one_line
from tenants.offers.models import Place, Practice, SessionType
from tenants.offers.practice import practice
from tenants.offers.vocabulary import called
from tenants.packs import expiry, ledger, links
from tenants.packs.models import Pack, PackOffer
from tenants.registry.pages import coach_address, dashboard_address
from tenants.shop import packs_given
from tenants.shop.packs_for_links import address_of as order_address

PURPOSES = ("pack", "pack_and_booking")


@dataclass(frozen=True)
class PackStory:
    """A pack as one reader is told of it: its client, its buyer, or the coach."""

    event: Event
    audience: str
    pack: Pack
    practice: Practice
    coach: str
    attempts: tuple[PaymentAttempt, ...]
    now: datetime

    # --- who ----------------------------------------------------------------------------------------

    @property
    def client(self) -> Client:
        """Who uses it."""
        return self.pack.client

    @property
    def who(self) -> str:
        return one_line(self.client.name)

    @property
    def buyer(self) -> str:
        return one_line(self.pack.buyer.name)

    @property
    def giver(self) -> str:
        """Who paid for somebody else, as far as that one may read it."""
        pair = {"payer_id": self.pack.buyer_id, "beneficiary_id": self.pack.client_id}
        return self.buyer if self.is_gift and relations.names_payer(**pair) else ""

    @property
    def reader(self) -> Client | None:
        """The person a mail goes to; None for the coach."""
        if self.audience == Audience.COACH:
            return None
        return self.pack.buyer if self.audience == Audience.BUYER else self.client

    @property
    def is_gift(self) -> bool:
        """Somebody else paid, and that for whoever has it now."""
        return self.pack.buyer_id != self.pack.client_id and self.pack.origin_id is None

    @property
    def reads_amounts(self) -> bool:
        reader = self.reader
        return reader is None or relations.may_see_amounts(reader, self.pack.buyer_id)

    # --- what ---------------------------------------------------------------------------------------

    @property
    def what(self) -> str:
        return one_line(self.pack.offer.name)

    @property
    def locale(self) -> str:
        return self.practice.locale

    @property
    def tz(self) -> str:
        """The coach's clock, but for whoever never comes there."""
        reader, coachs = self.reader, self.practice.timezone
        if reader is None or not self._is_online():
            return coachs
        return known_zone(reader.timezone, otherwise=coachs)

    def _is_online(self) -> bool:
        kinds = SessionType.objects.filter(pk__in=list(self.pack.offer.covers))
        return not kinds.filter(place=Place.IN_PERSON).exists()

    @property
    def left(self) -> int:
        return ledger.balance_of(self.pack.pk)

    @property
    def paid_by(self) -> PaymentAttempt | None:
        return next((each for each in self.attempts if each.status in MONEY_CAME), None)

    @property
    def last_day(self) -> str:
        """The last day on which it is valid, on the coach's calendar: "Monday 3 November 2031"."""
        assert self.pack.expires_at is not None
        return self.day(expiry.last_day(self.pack.expires_at, self.practice.timezone))

    # --- where it is looked at ----------------------------------------------------------------------

    @property
    def page(self) -> str:
        """The pack's page is its client's; who pays for somebody else has their own."""
        if not self._is_to_giver:
            return links.address_of(self.pack)
        order = packs_given.order_of(self.pack.pk)
        return order_address(order) if order else payments_address(self.pack.buyer)

    @property
    def _is_to_giver(self) -> bool:
        return self.audience == Audience.BUYER and self.is_gift

    @property
    def renewal(self) -> Link:
        """Where the same pack is bought again; the coach's page where it is not on offer any more."""
        if PackOffer.objects.filter(line=self.pack.offer.line, is_current=True, is_active=True).exists():
            here = f"{coach_address(current_schema())}/packs/{self.pack.offer.slug}/"
            return Link("Buy it again", here if self._is_to_giver else links.address_of(self.pack, "renew"))
        return Link("See what is on offer", f"{coach_address(current_schema())}/")

    @property
    def dashboard_url(self) -> str:
        return f"{dashboard_address(current_schema())}clients/{self.pack.client_id}/"

    # --- words --------------------------------------------------------------------------------------

    def money(self, minor: int) -> str:
        return format_money(minor, self.pack.currency, self.locale)

    def card(self) -> str:
        return card_in_words(self.paid_by.card if self.paid_by else "")

    def counted(self, units: int) -> str:
        """ "3 sessions", or units where some session takes more than one."""
        return counted(self.pack, units)

    def day(self, day: date) -> str:
        return long_date(day, self.locale)

    def balance(self) -> tuple[str, ...]:
        return balance_lines(self.pack, audience=self.audience, tz=self.tz, locale=self.locale, now=self.now)

    def letter(self, **said: Any) -> Letter:
        """A letter to this reader: answers go to the coach, and the coach's to the client."""
        to_coach = self.audience == Audience.COACH
        usual: dict[str, Any] = {
            "action": Link(f"Open the {called.client}", self.dashboard_url)
            if to_coach
            else Link("See what you pay for" if self._is_to_giver else "See what is left and why", self.page),
            "why": self._why(),
            "reply_to": self.client.email if to_coach else self.practice.contact_email,
        }
        return Letter(**{**usual, **said})

    def _why(self) -> str:
        if self.audience == Audience.COACH:
            return f"You get this because {called.a_client} has this pack with you."
        if self.audience == Audience.BUYER:
            return f"You get this because you bought this pack with {self.coach}."
        if not self.is_gift:
            return f"You get this because you have this pack with {self.coach}."
        return f"You get this because you were given this pack with {self.coach}."


PackWriter = Callable[[PackStory], Letter]


def pack_story_of(event: Event, audience: str, now: datetime) -> PackStory:
    """The pack that an event speaks of, with the tries at paying it, newest first.

    A buyer who uses it as well reads what its client reads.
    """
    pack = Pack.objects.select_related("offer", "client", "buyer").get(pk=event.subject_id)
    own = pack.buyer_id == pack.client_id
    tries = PaymentAttempt.objects.filter(charge__purpose__in=PURPOSES, charge__reference=pack.pk)
    return PackStory(
        event=event,
        audience=Audience.CLIENT if audience == Audience.BUYER and own else audience,
        pack=pack,
        practice=practice(),
        coach=coach_name(),
        attempts=tuple(tries.select_related("charge").order_by("-created_at", "-pk")),
        now=now,
    )
