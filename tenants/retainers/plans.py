"""Retainers on offer: made, edited, put in order, withdrawn. What was begun keeps the terms it began with."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q

from kit.database import read
from kit.positions import move_by_one
from tenants.offers.addresses import with_own_address
from tenants.offers.practice import practice as the_practice
from tenants.offers.prices import refuse_uncollectable
from tenants.retainers.models import RUNNING, Every, RetainerPlan, RetainerStatus, RollOver

TERMS = (
    "price_minor",
    "currency",
    "every_count",
    "every",
    "included",
    "covers",
    "rollover",
    "rollover_cap",
    "cancel_window_hours",
    "charge_days_before",
    "tax_bp",
)
"""What a subscriber agrees to; copied into the retainer when it is ordered."""
LONGEST = {Every.WEEK: 52, Every.MONTH: 12}

# Written out, for every visitor asks it. A plan that nothing can be booked with is not on offer.
ON_OFFER = """
    SELECT r.* FROM retainers_retainerplan r
    WHERE r.is_active AND (%(slug)s = '' OR r.slug = %(slug)s)
      AND EXISTS (SELECT FROM offers_sessiontype t WHERE t.is_active AND jsonb_exists(r.covers, t.id::text))
    ORDER BY r.position, r.created_at"""


class UnkeepableTerms(ValueError):
    """Terms that contradict each other or that nobody can use. The message is for the coach."""


class PlanChanged(Exception):
    """The plan was changed since it was shown; `current` is what it is now."""

    def __init__(self, current: RetainerPlan) -> None:
        super().__init__("This plan was changed in the meantime.")
        self.current = current


def offer(*, now: datetime, **fields: Any) -> RetainerPlan:
    """Use case: a new plan at the end of the list, with an address of its own.

    Raises `offers.prices.PriceTooSmall` and UnkeepableTerms.
    """
    currency = the_practice().currency
    refuse_terms(currency, **fields)
    return with_own_address(
        fields["name"],
        otherwise="retainer",
        create=lambda slug: _create(slug=slug, currency=currency, now=now, **fields),
    )


def _create(*, slug: str, currency: str, now: datetime, **fields: Any) -> RetainerPlan:
    with transaction.atomic(durable=True):
        last = RetainerPlan.objects.aggregate(last=Max("position"))["last"] or 0
        return RetainerPlan.objects.create(
            slug=slug, currency=currency, position=last + 1, created_at=now, **fields
        )


def refuse_terms(currency: str, **fields: Any) -> None:
    """Raise for terms that cannot be kept: `offers.prices.PriceTooSmall`, UnkeepableTerms."""
    refuse_uncollectable(fields["price_minor"], currency, may_be_free=False)
    covers, included = fields["covers"], fields.get("included")
    longest = LONGEST[Every(fields.get("every", Every.MONTH))]
    if not 1 <= fields.get("every_count", 1) <= longest:
        raise UnkeepableTerms(f"A period is 1 to {longest} {fields.get('every', Every.MONTH)}s long.")
    if not covers:
        raise UnkeepableTerms("Choose at least one session type that this retainer is good for.")
    if included is not None and not all(0 < takes <= included for takes in covers.values()):
        raise UnkeepableTerms(f"One session can take 1 to {included} of the {included} of a period.")
    if fields.get("rollover") == RollOver.CAPPED and not 0 < fields.get("rollover_cap", 0) <= 200:
        raise UnkeepableTerms("Say how many may go on to the next period: 1 to 200.")
    if included is None and fields.get("rollover", RollOver.NONE) != RollOver.NONE:
        raise UnkeepableTerms("Of unlimited sessions none are left over, so nothing can go on.")


def edit(*, plan_id: uuid.UUID, **fields: Any) -> RetainerPlan:
    """Use case: other terms for those who begin from now on. Raises what `offer` raises."""
    with transaction.atomic(durable=True):
        plan = RetainerPlan.objects.select_for_update(no_key=True).get(pk=plan_id)
        refuse_terms(**{**terms_of(plan), **fields})
        for name, value in fields.items():
            setattr(plan, name, value)
        plan.save(update_fields=list(fields))
    return plan


def show(*, plan_id: uuid.UUID) -> None:
    """Use case: on the coach's page, again."""
    _switch(plan_id, on=True)


def withdraw(*, plan_id: uuid.UUID) -> None:
    """Use case: off the coach's page. What was begun goes on."""
    _switch(plan_id, on=False)


def _switch(plan_id: uuid.UUID, *, on: bool) -> None:
    with transaction.atomic(durable=True):
        RetainerPlan.objects.filter(pk=plan_id).update(is_active=on)


def reorder(*, plan_id: uuid.UUID, up: bool) -> None:
    """Use case: one place up or down on the coach's page."""
    with transaction.atomic(durable=True):
        list(RetainerPlan.objects.select_for_update(no_key=True).order_by("pk").values("pk"))
        rows = all_plans()
        move_by_one(rows=rows, chosen=lambda row: row.pk == plan_id, up=up)


def on_offer() -> list[RetainerPlan]:
    """What clients can begin: on the page, good for a session type that is; in the coach's order."""
    return [plan for (plan,) in read(ON_OFFER, {"slug": ""}, RetainerPlan)]


def offered(slug: str) -> RetainerPlan | None:
    """What clients can begin at an address; None when it is not on offer."""
    return next((plan for (plan,) in read(ON_OFFER, {"slug": slug}, RetainerPlan) if slug), None)


def all_plans() -> list[RetainerPlan]:
    """Every plan: first those on the page, in their order."""
    return list(RetainerPlan.objects.order_by("-is_active", "position", "created_at"))


def running_by_plan() -> dict[uuid.UUID, int]:
    """How many retainers of each plan are running or paused."""
    living = Q(retainers__status__in=[*RUNNING, RetainerStatus.PAUSED])
    counted = RetainerPlan.objects.annotate(living=Count("retainers", filter=living))
    return dict(counted.values_list("pk", "living"))


def terms_of(plan: RetainerPlan) -> dict[str, Any]:
    """The plan's terms as a retainer keeps them."""
    return {name: getattr(plan, name) for name in TERMS}
