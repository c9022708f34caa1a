"""Amounts: exact, with their currency, and read as people type them."""

from decimal import Decimal

import pytest
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from kit.money import (
    CURRENCIES,
    EXPONENTS,
    MAXIMUM_CHARGE_MINOR,
    MINIMUM_CHARGE_MINOR,
    BadAmount,
    CurrencyMismatch,
    Money,
    UnknownCurrency,
    can_be_charged,
    format_money,
    parse_money,
    percentage,
    to_decimal,
)

CURRENCY = st.sampled_from(CURRENCIES)
CHARGE = st.integers(0, MAXIMUM_CHARGE_MINOR)


def test_amounts_of_one_currency_add_up():
    assert Money(4500, "usd") + Money(50, "usd") == Money(4550, "usd")
    assert Money(4500, "usd") - Money(5000, "usd") == Money(-500, "usd")
    assert sum([Money(1, "jpy"), Money(2, "jpy"), Money(3, "jpy")]) == Money(6, "jpy")
    assert Money(1, "usd") < Money(2, "usd") <= Money(2, "usd")
    assert -Money(1, "usd") == Money(-1, "usd")
    assert not Money(0, "usd")


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: Money(1, "usd") + Money(1, "cad"),
        lambda: Money(1, "usd") - Money(1, "cad"),
        lambda: Money(1, "usd") < Money(2, "cad"),
        lambda: sum([Money(1, "usd"), Money(1, "cad")]),
    ],
)
def test_two_currencies_never_mix(attempt):
    with pytest.raises(CurrencyMismatch, match="USD and CAD"):
        attempt()


@pytest.mark.parametrize("minor", [45.0, Decimal(45), "45", True, None])
def test_only_whole_minor_units_are_money(minor):
    with pytest.raises(TypeError):
        Money(minor, "usd")


def test_a_bare_number_is_not_money():
    for attempt in (lambda: Money(1, "usd") + 1, lambda: 1 + Money(1, "usd"), lambda: Money(1, "usd") < 1):
        with pytest.raises(TypeError):
            attempt()


@pytest.mark.parametrize("currency", ["USD", "xyz", "", "isk"])
def test_an_unknown_currency_is_refused(currency):
    for attempt in (lambda: Money(1, currency), lambda: parse_money("1", currency)):
        with pytest.raises(UnknownCurrency):
            attempt()


def test_the_tables_cover_the_same_currencies_and_agree_with_the_standard():
    assert set(MINIMUM_CHARGE_MINOR) == set(EXPONENTS)
    assert {c: get_currency_precision(c.upper()) for c in EXPONENTS} == dict(EXPONENTS)


def test_whole_amounts_keep_their_decimals():
    assert format_money(4500, "usd") == "$45.00"
    assert format_money(4500, "jpy") == "¥4,500"
    assert format_money(123456, "eur", "de") == "1.234,56\N{NO-BREAK SPACE}€"
    assert format_money(123456, "eur", "de-AT") == "€\N{NO-BREAK SPACE}1.234,56"
    assert format_money(-5, "usd") == "−$0.05"
    assert str(Money(3335, "gbp")) == "£33.35"


def test_large_amounts_stay_exact():
    assert format_money(9_007_199_254_740_993_01, "usd") == "$9,007,199,254,740,993.01"


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("45", 4500),
        ("45.00", 4500),
        ("45,00", 4500),
        ("45.5", 4550),
        ("45.", 4500),
        (".5", 50),
        ("0", 0),
        ("0045", 4500),
        ("1,200", 120000),
        ("1,200.50", 120050),
        ("1.200,50", 120050),
        ("1 200,50", 120050),
        ("1\N{NARROW NO-BREAK SPACE}200,50", 120050),
        ("1'200.50", 120050),
        ("$45", 4500),
        ("US$ 45", 4500),
        ("45 usd", 4500),
        (" 45 ", 4500),
    ],
)
def test_it_reads_what_people_type(text, minor):
    assert parse_money(text, "usd") == minor


def test_it_reads_yen_without_decimals():
    assert parse_money("4,500", "jpy") == 4500
    assert parse_money("¥1.000.000", "jpy") == 1_000_000
    with pytest.raises(BadAmount, match="JPY has no decimals"):
        parse_money("45.0", "jpy")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("45.123", "at most 2 decimals"),
        ("1.200", "at most 2 decimals"),
        ("-45", "below zero"),
        ("$-45", "below zero"),
        ("\N{MINUS SIGN}45", "below zero"),
        ("", "not an amount"),
        ("free", "“free” is not an amount"),
        ("€45", "not an amount"),
        ("1e5", "not an amount"),
        ("4_5", "not an amount"),
        ("1,20,300", "not an amount"),
        ("0,500", "not an amount"),
        ("1.2.3", "not an amount"),
        (".", "not an amount"),
        ("\N{ARABIC-INDIC DIGIT FOUR}", "not an amount"),
        ("1,000,000.00", "more than one payment can be"),
        ("9" * 10_000, "more than one payment can be"),
    ],
)
def test_it_refuses_the_rest_in_a_sentence(text, sentence):
    with pytest.raises(BadAmount, match=sentence):
        parse_money(text, "usd")


@given(CHARGE, CURRENCY, st.sampled_from(["en", "en_US", "en_GB", "de", "de_CH", "fr", "sv", "nb", "ja"]))
def test_what_is_shown_can_be_typed_back(minor, currency, locale):
    shown = format_money(minor, currency, locale)
    number = "".join(c for c in shown if c.isdigit() or c in ".,’'").strip(".,")
    # Without decimals, one group after a dot reads as decimals and is refused rather than guessed.
    if EXPONENTS[currency] == 0 and number.count(".") == 1:
        with pytest.raises(BadAmount):
            parse_money(number, currency)
    else:
        assert parse_money(number, currency) == minor


@given(CHARGE, CURRENCY)
def test_the_plain_number_reads_as_itself(minor, currency):
    assert parse_money(str(to_decimal(minor, currency)), currency) == minor


@given(st.text(max_size=12) | st.text("0123456789.,' $-", max_size=12), CURRENCY)
def test_any_text_is_an_amount_or_is_refused(text, currency):
    try:
        minor = parse_money(text, currency)
    except BadAmount:
        return
    assert 0 <= minor <= MAXIMUM_CHARGE_MINOR


def test_a_percentage_rounds_down():
    assert percentage(10_005, 1_000) == 1_000
    assert percentage(9, 1_000) == 0
    assert percentage(4_500, 0) == 0
    with pytest.raises(ValueError, match="0 or more"):
        percentage(-1, 1_000)


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_a_percentage_is_never_more_than_its_exact_share(minor, bp):
    assert percentage(minor, bp) * 10_000 <= minor * bp < (percentage(minor, bp) + 1) * 10_000


def test_a_price_is_nothing_or_enough_to_be_charged():
    assert can_be_charged(0, "usd")
    assert not can_be_charged(49, "usd")
    assert can_be_charged(50, "usd")
    assert can_be_charged(30, "gbp")
    assert not can_be_charged(299, "sek")
    assert not can_be_charged(-1, "usd")
    assert not can_be_charged(MAXIMUM_CHARGE_MINOR + 1, "usd")
