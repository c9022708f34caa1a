"""The free sessions of a coach: numbered, claimed under a lock, given back, and claimed again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django_tenants.utils import schema_context, tenant_context

from fees import accounts
from fees.models import FeeAccount, FeeEntry, FeeEntryKind
from kit.clock import now
from kit.ledgers import AppendOnly
from kit.money import Money
from tenants.registry.models import Tenant
from tests import worlds


@pytest.fixture
def name(anna: Tenant) -> Iterator[str]:
    """Anna's schema, from inside of her practice, as in every payment."""
    with tenant_context(anna):
        yield anna.schema_name


def claim(name: str, reference: str, units: int = 1) -> list[int]:
    with transaction.atomic():
        account = accounts.locked_terms(schema_name=name, now=now())
        return accounts.claim_units(account=account, units=units, reference=reference, now=now())


def give_back(name: str, reference: str, numbers: list[int]) -> None:
    with transaction.atomic():
        accounts.return_units(schema_name=name, numbers=numbers, reference=reference, now=now())


def note(name: str, reference: str, amount_minor: int) -> None:
    with transaction.atomic():
        accounts.note_amount(
            schema_name=name,
            kind=FeeEntryKind.CHARGED,
            reference=reference,
            amount_minor=amount_minor,
            currency="eur",
            now=now(),
        )


def test_a_new_coach_starts_on_the_platforms_terms(name: str) -> None:
    terms = accounts.terms(schema_name=name)
    assert (terms.rate_bp, terms.free_units) == (1000, 10)
    assert accounts.free_numbers_left(terms) == list(range(1, 11))


def test_exactly_ten_go_out_lowest_first(name: str) -> None:
    assert claim(name, "a") == [1]
    assert claim(name, "b", units=5) == [2, 3, 4, 5, 6]
    assert claim(name, "c", units=6) == [7, 8, 9, 10]
    assert claim(name, "d") == []


def test_a_number_that_came_back_goes_out_next(name: str) -> None:
    claim(name, "a", units=10)
    give_back(name, "a", [4, 9])
    assert [claim(name, each) for each in "bcd"] == [[4], [9], []]
    give_back(name, "b", [4])
    assert claim(name, "e") == [4]


def test_giving_back_twice_gives_back_once(name: str) -> None:
    claim(name, "a")
    for _ in range(2):
        give_back(name, "a", [1])
    assert claim(name, "b") == [1]
    give_back(name, "a", [1])
    assert accounts.numbers_taken(schema_name=name) == {1}


def test_one_payment_claims_once(name: str) -> None:
    claim(name, "a")
    give_back(name, "a", [1])
    with pytest.raises(IntegrityError):
        claim(name, "a")


def test_two_coaches_have_ten_each(name: str, anna: Tenant, ben: Tenant) -> None:
    claim(name, "a", units=10)
    with tenant_context(ben):
        assert claim(ben.schema_name, "a") == [1]


def test_fewer_free_sessions_take_none_away_that_were_claimed(name: str, anna: Tenant) -> None:
    claim(name, "a", units=3)
    worlds.set_free_units(anna, 2)
    assert claim(name, "b") == []
    worlds.set_free_units(anna, 4)
    assert claim(name, "c", units=3) == [4]


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit_cap_minor": 5000},
        {"unit_cap_currency": "eur"},
        {"unit_cap_minor": 0, "unit_cap_currency": "eur"},
    ],
)
def test_a_cap_has_an_amount_and_a_currency(name: str, wrong: dict[str, Any]) -> None:
    with schema_context("public"), pytest.raises(IntegrityError, match="fee_account_unit_cap"):
        FeeAccount.objects.filter(schema_name=name).update(**wrong)


def test_a_cap_counts_in_its_own_currency_only(name: str, anna: Tenant) -> None:
    assert accounts.terms(schema_name=name).unit_cap_in("eur") is None
    worlds.cap_free_units(anna, Money(5000, "eur"))
    terms = accounts.terms(schema_name=name)
    assert (terms.unit_cap_in("eur"), terms.unit_cap_in("usd")) == (5000, None)


def test_an_amount_is_noted_once_and_nothing_is_no_entry(name: str) -> None:
    for amount_minor in (450, 450, 0):
        note(name, "a", amount_minor)
    note(name, "b", 0)
    assert [entry.amount_minor for entry in FeeEntry.objects.all()] == [450]


def test_entries_stand_for_good(name: str) -> None:
    claim(name, "a")
    entry = FeeEntry.objects.get()
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()
    with pytest.raises(AppendOnly):
        FeeEntry.objects.update(number=2)


def test_opening_twice_keeps_the_terms(name: str, anna: Tenant) -> None:
    worlds.set_free_units(anna, 3)
    with transaction.atomic():
        accounts.open_account(tenant_id=anna.pk, now=now())
    assert FeeAccount.objects.get(schema_name=name).free_units == 3
