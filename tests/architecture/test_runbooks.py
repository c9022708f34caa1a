"""What runbooks tell the one on call to type and to open is there: commands, services, pages, metrics."""

import re
import shlex
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.template.loader import get_template

from operators.navigation import PLACES

ROOT = Path(settings.BASE_DIR)
RUNBOOKS = ROOT / "docs" / "runbooks"
TEXTS = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in [*sorted(RUNBOOKS.glob("*.md")), ROOT / "infra" / "README.md"]
}
SERVICES = yaml.safe_load((ROOT / "infra" / "compose.yaml").read_text())["services"]
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "infra" / "alerts" / "upfront.yml").read_text())["groups"]
    for rule in group["rules"]
]
# Options of `docker compose` that take a value of their own.
VALUED = {"--since", "--scale", "-U", "-d"}
A_COMMAND = re.compile(r"(?:^|`)((?:\w+=\S+ )?docker compose [^`\n]+)", re.MULTILINE)
A_MANAGE = re.compile(r"manage\.py ([^`|\n<]+)")
A_PAGE = re.compile(r"operators' page “([^”]+)”(?:, below “([^”]+)”)?")


def _every(pattern: re.Pattern[str]) -> list[tuple[str, Any]]:
    return [(name, found) for name, text in TEXTS.items() for found in pattern.findall(text)]


def _words(command: str) -> list[str]:
    """Up to where its output is led on."""
    return list(takewhile(lambda word: word not in ("|", "<", ">"), shlex.split(command)))


@pytest.mark.parametrize(("name", "command"), _every(A_MANAGE))
def test_a_command_of_ours_takes_what_is_typed(name: str, command: str) -> None:
    words = shlex.split(command)
    applications = get_commands()
    assert words[0] in applications, name
    found = applications[words[0]]
    loaded = load_command_class(found, words[0]) if isinstance(found, str) else found
    loaded.create_parser("manage.py", words[0]).parse_args(words[1:])


@pytest.mark.parametrize(("name", "command"), _every(A_COMMAND))
def test_a_command_to_compose_names_services_that_are_there(name: str, command: str) -> None:
    words = [each for each in _words(command) if "=" not in each or each.startswith("-")]
    verb, rest = words[2], words[3:]
    plain = [
        each for nth, each in enumerate(rest) if not each.startswith("-") and rest[nth - 1] not in VALUED
    ]
    named = plain[:1] if verb in ("exec", "run") else plain
    assert verb in {"exec", "run", "logs", "ps", "restart", "up"}, name
    assert set(named) <= set(SERVICES), name
    assert named or verb in ("ps", "up"), name


def test_a_page_that_is_named_is_there_with_its_section() -> None:
    templates = {"Work": "work", "Stuck": "stuck", "Books": "books"}
    named = _every(A_PAGE)
    assert len(named) > 8
    for name, (page, section) in named:
        assert page in PLACES.values(), name
        if section:
            source = get_template(f"operators/{templates[page]}.html").template.source  # type: ignore[attr-defined]
            assert f">{section}</h2>" in source, (name, section)


def test_every_alert_is_in_the_list_with_its_runbook_and_how_urgent_it_is() -> None:
    listed = re.findall(
        r"^\| (\w+) \| (yes|no) \| \[.+\]\((.+)\) \|$", TEXTS["docs/runbooks/README.md"], re.MULTILINE
    )
    wakes = {"page": "yes", "ticket": "no"}
    expected = {
        (rule["alert"], wakes[rule["labels"]["severity"]], Path(rule["annotations"]["runbook"]).name)
        for rule in RULES
    }
    assert set(listed) == expected


def test_links_between_them_lead_somewhere() -> None:
    for name, text in TEXTS.items():
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((ROOT / name).parent / target).exists(), (name, target)
