"""Countries whose coaches can be paid, with the currency that they charge in."""

from functools import lru_cache

from babel import Locale

from kit.money import CURRENCIES

_EURO = "AT BE CY DE EE ES FI FR GR HR IE IT LT LU LV MT NL PT SI SK"
_OTHERS = {
    "US": "usd", "CA": "cad", "AU": "aud", "NZ": "nzd", "GB": "gbp", "CH": "chf", "LI": "chf",
    "SE": "sek", "NO": "nok", "DK": "dkk", "JP": "jpy",
}  # fmt: skip
CURRENCY_OF = {**dict.fromkeys(_EURO.split(), "eur"), **_OTHERS}
"""ISO 3166-1 to ISO 4217: where Stripe opens accounts, as far as we charge in that currency."""

assert set(CURRENCY_OF.values()) <= set(CURRENCIES)


@lru_cache(maxsize=8)
def country_choices(locale: str = "en") -> list[tuple[str, str]]:
    """Choices of a form field, in the order of their names: "Germany (EUR)"."""
    names = Locale.parse(locale.replace("-", "_")).territories
    rows = [(code, f"{names[code]} ({currency.upper()})") for code, currency in CURRENCY_OF.items()]
    return sorted(rows, key=lambda row: row[1])
