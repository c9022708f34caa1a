"""Fixtures for all tests. Those that need the database ask for `db`, or for a tenant."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connection, connections
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis
from pytest_django import DjangoDbBlocker

from connect.simulator.client import Simulator, start_simulator
from kit import clock
from tenants.registry.hosts import forget_hosts
from tenants.registry.models import Tenant
from tests import locks, template, worlds

MORNING = 9

# Machines are shared: how long an example takes says nothing about what it tries.
hypothesis.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("shared")


def pytest_configure(config: pytest.Config) -> None:
    """Tests begin in the morning, at whatever hour they are run, and with them every process they start."""
    # Each browser of a test has middleware of its own, which would read through all static files first.
    settings.WHITENOISE_AUTOREFRESH = True
    if not hasattr(config, "workerinput"):
        now = datetime.now(UTC)
        # A second later: the clock is set to whole seconds, and before nine is another hour.
        morning = now.replace(hour=MORNING, minute=0, second=1, microsecond=0)
        clock.begin_at(morning + timedelta(days=now > morning))


@pytest.fixture(autouse=True)
def _counts_alone() -> None:
    """Processes share one Redis: what each test counts and remembers there bears a mark of its own.

    The server forgets all of it in time.
    """
    mark = uuid4().hex[:8]
    for name in caches:
        settings.CACHES[name]["KEY_PREFIX"] = caches[name].key_prefix = f"{mark}-{name}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """This process's own database, by name."""
    with django_db_blocker.unblock(), template.own_copy() as name:
        yield name


@pytest.fixture(scope="session")
def reset_database(django_db_setup: str) -> Iterator[Callable[[], object]]:
    with psycopg.connect(**template.owner_address(django_db_setup)) as owner:  # type: ignore[arg-type]
        # A test that left a transaction open in another thread fails, instead of hanging here.
        owner.execute("SET lock_timeout = '5s'")
        yield lambda: owner.execute("SELECT baseline.reset()")


@pytest.fixture
def _django_db_helper(
    reset_database: Callable[[], object], django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """What `db`, `transactional_db`, `live_server` and the mark `django_db` stand on.

    The one of pytest-django wraps a test in a transaction or truncates as the web role; ours does neither.
    """
    with django_db_blocker.unblock():
        forget_hosts()
        yield
        connections.close_all() if connection.in_atomic_block else connection.set_schema_to_public()
        reset_database()


@pytest.fixture(autouse=True)
def _locked_in_order(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a journey or a race does, nobody locks in another order than all others.

    A test that takes a lock away, to show what it is there for, says so in its name. Watching costs too much
    to do it everywhere.
    """
    takes_it_away = request.node.name.startswith(("test_without_", "test_looking_first_"))
    if request.node.path.parent.name not in locks.WATCHED or takes_it_away:
        yield
        return
    locks.AGAINST_IT.clear()
    with pytest.MonkeyPatch.context() as patch:
        locks.watch_transactions(patch)
        yield
    assert not locks.AGAINST_IT, "\n".join(locks.AGAINST_IT)


@pytest.fixture
def tenants(db: None) -> list[Tenant]:
    """Anna, Ben, Chiara and Dev, open and with nothing in them but what every tenant starts with."""
    return list(Tenant.objects.order_by("schema_name"))


@pytest.fixture
def anna(tenants: list[Tenant]) -> Tenant:
    return tenants[0]


@pytest.fixture
def ben(tenants: list[Tenant]) -> Tenant:
    return tenants[1]


@pytest.fixture
def chiara(tenants: list[Tenant]) -> Tenant:
    return tenants[2]


@pytest.fixture
def dev(tenants: list[Tenant]) -> Tenant:
    return tenants[3]


@pytest.fixture
def as_owner(db: None) -> Any:
    """The owner's connection: sees every schema. For what a test cannot do as the web role."""
    return connections["owner"]


@pytest.fixture
def in_tenant(db: None) -> Callable[[Tenant], AbstractContextManager[None]]:
    """`with in_tenant(anna):` runs what follows as Anna's role."""
    return tenant_context


@pytest.fixture
def database_environment(django_db_setup: str) -> dict[str, str]:
    """The variables that let another process use this test's database."""
    return {
        name: "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings.DATABASES[alias])
        for name, alias in (("DATABASE_URL", "default"), ("OWNER_DATABASE_URL", "owner"))
    }


@pytest.fixture(scope="session")
def _stripe_process() -> Iterator[Simulator]:
    with start_simulator(settle_seconds=0) as simulator:
        yield simulator


@pytest.fixture
def stripe(_stripe_process: Simulator, settings: Any) -> Simulator:
    """Stripe's simulator, empty, with its events kept until a test asks for them."""
    worlds.begin_anew(_stripe_process)
    settings.STRIPE_API_BASE = _stripe_process.url
    return _stripe_process


@pytest.fixture
def shop(anna: Tenant, stripe: Simulator) -> worlds.Shop:
    """Anna's practice: open around the clock, Stripe connected, nothing offered yet."""
    return worlds.open_shop(anna, stripe)
