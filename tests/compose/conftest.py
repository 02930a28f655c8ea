"""The files under test, parsed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.compose.loading import ComposeLoader

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("core", "observability")
OVERLAYS = ("secure", "secrets", "secure-secrets", "load", "secure-load", "notebooks")
PORTS = {
    "gateway": 8000,
    "feature-extractor": 8001,
    "predictor": 8002,
    "xai": 8003,
    "llm-orchestrator": 8004,
    "auto-retrainer": 5000,
}


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def ports() -> dict[str, int]:
    """Port inside the container of each of the six services."""
    return PORTS


@pytest.fixture(scope="session")
def layer_texts() -> dict[str, str]:
    """Text of each Compose layer."""
    return {name: (ROOT / f"deploy/compose/{name}.yml").read_text(encoding="utf-8") for name in LAYERS}


@pytest.fixture(scope="session")
def overlay_texts() -> dict[str, str]:
    """Text of each file that can be laid over the layers."""
    return {name: (ROOT / f"deploy/compose/{name}.yml").read_text(encoding="utf-8") for name in OVERLAYS}


@pytest.fixture(scope="session")
def containers(layer_texts: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Every Compose service of every layer, by name."""
    found: dict[str, dict[str, Any]] = {}
    for text in layer_texts.values():
        found |= yaml.load(text, Loader=ComposeLoader)["services"]  # noqa: S506 - a subclass of SafeLoader
    return found


@pytest.fixture(scope="session")
def overlays(overlay_texts: dict[str, str]) -> dict[str, dict[str, dict[str, Any]]]:
    """Every Compose service of each file that can be laid over the layers, by file and name."""
    return {
        file: yaml.load(text, Loader=ComposeLoader)["services"]  # noqa: S506 - a subclass of SafeLoader
        for file, text in overlay_texts.items()
    }


@pytest.fixture(scope="session")
def needs() -> dict[str, tuple[set[str], set[str]]]:
    """Folders of the libraries, and outside requirements, of each service, through everything it uses."""
    projects = {}
    for path in [*ROOT.glob("libs/*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")]:
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        projects[project["name"]] = (path.parent, project["dependencies"])
    found = {}
    for name, (folder, _) in projects.items():
        if folder.parent.name == "services":
            used, outside = _through(name, projects)
            found[folder.name] = ({projects[u][0].name for u in used - {name}}, outside)
    return found


def _through(name: str, projects: dict[str, tuple[Path, list[str]]]) -> tuple[set[str], set[str]]:
    used, outside, waiting = {name}, set(), [name]
    while waiting:
        for requirement in projects[waiting.pop()][1]:
            other = re.split(r"[^A-Za-z0-9-]", requirement)[0]
            if other not in projects:
                outside.add(requirement)
            elif other not in used:
                used.add(other)
                waiting.append(other)
    return used, outside
