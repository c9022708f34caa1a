"""One practice as one archive, for its coach, for a move, or to be kept."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kit.clock import now
from tenants.registry.exporting import export
from tenants.registry.models import Tenant, TenantStatus


class Command(BaseCommand):
    help = "Writes everything of one practice into a zip archive, which says itself what is in it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="of the practice's page: anna")
        parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="the archive; no file yet")

    def handle(self, *_args: Any, address: str, to: Path, **_options: Any) -> None:
        tenant = Tenant.objects.filter(slug=address).exclude(status=TenantStatus.PROVISIONING).first()
        if tenant is None:
            raise CommandError(f"There is no practice at “{address}”. Give the address of its page.")
        if to.exists():
            raise CommandError(f"{to} is there already, and was left as it is. Name another file.")
        if not to.absolute().parent.is_dir():
            raise CommandError(f"{to.absolute().parent} is no folder. Make it, or name another file.")
        exported = export(tenant=tenant, to=to, now=now())
        self.stdout.write(
            f"{tenant.name}: {sum(exported.rows.values())} rows of {len(exported.rows)} tables, "
            f"{exported.files} files, in {to} ({to.stat().st_size:,} bytes)"
        )
        self.stdout.write("It holds the names, addresses and notes of all clients. Keep it encrypted.")
