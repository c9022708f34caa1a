"""A period's charge: what is sold, opening it, letting it go, and paying it."""

from datetime import datetime

from kit.actors import Actor
from kit.database import require_transaction
from tenants.billing import charges, checkout, instalments
from tenants.billing.attempts import live_attempt
from tenants.billing.models import AttemptStatus, Charge, InstalmentKind
from tenants.billing.parts import Part
from tenants.offers.practice import practice
from tenants.retainers.models import PeriodStatus, Retainer, RetainerPeriod
from tenants.retainers.periods import Span, weeks_in

PURPOSE = "retainer"


def sale_of(
    retainer: Retainer,
    period: RetainerPeriod,
    *,
    due_at: datetime,
    mandate: checkout.Mandated | None = None,
) -> checkout.Sale:
    """What the payer is charged for a period; it names nobody."""
    return checkout.Sale(
        purpose=PURPOSE,
        reference=period.pk,
        client_id=retainer.payer_id,
        client_email=retainer.payer.email,
        description=retainer.plan.name,
        amount_minor=period.price_minor,
        currency=retainer.currency,
        units=units_of(period),
        parts=(Part(InstalmentKind.PERIOD, period.price_minor, due_at, by_card=True),),
        mandate=mandate,
        tax_bp=retainer.tax_bp,
    )


def units_of(period: RetainerPeriod) -> int:
    """Paid session units of a period: its included sessions, or its weeks where there is no end to them."""
    if period.included is not None:
        return period.included
    return weeks_in(Span(period.starts_at, period.ends_at), practice().timezone)


def open_charge(retainer: Retainer, period: RetainerPeriod, *, due_at: datetime, now: datetime) -> Charge:
    """Step: the period is owed from now on, and the card is charged when it is due."""
    charge = checkout.open_charge(sale=sale_of(retainer, period, due_at=due_at))
    for part in instalments.of_charge(charge.pk):
        instalments.look_after(part, now=now)
    return charge


def charge_of(period: RetainerPeriod) -> Charge | None:
    """What is owed, or was paid, for a period."""
    found = Charge.objects.select_related("client")
    return found.filter(purpose=PURPOSE, reference=period.pk).first()


def due_at(period: RetainerPeriod) -> datetime | None:
    """When the card was to be charged for it first."""
    charge = charge_of(period)
    parts = instalments.of_charge(charge.pk) if charge else []
    return parts[0].due_at if parts else None


def is_being_paid(period: RetainerPeriod) -> bool:
    """Whether somebody could still pay for it by card: on a page, or just now."""
    charge = charge_of(period)
    return charge is not None and live_attempt(charge.pk) is not None


def is_being_taken(period: RetainerPeriod) -> bool:
    """Whether the money of a period is just being captured: what was decided is carried out."""
    charge = charge_of(period)
    attempt = live_attempt(charge.pk) if charge else None
    return attempt is not None and attempt.status == AttemptStatus.CAPTURING


def let_go(period: RetainerPeriod, *, now: datetime, actor: Actor) -> None:
    """Step: an unpaid period is not owed any more; what a bank has promised for it is released.

    The retainer is locked, which is asked before anything is captured.
    """
    require_transaction()
    RetainerPeriod.objects.filter(pk=period.pk, status=PeriodStatus.OPEN).update(status=PeriodStatus.UNPAID)
    period.status = PeriodStatus.UNPAID
    charges.void_rest(purpose=PURPOSE, reference=period.pk, now=now, actor=actor)


def owed_period(retainer: Retainer) -> RetainerPeriod | None:
    """The one that waits for its payment: the next one, or one whose card was given up."""
    waiting = retainer.periods.exclude(status=PeriodStatus.PAID).order_by("-number").first()
    if waiting is None or waiting.status == PeriodStatus.OPEN:
        return waiting
    charge = charge_of(waiting)
    return waiting if charge and charges.owed_minor(charge) else None
