"""What is charged by itself from now on: when, how much, what for; and what was agreed to for that."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from public_pages.booking.coach import Coach
from tenants.billing.instalments import left_minor, named, of_charge
from tenants.billing.models import Charge, Instalment, InstalmentStatus, Mandate, MandatePurpose
from tenants.clients.models import Client
from tenants.earnings.owed import standing
from tenants.retainers import schedule
from tenants.retainers.models import Retainer, RetainerStatus


@dataclass(frozen=True, slots=True)
class Coming:
    """One charge to the kept card. `charge` is what can be paid earlier by link, where it is there yet."""

    at: datetime
    minor: int
    currency: str
    what: str
    charge: Charge | None = None
    retainer: Retainer | None = None


def coming_of(payer: Client, coach: Coach) -> list[Coming]:
    """Everything that will be charged without a press, the next first."""
    rows = [*_parts(payer, coach.now), *_periods(payer, coach)]
    return sorted(rows, key=lambda each: each.at)


def automatic_parts(payer: Client) -> list[Instalment]:
    """Open parts for which the card is charged, of what stands."""
    parts = Instalment.objects.filter(status=InstalmentStatus.OPEN, by_card=True, asks_client=False)
    own = parts.filter(charge__in=standing().filter(client=payer))
    return list(own.select_related("charge__client").order_by("due_at", "number"))


def _parts(payer: Client, now: datetime) -> list[Coming]:
    rows = []
    for part in automatic_parts(payer):
        charge, siblings = part.charge, of_charge(part.charge_id)
        if part.first_try_at and part.next_try_at is None:
            continue  # Not tried again by itself: it stands among what is open.
        what = named(charge.description, part, siblings, left_minor(part))
        at = part.next_try_at or part.due_at
        rows.append(Coming(max(at, now), left_minor(part), charge.currency, what, charge))
    return rows


def _periods(payer: Client, coach: Coach) -> list[Coming]:
    """The next periods of retainers that go on, which are no charges yet."""
    running = Retainer.objects.filter(
        payer=payer,
        status=RetainerStatus.ACTIVE,
        pause_wanted_at=None,
        cancel_wanted_at=None,
        next_at__isnull=False,
    )
    tz = coach.practice.timezone
    return [
        Coming(
            at=schedule.next_charge_at(each, tz),
            minor=schedule.price_at(each, schedule.next_span(each, tz).starts_at),
            currency=each.currency,
            what=each.plan.name,
            retainer=each,
        )
        for each in running.select_related("plan")
    ]


def agreed_by(payer: Client) -> list[Mandate]:
    """What was agreed to for the kept cards and still counts, the newest first."""
    charges = {part.charge for part in automatic_parts(payer)}
    named_by = {each.pk for each in charges} | {each.reference for each in charges}
    going_on = Retainer.objects.filter(payer=payer).exclude(
        status__in=(RetainerStatus.ENDED, RetainerStatus.VOID, RetainerStatus.PENDING)
    )
    rows = Mandate.objects.filter(client=payer).filter(
        Q(purpose=MandatePurpose.ONE_TAP)
        | Q(purpose__in=(MandatePurpose.REST, MandatePurpose.INSTALMENT), reference__in=named_by)
        | Q(purpose=MandatePurpose.RETAINER, reference__in=going_on.values("pk"))
    )
    return list(rows.order_by("-at"))
