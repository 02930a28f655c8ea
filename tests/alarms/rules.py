"""The rules and their tests, as promtool and a reader see them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml


def promtool(root: Path) -> list[str]:
    """How promtool is called here: as it is installed, or that of the stack's image if that is here; else nothing."""
    if (installed := shutil.which("promtool")) is not None:
        return [installed]
    layer = (root / "deploy/compose/observability.yml").read_text(encoding="utf-8")
    found = re.search(r"PROMETHEUS_IMAGE:-([^}]+)}", layer)
    docker = shutil.which("docker")
    if docker is None or found is None:
        return []
    there = subprocess.run([docker, "image", "inspect", found[1]], capture_output=True)
    mount = f"{root}:{root}:ro"
    command = [docker, "run", "--rm", "--network", "none", "--volume", mount, "--entrypoint", "promtool", found[1]]
    return [] if there.returncode else command


def promtool_says(root: Path) -> str:
    """What promtool has against the rules or their tests; nothing where all is well."""
    command = promtool(root)
    if not command:
        return "Neither promtool nor the image of Prometheus is here: install one of them."
    for verb, kind in (("check", "rules"), ("test", "tests")):
        words = [*command, verb, "rules", *map(str, paths(root, kind))]
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode:
            return f"{done.stdout}{done.stderr}"
    return ""


def paths(root: Path, kind: str) -> list[Path]:
    """Files of rules, or of tests."""
    return sorted((root / "deploy/prometheus" / kind).glob("*.yml"))


def rules(root: Path) -> Iterator[Mapping[str, Any]]:
    """Every rule of every file."""
    for path in paths(root, "rules"):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


def alerts(root: Path) -> dict[str, Mapping[str, Any]]:
    """Every alert by name."""
    return {rule["alert"]: rule for rule in rules(root) if "alert" in rule}


def looks(root: Path) -> Iterator[tuple[str, bool]]:
    """What tests look at: an alert, and whether it has to fire."""
    for path in paths(root, "tests"):
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for one in test.get("alert_rule_test", ()):
                yield one["alertname"], bool(one.get("exp_alerts"))
            for one in test.get("promql_expr_test", ()):
                if (found := re.search(r'ALERTS\{alertname="(\w+)"', one["expr"])) is not None:
                    yield found[1], bool(one.get("exp_samples"))
