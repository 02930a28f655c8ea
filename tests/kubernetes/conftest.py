"""Overlays, built once, and the Compose project that they agree with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import yaml

from tests.compose.conftest import PORTS
from tests.compose.loading import ComposeLoader
from tests.kubernetes.built import OVERLAYS, ROOT, Object, built


@pytest.fixture(params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    """Name of each overlay in turn."""
    return str(request.param)


@pytest.fixture
def objects(overlay: str) -> Sequence[Object]:
    """Its objects."""
    return built(overlay)


@pytest.fixture(scope="session")
def ports() -> dict[str, int]:
    """Port of each service."""
    return PORTS


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    """Containers of the core layer, by name."""
    text = (ROOT / "deploy/compose/core.yml").read_text(encoding="utf-8")
    containers: dict[str, Any] = yaml.load(text, Loader=ComposeLoader)["services"]  # noqa: S506 - a SafeLoader
    return containers


@pytest.fixture(scope="session")
def secure_compose(compose: dict[str, Any]) -> dict[str, Any]:
    """The same with what the secure layer adds to their variables."""
    text = (ROOT / "deploy/compose/secure.yml").read_text(encoding="utf-8")
    added = yaml.load(text, Loader=ComposeLoader)["services"]  # noqa: S506 - a SafeLoader
    return {
        name: {**one, "environment": {**one.get("environment", {}), **added.get(name, {}).get("environment", {})}}
        for name, one in compose.items()
    }
