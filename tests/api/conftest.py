"""A practice with a row of everything, and programs with keys of it."""

from collections.abc import Callable, Collection

import pytest
from django_tenants.utils import tenant_context

from connect.simulator.client import Simulator
from kit.actors import Actor
from kit.clock import now
from tenants.integrations import keys
from tenants.integrations.scopes import SCOPES
from tenants.registry.models import Tenant
from tests import worlds
from tests.api.programs import Program
from tests.worlds import Shop

MakeProgram = Callable[..., Program]


@pytest.fixture
def program(db: None) -> MakeProgram:
    """`program(anna)` may do everything there; with `scopes` only that."""

    def make(tenant: Tenant, scopes: Collection[str] = tuple(SCOPES)) -> Program:
        with tenant_context(tenant):
            _key, secret = keys.make(
                name="Script", scopes=scopes, expires_at=None, now=now(), actor=Actor("coach", "7", "Anna")
            )
        return Program(tenant, secret)

    return make


@pytest.fixture
def shop(anna: Tenant, stripe: Simulator) -> Shop:
    return worlds.open_shop(anna, stripe)
