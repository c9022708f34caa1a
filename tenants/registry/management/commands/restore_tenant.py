"""A practice from its archive, on this instance."""

from pathlib import Path
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from kit.clock import now
from tenants.registry.archive.file import ArchiveRefused, opened
from tenants.registry.models import TenantStatus
from tenants.registry.planes import OWNER
from tenants.registry.restoring import Restored, restore


class Command(BaseCommand):
    help = "Restores the practice of an archive: all of it, or nothing. Needs OWNER_DATABASE_URL."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path, help="what export_tenant wrote")
        parser.add_argument("--as", dest="address", default="", help="another address for its page: anna-2")
        parser.add_argument(
            "--open",
            action="store_true",
            help="do business at once: only when the practice that was exported does none any more",
        )

    def handle(self, *_args: Any, archive: Path, address: str, **options: Any) -> None:
        if OWNER not in settings.DATABASES:
            raise CommandError("Only the owner restores. Set OWNER_DATABASE_URL and run it again.")
        try:
            with opened(archive) as read:
                restored = restore(archive=read, address=address, opens=options["open"], now=now())
        except ArchiveRefused as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        self._tell(restored)

    def _tell(self, restored: Restored) -> None:
        tenant = restored.tenant
        self.stdout.write(
            f"{tenant.name} stands at “{tenant.slug}”: {sum(restored.rows.values())} rows "
            f"of {len(restored.rows)} tables."
        )
        for user in restored.new_users:
            self.stdout.write(f"{user.email} sets a password here, within three days: {_link_for(user)}")
        if tenant.status == TenantStatus.ARRIVING:
            self.stdout.write(
                "It arrives, and does nothing. Look at it; then finish the move where it came from, which "
                f"tells a word, and open it here: move_tenant {tenant.slug} --open WORD"
            )
        if tenant.status == TenantStatus.SUSPENDED:
            self.stdout.write("It is suspended, and does no business: reopen it in the operators' console.")


def _link_for(user: Any) -> str:
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    path = reverse("account_reset_password_from_key", kwargs=key, urlconf=settings.ROOT_URLCONF)
    return f"{settings.SITE_SCHEME}://{settings.CENTRAL_HOST}{path}"
