"""Whether the books tie, for every coach or for one: everything is asked of Stripe again."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_tenants.utils import schema_context

from connect import gateway
from kit.clock import now
from kit.money import format_money
from tenants.earnings.books import Verdict, at_stripe, verify
from tenants.earnings.statements import note_proof
from tenants.registry.models import Tenant, TenantStatus


class Command(BaseCommand):
    help = "Recomputes every figure from Stripe's own records and names each difference. Changes no figure."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--coach", metavar="ADDRESS", help="only this coach, by the address of the page")
        parser.add_argument(
            "--patience", type=int, default=15, metavar="MINUTES", help="what is younger is under way (15)"
        )

    def handle(self, *_args: Any, coach: str | None, patience: int, **_options: Any) -> None:
        tenants = self._tenants(coach)
        differences = 0
        try:
            # Of one coach each fee is asked for by itself: the list holds those of all coaches.
            fees = None if coach else at_stripe.fees_by_charge()
            for tenant in tenants:
                differences += self._verify(tenant, fees, timedelta(minutes=patience))
        except gateway.GatewayUnavailable as error:
            raise CommandError(
                f"Stripe did not answer: {error}. Nothing was changed; run it again."
            ) from error
        if differences:
            raise CommandError(f"{differences} difference{'s' * (differences != 1)}", returncode=1)
        self.stdout.write(f"0 differences at {len(tenants)} practice{'s' * (len(tenants) != 1)}")

    def _tenants(self, coach: str | None) -> list[Tenant]:
        with_books = Tenant.objects.filter(status__in=(TenantStatus.OPEN, TenantStatus.SUSPENDED))
        if coach is None:
            return list(with_books.order_by("slug"))
        found = list(with_books.filter(slug=coach))
        if not found:
            raise CommandError(f"There is no practice at “{coach}”. Give the address of its page.")
        return found

    def _verify(self, tenant: Tenant, fees: Mapping[str, gateway.FeeView] | None, patience: timedelta) -> int:
        moment = now()
        verdict = verify(schema_name=tenant.schema_name, now=moment, fees=fees, patience=patience)
        with schema_context(tenant.schema_name):
            note_proof(verdict=verdict, now=moment)
        for difference in verdict.differences:
            self.stderr.write(f"{tenant.slug}: {difference}")
        for line in told(verdict):
            self.stdout.write(f"{tenant.slug}: {line}")
        return len(verdict.differences)


def told(verdict: Verdict) -> list[str]:
    """What was compared, in lines for people."""
    compared = ", ".join(f"{count} {what}" for what, count in sorted(verdict.compared.items()) if count)
    lines = [
        f"{len(verdict.differences)} differences, {sum(verdict.compared.values())} figures compared"
        f" ({compared or 'nothing to compare'})"
    ]
    lines += [
        f"{each.what}: {_money(each.at_stripe_minor, each.currency)} at Stripe,"
        f" {_money(each.here_minor, each.currency)} here"
        for each in verdict.sums
    ]
    lines += [
        f"made outside Upfront: {count} movements, {_money(net, currency)} net"
        for currency, (count, net) in sorted(verdict.outside.items())
    ]
    if verdict.under_way:
        lines.append(f"under way: {verdict.under_way}, too young to be compared")
    lines += [f"account {account_id} cannot be asked any more" for account_id in verdict.not_asked]
    return lines


def _money(minor: int, currency: str) -> str:
    return format_money(minor, currency)
