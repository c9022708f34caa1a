"""Another rule for cancelling, tried on what was called off lately. Nothing is written."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.forms.practice import CancellingForm
from tenants.dashboard.past_decisions import DAYS, Decided, lately
from tenants.scheduling.cancellation import Policy
from tenants.scheduling.replay import Changed, replay

FIELD = "cancel_window_hours"


@require_safe
def try_rule(request: HttpRequest, slug: str) -> HttpResponse:
    desk = desk_of(request)
    now = desk.practice.cancel_window_hours
    form = CancellingForm(request.GET if FIELD in request.GET else None, initial={FIELD: now})
    wrong = form.is_bound and not form.is_valid()
    decided = lately(desk)
    said = _tried(desk, decided, form.cleaned_data[FIELD]) if form.is_bound and not wrong else {}
    return desk.page(
        "try_rule",
        "settings",
        status=422 if wrong else 200,
        form=form,
        days=DAYS,
        count=len(decided),
        hours_now=now,
        **said,
    )


def _tried(desk: Desk, decided: list[Decided], hours: int) -> dict[str, Any]:
    tried = replay(
        cancellations=[each.past for each in decided],
        changed=Policy(hours),
        days=DAYS,
        locale=desk.practice.locale,
    )
    booking_of = {id(each.past): each.booking for each in decided}
    cases = [_case(change, booking_of[id(change.before)].pk) for change in tried.changed]
    return {"tried": tried, "hours": hours, "cases": cases}


def _case(change: Changed, booking_id: object) -> dict[str, object]:
    """One that would have ended otherwise: what was decided, and what would have been."""
    return {
        "booking_id": booking_id,
        "label": change.before.label,
        "was": change.before.reason,
        "would": change.after.reason,
        "meaning": "attention" if change.is_stricter else "paid",
        "words": "Would count as used" if change.is_stricter else "Would go back",
    }
