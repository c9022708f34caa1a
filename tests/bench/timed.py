"""One management command, timed from the moment when Django is set up: python -m tests.bench.timed NAME …"""

import io
import sys
import time

import django
from django.core.management import call_command


def main(arguments: list[str]) -> None:
    """Print the seconds on the last line, whatever the command itself says."""
    django.setup()
    begun = time.perf_counter()
    call_command(*arguments, stdout=io.StringIO())
    print(f"\n{time.perf_counter() - begun:.6f}")


if __name__ == "__main__":
    main(sys.argv[1:])
