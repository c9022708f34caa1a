"""What the platform announces to coaches, and that it was read."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from accounts import announcements
from accounts.models import User
from tenants.dashboard.desk import desk_of
from ui.markdown import as_html


@require_safe
def news(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest first, and the days that are still to come. To have looked at it is not to have read it."""
    desk = desk_of(request)
    assert isinstance(request.user, User)
    shown = announcements.published(now=desk.now)
    seen = announcements.seen_until(request.user)
    rows = [
        {
            "it": each,
            "is_new": each.published_at is not None and each.published_at > seen,
            "text": as_html(each.text, ids=False),
            "milestones": announcements.milestones_of(each),
        }
        for each in shown
    ]
    today = desk.now.astimezone(ZoneInfo(desk.tz)).date()
    newest = shown[0].published_at if shown else None
    return desk.page(
        "news",
        "settings",
        up=None,
        rows=rows,
        upcoming=announcements.upcoming(shown, today=today),
        until=newest.isoformat() if newest and any(row["is_new"] for row in rows) else "",
    )


@require_POST
def mark_read(request: HttpRequest, slug: str) -> HttpResponse:
    """What the page showed, as it says itself: what came after it stays new."""
    desk = desk_of(request)
    assert isinstance(request.user, User)
    until = _moment(request.POST.get("until", ""))
    if until is not None:
        announcements.mark_read(user_id=request.user.pk, until=until, now=desk.now)
        messages.success(request, "Marked as read.")
    return desk.go("news")


def _moment(written: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
