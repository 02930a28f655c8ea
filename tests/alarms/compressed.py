"""The configuration of Prometheus and Alertmanager as it is written, with its time running faster.

Every duration of every rule is divided by `FACTOR`; thresholds stay what they are. What is read every other second
cannot be judged by less than a few readings, so no window is shorter than `LEAST_WINDOW_S`, and nothing that waits
waits less than `LEAST_WAIT_S`.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Final

import yaml

FACTOR: Final = 240
LEAST_WINDOW_S: Final = 6.0
LEAST_WAIT_S: Final = 2.0
SCRAPE_S: Final = 2
UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
# Three starts take longer than a fifteen minutes' window is then.
KEPT_WINDOWS: Final = {"ServiceRestarts": 60.0}

_WINDOW: Final = re.compile(r"(\[|offset )(\d+)(ms|s|m|h|d|w)(\]?)")


def seconds(duration: str) -> float:
    """Seconds of a duration such as 5m."""
    found = re.fullmatch(r"(\d+)(ms|s|m|h|d|w)", duration)
    if found is None:
        raise ValueError(f"Expected a duration such as 5m, got {duration!r}.")
    return int(found[1]) * UNITS[found[2]]


def quicker(duration: str, least_s: float = LEAST_WAIT_S) -> str:
    """A duration of the compressed configuration."""
    return f"{max(1, round(1000 * max(seconds(duration) / FACTOR, least_s)))}ms"


def compressed_rules(text: str) -> str:
    """A file of rules."""
    document = yaml.safe_load(text)
    for group in document["groups"]:
        group.pop("interval", None)
        for rule in group["rules"]:
            least_s = KEPT_WINDOWS.get(rule.get("alert", ""), LEAST_WINDOW_S)
            rule["expr"] = _windows(rule["expr"], least_s)
            if "for" in rule:
                rule["for"] = quicker(rule["for"])
    return yaml.safe_dump(document, sort_keys=False, width=1000)


def _windows(expression: str, least_s: float) -> str:
    return _WINDOW.sub(lambda m: f"{m[1]}{quicker(m[2] + m[3], least_s)}{m[4]}", expression)


def compressed_scraping(text: str) -> str:
    """Prometheus's own file, with the gateway whose certificate expires among its targets."""
    document: dict[str, Any] = yaml.safe_load(text)
    every = f"{SCRAPE_S}s"
    document["global"] = {"scrape_interval": every, "scrape_timeout": every, "evaluation_interval": every}
    edge = {"job_name": "edge", "static_configs": [{"targets": ["edge:8010"]}]}
    document["scrape_configs"].append(edge)
    return yaml.safe_dump(document, sort_keys=False)


def compressed_routing(text: str) -> str:
    """Alertmanager's own file."""
    return re.sub(
        r"(group_wait|group_interval|repeat_interval): (\w+)",
        lambda m: f"{m[1]}: {quicker(m[2], 0.2 if m[1] == 'group_wait' else 1.0)}",
        text,
    )


def write(deploy: Path, folder: Path) -> None:
    """Writes the compressed copies of `deploy/prometheus` and `deploy/alertmanager`."""
    for name in ("prometheus", "alertmanager"):
        shutil.copytree(deploy / name, folder / name)
    for path in (folder / "prometheus/rules").glob("*.yml"):
        path.write_text(compressed_rules(path.read_text(encoding="utf-8")), encoding="utf-8")
    scraping, routing = folder / "prometheus/prometheus.yml", folder / "alertmanager/alertmanager.yml"
    scraping.write_text(compressed_scraping(scraping.read_text(encoding="utf-8")), encoding="utf-8")
    routing.write_text(compressed_routing(routing.read_text(encoding="utf-8")), encoding="utf-8")
    address = folder / "alertmanager/ticket-address"
    address.write_text("http://outside:8099/alerts/ticket\n", encoding="utf-8")
