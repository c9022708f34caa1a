"""What a sequence's mail may name, and how it is filled in when it is sent: pure. No price is among it."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from tenants.paperwork.merge_fields import amounts_in

FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "client_first_name": "The first word of the client’s name",
        "coach_name": "Your name",
        "product": "What started it: the product, pack, agreement or session",
        "portal_link": "The address of the client’s own pages",
        "book_link": "The address of your page, where sessions are booked",
    }
)
_TAG = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_GAPS = re.compile(r"\n{3,}")


class UnusableText(ValueError):
    """A text that cannot go to everybody. The message is for whoever wrote it."""


def refuse_unusable(text: str) -> None:
    """Raise UnusableText for a field that there is not, and for an amount of money.

    A sequence goes to whoever has something, who need not be who paid for it.
    """
    for name in _TAG.findall(text):
        if name not in FIELDS:
            known = ", ".join(f"{{{{{each}}}}}" for each in FIELDS)
            raise UnusableText(f"There is no field “{{{{{name}}}}}”. These can be used: {known}.")
    if loose := re.search(r"\{\{|\}\}", _TAG.sub("", text)):
        raise UnusableText(
            f"A field is written {{{{coach_name}}}}; there is a “{loose[0]}” that belongs to none."
        )
    if amounts := amounts_in(text):
        raise UnusableText(
            f"“{amounts[0]}” reads like a price. Leave it out: whoever reads this may not be who pays."
        )


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its values, each in one line."""
    written = _TAG.sub(lambda found: " ".join(values.get(found[1], "").split()), text.replace("\r\n", "\n"))
    return _GAPS.sub("\n\n", written).strip()
