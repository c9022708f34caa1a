"""The calendar: one week of sessions, with what is being paid and when nothing can be booked."""

from datetime import date, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from kit.clock import zone
from kit.words import short_date
from tenants.dashboard import diary
from tenants.dashboard.desk import Desk, desk_of
from tenants.dashboard.hour_words import stretch
from tenants.scheduling.models import TimeOff
from ui.localtime import current_locale, week_column

WEEK = timedelta(days=7)


@require_safe
def calendar(request: HttpRequest, slug: str) -> HttpResponse:
    """The week that holds the date `week`, or today."""
    desk = desk_of(request)
    today = desk.now.astimezone(zone(desk.tz)).date()
    wanted = _date(request.GET.get("week", "")) or today
    with desk.speaking():
        first = wanted - timedelta(days=week_column(wanted, current_locale()) - 1)
    since, until = _midnight(first, desk), _midnight(first + WEEK, desk)
    entries = diary.entries(since=since, until=until, now=desk.now)
    return desk.page(
        "calendar",
        "calendar",
        days=diary.by_day(entries, desk.tz),
        time_off=_time_off(since, until, desk),
        week=_in_words(first, desk),
        before=first - WEEK,
        after=first + WEEK,
        is_this_week=first <= today < first + WEEK,
        today=today,
    )


def _time_off(since: datetime, until: datetime, desk: Desk) -> list[tuple[TimeOff, str]]:
    rows = TimeOff.objects.filter(starts_at__lt=until, ends_at__gt=since).order_by("starts_at")
    return [(row, stretch(row.starts_at, row.ends_at, desk.tz, desk.practice.locale)) for row in rows]


def _in_words(first: date, desk: Desk) -> str:
    last = first + WEEK - timedelta(days=1)
    return f"{short_date(first, desk.practice.locale)} – {short_date(last, desk.practice.locale)}"


def _midnight(day: date, desk: Desk) -> datetime:
    return datetime.combine(day, time(), zone(desk.tz))


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    # Beyond it there is no week before or after.
    return found if 2000 <= found.year <= 2200 else None
