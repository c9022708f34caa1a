"""What stands on a receipt for a period of a retainer."""

import uuid

from tenants.billing.paper_lines import Line
from tenants.offers.practice import practice
from tenants.retainers.models import RetainerPeriod
from tenants.retainers.periods import Span
from tenants.retainers.wording import Reader


def of_period(*, reference: uuid.UUID) -> list[Line]:
    """The period as it was sold, with its days and the tax that its price contains."""
    period = RetainerPeriod.objects.select_related("retainer__plan").get(pk=reference)
    us = practice()
    reader = Reader(us.timezone, us.locale, period.paid_at or period.starts_at)
    days = reader.span(Span(period.starts_at, period.ends_at))
    return [Line(f"{period.retainer.plan.name}, {days}", period.price_minor, period.retainer.tax_bp)]
