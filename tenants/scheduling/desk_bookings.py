"""A session that the coach books for a client at the desk: for money in hand, or as a gift with a reason."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from kit.actors import Actor
from kit.database import insert, insert_unless_there
from kit.ids import uuid7
from tenants.billing import by_hand, checkout
from tenants.billing.models import Tender
from tenants.clients.models import Client
from tenants.offers.models import Practice, SessionType
from tenants.offers.session_types import offered
from tenants.scheduling import bookings, holds, paying, slots
from tenants.scheduling.availability import calendar, rules_of
from tenants.scheduling.models import Booking, Funding

A_YEAR = 366
# The mail about the booking says what was paid for it.
TOLD_WITH = "booking"


class CannotBook(Exception):
    """Nothing was booked. The message says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class InHand:
    """What the client has given for it: the whole price, or a part of it, of which the rest is owed."""

    tender: Tender
    amount_minor: int
    received_on: date
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Comp:
    """A gift of the coach: no money, no fee, and none of the free sessions. It says why."""

    because: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be booked: its price with the extras that always come with it, and whether it is free then;
    if not, `nearest` are times close to it that are."""

    practice: Practice
    session_type: SessionType
    starts_at: datetime
    is_free: bool
    nearest: tuple[datetime, ...]

    @property
    def price_minor(self) -> int:
        extras = (each["price_minor"] for each in self.session_type.extras if each["required"])
        return self.session_type.price_minor + sum(extras)


def plan(*, slug: str, starts_at: datetime, now: datetime) -> Plan:
    """Whether the time is free for the coach, who may book sooner and further ahead than clients.

    Raises `holds.NotOffered`.
    """
    found = offered(slug)
    if found is None:
        raise holds.NotOffered("This session is not offered any more.")
    practice, kind = found
    since, until = max(now, starts_at - holds.NEAREST_WITHIN), starts_at + holds.NEAREST_WITHIN
    whole = calendar(practice=practice, since=since, until=until, now=now)
    rules = replace(rules_of(kind), horizon_days=A_YEAR, minimum_notice_min=0)
    free = whole.free_by(rules, since=since, until=until, now=now)
    is_free = starts_at in free
    nearest = () if is_free else tuple(slots.nearest(free, starts_at))
    return Plan(practice, kind, starts_at, is_free, nearest)


def book(
    *,
    client_id: uuid.UUID,
    slug: str,
    starts_at: datetime,
    by: InHand | Comp,
    key: uuid.UUID,
    now: datetime,
    actor: Actor,
) -> Booking:
    """Use case of the coach: block the time, take the money or the gift down, and confirm, all or nothing.

    The same `key` books once. Raises `holds.NotOffered`, `holds.SlotTaken` with the nearest free starts,
    CannotBook, `bookings.OncePerClient`, and `by_hand.CannotRecord`.
    """
    with transaction.atomic(durable=True):
        # The client's row is the lock: the same form sent twice waits here.
        client = Client.objects.select_for_update(no_key=True).get(pk=client_id)
        if done := Booking.objects.filter(pk=key, client=client).first():
            return done
        wanted = plan(slug=slug, starts_at=starts_at, now=now)
        _refuse(wanted, by)
        booking = _block(wanted, client, key, now)
        bookings.allow(booking, client)
        _confirm(booking, by, wanted.price_minor, now, actor)
    return booking


def _refuse(wanted: Plan, by: InHand | Comp) -> None:
    if not wanted.is_free:
        raise holds.SlotTaken(list(wanted.nearest))
    if isinstance(by, Comp) and not by.because.strip():
        raise CannotBook("Nothing was booked: say why it is a gift, so that it can be read later.")


def _block(wanted: Plan, client: Client, key: uuid.UUID, now: datetime) -> Booking:
    kind = wanted.session_type
    session = holds.block(wanted.practice, kind, wanted.starts_at)
    holds.end_lapsed_in(session, now)
    if not insert_unless_there(session):
        raise holds.SlotTaken([])
    booking = Booking(
        pk=key,
        session=session,
        client=client,
        holder="",
        hold_expires_at=now + timedelta(minutes=1),
        price_minor=kind.price_minor,
        currency=kind.currency,
        agreed=holds.agreed(wanted.practice, kind),
        client_timezone=client.timezone,
        created_at=now,
    )
    for name, value in bookings.agreed_with(booking, ()).items():
        setattr(booking, name, value)
    insert(booking)
    return booking


def _confirm(booking: Booking, by: InHand | Comp, price_minor: int, now: datetime, actor: Actor) -> None:
    confirmed: dict[str, Any] = {"booking": booking, "now": now, "actor": actor}
    if not price_minor:
        bookings.confirm(**confirmed, funding=Funding.FREE)
    elif isinstance(by, Comp):
        bookings.confirm(**confirmed, funding=Funding.COMP, comp_reason=by.because.strip()[:200])
    else:
        payment_id = uuid7()
        bookings.confirm(**confirmed, funding=Funding.RECEIVED, funded_by=payment_id)
        _take_down(booking, by, payment_id, now, actor)


def _take_down(booking: Booking, by: InHand, payment_id: uuid.UUID, now: datetime, actor: Actor) -> None:
    """Step: the money, in the same transaction as what it confirms."""
    sale = replace(paying.sale_of(booking), parts=())
    charge = checkout.open_charge(sale=sale)
    said = by_hand.Received(
        key=payment_id,
        charge_id=charge.pk,
        amount_minor=by.amount_minor,
        tender=by.tender,
        received_on=by.received_on,
        reference=by.reference,
    )
    by_hand.receive(said=said, now=now, actor=actor, told_with=TOLD_WITH)
