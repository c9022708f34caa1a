"""Whether every agreement is still what was accepted, for every coach or for one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import tenant_context

from tenants.paperwork.verifying import verify
from tenants.registry.models import Tenant, TenantStatus


class Command(BaseCommand):
    help = "Computes the hash of every accepted text again and names each that differs. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--coach", metavar="ADDRESS", help="only this coach, by the address of the page")

    def handle(self, *_args: Any, coach: str | None, **_options: Any) -> None:
        tenants = self._tenants(coach)
        checked, differ = 0, 0
        for tenant in tenants:
            with tenant_context(tenant):
                count, altered = verify()
            for each in altered:
                self.stderr.write(f"{tenant.slug}: {each}")
            checked, differ = checked + count, differ + len({each.acceptance.pk for each in altered})
        told = f"{checked} acceptances at {len(tenants)} practice{'s' * (len(tenants) != 1)}"
        if differ:
            raise CommandError(f"{differ} of {told} differ{'s' * (differ == 1)}", returncode=1)
        self.stdout.write(f"{told}, 0 differ")

    def _tenants(self, coach: str | None) -> list[Tenant]:
        with_rows = Tenant.objects.filter(status__in=(TenantStatus.OPEN, TenantStatus.SUSPENDED))
        if coach is None:
            return list(with_rows.order_by("slug"))
        found = list(with_rows.filter(slug=coach))
        if not found:
            raise CommandError(f"There is no practice at “{coach}”. Give the address of its page.")
        return found
