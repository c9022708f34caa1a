"""Extras of a session type: what is paid beside the session, as a court or materials."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from kit.ids import uuid7
from tenants.offers.models import SessionType
from tenants.offers.prices import PriceTooSmall, refuse_uncollectable

MOST_EXTRAS = 8


class TooManyExtras(ValueError):
    """More extras than a client would read through. Its message is for the coach."""


@dataclass(frozen=True, slots=True)
class Extra:
    """One of them, in minor units of its session type's currency. Its `id` stays when it is edited."""

    name: str
    price_minor: int
    required: bool = True
    id: str = field(default_factory=lambda: str(uuid7()))


def extras_of(session_type: SessionType) -> list[Extra]:
    """In the coach's order."""
    return [Extra(**each) for each in session_type.extras]


def chosen(session_type: SessionType, ids: Sequence[UUID | str] = ()) -> list[Extra]:
    """Those that are always part of a session, and those of the others that were asked for."""
    asked = {str(each) for each in ids}
    return [each for each in extras_of(session_type) if each.required or each.id in asked]


def written(extras: Sequence[Extra], currency: str) -> list[dict[str, Any]]:
    """As a session type keeps them. Raises PriceTooSmall and TooManyExtras.

    A pack's unit may pay for the session, and then a card is charged for the extras alone: so each must be
    an amount that cards take.
    """
    if len(extras) > MOST_EXTRAS:
        raise TooManyExtras(f"A session type can have up to {MOST_EXTRAS} extras.")
    for each in extras:
        refuse_alone(each.price_minor, currency)
    return [asdict(each) for each in extras]


def refuse_alone(price_minor: int, currency: str) -> None:
    """Raise PriceTooSmall for an extra that no card can be charged by itself."""
    try:
        refuse_uncollectable(price_minor, currency, may_be_free=False)
    except PriceTooSmall as problem:
        raise PriceTooSmall(
            f"Beside a pack, an extra is paid alone. {problem} What costs nothing needs no extra."
        ) from problem
