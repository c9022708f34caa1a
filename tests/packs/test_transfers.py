"""Passing units on: by the pack's rule, no more than is left, and in the books of both sides."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from kit import states
from tenants.activity.models import Event
from tenants.clients.models import Client
from tenants.packs import expiry, ledger, spending, transfers
from tenants.packs.models import Pack
from tenants.packs.transfers import CannotPassOn
from tenants.registry.models import Wakeup
from tests.packs import sold

pytestmark = pytest.mark.usefixtures("berlin")

MAY = datetime(2026, 5, 3, 10, tzinfo=UTC)
JUNE = MAY + timedelta(days=30)


def pass_on(pack: Pack, units: int = 4, *, email: str = "dora@example.com", at: datetime = JUNE) -> Pack:
    return transfers.pass_on(
        pack_id=pack.pk, units=units, name="Dora", email=email, now=at, actor=sold.CLIENT
    )


def test_units_are_the_receivers_from_then_on() -> None:
    pack = sold.bought(at=MAY)
    received = sold.reread(pass_on(pack))
    assert ledger.balances_of([pack.pk, received.pk]) == {pack.pk: 6, received.pk: 4}
    assert received.client.email == "dora@example.com"
    assert (received.origin_id, received.offer_id, received.buyer_id) == (
        pack.pk,
        pack.offer_id,
        pack.client_id,
    )
    assert (received.price_minor, received.units, received.bought_at) == (0, 4, JUNE)
    assert received.expires_at == sold.reread(pack).expires_at
    assert received.link_version == sold.reread(pack).link_version == 1
    sold.spend(received, at=JUNE)
    with pytest.raises(spending.CannotSpend, match=spending.Refusal.NOT_YOURS):
        sold.spend(received, at=JUNE, client_id=pack.client_id)


def test_each_side_names_the_other() -> None:
    pack = sold.bought(at=MAY)
    received = pass_on(pack)
    sent, got = pack.entries.latest("number"), received.entries.get()
    assert (sent.kind, sent.units, got.kind, got.units) == ("sent", -4, "received", 4)
    assert sent.data == {"client": str(received.client_id), "pack": str(received.pk)}
    assert got.data == {"client": str(pack.client_id), "pack": str(pack.pk)}
    assert (sent.cause, sent.rule) == (got.cause, got.rule) == ("passed_on", "transfer:anyone")
    told = Event.objects.filter(kind__in=["pack.sent", "pack.received"])
    assert set(told.values_list("kind", "subject_id", "client_id")) == {
        ("pack.sent", pack.pk, pack.client_id),
        ("pack.received", received.pk, received.client_id),
    }


def test_what_was_passed_on_ends_and_is_told_of_by_itself() -> None:
    pack = sold.bought(at=MAY)
    received = pass_on(pack)
    kinds = Wakeup.objects.filter(reference=received.pk).values_list("kind", flat=True)
    assert sorted(kinds) == ["pack_expiry", "pack_nudge"]
    assert received.expires_at is not None
    expiry.expire(reference=received.pk, now=received.expires_at)
    assert ledger.balances_of([pack.pk, received.pk]) == {pack.pk: 6, received.pk: 0}


def test_it_can_be_passed_on_again_and_back() -> None:
    pack = sold.bought(at=MAY)
    received = pass_on(pass_on(pack), 3, email="eve@example.com")
    back = pass_on(received, 2, email="cleo@example.com")
    assert back.client_id == pack.client_id
    assert [ledger.balance_of(each.pk) for each in (pack, received, back)] == [6, 1, 2]


def refused(pack: Pack, because: str, units: int = 4, **how: Any) -> None:
    before = sold.kinds(pack)
    with pytest.raises(CannotPassOn, match=because):
        pass_on(pack, units, **how)
    assert sold.kinds(pack) == before
    assert not Client.objects.filter(email="dora@example.com").exists()
    assert Pack.objects.count() == 1


def change(pack: Pack, **changes: Any) -> None:
    with transaction.atomic():
        states.change(pack, **changes)


def test_the_packs_rule_decides() -> None:
    refused(sold.bought(at=MAY, transfer="nobody"), "cannot be passed on")


def test_a_family_pack_goes_to_family_and_says_so() -> None:
    pack = sold.bought(at=MAY, transfer="family")
    assert pass_on(pack).entries.get().rule == "transfer:family"


@pytest.mark.parametrize(
    ("changes", "because"),
    [
        ({"paid_at": None}, "not paid"),
        ({"status": "pending"}, "not paid"),
        ({"frozen_at": MAY}, "bank"),
        ({"expires_at": JUNE}, "not valid"),
    ],
)
def test_what_cannot_be_used_cannot_be_passed_on(changes: dict[str, Any], because: str) -> None:
    pack = sold.bought(at=MAY)
    change(pack, **changes)
    refused(pack, because)


def test_nobody_passes_on_to_themselves_or_nothing() -> None:
    pack = sold.bought(at=MAY)
    refused(pack, "somebody else", email="CLEO@example.com")
    refused(pack, "at least one", units=0)
    refused(pack, "at least one", units=-3)


def test_no_more_than_is_left_can_be_passed_on() -> None:
    pack = sold.bought(at=MAY)
    sold.spend(pack, at=MAY)
    with pytest.raises(ledger.NotEnoughUnits, match="9 left"):
        pass_on(pack, 10)
    assert Pack.objects.count() == 1
    pass_on(pack, 9)
    assert ledger.balance_of(pack.pk) == 0
