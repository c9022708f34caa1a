"""A session that costs nothing, from a chosen time to the confirmation: two requests, each a transaction."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count

from tests.bench.measuring import Batch, Batches, Finding, Limit, cpu_ms, over_floor, times_ms
from tests.bench.practices import HalfFull
from tests.bench.serving import Answer, Browser
from tests.bench.stages import Stage, expect

MUST, AIM = 4, 2
_visitors = count()


def hold(browser: Browser, coach: HalfFull, at: datetime) -> Answer:
    return browser.post(f"/book/{coach.kind.slug}/hold", {"starts_at": at.isoformat()})


def confirm(browser: Browser, held: Answer) -> Answer:
    number = next(_visitors)
    details = {"name": "Cleo Adler", "email": f"cleo-{number}@example.com", "message": "My backhand, please"}
    return browser.post(f"{held.headers['location']}details", details)


def booked_alone(stage: Stage) -> Callable[[], Batch]:
    """One client after the other."""
    browser = stage.site.browser(stage.booked.host)
    return lambda: _with_free_times(
        stage, lambda times: stage.site.batch(lambda: _book(stage, browser, next(times)), _most(stage))
    )


def booked_at_once(stage: Stage, clients: int) -> Callable[[], Batch]:
    each = max(_most(stage) // clients, 2)

    def client(times: list[datetime]) -> Callable[[], list[float]]:
        browser = stage.site.browser(stage.booked.host)
        return lambda: [_book(stage, browser, at) for at in times]

    return lambda: _with_free_times(
        stage,
        lambda times: stage.site.crowd([client([next(times) for _ in range(each)]) for _ in range(clients)]),
    )


def _most(stage: Stage) -> int:
    return stage.size.batch


def _with_free_times(stage: Stage, measure: Callable[[Iterator[datetime]], Batch]) -> Batch:
    try:
        return measure(iter(stage.booked.free()))
    finally:
        stage.booked.clear()


def _book(stage: Stage, browser: Browser, at: datetime) -> float:
    """Seconds of both requests of somebody new, on a connection that is there already, as for the floor."""
    browser.forget()
    held = expect(hold(browser, stage.booked, at), 302)
    booked = expect(confirm(browser, held), 302)
    return held.seconds + booked.seconds


def found(stage: Stage, clients: int, batches: Batches, floor: Batches) -> Finding:
    whole = over_floor(batches, floor, floor_name="insert", must=MUST, aim=AIM)
    halves = [Limit(f"{each.what}, per request", [value / 2 for value in each.values]) for each in whole]
    who = "one client" if clients == 1 else f"{clients} clients at once"
    return Finding(
        f"$0 booking, hold → confirmed (two requests), {who}",
        times_ms(batches),
        cpu_ms(batches),
        _queries(stage),
        [*whole, *halves],
    )


def _queries(stage: Stage) -> int:
    browser = stage.site.browser(stage.booked.host, counting=True)
    try:
        held = expect(hold(browser, stage.booked, stage.booked.free()[0]), 302)
        return held.queries + expect(confirm(browser, held), 302).queries
    finally:
        stage.booked.clear()
