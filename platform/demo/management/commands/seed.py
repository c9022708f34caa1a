"""`./run demo` calls this at each start: the named world is made once, and described each time."""

from typing import Any

from django.core.management.base import BaseCommand

from demo import seeding


class Command(BaseCommand):
    help = "Make the demo's world, unless it is there, and say where everything is."

    def handle(self, *args: Any, **options: Any) -> None:
        seeding.seed()
        for line in seeding.directions():
            self.stdout.write(line)
