"""What of a price is paid at booking: an amount or a share, and always two amounts that cards take."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kit.money import CURRENCIES, MINIMUM_CHARGE_MINOR
from tenants.offers.deposits import DepositRefused, deposit_of, refuse_deposit

PRICES = st.integers(1, 99_999_999)


@pytest.mark.parametrize(
    ("price", "rule", "deposit"),
    [
        (6000, {"deposit_minor": 2000}, 2000),
        (6000, {"deposit_bp": 5000}, 3000),
        (3335, {"deposit_bp": 3333}, 1111),
        (1500, {"deposit_minor": 2000}, 1500),
        (6000, {}, 0),
    ],
)
def test_a_deposit_is_an_amount_or_a_share_rounded_down(
    price: int, rule: dict[str, int], deposit: int
) -> None:
    assert deposit_of(price_minor=price, **rule) == deposit


@given(price=PRICES, share=st.integers(1, 9999), currency=st.sampled_from(CURRENCIES))
def test_what_is_not_refused_can_be_charged_twice(price: int, share: int, currency: str) -> None:
    smallest = MINIMUM_CHARGE_MINOR[currency]
    try:
        refuse_deposit(currency, price_minor=price, deposit_bp=share)
    except DepositRefused:
        assume(price >= 2 * smallest)
        deposit = deposit_of(price_minor=price, deposit_bp=share)
        assert deposit < smallest or price - deposit < smallest
    else:
        deposit = deposit_of(price_minor=price, deposit_bp=share)
        assert deposit >= smallest
        assert price - deposit >= smallest


def test_no_deposit_is_never_refused() -> None:
    refuse_deposit("usd", price_minor=0)
