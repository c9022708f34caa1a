"""Payouts: what Stripe has paid to the coach's bank, each explained line by line. Shown, never made."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST, require_safe

from connect import gateway
from kit.clock import zone
from payouts import balance, mirroring
from payouts.models import Payout
from tenants.dashboard import payout_words
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.downloads import download
from tenants.earnings import deposits
from tenants.messaging.payouts import why

ON_A_PAGE = 25


@require_safe
def payouts(request: HttpRequest, slug: str) -> HttpResponse:
    """All of them, the newest first, with what is still at Stripe above them."""
    desk = desk_of(request)
    page = Paginator(Payout.objects.order_by("-made_at", "-pk"), ON_A_PAGE).get_page(request.GET.get("page"))
    rows = [_shown(desk, payout) for payout in page.object_list]
    return desk.page("payouts", "money", rows=rows, page=page, at_stripe=at_stripe(desk), asked="")


@require_safe
def payout(request: HttpRequest, slug: str, payout_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request)
    explained = deposits.explain(get_object_or_404(Payout, pk=payout_id))
    return desk.page("payout", "money", explained=explained, shown=_shown(desk, explained.payout))


@require_safe
def payout_csv(request: HttpRequest, slug: str, payout_id: uuid.UUID) -> HttpResponse:
    """The lines that the page shows, as a file."""
    desk = desk_of(request)
    explained = deposits.explain(get_object_or_404(Payout, pk=payout_id))
    name = f"payout-{slug}-{explained.payout.arrives_on.isoformat()}.csv"
    return download(deposits.as_csv(explained.rows, tz=desk.tz), name=name)


@require_POST
def ask_again(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask Stripe now, instead of within the day."""
    desk = desk_of(request)
    try:
        mirroring.follow(reference=desk.tenant.pk, now=desk.now)
    except gateway.GatewayUnavailable:
        messages.error(request, "Stripe does not answer. Nothing was changed; it is asked again by itself.")
    else:
        messages.success(request, "Asked Stripe: what you see is what it says now.")
    return desk.go_back("payouts")


def at_stripe(desk: Desk) -> list[dict[str, object]]:
    """The balance now, in words, by currency."""
    today = desk.now.astimezone(zone(desk.tz)).date()
    return [
        {
            "of": each,
            "words": payout_words.standing_in_words(each, today=today, locale=desk.practice.locale),
        }
        for each in balance.standing(tz=desk.tz, now=desk.now)
    ]


def _shown(desk: Desk, row: Payout) -> dict[str, object]:
    today = desk.now.astimezone(zone(desk.tz)).date()
    return {
        "payout": row,
        "meaning": payout_words.MEANINGS[row.status],  # type: ignore[index]
        "headline": payout_words.headline(row, today=today, locale=desk.practice.locale),
        "why": why(row.failure) if row.failure else "",
    }
