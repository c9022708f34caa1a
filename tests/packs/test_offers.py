"""Packs on offer: versions, addresses, what is shown, and a price that is compared honestly."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from time import sleep
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django_tenants.utils import tenant_context

from kit import clock
from tenants.clients.models import Client
from tenants.offers import session_types
from tenants.offers.extras import Extra, written
from tenants.offers.models import Practice, SessionType
from tenants.offers.prices import PriceTooSmall
from tenants.packs import offers, terms
from tenants.packs.models import Pack, PackOffer
from tenants.registry.models import Tenant
from tests import worlds
from tests.crowd import at_once

NOW = datetime(2026, 5, 3, 10, tzinfo=UTC)
TEN: dict[str, Any] = {"name": "Ten lessons", "units": 10, "price_minor": 40000, "valid_months": 6}


@pytest.fixture
def lesson(anna: Tenant) -> SessionType:
    """A lesson of Anna's for €45.00."""
    return worlds.session_type(anna)


@pytest.fixture
def at_annas(anna: Tenant, lesson: SessionType) -> Iterator[None]:
    with tenant_context(anna):
        yield


def ten(*kinds: SessionType, **fields: Any) -> PackOffer:
    return offers.offer(now=NOW, covers={str(kind.pk): 1 for kind in kinds}, **{**TEN, **fields})


def versions(pack: PackOffer) -> list[tuple[int, bool, int]]:
    rows = PackOffer.objects.filter(line=pack.line).order_by("version")
    return [(row.version, row.is_current, row.price_minor) for row in rows]


# --- offered, changed, withdrawn --------------------------------------------------------------------


def test_a_pack_is_offered_at_an_address_of_its_own(at_annas: None, lesson: SessionType) -> None:
    first, second = ten(lesson), ten(lesson)
    assert (first.version, first.currency, first.slug) == (1, "eur", "ten-lessons")
    assert second.slug == "ten-lessons-2"
    assert offers.on_offer() == [first, second]
    assert offers.offered("ten-lessons-2") == second
    assert offers.offered("eleven") is None
    assert offers.offered("") is None


def test_other_terms_are_another_version_at_the_same_place(at_annas: None, lesson: SessionType) -> None:
    pack, _other = ten(lesson), ten(lesson)
    edited = offers.edit(line=pack.line, now=NOW, price_minor=42000, name="Ten, better")
    assert versions(pack) == [(1, False, 40000), (2, True, 42000)]
    assert (edited.slug, edited.position, edited.valid_months) == (pack.slug, pack.position, 6)
    assert [each.name for each in offers.on_offer()] == ["Ten, better", "Ten lessons"]
    assert offers.offered("ten-lessons") == edited


def test_what_was_sold_keeps_its_own_version(at_annas: None, lesson: SessionType) -> None:
    pack = ten(lesson)
    sold = bought(pack)
    offers.edit(line=pack.line, now=NOW, price_minor=42000)
    bought(offers.all_offers()[0])
    assert Pack.objects.get(pk=sold.pk).offer.price_minor == 40000
    assert offers.sold_by_version() == {pack.line: {1: 1, 2: 1}}


def bought(offer: PackOffer, **fields: Any) -> Pack:
    row: dict[str, Any] = {"status": "active", "units": 10, "price_minor": 1, "currency": "eur", **fields}
    with transaction.atomic():
        client = Client.objects.create(name="Cleo", email=f"{uuid4().hex}@example.com")
        return Pack.objects.create(offer=offer, client=client, buyer=client, **row)


def test_what_is_not_paid_or_was_passed_on_is_not_sold(at_annas: None, lesson: SessionType) -> None:
    pack = ten(lesson)
    sold = bought(pack)
    bought(pack, status="pending")
    bought(pack, origin=sold, price_minor=0)
    assert offers.sold_by_version() == {pack.line: {1: 1}}


def test_an_edit_that_changes_nothing_makes_no_version(at_annas: None, lesson: SessionType) -> None:
    pack = ten(lesson)
    same = offers.edit(line=pack.line, now=NOW, **TEN, covers=dict(pack.covers))
    assert (same, versions(pack)) == (pack, [(1, True, 40000)])


def test_a_version_that_was_not_seen_is_not_overwritten(at_annas: None, lesson: SessionType) -> None:
    pack = ten(lesson)
    second = offers.edit(line=pack.line, now=NOW, price_minor=42000)
    with pytest.raises(offers.OfferChanged) as told:
        offers.edit(line=pack.line, now=NOW, seen_version=1, price_minor=43000)
    assert told.value.current == second
    assert versions(pack) == [(1, False, 40000), (2, True, 42000)]


