"""A practice moves to another installation: each step says what it did, and can be taken again."""

import hashlib
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kit.actors import SYSTEM
from kit.clock import now
from tenants.registry import moving
from tenants.registry.archive.file import ArchiveRefused, opened
from tenants.registry.exporting import export
from tenants.registry.models import Tenant, TenantStatus
from tenants.registry.standing import NotPossible

LOOKS_EVERY = 2.0
REFUSED = (moving.AddressRefused, moving.WrongWord, NotPossible, ArchiveRefused)
USAGE = """\
Say one of these:
  here:  move_tenant anna --to https://anna.other.example --archive anna.zip   (again after a crash)
  there: restore_tenant anna.zip
  here:  move_tenant anna --to https://anna.other.example --finish             (tells a word)
  there: move_tenant anna --open WORD
  here, before it is finished:  move_tenant anna --undo"""


class Command(BaseCommand):
    help = "Moves a practice to another installation, step by step. Only one of its copies is ever open."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address", help="of the practice's page on this installation: anna")
        parser.add_argument(
            "--to", default="", metavar="URL", help="its page there: https://anna.other.example"
        )
        parser.add_argument("--archive", type=Path, metavar="FILE", help="what is restored there")
        parser.add_argument("--finish", action="store_true", help="it was restored there: lead visitors on")
        parser.add_argument("--undo", action="store_true", help="it stays here, as it was")
        parser.add_argument("--open", default="", metavar="WORD", help="open it there, with the word of here")
        parser.add_argument(
            "--wait", type=float, default=120, metavar="SECONDS", help="for what is under way"
        )

    def handle(self, *_args: Any, address: str, **said: Any) -> None:
        tenant = Tenant.objects.filter(slug=address).first()
        if tenant is None:
            raise CommandError(f"There is no practice at “{address}”. Nothing was changed.")
        try:
            self._step(tenant, **said)
        except moving.StillBusy as busy:
            reasons = "\n".join(f"- {reason}" for reason in busy.reasons)
            raise CommandError(
                f"{tenant.name} takes nothing new, and is not packed yet:\n{reasons}\nRun this again in a "
                "minute. Workers have to run for it; --undo opens it again."
            ) from busy
        except REFUSED as refused:
            raise CommandError(f"{refused} Nothing was changed.") from refused

    def _step(self, tenant: Tenant, *, to: str, archive: Path | None, wait: float, **said: Any) -> None:
        wants = [name for name in ("finish", "undo", "open") if said[name]]
        if len(wants) + bool(archive) != 1 or bool(to) != (bool(archive) or wants == ["finish"]):
            raise CommandError(USAGE)
        if archive:
            self._pack(tenant, to, archive, wait)
        elif said["finish"]:
            self._finish(tenant, to)
        elif said["undo"]:
            self._undo(tenant)
        else:
            self._open(tenant, said["open"])

    def _pack(self, tenant: Tenant, to: str, archive: Path, wait: float) -> None:
        if not archive.absolute().parent.is_dir():
            raise CommandError(f"{archive.absolute().parent} is no folder. Nothing was changed.")
        tenant = moving.begin(schema_name=tenant.schema_name, to=to, now=now(), actor=SYSTEM)
        self.stdout.write(f"{tenant.name} takes nothing new: its pages say that it is moving, and back soon.")
        tenant = self._packed(tenant, now() + timedelta(seconds=wait))
        self.stdout.write("Nothing is under way, and no worker touches it any more. Its work waits.")
        assert tenant.move_step_at is not None
        if archive.exists():
            _require_same(archive, tenant, tenant.move_step_at)
            self.stdout.write(f"{archive} was written before, and is whole.")
        else:
            export(tenant=tenant, to=archive, now=now())
            _require_same(archive, tenant, tenant.move_step_at)
            self.stdout.write(f"{archive} is written, and every file in it is what it should be.")
        with archive.open("rb") as file:
            self.stdout.write(f"SHA-256: {hashlib.file_digest(file, 'sha256').hexdigest()}")
        self.stdout.write(
            "It holds the names, addresses and notes of all clients: bring it over by a way that nobody else "
            f"reads. There: restore_tenant {archive.name}\n"
            f"Then here: move_tenant {tenant.slug} --to {tenant.moving_to} --finish\n"
            f"Until then it can stay here after all: move_tenant {tenant.slug} --undo"
        )

    def _packed(self, tenant: Tenant, until: datetime) -> Tenant:
        while True:
            try:
                return moving.pack(schema_name=tenant.schema_name, now=now())
            except moving.StillBusy as busy:
                if now() >= until:
                    raise
                self.stdout.write(f"Waiting: {busy}")
                time.sleep(LOOKS_EVERY)

    def _finish(self, tenant: Tenant, to: str) -> None:
        tenant, word = moving.finish(schema_name=tenant.schema_name, to=to, now=now())
        assert tenant.erase_at is not None
        self.stdout.write(
            f"{tenant.name} has moved. Its address here leads to the same page at {tenant.moving_to}; "
            f"nothing is done with the copy here, which is erased from {tenant.erase_at:%Y-%m-%d}.\n"
            f"Open it there, with the address it has there: move_tenant {tenant.slug} --open {word}\n"
            "Then delete the archive on both sides."
        )

    def _undo(self, tenant: Tenant) -> None:
        tenant = moving.undo(schema_name=tenant.schema_name, now=now(), actor=SYSTEM)
        self.stdout.write(
            f"{tenant.name} stays here, and is {tenant.get_status_display().lower()} as before. What fell "
            "due meanwhile is made up for. What was written opens nowhere any more: delete it, and a "
            f"copy that was restored of it: erase_tenants --now {tenant.slug} --typed {tenant.slug}"
        )

    def _open(self, tenant: Tenant, word: str) -> None:
        tenant = moving.arrive(schema_name=tenant.schema_name, word=word, now=now(), actor=SYSTEM)
        what = "suspended, as it was" if tenant.status == TenantStatus.SUSPENDED else "open"
        self.stdout.write(
            f"{tenant.name} is {what}, here and nowhere else. What fell due meanwhile is made up for. Its "
            "coach proves own domains anew, and gives programs new keys."
        )


def _require_same(path: Path, tenant: Tenant, packed_at: datetime) -> None:
    """Raise ArchiveRefused unless it is whole, and of this practice as it was packed."""
    with opened(path) as archive:
        archive.verify()
        made_at = datetime.fromisoformat(archive.manifest["made_at"])
        is_its = archive.manifest["practice"]["schema"] == tenant.schema_name
        if not is_its or made_at < packed_at:
            raise ArchiveRefused(
                f"{path} is there already, and is not {tenant.name} as it is packed now. Name another file."
            )
