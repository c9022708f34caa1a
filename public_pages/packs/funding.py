"""What can pay for a held time beside its single price: a pack that this browser has, or one bought now."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from kit.database import read_together
from kit.money import format_money
from public_pages.booking.coach import Coach
from public_pages.packs.access import ORDERS, Access, known_to, signed_in_with
from public_pages.packs.cards import Card, card_of
from public_pages.packs.offer import Shown, shown_of
from public_pages.retainers import funding as retainers
from public_pages.retainers.funding import RetainerChoice
from tenants.offers import session_types
from tenants.offers.vocabulary import called
from tenants.packs import offers, spending
from tenants.packs.balance import SESSIONS, UNITS, Balance, Planned, SessionTime
from tenants.packs.models import Pack, PackOffer
from tenants.packs.refusals import Refusal
from tenants.packs.spending import Usable
from tenants.packs.statements import statement_of, takes_one_each
from tenants.scheduling.cancellation import Policy, deadline_in_words, free_cancel_until
from tenants.scheduling.cancelling import policy_of
from tenants.scheduling.models import Booking, Funding

# As many as the stylesheet can tell apart, beside the single price.
MOST_OFFERS = 5
ON_OFFER = (offers.ON_OFFER, (PackOffer,)), session_types.ON_OFFER


# --- a pack that is there --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitChoice:
    """One pack that may pay for a held time, and what is left of it afterwards, with the reasons."""

    nth: int
    usable: Usable
    counted: str
    uses: str
    rule: str
    balance: Balance

    @property
    def value(self) -> str:
        return f"unit:{self.usable.pack.pk}"

    @property
    def name(self) -> str:
        return self.usable.pack.offer.name

    @property
    def until(self) -> str:
        return self.balance.until


@dataclass(frozen=True, slots=True)
class OwnPacks:
    """What the holder who is known here has for a held time; `refusal` says why it is nothing."""

    access: Access
    usable: Sequence[Usable]

    @property
    def refusal(self) -> str:
        return "" if self.usable else Refusal.USED_UP


def own_packs(request: HttpRequest, held: Booking, coach: Coach) -> OwnPacks | None:
    """None where this browser is not known, or its pack has nothing to do with such a session.

    Who is signed in has all of their packs, as with the link in the mail; the browser that bought one,
    that one.
    """
    kind_id, starts_at = held.session.session_type_id, held.session.starts_at
    access = known_to(request) or signed_in_with(request, kind_id, coach.now)
    if access is None or not held.price_minor or not access.pack.offer.units_for(kind_id):
        return None
    usable = spending.usable(
        client_id=access.pack.client_id, session_type_id=kind_id, starts_at=starts_at, now=coach.now
    )
    allowed = usable if access.is_whole else [each for each in usable if each.pack.pk == access.pack.pk]
    return OwnPacks(access, allowed)


def known_details(own: OwnPacks | None) -> dict[str, str]:
    """What the client's own link makes known, for whoever pays otherwise all the same."""
    if own is None or not own.access.knows_client:
        return {}
    client = own.access.pack.client
    return {"name": client.name, "email": client.email, "phone": client.phone}


def unit_choices(own: OwnPacks, held: Booking, coach: Coach) -> list[UnitChoice]:
    """In the order in which the packs would pay: the one that expires first is the first."""
    return [_unit_choice(nth, each, held, coach) for nth, each in enumerate(own.usable[:MOST_OFFERS])]


def _unit_choice(nth: int, usable: Usable, held: Booking, coach: Coach) -> UnitChoice:
    pack, session = usable.pack, held.session
    noun = SESSIONS if takes_one_each(pack) and usable.takes == 1 else UNITS
    statement = statement_of(
        pack=pack,
        tz=coach.practice.timezone,
        now=coach.now,
        locale=coach.locale,
        reader_id=pack.client_id,
        this_booking=Planned(usable.takes, SessionTime(session.starts_at, session.wall_start)),
    )
    return UnitChoice(
        nth=nth,
        usable=usable,
        counted=noun.count(usable.takes),
        uses=f"Uses {usable.takes}, leaves {usable.leaves}",
        rule=_rule(pack, held, coach),
        balance=statement.balance,
    )


def _rule(pack: Pack, held: Booking, coach: Coach) -> str:
    """Until when cancelling is free for this very time, and what it means afterwards."""
    policy, starts_at = Policy(pack.offer.cancel_window_hours), held.session.starts_at
    tz = coach.zone_for(held.agreed["place"])
    deadline = deadline_in_words(policy, starts_at, tz=tz, now=coach.now, locale=coach.locale)
    is_over = coach.now > free_cancel_until(policy, starts_at)
    return f"{deadline} {'If you cancel,' if is_over else 'After that'} the {called.session} counts as used."


