"""New tenants, as the provisioning worker makes them: the first ones, and those after five hundred others."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connections, transaction

from kit import clock
from kit.ids import uuid7
from tenants.registry.addresses import host_for
from tenants.registry.models import Domain, Tenant, schema_name_for
from tenants.registry.planes import OWNER
from tenants.registry.provisioning import provision
from tests.bench.measuring import Finding, Limit

MUST_SECONDS, AIM_SECONDS, MUST_RELATIONS = 0.3, 0.15, 250
# A connection remembers every schema that it has seen; the worker's own does not live long either.
_PER_CONNECTION = 25
RELATIONS = """
    WITH own AS (SELECT oid, reltoastrelid FROM pg_class WHERE relnamespace = %s::regnamespace)
    SELECT (SELECT count(*) FROM own) + (SELECT count(*) FROM own WHERE reltoastrelid <> 0)
         + (SELECT count(*) FROM pg_index WHERE indrelid IN (SELECT reltoastrelid FROM own))"""


def provisioned(count: int) -> list[float]:
    """Make some tenants, one after the other; the seconds of each, sign-up's own rows left out."""
    _one()
    seconds = [_one() for _ in range(count)]
    connections.close_all()
    return seconds


def fill_up_to(count: int) -> None:
    """Make tenants, two at a time, until there are so many."""
    missing = count - Tenant.objects.count()
    shares = [min(_PER_CONNECTION, missing - begun) for begun in range(0, max(missing, 0), _PER_CONNECTION)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_several, shares))


def _several(count: int) -> None:
    try:
        for _ in range(count):
            _one()
    finally:
        connections.close_all()


def _one() -> float:
    tenant = _signed_up()
    begun = time.perf_counter()
    provision(tenant_id=tenant.pk, now=clock.now())
    return time.perf_counter() - begun


def _signed_up() -> Tenant:
    tenant_id = uuid7()
    with transaction.atomic():
        tenant = Tenant.objects.create(
            id=tenant_id,
            schema_name=schema_name_for(tenant_id),
            name="A coach of the bench",
            slug=f"bench-{tenant_id.hex[-12:]}",
            timezone="Europe/Berlin",
            country="DE",
            currency="eur",
        )
        Domain.objects.create(tenant=tenant, domain=host_for(tenant.slug), is_primary=True)
    return tenant


def found(among: int, seconds: list[float], first: list[float]) -> Finding:
    limits = [Limit("seconds", seconds, must=MUST_SECONDS, aim=AIM_SECONDS, unit=" s")]
    if seconds is not first:
        usual = statistics.median(first)
        limits.append(Limit("× the first ones", [each / usual for each in seconds], aim=1.2))
    return Finding(f"A tenant provisioned, among {among}", [each * 1000 for each in seconds], limits=limits)


def relations_found(schema_name: str) -> Finding:
    connection: Any = connections[OWNER]
    with connection.cursor() as cursor:
        begun = time.perf_counter()
        cursor.execute(RELATIONS, [schema_name])
        [relations] = cursor.fetchone()
        counted = time.perf_counter() - begun
    return Finding(
        "Relations per tenant (tables, indexes, TOAST)",
        [counted * 1000],
        limits=[Limit("relations", [relations], must=MUST_RELATIONS)],
        note="the time is that of counting them",
    )


def forget_roles(owner: Any, schema_names: list[str]) -> None:
    """Roles outlive the database that they were made in."""
    for name in schema_names:
        owner.execute(f'DROP ROLE IF EXISTS "{name}"')
