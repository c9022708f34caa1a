"""Merge fields of papers: what may be named in a text, and how it is filled in. Pure.

`{{client_name}}` is replaced. What stands in a block such as `{{#price}} … {{/price}}` is left out where
there is no such value, and in the version that names no price, so that a price is never named outside one.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

ALWAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "client_name": "The client’s name",
        "client_first_name": "The first word of it",
        "coach_name": "Your name",
        "date": "The day on which it is given",
    }
)
OF_A_SALE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sessions": "What is bought, such as “10 sessions”",
        "validity": "How long it is valid",
        "price": "The whole price",
        "price_per_session": "The price of one session",
        "payer_name": "Who pays for it",
    }
)
"""Known where a paper goes with something that is sold."""
FIELDS: Final[Mapping[str, str]] = MappingProxyType({**ALWAYS, **OF_A_SALE})
PRICES: Final = frozenset({"price", "price_per_session"})
AS_AGREED: Final = "as agreed"

_TAG = re.compile(r"\{\{\s*(?P<sign>[#/]?)\s*(?P<name>[^{}]*?)\s*\}\}")
_TAG_ALONE = re.compile(r"^[ \t]*(\{\{\s*[#/][^{}]*\}\})[ \t]*\n", re.MULTILINE)
_GAPS = re.compile(r"\n{3,}")
_MARKS = re.compile(r"([\\`*_\[\]<>&#|~!])")
_AT_THE_START = re.compile(r"^([-+=]|\d+[.)])")
_NUMBER = r"\d(?:[\d.,']*\d)?"
_CURRENCY = r"(?:usd|cad|aud|nzd|eur|gbp|chf|sek|nok|dkk|jpy|kr|euros?|dollars?|pounds?|francs?)"
_AMOUNT = re.compile(
    rf"(?:[$€£¥]|\b{_CURRENCY})\s?{_NUMBER}|{_NUMBER}\s?(?:[$€£¥]|{_CURRENCY}\b)", re.IGNORECASE
)


class BrokenFields(ValueError):
    """A text names what nobody can fill in. The message is for whoever wrote it."""


class UnknownField(BrokenFields):
    """A merge field that there is not."""


class BrokenBlock(BrokenFields):
    """A block that does not begin or end, or a price outside one."""


def refuse_broken(text: str) -> None:
    """Raise UnknownField or BrokenBlock for a text that cannot be filled in for everybody."""
    blocks: list[str] = []
    for sign, name in _tags(text):
        if name not in FIELDS:
            raise UnknownField(f"There is no field “{{{{{name}}}}}”. These can be used: {_known()}.")
        if sign == "#":
            blocks.append(name)
        elif sign == "/":
            _close(blocks, name)
        elif name in PRICES and not PRICES & set(blocks):
            raise BrokenBlock(
                f"“{{{{{name}}}}}” stands outside a block. Write {{{{#price}}}} before the sentence that "
                "names it and {{/price}} after it: who is not the payer gets the text without that."
            )
    if blocks:
        raise BrokenBlock(
            f"The block “{{{{#{blocks[-1]}}}}}” has no end: write {{{{/{blocks[-1]}}}}} after it."
        )
    if loose := re.search(r"\{\{|\}\}", _TAG.sub("", text)):
        raise BrokenBlock(
            f"A field is written {{{{client_name}}}}; there is a “{loose[0]}” that belongs to none."
        )


def filled(text: str, values: Mapping[str, str], *, hides_prices: bool = False) -> str:
    """A text in Markdown with its values, which are no markup; a field without one is "as agreed".

    With `hides_prices` no value of a price goes in, and what stands in its block is left out.
    """
    return _filled(text, values, hides_prices, as_plain_words)


def filled_plain(text: str, values: Mapping[str, str], *, hides_prices: bool = False) -> str:
    """As `filled`, for a text that is no Markdown, such as a mail's."""
    return _filled(text, values, hides_prices, lambda value: " ".join(value.split()))


def _filled(text: str, values: Mapping[str, str], hides_prices: bool, as_words: Callable[[str], str]) -> str:
    known = {
        name: value
        for name, value in values.items()
        if value and name in FIELDS and not (hides_prices and name in PRICES)
    }
    text = _TAG_ALONE.sub(r"\1", text.replace("\r\n", "\n") + "\n")
    written: list[str] = []
    blocks: list[str] = []
    end = 0
    for found in _TAG.finditer(text):
        if not _left_out(blocks, known):
            written.append(text[end : found.start()])
        end = found.end()
        if found["sign"] == "#":
            blocks.append(found["name"])
        elif found["sign"] == "/":
            blocks.pop()
        elif not _left_out(blocks, known):
            written.append(as_words(known.get(found["name"], AS_AGREED)))
    written.append(text[end:])
    return _GAPS.sub("\n\n", "".join(written)).strip()


def as_plain_words(value: str) -> str:
    """A value in one line, of which nothing is read as Markdown: people may be called anything."""
    value = _MARKS.sub(r"\\\1", " ".join(value.split()))
    return _AT_THE_START.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", value)


def names_price(text: str) -> bool:
    """Whether there is another text to give to somebody who does not pay."""
    return any(name in PRICES for _sign, name in _tags(text))


def amounts_in(text: str) -> list[str]:
    """What reads like an amount of money, as it is written: pure. For a text that shall name none."""
    return [found.group().strip() for found in _AMOUNT.finditer(text)]


def _tags(text: str) -> Iterator[tuple[str, str]]:
    return ((found["sign"], found["name"]) for found in _TAG.finditer(text))


def _close(blocks: list[str], name: str) -> None:
    if not blocks or blocks[-1] != name:
        raise BrokenBlock(
            f"“{{{{/{name}}}}}” ends a block that does not begin: write {{{{#{name}}}}} before it."
        )
    blocks.pop()


def _left_out(blocks: list[str], known: Mapping[str, str]) -> bool:
    return any(name not in known for name in blocks)


def _known() -> str:
    return ", ".join(f"{{{{{name}}}}}" for name in FIELDS)
