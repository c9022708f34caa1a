"""Closed practices whose time is over are erased: what the nightly task does, or one of them by hand."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kit.clock import now
from tenants.registry.erasing import NotYet, due, erase
from tenants.registry.models import Tenant
from tenants.registry.planes import OWNER


class Command(BaseCommand):
    help = "Erases the closed practices of which nothing has to be kept any more. There is no way back."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--now", metavar="ADDRESS", default="", help="this closed one, before its time")
        parser.add_argument("--typed", metavar="ADDRESS", default="", help="the same address once more")

    def handle(self, *_args: Any, typed: str, **options: Any) -> None:
        if OWNER not in settings.DATABASES:
            raise CommandError("Only the owner erases. Set OWNER_DATABASE_URL and run it again.")
        if options["now"]:
            self._one(options["now"], typed)
            return
        practices = due(now=now())
        for tenant in practices:
            erase(tenant_id=tenant.pk, now=now())
            self.stdout.write(f"Erased {tenant.name} ({tenant.slug}).")
        self.stdout.write(f"{len(practices)} erased.")

    def _one(self, address: str, typed: str) -> None:
        tenant = Tenant.objects.filter(slug=address).first()
        if tenant is None:
            raise CommandError(f"There is no practice at “{address}”. Nothing was erased.")
        if typed != address:
            raise CommandError(
                f"Everything of {tenant.name} would be gone, with no way back. Keep an archive of it "
                f"(export_tenant), then say it once more: --now {address} --typed {address}"
            )
        try:
            erase(tenant_id=tenant.pk, now=now(), typed=typed)
        except NotYet as error:
            raise CommandError(f"{error} Nothing was erased.") from error
        self.stdout.write(f"Erased {tenant.name} ({address}).")
