"""The trail of operators' acts, as operators read it; and each kind of act in words."""

import uuid
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import audit
from accounts.models import AuditEntry, User
from kit.clock import now
from kit.money import format_money
from kit.requests import looked_for
from operators.audience import operators_only
from tenants.registry.models import Tenant

ON_A_PAGE = 50
NOBODYS = "nobody's"
WORDS = {
    "event.again": "Had an event of Stripe’s tried again",
    "wakeup.again": "Had work tried again",
    "waitlist.invite": "Invited somebody from the waitlist",
    "waitlist.not_sent": "The invitation could not be sent",
    "support.answer": "Answered a question",
    "support.not_sent": "The answer could not be sent",
    "announcement.write": "Wrote an announcement",
    "announcement.publish": "Published an announcement",
    "announcement.withdraw": "Withdrew an announcement",
    "partner.registered": "Registered a partner’s program",
    "practice.suspended": "Suspended",
    "practice.reopened": "Opened again",
    "practice.terms_changed": "Changed the fee’s terms",
    "practice.looked_at": "Looked as the coach",
    "practice.look_ended": "Stopped looking",
}


@operators_only
@require_safe
def trail(request: HttpRequest) -> HttpResponse:
    """The newest first, of one kind, one operator or one practice where that is asked for."""
    asked = _asked(request)
    page = Paginator(audit.entries(**asked), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": _rows(page.object_list),
        "page": page,
        "kinds": WORDS,
        "people": User.objects.filter(is_staff=True).order_by("email"),
        "asked": asked,
        "is_unknown": asked["schema_name"] == NOBODYS,
        "query": _query(request),
        "now": now(),
    }
    return render(request, "operators/trail.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    """A kind or an operator that nobody could choose asks for all; an address that is mistyped, for none."""
    kind, user = request.GET.get("kind", ""), request.GET.get("by", "")
    by = _operator(user)
    return {
        "kind": kind if kind in WORDS else "",
        "user_id": str(by.pk) if by else "",
        "schema_name": _schema(looked_for(request, "practice")),
    }


def _schema(slug: str) -> str:
    if not slug:
        return ""
    tenant = Tenant.objects.filter(slug=slug.lower()).first()
    return tenant.schema_name if tenant else NOBODYS


def _operator(text: str) -> User | None:
    """Whom an address names; None for nobody."""
    try:
        return User.objects.filter(pk=uuid.UUID(text)).first()
    except ValueError:
        return None


def _query(request: HttpRequest) -> str:
    """What the links to other pages keep."""
    kept = request.GET.copy()
    kept.pop("page", None)
    return kept.urlencode()


def _rows(entries: Any) -> list[dict[str, Any]]:
    entries = list(entries)
    tenants = Tenant.objects.filter(schema_name__in={each.schema_name for each in entries} - {""})
    by_schema = {each.schema_name: each for each in tenants}
    return [
        {
            "it": each,
            "words": WORDS.get(each.kind, each.kind),
            "tenant": by_schema.get(each.schema_name),
            "changed": changed(each),
        }
        for each in entries
    ]


def changed(entry: AuditEntry) -> str:
    """What it was before and what it is after: "10%, 10 free sessions, then 8%, 20 free sessions"."""
    before, after = entry.data.get("before"), entry.data.get("after")
    if before is None or after is None:
        return ""
    return f"{_told(before)}, then {_told(after)}"


def _told(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    words = [
        f"{value['rate_bp'] / 100:g}%",
        f"{value['free_units']} free session{'s' * (value['free_units'] != 1)}",
    ]
    if "unit_cap_minor" in value:
        words.append(
            f"each frees at most {format_money(value['unit_cap_minor'], value['unit_cap_currency'])}"
        )
    return ", ".join(words)
