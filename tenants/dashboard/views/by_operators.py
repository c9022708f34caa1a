"""What the platform's people did to the practice: who, when, and the reason that they gave."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from kit.money import format_money
from tenants.activity import of_practice
from tenants.activity.models import Event
from tenants.dashboard.desk import desk_of

MOST_SHOWN = 100
WORDS = {
    "practice.suspended": "Suspended the practice",
    "practice.reopened": "Opened the practice again",
    "practice.terms_changed": "Changed the terms of the platform fee",
    "practice.looked_at": "Looked at the dashboard as you see it, for half an hour at the most",
    "practice.look_ended": "Stopped looking",
}
ICONS = {
    "practice.suspended": "lock",
    "practice.reopened": "check",
    "practice.terms_changed": "percent",
    "practice.looked_at": "eye",
    "practice.look_ended": "eye-off",
}


@require_safe
def by_operators(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest first."""
    desk = desk_of(request)
    entries = [_entry(event, desk.practice.locale) for event in of_practice.by_operators()[:MOST_SHOWN]]
    return desk.page("by_operators", "settings", entries=entries)


def _entry(event: Event, locale: str) -> dict[str, object]:
    return {
        "at": event.at,
        "text": f"{event.actor_name}: {WORDS[event.kind]}",
        "note": _note(event, locale),
        "icon": ICONS[event.kind],
        "meaning": "attention" if event.kind == "practice.suspended" else "neutral",
    }


def _note(event: Event, locale: str) -> str:
    reason = str(event.data.get("reason", ""))
    if event.kind != "practice.terms_changed":
        return reason
    before, after = event.data["before"], event.data["after"]
    return f"From {_terms(before, locale)} to {_terms(after, locale)}, for new orders. {reason}"


def _terms(terms: dict[str, Any], locale: str) -> str:
    """As `fees.accounts.change_terms` wrote them down: without a cap, nothing is said of one."""
    words = f"{terms['rate_bp'] / 100:g}% and {terms['free_units']} free sessions"
    if "unit_cap_minor" not in terms:
        return words
    cap = format_money(terms["unit_cap_minor"], terms["unit_cap_currency"], locale)
    return f"{words}, each free up to {cap}"
