"""What a visitor sees before booking: the coach's page, and the free times of four weeks."""

import time
from collections.abc import Callable

from django_tenants.utils import tenant_context

from kit import clock
from tenants.scheduling.availability import Calendar, calendar
from tests import worlds
from tests.bench.measuring import Batch, Batches, Finding, Limit, cpu_ms, over_floor, times_ms
from tests.bench.practices import HalfFull
from tests.bench.stages import Stage, expect

MOST_CPU_MS, MOST_QUERIES = 5, 4


def coach_page(stage: Stage) -> Callable[[], Batch]:
    browser = stage.site.browser(stage.everyday_host)
    return lambda: stage.site.batch(lambda: expect(browser.get("/"), 200).seconds, stage.size.batch)


def four_weeks(stage: Stage) -> Callable[[], Batch]:
    browser, page = stage.site.browser(stage.booked.host), _picker(stage.booked)
    return lambda: stage.site.batch(lambda: expect(browser.get(page), 200).seconds, stage.size.batch)


def coach_page_found(stage: Stage, batches: Batches, floor: Batches) -> Finding:
    aimed = over_floor(batches, floor, floor_name="empty view", must=None, aim=3)
    return _found(
        "Coach's page with its first free times, warm", stage, batches, stage.everyday_host, "/", aimed
    )


def four_weeks_found(stage: Stage, batches: Batches, floor: Batches) -> Finding:
    host, page = stage.booked.host, _picker(stage.booked)
    aimed = over_floor(batches, floor, floor_name="empty view", must=None, aim=None)
    computed = Limit("computed, without queries and page", _computed_ms(stage), aim=1, unit=" ms")
    return _found(
        "Free times of four weeks, half-full calendar, one request",
        stage,
        batches,
        host,
        page,
        [*aimed, computed],
    )


def _found(task: str, stage: Stage, batches: Batches, host: str, page: str, more: list[Limit]) -> Finding:
    queries = expect(stage.site.browser(host, counting=True).get(page), 200).queries
    limits = [
        Limit("CPU", cpu_ms(batches), must=MOST_CPU_MS, unit=" ms"),
        Limit("queries", [queries], must=MOST_QUERIES),
        *more,
    ]
    return Finding(task, times_ms(batches), cpu_ms(batches), queries, limits)


def _picker(booked: HalfFull) -> str:
    return f"/book/{booked.kind.slug}/?from={booked.since.date().isoformat()}"


def _computed_ms(stage: Stage) -> list[float]:
    """The pure function, on what the two queries gave."""
    booked, now = stage.booked, clock.now()
    with tenant_context(booked.tenant):
        week = calendar(
            practice=worlds.practice(booked.tenant), since=booked.since, until=booked.until, now=now
        )
    return [_once(week, booked) for _ in range(stage.size.rounds * 5)]


def _once(week: Calendar, booked: HalfFull) -> float:
    begun = time.thread_time_ns()
    week.free(booked.kind, since=booked.since, until=booked.until, now=booked.opened_at)
    return (time.thread_time_ns() - begun) / 1e6
