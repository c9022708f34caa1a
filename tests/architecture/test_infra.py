"""What runs in production names things that exist: commands, options, variables, addresses, queues."""

import importlib
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.beat import beat
from celery.bin.worker import worker
from django.conf import settings
from django.core.management import get_commands
from django.urls import resolve
from granian.cli import cli as granian

from demo.processes import programs
from tenants.integrations.turns import OF_ALL

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
COMPOSE: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if "UPFRONT_IMAGE" in each["image"]}
READ_BY_SETTINGS = re.compile(r"""(?:env(?:\.\w+)?|database)\(\s*"([A-Z_]+)"|"([A-Z_]+)" in env""")
# What images of others, Python and Django read.
OTHERS = {"POSTGRES_PASSWORD", "OWNER_PASSWORD", "WEB_PASSWORD", "ACME_EMAIL"}


def variables_of_settings() -> set[str]:
    source = (ROOT / "platform" / "config" / "settings.py").read_text()
    return {one or other for one, other in READ_BY_SETTINGS.findall(source)}


def example(name: str, *, commented: bool = False) -> dict[str, str]:
    """The variables of one of the files that are copied and filled in."""
    lines = (INFRA / f"{name}.env.example").read_text().splitlines()
    if commented:
        lines = [re.sub(r"^# (?=[A-Z_]+=)", "", line) for line in lines]
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def docker_command() -> list[str]:
    (command,) = re.findall(r"^CMD (.*)$", (INFRA / "Dockerfile").read_text(), re.M)
    found: list[str] = yaml.safe_load(command)
    return found


def command_of(service: str) -> list[str]:
    """As its container is started."""
    found: list[str] = SERVICES[service].get("command") or docker_command()
    return found


# --- variables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["site", "owner", "postgres", "caddy"])
def test_every_variable_is_read_by_somebody(name: str) -> None:
    named = set(example(name, commented=True))
    assert named
    assert named - variables_of_settings() - OTHERS == set()


def test_what_compose_sets_itself_is_read_too() -> None:
    for name, service in OURS.items():
        assert set(service["environment"]) <= variables_of_settings(), name


def test_only_who_must_knows_the_owner() -> None:
    knowing = {name for name, each in SERVICES.items() if "owner.env" in each.get("env_file", [])}
    assert knowing == {"migrate", "provisioner"}
    assert set(example("owner")) == {"OWNER_DATABASE_URL"}
    assert not any("OWNER" in variable for variable in example("site", commented=True))


def test_the_superusers_password_is_known_to_the_database_only() -> None:
    knowing = {name for name, each in SERVICES.items() if "postgres.env" in each.get("env_file", [])}
    assert knowing == {"postgres"}


def test_no_secret_stands_in_the_repository() -> None:
    for name in ("site", "postgres"):
        for variable, value in example(name).items():
            if "SECRET" in variable or "PASSWORD" in variable or variable.endswith("_KEY"):
                assert value == "", variable
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "infra/*.env" in ignored
    assert {"**/*.env", "infra"} <= set((ROOT / ".dockerignore").read_text().splitlines())


def test_the_deployment_check_is_clean_with_the_variables_of_compose() -> None:
    filled = {
        "SECRET_KEY": "k0" * 32,
        "STRIPE_API_KEY": "sk_live_for_checks",
        "STRIPE_WEBHOOK_SECRET_ACCOUNTS": "whsec_for_checks",
        "STRIPE_WEBHOOK_SECRET_SELF": "whsec_for_checks",
    }
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    variables = {**passed_on, **example("site"), **filled, **OURS["web"]["environment"]}
    variables["SECRET_KEY"] = os.urandom(40).hex()
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={**variables, "LOCAL_DIR": str(ROOT / ".local")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


# --- processes --------------------------------------------------------------------------------------


def options(command: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in command if word.startswith("--")}


def known(*commands: Any) -> set[str]:
    return {
        option
        for each in commands
        for parameter in each.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }


def test_every_process_starts_with_options_that_exist() -> None:
    for name in OURS:
        command = command_of(name)
        if command[0] == "celery":
            assert importlib.import_module(command[2]).app
            role = {"worker": worker, "beat": beat}[command[3]]
            assert options(command) <= known(role), name
        elif command[0] == "granian":
            assert options(command) <= known(granian), name
            module, _, application = command[-1].partition(":")
            assert callable(getattr(importlib.import_module(module), application))
        else:
            assert command[:2] == ["python", "manage.py"], name
            assert command[2] in get_commands(), name


def test_every_queue_has_a_worker() -> None:
    words = [word for name in OURS for word in command_of(name) if word.startswith("--queues=")]
    taken = {queue for word in words for queue in word.partition("=")[2].split(",")}
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}
    assert taken == {settings.CELERY_TASK_DEFAULT_QUEUE, *routed}


