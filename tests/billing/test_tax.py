"""The tax within a price: what was shown stays what is paid, and the parts sum up to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.money import CURRENCIES, MAXIMUM_CHARGE_MINOR, Money
from tenants.billing.paper_lines import Line, part_of
from tenants.billing.tax import HIGHEST_BP, apportion, by_rate, contained, rate_in_words

amounts = st.integers(-MAXIMUM_CHARGE_MINOR, MAXIMUM_CHARGE_MINOR)
rates = st.integers(0, HIGHEST_BP)
lines_sold = st.lists(
    st.builds(Line, st.just("Lesson"), st.integers(1, 10_000_000), rates), min_size=1, max_size=6
)


@pytest.mark.parametrize(
    ("gross_minor", "tax_bp", "tax_minor"),
    [
        (11_900, 1_900, 1_900),
        (4_500, 1_900, 718),  # 718.487…
        (4_500, 2_000, 750),
        (3, 2_000, 1),  # Exactly a half goes up.
        (9, 2_000, 2),
        (-3, 2_000, -1),
        (4_500, 770, 322),
        (5_000, 1_000, 455),  # Yen: 454.54…
        (4_500, 0, 0),
        (0, 1_900, 0),
        (1, 5_000, 0),
    ],
)
def test_half_a_unit_goes_up(gross_minor: int, tax_bp: int, tax_minor: int) -> None:
    assert contained(gross_minor, tax_bp) == tax_minor


@given(currency=st.sampled_from(CURRENCIES), sold=lines_sold)
def test_net_and_tax_are_the_price_in_every_currency(currency: str, sold: list[Line]) -> None:
    sums = by_rate(sold)
    net = sum((Money(each.net_minor, currency) for each in sums), Money(0, currency))
    tax = sum((Money(each.tax_minor, currency) for each in sums), Money(0, currency))
    assert net + tax == Money(sum(line.amount_minor for line in sold), currency)
    assert tax == Money(sum(line.tax_minor for line in sold), currency)


@given(gross_minor=amounts, tax_bp=rates)
def test_tax_is_the_nearest_whole_unit_and_never_more_than_a_third(gross_minor: int, tax_bp: int) -> None:
    tax_minor = contained(gross_minor, tax_bp)
    exact = gross_minor * tax_bp
    assert abs(tax_minor * (10_000 + tax_bp) - exact) * 2 <= 10_000 + tax_bp
    assert abs(tax_minor) * 3 <= abs(gross_minor) + 2
    assert contained(-gross_minor, tax_bp) == -tax_minor


@given(amount_minor=amounts, weights=st.lists(st.integers(0, 10**7), min_size=1, max_size=8).filter(any))
def test_what_is_split_sums_up_to_the_whole(amount_minor: int, weights: list[int]) -> None:
    parts = apportion(amount_minor, weights)
    assert sum(parts) == amount_minor
    assert all(part * amount_minor >= 0 for part in parts)
    assert all(not part for part, weight in zip(parts, weights, strict=True) if not weight)


@given(sold=lines_sold, amount_minor=amounts.filter(bool))
def test_a_part_has_the_rates_of_the_whole(sold: list[Line], amount_minor: int) -> None:
    part = part_of(sold, amount_minor, words="Deposit for {}")
    assert sum(line.amount_minor for line in part) == amount_minor
    assert {line.tax_bp for line in part} <= {line.tax_bp for line in sold}
    assert len(part) == len({line.tax_bp for line in part})


def test_lines_of_one_rate_stand_together() -> None:
    sold = [Line("Lesson", 4_000, 1_900), Line("Book", 1_000, 700), Line("Court", 1_000, 1_900)]
    part = part_of(sold, 3_000, words="Deposit for {}")
    assert part == [Line("Deposit for Lesson and 1 more", 2_500, 1_900), Line("Deposit for Book", 500, 700)]
    assert [each.tax_bp for each in by_rate(part)] == [1_900, 700]


@pytest.mark.parametrize(
    ("tax_bp", "locale", "words"),
    [
        (1_900, "en", "19%"),
        (770, "en_GB", "7.7%"),
        (625, "en", "6.25%"),
        (770, "de", "7,7%"),
        (0, "en", "0%"),
    ],
)
def test_a_rate_reads_as_people_write_it(tax_bp: int, locale: str, words: str) -> None:
    assert rate_in_words(tax_bp, locale) == words
