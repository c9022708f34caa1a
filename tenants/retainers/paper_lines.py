"""What stands on a receipt for a period of a retainer."""

import uuid
from datetime import timedelta

from kit.clock import zone
from kit.words import short_date
from tenants.billing.paper_lines import Line
from tenants.offers.practice import practice
from tenants.retainers.models import RetainerPeriod


def of_period(*, reference: uuid.UUID) -> list[Line]:
    """The plan with the days of the period, the last one included."""
    period = RetainerPeriod.objects.select_related("retainer__plan").get(pk=reference)
    here, retainer = practice(), period.retainer
    place = zone(here.timezone)
    first = period.starts_at.astimezone(place).date()
    last = (period.ends_at.astimezone(place) - timedelta(microseconds=1)).date()
    days = f"{short_date(first, here.locale)} – {short_date(last, here.locale)}"
    return [Line(f"{retainer.plan.name}, {days}", period.price_minor, retainer.tax_bp)]