def test_half_of_the_messengers_threads_are_for_those_who_answer() -> None:
    here = programs({}, folder=Path("state"), port=8000, simulator_port=12111)["messenger"].command
    for command in (command_of("messenger"), here):
        [said] = [word for word in command if word.startswith("--concurrency=")]
        assert int(said.partition("=")[2]) >= 2 * OF_ALL


def test_everything_waits_until_the_schema_is_there() -> None:
    for name in set(OURS) - {"migrate"}:
        assert OURS[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}, name


def test_no_process_of_ours_may_do_more_than_it_needs() -> None:
    for name, each in OURS.items():
        assert each["read_only"], name
        assert each["cap_drop"] == ["ALL"], name
    assert re.search(r"^USER 10001$", (INFRA / "Dockerfile").read_text(), re.M)


def test_all_packages_go_into_the_image() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {package.partition("/")[0] for package in packages} & set(ignored) == set()
    (requirements,) = re.findall(r"COPY (requirements/\S+)", (INFRA / "Dockerfile").read_text())
    assert "--hash=sha256" in (ROOT / requirements).read_text()


# --- addresses --------------------------------------------------------------------------------------


def test_the_health_check_asks_for_a_page_that_answers_without_encryption() -> None:
    program = SERVICES["web"]["healthcheck"]["test"][-1]
    compile(program, "healthcheck", "exec")
    (path,) = re.findall(r"127\.0\.0\.1:8000(/\w+)", program)
    assert resolve(path, "config.urls.central").url_name == "health"
    assert any(re.match(each, path[1:]) for each in settings.SECURE_REDIRECT_EXEMPT)
    assert "CENTRAL_HOST" in example("site")


def test_caddy_asks_the_page_that_knows_and_shows_it_to_nobody_else() -> None:
    caddyfile = (INFRA / "Caddyfile").read_text()
    (host, path) = re.findall(r"ask http://(\w+):8000(\S+)", caddyfile)[0]
    assert resolve(path, "config.urls.central").url_name == "tls_ask"
    assert any(re.match(each, path[1:]) for each in settings.SECURE_REDIRECT_EXEMPT)
    assert host in SERVICES["web"]["environment"]["EXTRA_HOSTS"].split(",")
    assert re.search(r"@inside path /internal/\* /metrics\n\s*respond @inside 404", caddyfile)
    assert set(re.findall(r"\{\$(\w+)\}", caddyfile)) == set(example("caddy"))


def test_the_first_start_makes_the_roles_that_the_addresses_name() -> None:
    script = (INFRA / "postgres" / "first-start.sh").read_text()
    given = dict(re.findall(r"--set=(\w+)=(\S+)", script))
    wanted = set(re.findall(r":['\"](\w+)['\"]", (INFRA / "postgres" / "roles.sql").read_text()))
    assert wanted <= set(given)
    for name, role in (("site", "web"), ("owner", "owner")):
        (address,) = (value for variable, value in example(name).items() if "DATABASE_URL" in variable)
        assert address.startswith(f"postgres://{given[role]}:"), name
        assert address.endswith(f"@postgres:5432/{given['database']}"), name
    assert set(re.findall(r"\$(\w+_PASSWORD)", script)) < set(example("postgres"))
    assert shlex.split(script.replace("\\\n", " "), comments=True)
    assert os.access(INFRA / "postgres" / "first-start.sh", os.X_OK)
