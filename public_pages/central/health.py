"""For whoever watches the site: whether it lives, and whether it can do its work."""

from collections.abc import Callable
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from connect.models import StripeEvent, StripeEventStatus
from kit.clock import now as present
from tenants.registry import patrols
from tenants.registry.models import Wakeup
from tenants.registry.sandboxes import in_sandbox

Check = dict[str, object]

PATIENCE_SECONDS = 1.0
# The sweeper comes every few seconds: what is overdue for this long is worked off by nobody.
LATEST = timedelta(minutes=5)


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """That the process answers; asks nothing of anybody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Each thing that the work depends on, with its age where that matters; 503 when one is amiss."""
    now = present()
    checks = {
        "database": _guarded(_database),
        "queue": _queue(),
        "stripe_events": _guarded(lambda: _waiting_events(now)),
        "wakeups": _guarded(lambda: _overdue_wakeups(now)),
        "findings": _guarded(_findings),
    }
    is_ready = all(check["ok"] for check in checks.values())
    return JsonResponse({"ready": is_ready, "checks": checks}, status=200 if is_ready else 503)


def _guarded(check: Callable[[], Check]) -> Check:
    """Run a check with a short patience. The reason stays in the log: it may name hosts and users."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [int(PATIENCE_SECONDS * 1000)])
            return check()
    except DatabaseError:
        return {"ok": False, "reason": "The database does not answer."}


def _database() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True}


def _queue() -> Check:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS
        ) as client:
            client.ping()
    except redis.RedisError:
        return {"ok": False, "reason": "The queue does not answer."}
    return {"ok": True}


def _waiting_events(now: datetime) -> Check:
    """Events that wait for another try on purpose are late, but not overdue."""
    waiting = StripeEvent.objects.filter(status=StripeEventStatus.WAITING)
    oldest = waiting.aggregate(received=Min("received_at"), due=Min("due_at"))
    return {
        "ok": _age(oldest["due"], now) <= LATEST.total_seconds(),
        "oldest_waiting_seconds": _age(oldest["received"], now),
        "overdue_seconds": _age(oldest["due"], now),
    }


def _overdue_wakeups(now: datetime) -> Check:
    due = Wakeup.objects.filter(due_at__lte=now).aggregate(due=Min("due_at"))["due"]
    return {"ok": _age(due, now) <= LATEST.total_seconds(), "overdue_seconds": _age(due, now)}


def _findings() -> Check:
    """What patrols found is for people to mend, so it is told, but never a reason to be unready.

    In a partner's sandbox nothing is real, so that nobody is told of it.
    """
    return {"ok": True, "open": patrols.open_findings().filter(~in_sandbox()).count()}


def _age(moment: datetime | None, now: datetime) -> int:
    return max(int((now - moment).total_seconds()), 0) if moment else 0
