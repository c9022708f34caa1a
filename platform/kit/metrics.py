"""What is counted and timed while it happens, for Prometheus; what can be asked for is asked at the scrape.

Each label has few values, and none is a person's or a tenant's. Processes that share the folder METRICS_DIR
are read as one.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector

NOWHERE = "none"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("upfront_requests_total", "Requests that were answered.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram(
    "upfront_request_seconds", "How long a request took.", ["plane", "method"], buckets=_SECONDS
)
WORK = Counter("upfront_work_total", "Pieces of work that came due and were tried.", ["kind", "outcome"])
WORK_SECONDS = Histogram("upfront_work_seconds", "How long a piece of work took.", ["kind"], buckets=_SECONDS)
STRIPE_CALLS = Counter("upfront_stripe_calls_total", "Questions to Stripe.", ["outcome"])
STRIPE_SECONDS = Histogram("upfront_stripe_call_seconds", "How long Stripe took to answer.", buckets=_SECONDS)
COUNTED = (REQUESTS, REQUEST_SECONDS, WORK, WORK_SECONDS, STRIPE_CALLS, STRIPE_SECONDS)


def count_request(
    *, route: str | None, is_of_a_coach: bool, method: str, status: int, seconds: float
) -> None:
    """One request; `route` is its pattern, never its address, which may hold a link's secret."""
    method = method if method in _METHODS else NOWHERE
    REQUESTS.labels(route or NOWHERE, method, str(status)).inc()
    REQUEST_SECONDS.labels("coach" if is_of_a_coach else "central", method).observe(seconds)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@contextmanager
def timed_work(kind: str) -> Iterator[None]:
    """Around a piece of work: an exception that leaves it is counted as its failure."""
    begun = time.monotonic()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        WORK.labels(kind, outcome).inc()
        WORK_SECONDS.labels(kind).observe(time.monotonic() - begun)


def told(*asked: CollectorRegistry) -> bytes:
    """The text of all metrics: what this site's processes counted, then what each of `asked` finds now."""
    return b"".join(generate_latest(registry) for registry in (_counted(), *asked))


def serve(port: int) -> None:
    """Tell on a port of its own, for a process that answers no requests. Only for a network of machines."""
    start_http_server(port, registry=_counted())


def _counted() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
