"""Retainers that need the coach: a payment that is late, or one that paused because nobody paid."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from tenants.dashboard.desk import Desk
from tenants.dashboard.need import Need
from tenants.retainers.models import Retainer, RetainerStatus

MOST = 5


def late() -> QuerySet[Retainer]:
    """Past due, or paused for not being paid."""
    unpaid = Q(status=RetainerStatus.PAUSED, paused_because="unpaid")
    return Retainer.objects.filter(Q(status=RetainerStatus.PAST_DUE) | unpaid)


def needs(desk: Desk) -> Iterable[Need]:
    """One query."""
    for each in late().select_related("plan", "client", "payer").order_by("next_at")[:MOST]:
        is_tried = each.status == RetainerStatus.PAST_DUE
        title = f"{each.plan.name} of {each.client.name}"
        text = (
            f"{each.payer.name}’s card was refused. It is tried again, and {each.payer.name} has the links"
            " to pay and to change the card."
            if is_tried
            else f"Nobody paid, so it is paused. It goes on as soon as {each.payer.name} pays."
        )
        yield Need(
            "problem" if is_tried else "attention",
            f"A payment is late: {title}" if is_tried else f"Paused, not paid: {title}",
            text,
            "See the retainer",
            desk.address("retainer", each.pk),
        )