def as_if_paid_by(held: Booking, usable: Usable) -> Booking:
    """The booking as it would be when the pack pays for it, to be shown only."""
    would_be = copy.copy(held)
    would_be.pack, would_be.pack_units = usable.pack, usable.takes
    would_be.agreed = {**held.agreed, "cancel_window_hours": usable.pack.offer.cancel_window_hours}
    return would_be


def unit_press(choice: UnitChoice | RetainerChoice, extras_minor: int, booking: Booking, coach: Coach) -> str:
    """ "Use 1 session and book"; with what a card is asked for beside it."""
    asks_first = booking.agreed.get("needs_approval", False)
    if extras_minor:
        amount = format_money(extras_minor, booking.currency, coach.locale)
        return f"Use {choice.counted}, {'authorise' if asks_first else 'pay'} {amount} and {_end(asks_first)}"
    return f"Use {choice.counted} and {_end(asks_first)}"


def _end(asks_first: bool) -> str:
    return "ask" if asks_first else "book"


# --- a pack that is bought with it -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfferChoice:
    """A pack that can be bought with a held time, which takes its first units."""

    nth: int
    shown: Shown
    card: Card
    title: str
    press: str

    @property
    def value(self) -> str:
        return f"offer:{self.shown.offer.pk}"


def offer_choices(held: Booking, coach: Coach, extras_minor: int) -> list[OfferChoice]:
    """The packs on offer that are good for this session; none where no card can pay."""
    if not held.price_minor or not coach.takes_cards:
        return []
    shown = [each for each in shown_offers(coach) if each.offer.units_for(held.session.session_type_id)]
    return [
        _offer_choice(nth, each, held, extras_minor) for nth, each in enumerate(shown[:MOST_OFFERS], start=1)
    ]


def shown_offers(coach: Coach) -> list[Shown]:
    """All packs on offer, with the rules that a buyer agrees to."""
    packs, rows = read_together({"slug": ""}, *ON_OFFER)
    types = [each for (each,) in rows]
    return [shown_of(coach, offer, types) for (offer,) in packs]


def _offer_choice(nth: int, shown: Shown, held: Booking, extras_minor: int) -> OfferChoice:
    offer, locale = shown.offer, shown.coach.locale
    takes = offer.units_for(held.session.session_type_id) or 1
    first = f"its first {called.session}" if takes == 1 else f"its first {takes} units"
    amount = format_money(shown.due_now_minor() + extras_minor, offer.currency, locale)
    asks_first = held.agreed.get("needs_approval", False)
    return OfferChoice(
        nth=nth,
        shown=shown,
        card=card_of(offer, shown.types, locale),
        title=f"Buy {offer.name} and use {first}",
        press=f"{'Authorise' if asks_first else 'Pay'} {amount} and {_end(asks_first)}",
    )


def funding_of(request: HttpRequest, held: Booking, coach: Coach, *, extras_minor: int) -> dict[str, Any]:
    """For the details page of somebody who is not known: the single price, or a pack."""
    return {
        "offers": offer_choices(held, coach, extras_minor),
        "fund": request.POST.get("fund", "single"),
        "own": own_packs(request, held, coach),
    }


# --- what is left afterwards -----------------------------------------------------------------------


def _free_until(booked: Booking, coach: Coach) -> datetime | None:
    """Nothing is said of cancelling once the session has begun."""
    starts_at = booked.session.starts_at
    return free_cancel_until(policy_of(booked), starts_at) if coach.now < starts_at else None


def balance_after(request: HttpRequest, booked: Booking, coach: Coach) -> dict[str, Any]:
    """For the page of a session that a pack or a retainer has paid for: what is left of it, and why."""
    if booked.funding == Funding.RETAINER:
        return retainers.balance_after(request, booked, coach)
    if booked.funding != Funding.PACK or booked.pack_id is None:
        return {}
    pack = Pack.objects.select_related("offer", "client", "buyer").get(pk=booked.pack_id)
    known = known_to(request)
    statement = statement_of(
        pack=pack,
        tz=coach.practice.timezone,
        now=coach.now,
        locale=coach.locale,
        reader_id=booked.client_id,
        this_booking=booked.pk,
        cancel_until=_free_until(booked, coach),
    )
    token = known.token if known and known.pack.pk == pack.pk else ORDERS.own_token(request, pack)
    return {"balance": statement.balance, "pack_url": reverse("pack", args=[token]) if token else ""}
