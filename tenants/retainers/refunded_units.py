"""Sessions that go with the money when a period's charge is refunded."""

from datetime import datetime

from django.db.models import Sum

from kit.actors import Actor
from kit.database import require_transaction
from tenants.billing.refund_preview import Units
from tenants.retainers import ledger
from tenants.retainers.models import RetainerEntryKind, RetainerPeriod


def units_to_remove(*, included: int, paid_minor: int, refunded_minor: int) -> int:
    """How many of a period's included sessions a refund takes, in proportion and rounded up.

    `refunded_minor` is the sum of all refunds: of 4 for $200.00, $1.00 takes one and $60.00 two.
    """
    if paid_minor <= 0:
        return 0
    return -(-included * min(refunded_minor, paid_minor) // paid_minor)


def follow(
    *, period: RetainerPeriod, paid_minor: int, refunded_minor: int, now: datetime, actor: Actor
) -> int:
    """Step: take the sessions of what was refunded in all, as far as none used them; how many went now.

    The sum of all refunds counts, so the same one told twice takes nothing more. The retainer is locked.
    """
    require_transaction()
    refunded_minor = max(refunded_minor, period.refunded_minor)
    if refunded_minor != period.refunded_minor:
        RetainerPeriod.objects.filter(pk=period.pk).update(refunded_minor=refunded_minor)
        period.refunded_minor = refunded_minor
    if period.included is None:
        return 0
    due = units_to_remove(included=period.included, paid_minor=paid_minor, refunded_minor=refunded_minor)
    before = _due_before(period)
    if due <= before:
        return 0
    return _take(period, due, now, actor)


def reclaim(*, period: RetainerPeriod, now: datetime, actor: Actor) -> int:
    """Step: a session that comes back to a refunded period goes at once, as far as its money has gone."""
    due = _due_before(period)
    return _take(period, due, now, actor) if due > _removed(period) else 0


def units_of(period: RetainerPeriod) -> Units | None:
    """What a refund of this period would find; what was used stays used, and is not owed. None: no units."""
    if period.included is None:
        return None
    return Units(
        sold=period.included,
        price_minor=period.price_minor,
        unused=max(ledger.left_of(period.pk), 0),
        used=0,
        followed=_due_before(period),
        removed=_removed(period),
    )


def _take(period: RetainerPeriod, due: int, now: datetime, actor: Actor) -> int:
    units = min(due - _removed(period), max(ledger.left_of(period.pk), 0))
    ledger.enter(
        period=period,
        kind=RetainerEntryKind.REFUNDED,
        units=-units,
        cause="refund",
        rule="refund",
        actor=actor,
        reference=ledger.next_reference(period),
        now=now,
        data={"refunded_units": due, "refunded_minor": period.refunded_minor},
    )
    return units


def _due_before(period: RetainerPeriod) -> int:
    """Up to which number of sessions the period's refunds have been followed."""
    last = period.entries.filter(kind=RetainerEntryKind.REFUNDED).order_by("-number").first()
    return last.data["refunded_units"] if last else 0


def _removed(period: RetainerPeriod) -> int:
    taken = period.entries.filter(kind=RetainerEntryKind.REFUNDED).aggregate(units=Sum("units"))
    return -(taken["units"] or 0)
