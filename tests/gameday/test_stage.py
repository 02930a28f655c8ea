"""What is laid over the project reaches every service, and what containers read can be read by them."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from resonance_contracts.topics import Service
from resonance_predictor.rules_file import read_rules
from tests.compose.loading import ComposeLoader
from tests.gameday.planting import KIND
from tests.gameday.stage import OVERLAYS, ROOT, UPSTREAMS, Stage


def overlay(name: str) -> dict[str, Any]:
    """The Compose services of a file, by name."""
    text = (ROOT / OVERLAYS.format(name)).read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=ComposeLoader)["services"]  # noqa: S506 - a subclass of SafeLoader
    return found


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path, ())
    made.prepare(40.0)
    return made


@pytest.mark.parametrize("service", Service)
def test_every_service_reaches_what_it_needs_through_the_proxy(service: Service) -> None:
    environment = overlay("proxied")[service]["environment"]
    asked = {value.removeprefix("redis://").split("/")[0] for value in environment.values()}
    assert asked == {f"proxy:{UPSTREAMS[name].rsplit(':', 1)[1]}" for name in ("kafka", "minio", "redis")}


def test_the_broker_tells_its_clients_the_address_of_the_proxy() -> None:
    told = overlay("proxied")["kafka"]["environment"]["KAFKA_ADVERTISED_LISTENERS"]
    assert f"PROXIED://proxy:{UPSTREAMS['kafka'].rsplit(':', 1)[1]}" in told.split(",")


@pytest.mark.parametrize("service", Service)
def test_every_service_has_a_clock_that_can_be_wrong_and_a_tmp_that_can_be_full(service: Service) -> None:
    laid = overlay("strained")[service]
    assert laid["environment"] == {"LD_PRELOAD": "/opt/clock/clock.so"}
    assert f"${{GAME_DAY_FOLDER:?}}/clocks/{service}:/etc/clock:ro" in laid["volumes"]
    assert laid["tmpfs"][0].startswith("/tmp:size=")  # noqa: S108 - in a container


def test_the_rules_of_the_day_are_rules_and_find_what_is_planted(stage: Stage) -> None:
    rules = read_rules(stage.folder / "rules.json")
    assert KIND in {rule["kind"] for rule in json.loads((stage.folder / "rules.json").read_text())["rules"]}
    assert rules is not None


def test_whoever_a_container_is_may_read_what_is_laid_out_for_it(stage: Stage) -> None:
    for path in (stage.folder, *stage.folder.rglob("*")):
        wanted = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
        assert path.stat().st_mode & wanted == wanted, path


def test_two_stages_share_no_name(tmp_path: Path) -> None:
    assert Stage(tmp_path, ()).stack.project != Stage(tmp_path, ()).stack.project
