"""What a service's README says of topics, port and settings is so."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from resonance_contracts.topics import TOPICS, Service
from resonance_runtime.settings import ObjectStoreSettings, RedisSettings, RuntimeSettings

SHARED = {name for base in (RuntimeSettings, ObjectStoreSettings, RedisSettings) for name in base.model_fields}


@pytest.fixture(params=sorted(Service))
def service(request: pytest.FixtureRequest) -> Service:
    """Each service in turn."""
    return Service(request.param)


@pytest.fixture
def readme(root: Path, service: Service) -> str:
    """Its README."""
    return (root / f"services/{service}/README.md").read_text(encoding="utf-8")


def test_it_names_the_topics_of_the_catalogue(service: Service, readme: str) -> None:
    for heading, topics in {
        "reads": {t.name for t in TOPICS if service in t.readers},
        "writes": {t.name for t in TOPICS if service in t.owners},
    }.items():
        row = re.search(rf"^\| {heading} \| (.*) \|$", readme, re.MULTILINE)
        assert row is not None and set(re.findall(r"`(resonance\.[^`]+)`", row[1])) == topics


def test_it_names_the_port(service: Service, readme: str, ports: dict[str, int]) -> None:
    assert f"| port | {ports[service]}:" in readme


def test_it_names_every_setting_of_its_own(service: Service, readme: str) -> None:
    module = importlib.import_module(f"resonance_{service.replace('-', '_')}.settings")
    own = [
        t for t in vars(module).values()
        if isinstance(t, type) and issubclass(t, RuntimeSettings) and t is not RuntimeSettings
    ]  # fmt: skip
    variables = {
        info.validation_alias if isinstance(info.validation_alias, str) else f"RESONANCE_{name.upper()}"
        for settings in own
        for name, info in settings.model_fields.items()
        if name not in SHARED
    }
    table = readme[readme.index("## Settings") :]
    first_cells = "".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))
    assert set(re.findall(r"`([A-Z0-9_]+)`", first_cells)) == variables


def test_the_files_it_points_at_are_there(root: Path, service: Service, readme: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", readme)
    assert links
    for link in links:
        assert (root / f"services/{service}" / link).exists(), link
