from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tenants.registry.linting import faults
from tenants.registry.rendering import blueprint


class Command(BaseCommand):
    help = "Checks the DDL of the tenants' schemas. Needs no database."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        found = list(faults(blueprint().statements))
        for fault in found:
            self.stderr.write(fault)
        if found:
            raise CommandError(f"{len(found)} faults in the tenants' DDL; change the models named above.")
        self.stdout.write("The tenants' DDL is clean.")
