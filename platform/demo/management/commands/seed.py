"""`./run demo` calls this at each start: the named world is made once, and described each time."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo import naming, seeding


class Command(BaseCommand):
    help = "Make the demo's world, unless it is there, and say where everything is."

    def add_arguments(self, parser: CommandParser) -> None:
        words = "; ".join(f"{name}: {words}" for name, words in naming.NAMES.items())
        parser.add_argument("--world", choices=list(naming.NAMES), help=words)

    def handle(self, *args: Any, world: str | None, **options: Any) -> None:
        try:
            with _only_warnings():
                seeding.seed(world)
        except naming.AnotherWorld as problem:
            raise CommandError(str(problem)) from problem
        for line in seeding.directions():
            self.stdout.write(line)


@contextmanager
def _only_warnings() -> Iterator[None]:
    """What is written here is read by a person: the usual course of things is no news."""
    usual = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(wrapper_class=usual)
