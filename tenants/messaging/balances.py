"""A pack's balance as mails show it: the words of every page, for the one who reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tenants.clients import relations
from tenants.messaging.models import Audience
from tenants.packs.balance import SESSIONS, UNITS, Noun
from tenants.packs.models import Pack
from tenants.packs.statements import Reader, statement_of, takes_one_each

_READERS: Mapping[str, Reader] = MappingProxyType(
    {Audience.CLIENT: "holder", Audience.BUYER: "buyer", Audience.COACH: "coach"}
)


def balance_lines(
    pack: Pack,
    *,
    audience: str,
    tz: str,
    locale: str,
    now: datetime,
    this_booking: UUID | Sequence[UUID] | None = None,
    cancel_until: datetime | None = None,
) -> tuple[str, ...]:
    """What is left and why, the number first. Amounts are for whoever paid, and for the coach."""
    asked: dict[str, Any] = {"tz": tz, "locale": locale, "now": now, "reader": _READERS[audience]}
    statement = statement_of(
        pack=pack,
        reader_id=pack.client_id if audience == Audience.CLIENT else pack.buyer_id,
        this_booking=this_booking,
        cancel_until=cancel_until,
        **asked,
    )
    if audience == Audience.BUYER and not _reads_attendance(pack):
        balance = statement.balance
        return tuple(filter(None, (balance.headline, balance.bought, balance.until)))
    return tuple(statement.balance.text().splitlines())


def _reads_attendance(pack: Pack) -> bool:
    """Which sessions were used is between the coach and who had them, unless that one shares it."""
    if pack.buyer_id == pack.client_id:
        return True
    return bool(relations.sees_attendance_of(payer_id=pack.buyer_id, beneficiary_ids=[pack.client_id]))


def noun_of(pack: Pack) -> Noun:
    return SESSIONS if takes_one_each(pack) else UNITS


def counted(pack: Pack, count: int) -> str:
    """ "1 session", or units where some session takes more than one."""
    return noun_of(pack).count(count)
