"""Another price for a retainer that runs: told a week before it is first charged, at least."""

import uuid
from datetime import datetime

from django.db import transaction

from kit.actors import Actor
from kit.states import change
from tenants.offers.practice import practice
from tenants.offers.prices import refuse_uncollectable
from tenants.retainers import ledger, schedule
from tenants.retainers.models import RUNNING, Retainer, RetainerStatus
from tenants.retainers.periods import NOTICE_DAYS, price_from
from tenants.retainers.standing import CannotChange
from tenants.retainers.terms import rhythm_of


def first_period_at(*, retainer: Retainer, now: datetime) -> datetime:
    """Where the first period begins that a price told now can count for."""
    tz = practice().timezone
    assert retainer.anchor_on is not None
    assert retainer.next_at is not None
    return price_from(
        retainer.anchor_on,
        rhythm_of(retainer),
        retainer.next_at,
        days_before=retainer.charge_days_before,
        now=now,
        tz=tz,
    )


def change_price(*, retainer_id: uuid.UUID, price_minor: int, now: datetime, actor: Actor) -> Retainer:
    """Use case of the coach: another price, from the first period on that is charged in a week or later.

    The payer is told at once. The present price again takes an announced one back. Raises CannotChange and
    `offers.prices.PriceTooSmall`.
    """
    with transaction.atomic(durable=True):
        retainer = ledger.locked(retainer_id)
        _require_running(retainer)
        refuse_uncollectable(price_minor, retainer.currency, may_be_free=False)
        schedule.settle_price(retainer, now=now)
        announced = retainer.new_price_minor
        if price_minor == (retainer.price_minor if announced is None else announced):
            return retainer
        if price_minor == retainer.price_minor:
            change(retainer, new_price_minor=None, new_price_from=None)
        else:
            starts_at = first_period_at(retainer=retainer, now=now)
            change(retainer, new_price_minor=price_minor, new_price_from=starts_at)
        _tell(retainer, price_minor, announced, now, actor)
    return retainer


def _require_running(retainer: Retainer) -> None:
    if retainer.status not in RUNNING | {RetainerStatus.PAUSED} or retainer.cancel_wanted_at:
        raise CannotChange(
            "Nothing was changed: nothing more is charged for this retainer, so its price cannot change."
        )


def _tell(retainer: Retainer, price_minor: int, announced: int | None, now: datetime, actor: Actor) -> None:
    starts_at = retainer.new_price_from
    schedule.tell(
        "retainer.price_changed",
        retainer,
        now=now,
        actor=actor,
        price_minor=price_minor,
        before_minor=retainer.price_minor if announced is None else announced,
        starts_at=starts_at.isoformat() if starts_at else "",
        notice_days=NOTICE_DAYS,
    )
