"""How things stand at this moment, asked of the shared plane when Prometheus comes by.

It costs the same however many practices there are: no schema is entered. Nobody is woken by a sandbox.
"""

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime

import redis
from django.conf import settings
from django.db.models import Count, F, Min, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from connect.models import StripeEvent, StripeEventStatus
from kit import metrics
from kit.clock import now as present
from operators import matching, work
from operators.sandboxes import from_sandbox, in_sandbox
from tenants.registry import patrols
from tenants.registry.models import Books, Tenant, Wakeup

PATIENCE_SECONDS = 1.0

Gauge = Callable[[datetime], Iterator[GaugeMetricFamily]]


@never_cache
@require_safe
def told(request: HttpRequest) -> HttpResponse:
    """All metrics, for who knows METRICS_TOKEN. Nobody else learns that there is anything."""
    said, known = request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"
    if not settings.METRICS_TOKEN or not secrets.compare_digest(said.encode(), known.encode()):
        raise Http404
    standing = CollectorRegistry()
    standing.register(Standing())
    return HttpResponse(metrics.told(standing), content_type=CONTENT_TYPE_PLAIN_0_0_4)


class Standing(Collector):
    """Every gauge, as it is now."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = present()
        for gauge in (_work, _stripe_events, _practices, _books, _findings, _queues):
            yield from gauge(now)


def _work(now: datetime) -> Iterator[GaugeMetricFamily]:
    due = GaugeMetricFamily("upfront_work_due", "Work that is due and not done.", labels=["kind"])
    failing = GaugeMetricFamily("upfront_work_failing", "Work that failed when last tried.", labels=["kind"])
    late = Wakeup.objects.filter(~in_sandbox(), due_at__lte=now)
    for kind, count in late.values_list("kind").annotate(Count("pk")).order_by():
        due.add_metric([kind], count)
    failed = Wakeup.objects.filter(~in_sandbox(), attempts__gt=0)
    for kind, count in failed.values_list("kind").annotate(Count("pk")).order_by():
        failing.add_metric([kind], count)
    yield due
    yield failing
    oldest = late.aggregate(Min("due_at"))["due_at__min"]
    yield _seconds("upfront_work_overdue_seconds", "How long the oldest due work has waited.", oldest, now)


def _stripe_events(now: datetime) -> Iterator[GaugeMetricFamily]:
    events = GaugeMetricFamily("upfront_stripe_events", "Stripe's events without effect.", labels=["status"])
    open_ones = [StripeEventStatus.WAITING, StripeEventStatus.PARKED]
    real = StripeEvent.objects.filter(~from_sandbox(), status__in=open_ones)
    counted = real.values_list("status")
    found = dict(counted.annotate(Count("pk")).order_by())
    for status in open_ones:
        events.add_metric([str(status)], found.get(status, 0))
    yield events
    waiting = real.filter(status=StripeEventStatus.WAITING)
    oldest = waiting.aggregate(Min("received_at"))["received_at__min"]
    yield _seconds("upfront_stripe_event_age_seconds", "The age of the oldest unhandled event.", oldest, now)


def _practices(_now: datetime) -> Iterator[GaugeMetricFamily]:
    practices = GaugeMetricFamily("upfront_practices", "Practices by state.", labels=["status"])
    counted = Tenant.objects.filter(is_sandbox=False).values_list("status").annotate(Count("pk")).order_by()
    for status, count in counted:
        practices.add_metric([status], count)
    yield practices


def _books(_now: datetime) -> Iterator[GaugeMetricFamily]:
    sums = Books.objects.filter(~in_sandbox()).aggregate(
        differences=Sum("differences"),
        unfunded=Sum(F("sessions") - F("funded")),
        unmatched=Sum(F("payments") - F("matched")),
        failed=Sum("mails_failed"),
        said=Min("stated_at"),
    )
    says = {
        "upfront_books_differences": ("Figures that differ from Stripe's.", sums["differences"]),
        "upfront_books_unfunded": ("Sessions given that nothing pays for.", sums["unfunded"]),
        "upfront_books_unmatched": ("Payments that belong to nothing.", sums["unmatched"]),
        "upfront_books_open": ("Practices whose books do not tie.", matching.do_not_tie().count()),
        "upfront_mails_failed": ("Mails of the last 30 days that did not arrive.", sums["failed"]),
    }
    for name, (meaning, value) in says.items():
        yield GaugeMetricFamily(name, meaning, value=value or 0)


def _findings(_now: datetime) -> Iterator[GaugeMetricFamily]:
    found = GaugeMetricFamily("upfront_findings", "What patrols found and is still so.", labels=["kind"])
    real = patrols.open_findings().filter(~in_sandbox())
    for kind, count in real.values_list("kind").annotate(Count("pk")).order_by():
        found.add_metric([kind], count)
    yield found


def _queues(_now: datetime) -> Iterator[GaugeMetricFamily]:
    """A queue that does not answer is told as such, and the rest of the page all the same."""
    up = GaugeMetricFamily("upfront_queue_up", "Whether the queue answers.")
    waiting = GaugeMetricFamily("upfront_queue_length", "Hints that no worker has taken.", labels=["queue"])
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS
        ) as client:
            for name in work.QUEUES:
                waiting.add_metric([name], client.llen(name))
        up.add_metric([], 1)
    except redis.RedisError:
        up.add_metric([], 0)
    yield up
    yield waiting


def _seconds(name: str, meaning: str, since: datetime | None, now: datetime) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=max((now - since).total_seconds(), 0) if since else 0)
