"""The world that the tasks share: the running site, its coaches, and how much is asked of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tenants.registry.models import Tenant
from tests.bench.measuring import Batch, Batches, Finding, cpu_ms, times_ms
from tests.bench.practices import HalfFull
from tests.bench.serving import CENTRAL, Answer, Browser, Site


@dataclass(frozen=True)
class Size:
    """How much is done: enough to tell, or only enough to see that it runs."""

    rounds: int
    batch: int
    races: int
    provisioned: int
    tenants_to_migrate: int
    most_tenants: int
    migrations: int
    compared: int


FULL = Size(
    rounds=30,
    batch=20,
    races=50,
    provisioned=20,
    tenants_to_migrate=200,
    most_tenants=500,
    migrations=5,
    compared=10,
)
QUICK = Size(
    rounds=2, batch=4, races=2, provisioned=2, tenants_to_migrate=6, most_tenants=8, migrations=1, compared=1
)


@dataclass(frozen=True)
class Stage:
    site: Site
    size: Size
    everyday_host: str
    booked: HalfFull
    raced: HalfFull
    other: Tenant


class WrongAnswer(Exception):
    """The site did not answer what the task is about, so there is nothing to measure."""


def expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise WrongAnswer(f"Expected {status}, got {answer.status}: {answer.body[:500]!r}")
    return answer


def empty(stage: Stage) -> Callable[[], Batch]:
    """The floor of pages."""
    browser = stage.site.browser(CENTRAL)
    return lambda: stage.site.batch(
        lambda: expect(browser.get("/bench/empty"), 200).seconds, stage.size.batch
    )


def insert(stage: Stage) -> Callable[[], Batch]:
    """The floor of whatever writes."""
    browser = stage.site.browser(CENTRAL)
    return lambda: stage.site.batch(lambda: inserted(browser), stage.size.batch)


def inserts_at_once(stage: Stage, clients: int) -> Callable[[], Batch]:
    each = max(stage.size.batch // clients, 2)
    browsers = [stage.site.browser(CENTRAL) for _ in range(clients)]

    def client(browser: Browser) -> Callable[[], list[float]]:
        return lambda: [inserted(browser) for _ in range(each)]

    return lambda: stage.site.crowd([client(browser) for browser in browsers])


def inserted(browser: Browser) -> float:
    return expect(browser.send("/bench/insert", b"", {}), 200).seconds


def floor_found(name: str, batches: Batches) -> Finding:
    return Finding(name, times_ms(batches), cpu_ms(batches))