def test_of_two_edits_at_once_one_wins(
    anna: Tenant, lesson: SessionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_context(anna):
        pack = ten(lesson)
    supersede = offers._supersede
    monkeypatch.setattr(offers, "_supersede", lambda *terms: (sleep(0.2), supersede(*terms))[1])

    def edit(price_minor: int) -> PackOffer:
        with tenant_context(anna):
            return offers.edit(line=pack.line, now=NOW, seen_version=1, price_minor=price_minor)

    got = at_once([partial(edit, 41000), partial(edit, 42000)])
    assert sorted(type(each).__name__ for each in got) == ["OfferChanged", "PackOffer"]
    with tenant_context(anna):
        assert [row[:2] for row in versions(pack)] == [(1, False), (2, True)]


def test_a_pack_is_withdrawn_and_offered_again(at_annas: None, lesson: SessionType) -> None:
    pack, other = ten(lesson), ten(lesson)
    offers.withdraw(line=pack.line)
    assert offers.on_offer() == [other]
    assert offers.offered(pack.slug) is None
    assert offers.all_offers() == [other, pack]
    edited = offers.edit(line=pack.line, now=NOW, units=9)
    assert offers.on_offer() == [other]
    offers.show(line=pack.line)
    assert offers.on_offer() == [edited, other]


def test_packs_change_places_among_those_on_the_page(at_annas: None, lesson: SessionType) -> None:
    one, two, three = (ten(lesson, name=name) for name in ("One", "Two", "Three"))
    offers.withdraw(line=two.line)
    offers.reorder(line=three.line, up=True)
    assert offers.on_offer() == [three, one]
    offers.reorder(line=three.line, up=True)
    offers.reorder(line=one.line, up=False)
    assert offers.all_offers() == [three, one, two]


def test_a_pack_for_nothing_that_can_be_booked_is_not_on_offer(at_annas: None, lesson: SessionType) -> None:
    pack = ten(lesson)
    session_types.edit(session_type_id=lesson.pk, is_active=False)
    assert offers.on_offer() == []
    assert offers.offered(pack.slug) is None
    assert offers.all_offers() == [pack]


# --- what is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("price_minor", [0, 49])
def test_a_price_that_no_card_takes_is_refused(at_annas: None, lesson: SessionType, price_minor: int) -> None:
    with pytest.raises(PriceTooSmall, match=r"Cards take €0\.50 or more\. Set at least that\.$"):
        ten(lesson, price_minor=price_minor)
    pack = ten(lesson)
    with pytest.raises(PriceTooSmall):
        offers.edit(line=pack.line, now=NOW, price_minor=price_minor)
    assert versions(pack) == [(1, True, 40000)]


def test_a_pack_must_be_enough_for_a_session(at_annas: None, lesson: SessionType) -> None:
    for covers in ({}, {str(lesson.pk): 0}, {str(lesson.pk): 11}):
        with pytest.raises(offers.NothingCovered):
            offers.offer(now=NOW, **TEN, covers=covers)
    assert PackOffer.objects.count() == 0


@pytest.mark.parametrize("few", [0, 11])
def test_a_few_before_paying_are_at_least_one_and_not_all(
    at_annas: None, lesson: SessionType, few: int
) -> None:
    with pytest.raises(offers.TooManyUnpaid):
        ten(lesson, unpaid="some", unpaid_units=few)


# --- price ------------------------------------------------------------------------------------------


def kind(name: str = "Lesson", price_minor: int = 5000) -> SessionType:
    return SessionType(name=name, price_minor=price_minor, currency="usd")


def pack_of(units: int, price_minor: int, takes: dict[SessionType, int], **fields: Any) -> PackOffer:
    covers = {str(each.pk): count for each, count in takes.items()}
    return PackOffer(units=units, price_minor=price_minor, currency="usd", covers=covers, **fields)


@pytest.mark.parametrize(
    ("units", "takes", "price_minor", "each"),
    [(10, 1, 45000, 4500), (3, 1, 10000, 3334), (10, 2, 45000, 9000), (10, 3, 45000, 15000)],
)
def test_the_price_of_one_is_never_told_too_low(units: int, takes: int, price_minor: int, each: int) -> None:
    """10 units are enough for three sessions that take 3."""
    assert terms.per_session_minor(pack_of(units, price_minor, {kind(): takes})) == each


def test_the_saving_is_computed_from_the_single_price() -> None:
    pack = pack_of(10, 45000, {kind(): 1})
    assert terms.saving_minor(pack, 5000) == 5000
    assert terms.saving_percent(pack, 5000) == 10
    assert (terms.saving_minor(pack, 4400), terms.saving_percent(pack, 0)) == (0, 0)


def test_a_saving_is_told_against_the_comparison_that_promises_least() -> None:
    short, long, other = kind("Short", 3000), kind("Long", 9000), kind("Other", 1)
    pack = pack_of(10, 27000, {short: 1, long: 1})
    saved = terms.saving(pack, [long, short, other])
    assert saved is not None
    assert saved.compared == short
    assert terms.saving_in_words(saved, "en_US") == (
        "10 times Short one by one cost $300.00: this pack saves $30.00 (10%)."
    )
    by_units = terms.saving(pack_of(10, 27000, {short: 2, long: 1}), [short, long])
    assert by_units is not None
    assert by_units.compared == long


@pytest.mark.parametrize("price_minor", [50000, 60000, 49900])
def test_what_saves_nothing_says_nothing(price_minor: int) -> None:
    lesson = kind()
    assert terms.saving(pack_of(10, price_minor, {lesson: 1}), [lesson]) is None


def test_a_pack_whose_types_are_all_gone_compares_with_none() -> None:
    assert terms.saving(pack_of(10, 45000, {kind(): 1}), []) is None


# --- rules in words ---------------------------------------------------------------------------------


def rules(pack: PackOffer, *types: SessionType) -> list[str]:
    berlin = Practice(timezone="Europe/Berlin", locale="en_GB", currency="usd")
    return terms.rule_sentences(pack, types=types, practice=berlin, now=NOW)


def test_the_rules_of_a_pack_in_words() -> None:
    lesson = kind()
    lesson.extras = written([Extra("Court", 1000), Extra("Racket", 500, required=False)], "usd")
    pack = pack_of(10, 45000, {lesson: 1}, valid_months=6)
    assert rules(pack, lesson) == [
        "Good for 10 sessions of Lesson.",
        "Not included: Court (US$10.00), paid with each Lesson when it is booked.",
        "Valid for 6 months: bought today, for sessions until Tuesday 3 November 2026.",
        "Cancel at least 24 hours before a session begins and it goes back to the pack; later, or without"
        " coming, it counts as used. What the coach cancels always goes back.",
        "What is not used is refunded, each session at its share of the price, US$45.00.",
        "It cannot be passed on to somebody else.",
    ]


def test_the_rules_of_another_pack_in_words() -> None:
    short, long, gone = kind("Short"), kind("Long"), kind("Gone")
    pack = pack_of(
        7,
        45000,
        {short: 1, long: 2, gone: 1},
        valid_months=None,
        cancel_window_hours=0,
        refund_rule="single_price",
        transfer="family",
    )
    assert rules(pack, short, long) == [
        "Good for 7 units, of which one Short takes 1 and one Long takes 2.",
        "Valid without end.",
        "Cancel before a session begins and it goes back to the pack; later, or without coming, it counts"
        " as used. What the coach cancels always goes back.",
        "A refund is what was paid, less the single price of each session that was used.",
        "What is not used can be passed on to a family member.",
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"refund_rule": "none"}, "What is not used is not refunded."),
        ({"transfer": "anyone"}, "What is not used can be passed on to anybody."),
        ({"valid_months": 12}, "Valid for 1 year: bought today, for sessions until Monday 3 May 2027."),
        ({"price_minor": 10001}, "What is not used is refunded, each session at its share of the price."),
    ],
)
def test_each_rule_has_its_words(fields: dict[str, Any], said: str) -> None:
    pack = pack_of(10, 45000, {kind(): 1}, valid_months=1)
    for name, value in fields.items():
        setattr(pack, name, value)
    assert said in rules(pack)


def test_today_is_the_day_in_the_coachs_zone(at_annas: None, lesson: SessionType) -> None:
    pack = ten(lesson)
    late = datetime(2026, 5, 3, 22, 30, tzinfo=UTC)
    said = offers.terms_of(pack, practice=Practice.objects.get(), now=late)
    assert "for sessions until Wednesday 4 November 2026." in said[1]


def test_only_what_can_be_booked_is_named(at_annas: None, lesson: SessionType) -> None:
    gone = session_types.offer(now=clock.now(), name="Gone", price_minor=5000, is_active=False)
    said = offers.terms_of(ten(lesson, gone), practice=Practice.objects.get(), now=NOW)
    assert said[0] == "Good for 10 sessions of Lesson."
