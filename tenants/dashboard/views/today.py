"""Today: what waits, who comes, what was earned; and the set-up while it lasts."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fees import accounts as fee_accounts
from kit import clock
from kit.clock import zone
from tenants.dashboard import attention, diary, presses
from tenants.dashboard.checklist import at_a_glance, checklist
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.stripe_words import newest_account, standing
from tenants.earnings import figures
from tenants.earnings.periods import period_of

AHEAD = timedelta(days=14)


@require_safe
def today(request: HttpRequest, slug: str) -> HttpResponse:
    seen = at_a_glance(now=clock.now())
    desk = desk_of(request, seen.practice)
    account = newest_account(schema_name=desk.tenant.schema_name)
    left = checklist(
        practice=desk.practice,
        offer=seen.offer,
        account=account,
        signed_up_at=desk.tenant.created_at,
        now=desk.now,
    )
    return desk.page(
        "today",
        "today",
        checklist=left,
        stripe=standing(account),
        needs=attention.needs(desk=desk, account=account, seen=seen),
        **_sessions(desk),
        **_money(desk),
    )


def _sessions(desk: Desk) -> dict[str, Any]:
    begins = _midnight(desk)
    ends = begins + timedelta(days=1)
    every = diary.entries(since=begins, until=begins + AHEAD, now=desk.now, and_requests=True)
    kept = [e for e in every if e.is_kept]
    later = [e for e in kept if e.session.starts_at >= ends]
    return {
        "requests": attention.requests(desk=desk, entries=every),
        "date": begins.date(),
        "cards": presses.cards(desk, (e for e in kept if e.session.starts_at < ends)),
        "days": diary.by_day(later, desk.tz),
    }


def _midnight(desk: Desk) -> datetime:
    return desk.now.astimezone(zone(desk.tz)).replace(hour=0, minute=0, second=0, microsecond=0)


def _money(desk: Desk) -> dict[str, Any]:
    terms = fee_accounts.terms(schema_name=desk.tenant.schema_name)
    month = figures.sums_by_currency(period=period_of("month", tz=desk.tz, now=desk.now))
    return {
        "month": month or [figures.Totals(desk.practice.currency)],
        "free_left": len(fee_accounts.free_numbers_left(terms)),
        "free_units": terms.free_units,
        "free_up_to": terms.unit_cap if terms.unit_cap_in(desk.practice.currency) else None,
        "rate": f"{terms.rate_bp / 100:g}%",
    }
