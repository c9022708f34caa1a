"""`./run client` calls this."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from api import client


class Command(BaseCommand):
    help = "Generates the typed Python client of the API."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--to", metavar="FOLDER", default=f".local/{client.PROJECT}", help="where to (%(default)s)"
        )

    def handle(self, *_args: Any, to: str, **_options: Any) -> None:
        try:
            client.generate(Path(to).resolve())
        except client.CannotGenerate as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"Install it in a program's environment: pip install {Path(to).resolve()}")
