"""Alert rules, dashboards and scrape targets speak of metrics and services that exist."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

from resonance_contracts.topics import Service
from resonance_runtime import metrics
from resonance_runtime.metrics_document import page
from tests.alarms.rules import paths, promtool, promtool_says, rules
from tests.dashboards.panels import boards

OF_PROMETHEUS = {"up", "ALERTS"}
# Of every process, and of Prometheus and Alertmanager themselves.
OF_OTHERS = {
    "process_start_time_seconds",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
    "prometheus_config_last_reload_successful",
    "alertmanager_config_last_reload_successful",
    "alertmanager_notifications_failed_total",
}


def catalogue() -> set[str]:
    """Names of every series of the metric catalogue."""
    assert metrics.SERVICE_READY
    names = set()
    for family in REGISTRY.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}
        names |= {family.name + suffix for suffix in suffixes.get(family.type, [])}
    return names


def metrics_of(expression: str) -> set[str]:
    """Names of the metrics in a PromQL expression."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', "", expression)
    bare = re.sub(r"\b(by|on|without|ignoring|group_left)\s*\([^)]*\)", "", bare)
    words = set(re.findall(r"\b[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()", bare))
    return {w for w in words if "_" in w or w in OF_PROMETHEUS} - OF_PROMETHEUS


def test_alert_rules_use_metrics_that_exist(root: Path) -> None:
    recorded = {rule["record"] for rule in rules(root) if "record" in rule}
    for rule in rules(root):
        known = catalogue() | recorded | OF_OTHERS
        assert metrics_of(rule["expr"]) <= known, rule.get("alert") or rule["record"]


def test_dashboards_use_metrics_that_exist(root: Path) -> None:
    seen = set()
    for path in (root / "grafana/dashboards").glob("*.json"):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", ()):
                seen |= metrics_of(target["expr"])
    assert len(seen) > 10
    assert seen <= catalogue()


def test_dashboards_are_what_their_script_writes(root: Path) -> None:
    done = subprocess.run([sys.executable, root / "grafana/generate", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_five_dashboards_are_there_and_each_panel_says_what_to_do() -> None:
    found = boards()
    assert {panels[0].board for panels in found.values()} == {
        "XAI Performance", "OpenAI Intelligence", "Combined AI/ML", "Pipeline", "Models",
    }  # fmt: skip
    for panel in (panel for panels in found.values() for panel in panels):
        assert panel.description.endswith("."), panel.title
        assert panel.queries and all(query.legend for query in panel.queries), panel.title


def test_panels_of_a_dashboard_have_numbers_of_their_own_and_stand_beside_each_other(root: Path) -> None:
    for path in (root / "grafana/dashboards").glob("*.json"):
        panels = json.loads(path.read_text(encoding="utf-8"))["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels), path.name
        places = [panel["gridPos"] for panel in panels]
        taken = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
        assert len(taken) == len(set(taken)) and max(x for x, _ in taken) < 24, path.name


def test_every_metric_is_on_a_dashboard_or_in_a_rule(root: Path) -> None:
    document = page(root / "grafana/dashboards", root / "deploy/prometheus/rules")
    assert [line for line in document.splitlines() if line.endswith("| here |")] == []


def test_the_reference_of_metrics_is_current(root: Path) -> None:
    written = (root / "docs/reference/metrics.md").read_text(encoding="utf-8")
    document = page(root / "grafana/dashboards", root / "deploy/prometheus/rules")
    assert written == document, "run `make reference`"


def test_every_service_is_scraped_at_its_port(root: Path, ports: dict[str, int]) -> None:
    jobs = yaml.safe_load((root / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    assert {name: targets.get(name) for name in Service} == {name: [f"{name}:{ports[name]}"] for name in Service}


def test_alert_rules_fire_when_they_should(root: Path) -> None:
    if not promtool(root):
        pytest.skip("neither promtool nor the image of Prometheus is here; `make alerts-check` runs them")
    tests, files = paths(root, "tests"), paths(root, "rules")
    assert [path.name for path in tests] == [path.name for path in files], "each file of rules has its tests"
    assert promtool_says(root) == ""
