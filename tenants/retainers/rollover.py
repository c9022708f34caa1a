"""Sessions that go on from a period that is over to the next one that is paid, or lapse."""

from datetime import datetime
from typing import Any

from django.db.models import Sum

from kit.actors import SYSTEM, Actor
from tenants.retainers import ledger
from tenants.retainers.models import (
    PeriodStatus,
    Retainer,
    RetainerEntryKind,
    RetainerPeriod,
    RetainerStatus,
)
from tenants.retainers.rolling import BLAMELESS, Rolls, Rule, rolls


def close(*, retainer: Retainer, now: datetime) -> None:
    """Step: settle what periods that are over leave; done twice it is done once. The retainer is locked.

    What may go on waits for the next paid period, if there is none yet: for a late payment, or through a
    pause. What may not lapses at once, and with the retainer all of it.
    """
    paid = list(paid_periods(retainer))
    left = ledger.left_of_each(each.pk for each in paid)
    for period in paid:
        if period.ends_at <= now and left[period.pk] > 0:
            following = next((each for each in paid if each.starts_at >= period.ends_at), None)
            gone_on = _settle(retainer, period, left[period.pk], following, now, SYSTEM)
            if following is not None:
                left[following.pk] += gone_on


def settle_returned(*, retainer: Retainer, period: RetainerPeriod, now: datetime, actor: Actor) -> None:
    """Step: sessions that came back to a period when it was over go straight on to the current one."""
    paid = list(paid_periods(retainer))
    current = next((each for each in paid if each.ends_at > now), None)
    _settle(retainer, period, ledger.left_of(period.pk), current, now, actor)


def paid_periods(retainer: Retainer) -> Any:
    """Those that were paid, in their order."""
    return retainer.periods.filter(status=PeriodStatus.PAID).order_by("starts_at")


def _settle(
    retainer: Retainer,
    period: RetainerPeriod,
    left: int,
    following: RetainerPeriod | None,
    now: datetime,
    actor: Actor,
) -> int:
    """How many went on. `left` is above 0."""
    if retainer.status == RetainerStatus.ENDED:
        _lapse(period, left, "ended", "ended", now, actor)
        return 0
    rule, came_to = _comes_to(retainer, period, left)
    if came_to.lapses:
        _lapse(period, came_to.lapses, "period_over", rule.code, now, actor)
    if following is None or not came_to.goes_on:
        return 0
    _go_on(period, following, came_to, rule, now, actor)
    return came_to.goes_on


def _comes_to(retainer: Retainer, period: RetainerPeriod, left: int) -> tuple[Rule, Rolls]:
    rule = Rule(retainer.rollover, retainer.rollover_cap)
    gone = period.entries.filter(kind=RetainerEntryKind.ROLLED_OUT).values_list("data", flat=True)
    returned = period.entries.filter(kind=RetainerEntryKind.RETURNED, cause__in=BLAMELESS)
    blameless = returned.aggregate(units=Sum("units"))["units"] or 0
    return rule, rolls(
        rule,
        left=left,
        blameless=blameless - sum(each["blameless"] for each in gone),
        gone_before=sum(each["by_rule"] for each in gone),
    )


def _lapse(period: RetainerPeriod, units: int, cause: str, rule: str, now: datetime, actor: Actor) -> None:
    ledger.enter(
        period=period,
        kind=RetainerEntryKind.LAPSED,
        units=-units,
        cause=cause,
        rule=rule,
        actor=actor,
        reference=ledger.next_reference(period),
        now=now,
    )


def _go_on(
    period: RetainerPeriod,
    following: RetainerPeriod,
    came_to: Rolls,
    rule: Rule,
    now: datetime,
    actor: Actor,
) -> None:
    facts = {"by_rule": came_to.by_rule, "blameless": came_to.blameless}
    said: dict[str, Any] = {
        "cause": "rollover",
        "rule": rule.code,
        "actor": actor,
        "reference": ledger.next_reference(period),
        "now": now,
    }
    ledger.enter(
        period=period,
        kind=RetainerEntryKind.ROLLED_OUT,
        units=-came_to.goes_on,
        data={**facts, "to": str(following.pk)},
        **said,
    )
    ledger.enter(
        period=following,
        kind=RetainerEntryKind.ROLLED_IN,
        units=came_to.goes_on,
        data={**facts, "from": str(period.pk)},
        **said,
    )
