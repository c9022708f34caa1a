from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts.models import User


class Command(BaseCommand):
    help = "Lets somebody who has signed up see the operators' pages, or no longer."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--no-longer", action="store_true")

    def handle(self, *_args: Any, email: str, no_longer: bool, **_options: Any) -> None:
        with transaction.atomic():
            changed = User.objects.filter(email__iexact=email).update(is_staff=not no_longer)
        if not changed:
            raise CommandError(f"Nobody signs in as {email}. They sign up first, then run this again.")
        self.stdout.write(f"{email} is {'no longer an' if no_longer else 'an'} operator.")
