"""`migrate` for both planes, in the place of Django's, which knows of one schema only."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.migrations.autodetector import MigrationAutodetector

from kit.clock import now
from tenants.registry.migrating import migrate_all
from tenants.registry.planes import OWNER
from tenants.registry.replaying import CannotReplay
from tenants.registry.schemas import RoleMissing


class Command(BaseCommand):
    help = "Brings the shared plane and every tenant's schema to the newest migrations and rights."
    requires_system_checks: list[str] = []
    # Django's checks compare it with makemigrations'.
    autodetector = MigrationAutodetector

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--workers", type=int, default=4, help="connections to replay over (4)")

    def handle(self, *_args: Any, workers: int, **_options: Any) -> None:
        if OWNER not in settings.DATABASES:
            raise CommandError("Only the owner migrates. Set OWNER_DATABASE_URL and run it again.")
        try:
            outcome = migrate_all(now=now(), workers=workers)
        except (CannotReplay, RoleMissing) as error:
            raise CommandError(str(error)) from error
        for name in outcome.shared:
            self.stdout.write(f"shared plane: {name}")
        self.stdout.write(f"tenants: {len(outcome.migrated)} migrated, {outcome.current} were current")
        if outcome.failed:
            self._name_failures(outcome.failed)

    def _name_failures(self, failed: dict[str, str]) -> None:
        for schema_name, sentence in failed.items():
            self.stderr.write(f"{schema_name}: {sentence}")
        raise CommandError(
            f"{len(failed)} tenants failed and were left as they were; the others are done. "
            "Mend what is named above and run migrate again: it takes up only those."
        )
