"""Packs on offer in short, for the pages on which one is chosen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from kit.money import format_money
from tenants.offers.models import SessionType
from tenants.offers.vocabulary import called
from tenants.packs import terms
from tenants.packs.models import PackOffer


@dataclass(frozen=True, slots=True)
class Card:
    """A pack as its buyer compares it: what it holds, what each costs then, what that saves, how long."""

    offer: PackOffer
    contents: str
    each: str
    saving: str
    validity: str

    @property
    def href(self) -> str:
        return reverse("pack_offer", args=[self.offer.slug])

    @property
    def facts(self) -> str:
        """ "10 sessions · $45.00 each · valid for 6 months"."""
        return " · ".join(filter(None, (self.contents, self.each, self.validity)))


def cards_of(offers: Iterable[PackOffer], types: Sequence[SessionType], locale: str) -> list[Card]:
    """`types` are those that can be booked now: what is saved is saved against their prices."""
    return [card_of(each, types, locale) for each in offers]


def card_of(offer: PackOffer, types: Sequence[SessionType], locale: str) -> Card:
    saved = terms.saving(offer, types)
    months = offer.valid_months
    return Card(
        offer=offer,
        contents=terms.contents(offer),
        each=_each(offer, locale),
        saving=terms.saving_in_words(saved, locale) if saved else "",
        validity=f"valid for {terms.months(months)}" if months else "valid without end",
    )


def _each(offer: PackOffer, locale: str) -> str:
    """What one session costs; nothing where the pack is one session."""
    if terms.sessions_in(offer) == 1:
        return ""
    amount = format_money(terms.per_session_minor(offer), offer.currency, locale)
    takes = set(offer.covers.values())
    return f"{amount} each" if takes == {1} else f"from {amount} {called.a_session}"
