"""What a coach has at Stripe now: on its way to the bank, ready to be paid out, and not yet ready."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q, Sum
from django.db.models.functions import TruncDate

from kit.clock import zone
from payouts.models import BalanceLine, LineClass, Payout, PayoutStatus

# Stripe's clock may be a little ahead of ours.
A_MOMENT = timedelta(minutes=1)
UNDER_WAY = (PayoutStatus.PENDING, PayoutStatus.IN_TRANSIT)


@dataclass(frozen=True, slots=True)
class Part:
    """Some minor units, and the day on which they come."""

    minor: int
    on: date


@dataclass(slots=True)
class Standing:
    """The balance in one currency, in minor units. `ready_minor` below 0 is owed to Stripe."""

    currency: str
    on_its_way: list[Part] = field(default_factory=list)
    ready_minor: int = 0
    coming: list[Part] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.on_its_way or self.ready_minor or self.coming)


def standing(*, tz: str, now: datetime) -> list[Standing]:
    """The balance by currency, as Stripe last told it: the lines' own sum. Days of `tz`. Two queries."""
    found: dict[str, Standing] = {}
    for payout in Payout.objects.filter(status__in=UNDER_WAY).order_by("arrives_on", "pk"):
        of = found.setdefault(payout.currency, Standing(payout.currency))
        of.on_its_way.append(Part(payout.amount_minor, payout.arrives_on))
    # What was paid out has left the balance at once, whenever it arrives.
    later = Q(available_on__gt=now + A_MOMENT) & ~Q(line_class=LineClass.PAYOUT)
    rows = (
        BalanceLine.objects.values("currency", day=TruncDate("available_on", tzinfo=zone(tz)))
        .annotate(ready=Sum("net_minor", filter=~later), coming=Sum("net_minor", filter=later))
        .order_by("currency", "day")
    )
    for row in rows:
        of = found.setdefault(row["currency"], Standing(row["currency"]))
        of.ready_minor += row["ready"] or 0
        if row["coming"]:
            of.coming.append(Part(row["coming"], row["day"]))
    return [each for _, each in sorted(found.items()) if not each.is_empty]
