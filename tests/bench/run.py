"""The benchmarks: `./run bench`, or with --quick only enough of each to see that it runs."""

import argparse
import os
import sys

import django

PARTS = ("requests", "races", "tenants")


def main(arguments: list[str]) -> int:
    """Measure, print, and answer 1 when a limit was missed by more than noise."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a few of each; the limits are shown, not judged"
    )
    parser.add_argument("--only", choices=PARTS, help="one part")
    chosen = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    return bench(quick=chosen.quick, parts=[chosen.only] if chosen.only else list(PARTS))


def bench(*, quick: bool, parts: list[str]) -> int:
    """Everything in a database of its own, which is gone at the end."""
    from tests.bench import report, stages, world

    print(
        f"{report.machine()}\nThe database does not wait for the disk. A round is measured in a random order."
    )
    with world.made(stages.QUICK if quick else stages.FULL) as made:
        findings = []
        for part in parts:
            for finding in world.PARTS[part](made):
                report.show(finding)
                findings.append(finding)
    code = report.verdict(findings)
    return 0 if quick else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
