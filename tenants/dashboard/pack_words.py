"""Packs on offer as their coach reads them: what one costs and saves, and what was sold under which terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from kit.clock import zone
from kit.words import short_date
from tenants.offers.models import Practice, SessionType
from tenants.packs import offers, terms
from tenants.packs.models import PackOffer


@dataclass(frozen=True)
class PackAtTheDesk:
    """A pack on offer, with what its coach wants to know of it."""

    offer: PackOffer
    contents: str
    each_minor: int
    saving: terms.Saving | None
    sold: str
    version: str
    can_be_used: bool


@dataclass(frozen=True)
class Preview:
    """A pack as buyers read it."""

    offer: PackOffer
    contents: str
    each_minor: int
    saving: str
    rules: list[str]


def packs_at_the_desk(types: Sequence[SessionType], practice: Practice) -> list[PackAtTheDesk]:
    """Every pack's current version, those on the page first."""
    sold = offers.sold_by_version()
    active = [each for each in types if each.is_active]
    return [_at_the_desk(offer, active, sold[offer.line], practice) for offer in offers.all_offers()]


def _at_the_desk(
    offer: PackOffer, types: Sequence[SessionType], sold: Mapping[int, int], practice: Practice
) -> PackAtTheDesk:
    return PackAtTheDesk(
        offer=offer,
        contents=terms.contents(offer),
        each_minor=terms.per_session_minor(offer),
        saving=terms.saving(offer, types),
        sold=sold_in_words(sold, offer.version),
        version=version_in_words(offer, practice),
        can_be_used=any(offer.units_for(each.pk) for each in types),
    )


def sold_in_words(sold: Mapping[int, int], version: int) -> str:
    """How many were sold, and how many of them keep terms that are not offered any more."""
    every = sum(sold.values())
    earlier = every - sold.get(version, 0)
    if not every:
        return "Not sold yet"
    if not earlier:
        return f"Sold {every}"
    return f"Sold {every}, {'all' if earlier == every else earlier} of them on earlier terms"


def version_in_words(offer: PackOffer, practice: Practice) -> str:
    """Since when these terms are offered; nothing for the first ones."""
    if offer.version == 1:
        return ""
    since = offer.created_at.astimezone(zone(practice.timezone)).date()
    return f"Version {offer.version}, since {short_date(since, practice.locale)}"


def preview_of(
    offer: PackOffer, types: Sequence[SessionType], *, practice: Practice, now: datetime
) -> Preview:
    """The pack as it would be read, saved or not."""
    active = [each for each in types if each.is_active]
    saved = terms.saving(offer, active)
    return Preview(
        offer=offer,
        contents=terms.contents(offer),
        each_minor=terms.per_session_minor(offer),
        saving=terms.saving_in_words(saved, practice.locale) if saved else "",
        rules=terms.rule_sentences(offer, types=active, practice=practice, now=now),
    )
