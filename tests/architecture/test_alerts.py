"""Alerts, dashboard, measurements and runbooks hold together: none speaks of what is not there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from kit.metrics import COUNTED
from operators.gauges import Standing

ROOT = Path(settings.BASE_DIR)
RUNBOOKS = ROOT / "docs" / "runbooks"
OF_PROMETHEUS = {"up"}
A_METRIC = re.compile(r"\b(?:upfront_\w+|up)\b(?=[{\[ )]|$)")
# Prometheus adds these to what a counter or a histogram is called.
ENDINGS = re.compile(r"_(?:bucket|sum|count|total)$")

RULES: list[dict[str, Any]] = [
    rule
    for file in sorted((ROOT / "infra" / "alerts").glob("*.yml"))
    for group in yaml.safe_load(file.read_text())["groups"]
    for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = json.loads((ROOT / "infra" / "grafana" / "upfront.json").read_text())["panels"]


@pytest.fixture
def measured(db: None) -> set[str]:
    """All metrics by their names, without endings."""
    counted = {family.name for metric in COUNTED for family in metric.collect()}
    return counted | {family.name for family in Standing().collect()} | OF_PROMETHEUS


def test_every_metric_of_an_alert_or_a_panel_is_measured(measured: set[str]) -> None:
    expressions = [rule["expr"] for rule in RULES]
    expressions += [target["expr"] for panel in PANELS for target in panel["targets"]]
    named = {name for expression in expressions for name in A_METRIC.findall(expression)}
    assert len(named) > 10
    assert sorted(name for name in named if not {name, ENDINGS.sub("", name)} & measured) == []


def test_every_alert_says_how_urgent_it_is_and_what_to_do() -> None:
    assert len(RULES) > 10
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")
        runbook = ROOT / rule["annotations"]["runbook"]
        assert runbook.read_text().startswith(f"# {rule['alert']}\n\n{rule['annotations']['summary']}\n")


def test_every_part_of_a_runbook_is_written() -> None:
    for rule in RULES:
        text = (ROOT / rule["annotations"]["runbook"]).read_text()
        for part in ("What it means for people", "Where to look", "What to do", "Afterwards"):
            assert re.search(rf"## {part}\n\n\S.{{20}}", text, re.DOTALL), (rule["alert"], part)
