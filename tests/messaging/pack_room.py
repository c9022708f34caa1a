"""Histories of packs, and of sessions that a pack pays for."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core import mail
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from kit.actors import Actor
from tenants.clients.records import find_or_add
from tenants.offers.extras import Extra
from tenants.offers.models import SessionType
from tenants.packs import selling, transfers
from tenants.packs.models import Pack, PackOffer
from tenants.scheduling import cancelling, moving, pack_bookings, series
from tenants.scheduling.models import Booking, Cancellation, Cause
from tests import worlds
from tests.messaging import mailroom
from tests.messaging.mailroom import CLIENT, MIA, TUESDAY
from tests.worlds import Shop

COURT = Extra(name="Court fee", price_minor=1000)
ANNA, CLEO = Actor("coach", "7", "Anna"), Actor("client", "c")


def offered(shop: Shop, kind: SessionType, **terms: Any) -> PackOffer:
    return worlds.pack_offer(shop.tenant, kind, **{"name": "Ten lessons", "transfer": "anyone", **terms})


def known(shop: Shop, *, name: str = "Cleo Bright", email: str = CLIENT) -> Any:
    """Somebody who has been here before, from New York."""
    with tenant_context(shop.tenant), transaction.atomic():
        return find_or_add(
            name=name, email=email, phone="+49 30 1234567", timezone="America/New_York", now=clock.now()
        )


def bought(shop: Shop, offer: PackOffer) -> Pack:
    """Paid by Cleo, and she has read the mails about it."""
    known(shop)
    pack = worlds.buy_pack(shop, offer, email=CLIENT)
    mailroom.work_off()
    mail.outbox.clear()
    return pack


def given(shop: Shop, offer: PackOffer) -> Pack:
    """Mia has paid, and Cleo uses it."""
    cleo, mia = known(shop), known(shop, name="Mia Gold", email=MIA)
    with tenant_context(shop.tenant), transaction.atomic():
        said = selling.agreement(text="Ten sessions for €450.00.", address="203.0.113.7", now=clock.now())
        pack = selling.order(offer=offer, client=cleo, buyer=mia, now=clock.now(), accepted=said)
    with tenant_context(shop.tenant):
        selling.pay(pack_id=pack.pk, links=lambda _: lambda _attempt: worlds.RETURN_PAGES, now=clock.now())
    worlds.pay(shop, pack)
    worlds.hear_stripe(shop.stripe)
    mailroom.work_off()
    return pack


def booked(
    shop: Shop, pack: Pack, kind: SessionType, *, at: datetime = TUESDAY, extras: tuple[str, ...] = ()
) -> Booking:
    """A session that the pack pays for; where extras are to be paid, they are."""
    booking = worlds.held(shop.tenant, kind, at=at)
    with tenant_context(shop.tenant):
        to_pay = pack_bookings.book_with_unit(
            booking_id=booking.pk,
            client=Pack.objects.select_related("client").get(pk=pack.pk).client,
            pack_id=pack.pk,
            extras=extras,
            timezone="America/New_York",
            links=lambda _attempt: worlds.RETURN_PAGES,
            now=clock.now(),
        )
    if to_pay:
        worlds.pay(shop, booking)
        mailroom.settled(shop, booking)
    mailroom.work_off()
    return booking


def in_one_go(
    shop: Shop,
    client: Any,
    kind: SessionType,
    days: Sequence[date],
    *,
    actor: Actor | None = None,
    at: time = time(17),
) -> list[Booking]:
    """Sessions on these days, by the wall time in Berlin; all the mails about them are sent."""
    by = actor or Actor("client", str(client.pk))
    asked: dict[str, Any] = {
        "client_id": client.pk,
        "slug": kind.slug,
        "days": days,
        "at": at,
        "now": clock.now(),
        "by_coach": by.kind == "coach",
    }
    with tenant_context(shop.tenant):
        plan = series.plan(**asked)
        booked = series.confirm(**asked, key=plan.key, actor=by)
    mailroom.work_off()
    return booked


def used(shop: Shop, pack: Pack, kind: SessionType, times: int) -> None:
    """So many sessions on the mornings after TUESDAY, and their mails put aside."""
    for nth in range(times):
        booked(shop, pack, kind, at=TUESDAY + timedelta(days=1 + nth, hours=-6))
    mail.outbox.clear()


def called_off(
    shop: Shop, booking: Booking, cause: Cause, *, actor: Actor = ANNA, waived: str = "", seconds: int = 61
) -> Cancellation:
    """Pressed, the minute to undo is over, and all that follows is done."""
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        pressed = cancelling.cancel(
            booking_id=booking.pk, cause=cause, now=clock.now(), actor=actor, waived_because=waived
        )
    with mailroom.later(shop, seconds=seconds):
        mailroom.work_off()
    return pressed


def moved(shop: Shop, booking: Booking, to: datetime, *, by: Actor) -> None:
    mail.outbox.clear()
    move = moving.move_by_coach if by.kind == "coach" else moving.move_by_client
    with tenant_context(shop.tenant):
        move(booking_id=booking.pk, starts_at=to, now=clock.now(), actor=by)
    mailroom.work_off()


def passed_on(shop: Shop, pack: Pack, units: int) -> Pack:
    mail.outbox.clear()
    with tenant_context(shop.tenant):
        received = transfers.pass_on(
            pack_id=pack.pk, units=units, name="Mia Gold", email=MIA, now=clock.now(), actor=CLEO
        )
    mailroom.work_off()
    return received
