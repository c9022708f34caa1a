"""What is measured in which order, and the database, the coaches and the site that it is measured on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections

from tenants.registry.models import Tenant
from tests import template
from tests.bench import booking, floors, migrating, pages, practices, provisioning, race, stages, webhook
from tests.bench.measuring import Finding, interleaved
from tests.bench.serving import serving
from tests.bench.stages import Size, Stage

AT_ONCE = 8
CROWDS = (8, 32)


@contextmanager
def made(size: Size) -> Iterator["World"]:
    """A copy of the tests' database, for this run alone."""
    roles: list[str] = []
    try:
        with template.own_copy():
            known = set(Tenant.objects.values_list("schema_name", flat=True))
            with connections["owner"].cursor() as cursor:
                cursor.execute(floors.TABLE.format(role=settings.DATABASES["default"]["USER"]))
            try:
                yield World(size)
            finally:
                roles += set(Tenant.objects.values_list("schema_name", flat=True)) - known
    finally:
        with psycopg.connect(**template.owner_address()) as owner:  # type: ignore[arg-type]
            provisioning.forget_roles(owner, roles)


class World:
    """The database with four coaches, and how much is asked of it."""

    def __init__(self, size: Size) -> None:
        self.size = size

    @property
    def variables(self) -> dict[str, str]:
        """How another process finds this database."""
        return {
            name: "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**connections.settings[alias])
            for name, alias in (("DATABASE_URL", "default"), ("OWNER_DATABASE_URL", "owner"))
        }

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        """The site, serving three coaches that are in business."""
        anna, ben, chiara, dev = Tenant.objects.order_by("schema_name")[:4]
        web = {"DATABASE_URL": self.variables["DATABASE_URL"]}
        with serving(web, folder=Path(settings.LOCAL_DIR)) as site:
            yield Stage(
                site=site,
                size=self.size,
                everyday_host=practices.everyday(anna),
                booked=practices.half_full(ben),
                raced=practices.half_full(chiara),
                other=dev,
            )


def requests(world: World) -> Iterator[Finding]:
    """One client at a time, and eight at once, beside the floors."""
    with world.stage() as stage:
        alone = interleaved(
            {
                "empty": stages.empty(stage),
                "insert": stages.insert(stage),
                "coach page": pages.coach_page(stage),
                "four weeks": pages.four_weeks(stage),
                "booking": booking.booked_alone(stage),
                "webhook": webhook.webhook(stage),
            },
            rounds=stage.size.rounds,
        )
        yield stages.floor_found("Floor: an empty view", alone["empty"])
        yield stages.floor_found("Floor: one insert and commit", alone["insert"])
        yield pages.coach_page_found(stage, alone["coach page"], alone["empty"])
        yield pages.four_weeks_found(stage, alone["four weeks"], alone["empty"])
        yield booking.found(stage, 1, alone["booking"], alone["insert"])
        yield webhook.found(stage, alone["webhook"], alone["insert"])
        together = interleaved(
            {
                "insert": stages.inserts_at_once(stage, AT_ONCE),
                "booking": booking.booked_at_once(stage, AT_ONCE),
            },
            rounds=stage.size.rounds,
        )
        yield stages.floor_found(
            f"Floor: one insert and commit, {AT_ONCE} clients at once", together["insert"]
        )
        yield booking.found(stage, AT_ONCE, together["booking"], together["insert"])


def races(world: World) -> Iterator[Finding]:
    with world.stage() as stage:
        for buyers in CROWDS:
            yield race.raced(stage, buyers)


def tenants(world: World) -> Iterator[Finding]:
    """Provisioning and migration, with few tenants and with many."""
    size = world.size
    first = provisioning.provisioned(size.provisioned)
    yield provisioning.found(Tenant.objects.count(), first, first)
    yield provisioning.relations_found(Tenant.objects.latest("created_at").schema_name)
    provisioning.fill_up_to(size.tenants_to_migrate)
    connections.close_all()
    among = Tenant.objects.count()
    noop, column = migrating.migrated(world.variables, times=size.migrations)
    their_noop, their_column = migrating.compared(world.variables, tenants=size.compared)
    yield migrating.found("no-op", migrating.NOOP_MUST, noop, among=among, theirs=their_noop)
    yield migrating.found("a new column", migrating.COLUMN_MUST, column, among=among, theirs=their_column)
    provisioning.fill_up_to(size.most_tenants)
    late = provisioning.provisioned(size.provisioned)
    yield provisioning.found(Tenant.objects.count(), late, first)


PARTS: dict[str, Callable[[World], Iterator[Finding]]] = {
    "requests": requests,
    "races": races,
    "tenants": tenants,
}
