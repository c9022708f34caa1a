"""How far somebody has come: the rule, the same rule in the database, and who becomes a buyer when."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from kit import clock
from kit.ids import uuid7
from tenants.clients.models import Client
from tenants.clients.records import find_or_add
from tenants.packs import selling
from tenants.packs.models import Pack
from tenants.people.stages import LATELY, Facts, Stage, at_stage, facts_of, stage_of, stages, with_facts
from tenants.registry.models import Tenant
from tenants.scheduling.models import Booking
from tests import worlds
from tests.billing.by_hand import charge_of, record
from tests.packs import sold

NOW = datetime.fromisoformat("2026-06-10T12:00:00+00:00")
FREE: dict[str, Any] = {"funding": "free"}
PAID: dict[str, Any] = {"funding": "received", "funded_by": uuid7()}
LONG_AGO, LATELY_AT, SOON = NOW - LATELY - timedelta(days=1), NOW - timedelta(days=3), NOW + timedelta(days=3)


@pytest.mark.parametrize(
    ("facts", "stage"),
    [
        (Facts(None, None, None, False, False), Stage.PROSPECT),
        (Facts(None, SOON, LATELY_AT, False, False), Stage.PROSPECT),
        (Facts(None, None, None, False, True), Stage.ACTIVE),
        (Facts(LATELY_AT, None, None, False, False), Stage.BUYER),
        (Facts(LONG_AGO, None, None, False, False), Stage.PAST),
        (Facts(LONG_AGO, SOON, None, False, False), Stage.ACTIVE),
        (Facts(LONG_AGO, None, LATELY_AT, True, False), Stage.ACTIVE),
        (Facts(LATELY_AT, None, LONG_AGO, True, False), Stage.PAST),
        (Facts(None, None, LATELY_AT, True, False), Stage.ACTIVE),
        (Facts(None, None, LONG_AGO, True, False), Stage.PAST),
    ],
)
def test_the_stage_follows_from_what_was_paid_and_what_is_booked(facts: Facts, stage: Stage) -> None:
    assert stage_of(facts, now=NOW) is stage


def test_whoever_pays_by_card_is_a_buyer_from_that_moment_on(shop: worlds.Shop) -> None:
    kind = worlds.session_type(shop.tenant)
    worlds.sell(shop, kind, at=worlds.hour(30))
    worlds.sweep()
    with tenant_context(shop.tenant):
        first = Client.objects.get().buyer_since
        assert first is not None
        assert clock.now() - first < timedelta(minutes=1)
    worlds.sell(shop, kind, at=worlds.hour(40), browser="2")
    worlds.sweep()
    with tenant_context(shop.tenant):
        assert Client.objects.get().buyer_since == first


def test_cash_makes_a_buyer_too_and_a_pack_that_is_owed_does_not(anna: Tenant) -> None:
    kind = worlds.session_type(anna)
    offer = worlds.pack_offer(anna, kind)
    with tenant_context(anna):
        with transaction.atomic():
            cleo = find_or_add(name="Cleo", email="cleo@example.com", phone="", timezone="", now=clock.now())
        pack = selling.sell(offer_id=offer.pk, client_id=cleo.pk, now=clock.now(), actor=sold.COACH)
        assert Client.objects.get(pk=cleo.pk).buyer_since is None
    record(anna, charge_of(anna, pack.pk), 100)
    worlds.sweep()
    with tenant_context(anna):
        assert Client.objects.get(pk=cleo.pk).buyer_since is not None


def test_the_database_says_the_same_as_the_rule_of_any_client(anna: Tenant) -> None:
    """Clients at random, of every kind of past: each is found at its own stage, and at no other."""
    chance = random.Random(7)
    kind = worlds.session_type(anna, price_minor=0)
    worlds.open_for_bookings(anna)
    for number in range(24):
        _somebody(anna, kind, number, chance)
    now = clock.now()
    with tenant_context(anna), transaction.atomic():
        rows = list(with_facts(Client.objects.all(), now=now))
        ruled = {each.pk: stage_of(facts_of(each), now=now) for each in rows}
        for stage in Stage:
            found = {each.pk for each in at_stage(with_facts(Client.objects.all(), now=now), stage, now=now)}
            assert found == {pk for pk, at in ruled.items() if at == stage}, stage
        assert set(ruled.values()) == set(Stage)


def _somebody(anna: Tenant, kind: object, number: int, chance: random.Random) -> None:
    email = f"c{number}@example.com"
    now = clock.now()
    bought = chance.choice([None, now - timedelta(days=3), now - LATELY - timedelta(days=5)])
    with tenant_context(anna), transaction.atomic():
        client = Client.objects.create(name=f"C{number}", email=email, buyer_since=bought)
    if chance.random() < 0.5:
        booking = worlds.held(anna, kind, at=worlds.hour(5 + number), browser=email)  # type: ignore[arg-type]
        worlds.book(anna, booking, email=email)
        shift = chance.choice([timedelta(), timedelta(days=-5), -LATELY - timedelta(days=9)])
        with tenant_context(anna), transaction.atomic():
            starts_at = booking.session.starts_at + shift
            type(booking.session).objects.filter(pk=booking.session_id).update(
                starts_at=starts_at, ends_at=starts_at + timedelta(hours=1)
            )
            Booking.objects.filter(pk=booking.pk).update(
                status="confirmed",
                confirmed_at=now,
                **chance.choice([FREE, PAID]),
            )
    elif chance.random() < 0.4:
        with tenant_context(anna):
            pack = sold.bought(email=email, units=1)
            if chance.random() < 0.5:
                with transaction.atomic():
                    sold.spend(pack)
                    Pack.objects.filter(pk=pack.pk).update(client=client)


def test_stages_of_many_take_one_query(anna: Tenant) -> None:
    with tenant_context(anna), transaction.atomic():
        rows = [Client.objects.create(name=f"C{n}", email=f"c{n}@example.com") for n in range(5)]
        with CaptureQueriesContext(connection) as asked:
            found = stages([each.pk for each in rows], now=clock.now())
    assert set(found.values()) == {Stage.PROSPECT}
    assert len(asked) == 1
