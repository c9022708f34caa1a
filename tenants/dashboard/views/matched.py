"""Everything matched: yesterday three ways, what waits, and what was done without the coach."""

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST, require_safe

from connect import gateway
from kit.clock import zone
from kit.words import duration
from tenants.billing import decisions
from tenants.billing.models import PaymentAttempt
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.missed_words import WORDS
from tenants.dashboard.waiting_words import shown
from tenants.earnings import matching
from tenants.earnings.done import without_the_coach
from tenants.earnings.periods import period_of
from tenants.registry import books, patrols
from tenants.scheduling.models import Funding

FUNDED_BY = {
    Funding.CARD: "by card",
    Funding.PACK: "from packs",
    Funding.RETAINER: "from retainers",
    Funding.RECEIVED: "in cash or by transfer",
    Funding.FREE: "free",
    Funding.COMP: "given by you",
}


@require_safe
def matched(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    yesterday = desk.now.astimezone(zone(desk.tz)).date() - timedelta(days=1)
    day = matching.day(on=yesterday, tz=desk.tz)
    rows = matching.waiting(now=desk.now, tz=desk.tz)
    missed = list(patrols.open_findings(schema_name=desk.tenant.schema_name).order_by("found_at"))
    return desk.page(
        "matched",
        "money",
        day=day,
        funded_by=[(count, FUNDED_BY[Funding(name)]) for name, count in day.by_funding.items()],
        rows=[shown(desk, row) for row in rows],
        missed=[WORDS[each.kind] for each in missed],
        all_matched=day.matches and not rows and not missed,
        proof=books.of_tenant(schema_name=desk.tenant.schema_name),
        **_done(desk),
    )


def _done(desk: Desk) -> dict[str, Any]:
    """What was done this month without the coach, and the hours that it stands for."""
    period = period_of("month", tz=desk.tz, now=desk.now)
    assert period.since is not None
    counted = without_the_coach(since=period.since)
    return {
        "done": counted,
        "spared": duration(counted.minutes, desk.practice.locale),
        "spared_ever": duration(counted.minutes_ever, desk.practice.locale),
    }


@require_POST
def ask_stripe(request: HttpRequest, slug: str, attempt_id: uuid.UUID) -> HttpResponse:
    """Ask Stripe now what became of a payment, instead of when its turn comes."""
    desk = desk_of(request)
    attempt = get_object_or_404(PaymentAttempt, pk=attempt_id)
    try:
        decisions.settle(attempt_id=attempt.pk, now=desk.now, actor=desk.actor)
    except (gateway.GatewayUnavailable, gateway.GatewayRefused):
        messages.error(request, "Stripe does not answer. Nothing was changed; it is asked again by itself.")
    else:
        messages.success(request, "Asked Stripe: the payment stands as it says now.")
    return desk.go_back("matched")
