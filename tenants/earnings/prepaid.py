"""Sessions that were paid for in packs and are still to be given, at the price that each was sold for."""

import uuid
from dataclasses import dataclass

from fees.rules import split_units
from kit.database import read

# Packs that were passed on belong to the one that was bought: together they hold what was paid for.
LEFT = """
    WITH RECURSIVE family AS (
        SELECT p.id, p.id AS bought FROM packs_pack p
        WHERE p.origin_id IS NULL AND p.status = 'active' AND p.paid_at IS NOT NULL
          AND (%(buyer)s::uuid IS NULL OR p.buyer_id = %(buyer)s)
        UNION ALL
        SELECT p.id, f.bought FROM packs_pack p JOIN family f ON p.origin_id = f.id)
    SELECT b.currency, b.price_minor, b.units, sum(e.units),
           coalesce(-sum(e.units) FILTER (WHERE e.kind IN ('spent', 'returned')), 0)
    FROM family f JOIN packs_pack b ON b.id = f.bought JOIN packs_packentry e ON e.pack_id = f.id
    GROUP BY b.id HAVING sum(e.units) > 0"""


@dataclass(frozen=True, slots=True)
class Prepaid:
    """What clients have paid and not yet used, in minor units of one currency."""

    currency: str
    sessions: int
    minor: int


def prepaid(*, client_id: uuid.UUID | None = None) -> list[Prepaid]:
    """By currency, the largest first; with `client_id`, of what this client paid. One query.

    Sessions given as a correction, beyond what was bought, are still to be given and worth nothing.
    """
    sums: dict[str, Prepaid] = {}
    for currency, price_minor, units, left, used in read(LEFT, {"buyer": client_id}):
        sofar = sums.get(currency, Prepaid(currency, 0, 0))
        minor = worth(price_minor=price_minor, units=units, used=used, left=left)
        sums[currency] = Prepaid(currency, sofar.sessions + left, sofar.minor + minor)
    return sorted(sums.values(), key=lambda each: (-each.minor, each.currency))


def worth(*, price_minor: int, units: int, used: int, left: int) -> int:
    """What `left` units of a pack are worth after `used` ones, by the exact split of its price."""
    return sum(split_units(price_minor, units)[used : used + left])
