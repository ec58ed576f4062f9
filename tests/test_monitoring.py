"""The alarms and the dashboard speak of what the portal measures, with its own limits; and of all of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from entities import replica
from notifications.figures import figures

pytestmark = pytest.mark.usefixtures("measured_copy")
DOCS = Path(__file__).resolve().parent.parent / "docs"
NAME = re.compile(r"\bportal_\w+")


@pytest.fixture
def measured_copy(replica_named: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a copy of the database: what is measured of it has its alarm as well."""
    monkeypatch.setattr(replica, "measure", lambda: 0.4)


def rules() -> dict[str, dict[str, Any]]:
    [group] = yaml.safe_load((DOCS / "monitoring" / "alerts.yml").read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def named_in_rules() -> set[str]:
    return {name for rule in rules().values() for name in NAME.findall(rule["expr"])}


def named_in_dashboard() -> set[str]:
    panels = json.loads((DOCS / "monitoring" / "dashboard.json").read_text())["panels"]
    return {name for panel in panels for target in panel["targets"] for name in NAME.findall(target["expr"])}


@pytest.mark.django_db
def test_what_is_asked_for_is_measured(client: Client, settings: Any, own_cache: None) -> None:
    settings.METRICS_TOKEN = "a-token"
    answer = client.get("/metrics", headers={"Authorization": "Bearer a-token"}).content.decode()
    measured = {sample.name for family in text_string_to_metric_families(answer) for sample in family.samples}
    assert named_in_rules() - measured == set()
    assert named_in_dashboard() - measured == set()


@pytest.mark.django_db
def test_every_figure_has_its_alarm_at_its_own_limit(own_cache: None) -> None:
    expressions = " ; ".join(rule["expr"] for rule in rules().values())
    for each in figures(at=timezone.now()):
        assert re.search(rf"\b{each.name}\)? > {each.limit:.0f}\b", expressions), each.name
        assert each.name in named_in_dashboard()


def test_every_metric_of_the_documentation_has_its_alarm() -> None:
    _before, _, after = (DOCS / "operations.md").read_text().partition("## What to be woken for")
    section = after.partition("\n## ")[0]
    documented = {name for line in section.splitlines() if line.startswith("|") for name in NAME.findall(line)}
    known = {name.removesuffix("_total").removesuffix("_bucket") for name in named_in_rules()}
    assert {name.removesuffix("_total") for name in documented} == known


def test_an_alarm_says_how_urgent_it_is_and_what_to_do() -> None:
    for name, rule in rules().items():
        assert rule["labels"]["severity"] in {"page", "ticket"}, name
        assert len(rule["annotations"]["summary"]) > 40, name
