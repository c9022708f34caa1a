"""Session types: offered, edited, put in order, withdrawn. What was sold keeps its own copy."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from kit.database import Question, read, read_together
from kit.positions import move_by_one
from tenants.offers import deposits
from tenants.offers.addresses import with_own_address
from tenants.offers.extras import Extra, written
from tenants.offers.models import Practice, SessionType
from tenants.offers.practice import PRACTICE, practice
from tenants.offers.prices import refuse_uncollectable

# Questions that every visitor asks, each together with others: what clients can choose from, in the coach's
# order; and what they can book at an address.
ON_OFFER: Question = (
    "SELECT t.* FROM offers_sessiontype t WHERE t.is_active ORDER BY t.position, t.created_at",
    (SessionType,),
)
OFFERED: Question = (
    "SELECT t.* FROM offers_sessiontype t WHERE t.slug = %(slug)s AND t.is_active",
    (SessionType,),
)


def offer(*, now: datetime, extras: Sequence[Extra] = (), **fields: Any) -> SessionType:
    """Use case: a new session type at the end of the list, with an address of its own.

    Raises PriceTooSmall, TooManyExtras, DepositRefused.
    """
    currency = practice().currency
    refuse_uncollectable(fields["price_minor"], currency)
    deposits.refuse_deposit(currency, **_priced(fields))
    fields["extras"] = written(extras, currency)
    return with_own_address(
        fields["name"],
        otherwise="session",
        create=lambda slug: _create(slug=slug, currency=currency, now=now, **fields),
    )


def _create(*, slug: str, currency: str, now: datetime, **fields: Any) -> SessionType:
    with transaction.atomic(durable=True):
        last = SessionType.objects.aggregate(last=Max("position"))["last"] or 0
        return SessionType.objects.create(
            slug=slug, currency=currency, position=last + 1, created_at=now, **fields
        )


def edit(*, session_type_id: uuid.UUID, extras: Sequence[Extra] | None = None, **fields: Any) -> None:
    """Use case: change a session type for those who book from now on; `extras` are all that there are then.

    Raises PriceTooSmall, TooManyExtras, DepositRefused.
    """
    currency = practice().currency
    if extras is not None:
        fields["extras"] = written(extras, currency)
    with transaction.atomic(durable=True):
        if priced := _priced(fields):
            before = SessionType.objects.select_for_update().values(*deposits.FIELDS).get(pk=session_type_id)
            after = {**before, **priced}
            refuse_uncollectable(after["price_minor"], currency)
            deposits.refuse_deposit(currency, **after)
        SessionType.objects.filter(pk=session_type_id).update(**fields)


def _priced(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in deposits.FIELDS if name in fields}


def reorder(*, session_type_id: uuid.UUID, up: bool) -> None:
    """Use case: one place up or down on the coach's page."""
    with transaction.atomic(durable=True):
        rows = list(SessionType.objects.select_for_update().order_by("position", "created_at"))
        move_by_one(rows=rows, chosen=lambda row: row.pk == session_type_id, up=up)


def on_offer() -> list[SessionType]:
    """What clients can choose from, in the coach's order."""
    statement, models = ON_OFFER
    return [row for (row,) in read(statement, {}, *models)]


def offered(slug: str) -> tuple[Practice, SessionType] | None:
    """What clients can book at an address, and the practice that it is booked at; None when it is not."""
    [[(practice,)], found] = read_together({"slug": slug}, PRACTICE, OFFERED)
    return (practice, found[0][0]) if found else None


def all_types() -> list[SessionType]:
    return list(SessionType.objects.order_by("-is_active", "position", "created_at"))
