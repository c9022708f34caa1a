"""Two coaches in business, each with a row of everything."""

from collections.abc import Callable
from typing import Any

import pytest

from connect.simulator.client import Simulator
from tenants.registry.models import Tenant
from tests import worlds
from tests.architecture.routes import Rows, rows_of
from tests.worlds import Shop


@pytest.fixture
def annas(shop: Shop) -> Rows:
    return rows_of(shop, word="Aubergine")


@pytest.fixture
def bens(ben: Tenant, stripe: Simulator) -> Rows:
    return rows_of(worlds.open_shop(ben, stripe), word="Boysenberry")


@pytest.fixture
def contents(as_owner: Any) -> Callable[[Tenant], dict[str, str]]:
    """A digest of every table of a tenant and of the shared plane: what a refused request may not change."""

    def read(tenant: Tenant) -> dict[str, str]:
        with as_owner.cursor() as cursor:
            cursor.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', %s)",
                [tenant.schema_name],
            )
            # Sessions say who looks, not what there is.
            tables = [row for row in cursor.fetchall() if row[1] != "django_session"]
            digests = {}
            for schema, table in tables:
                cursor.execute(
                    f'SELECT md5(string_agg(t::text, \'|\' ORDER BY t::text)) FROM "{schema}"."{table}" t'
                )
                digests[f"{schema}.{table}"] = cursor.fetchone()[0] or ""
        return digests

    return read
