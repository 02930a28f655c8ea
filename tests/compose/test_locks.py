"""The locks fit the packages, agree with each other, and give each service its own dependencies only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

TRAINING = {"scikit-learn", "scipy", "joblib"}
MODELS = {"onnx", "onnxruntime", "numpy"}


def pins(path: Path) -> dict[str, str]:
    """Version of each package of a lock."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", path.read_text(encoding="utf-8"), re.MULTILINE))


@pytest.fixture(scope="module")
def locks(root: Path) -> dict[str, dict[str, str]]:
    """Pins of each lock."""
    return {path.stem: pins(path) for path in sorted((root / "requirements").glob("*.txt"))}


def test_every_service_has_a_lock_that_fits_its_packages(
    locks: dict[str, dict[str, str]], needs: dict[str, tuple[set[str], set[str]]]
) -> None:
    for service, (_, outside) in needs.items():
        for requirement in map(Requirement, outside):
            pin = locks[service].get(canonicalize_name(requirement.name))
            assert pin is not None, f"{service}.txt lacks {requirement}: run `make lock`"
            assert requirement.specifier.contains(pin), f"{service}.txt has {pin} for {requirement}: run `make lock`"


def test_a_package_has_one_version_everywhere(locks: dict[str, dict[str, str]]) -> None:
    for name, pinned in locks.items():
        if name not in {"dev", "build"}:
            assert pinned.items() <= locks["dev"].items(), f"{name}.txt differs from dev.txt: run `make lock`"
            assert name in {"local", "notebooks"} or pinned.items() <= locks["local"].items()


def test_every_pin_has_hashes_and_no_address(root: Path) -> None:
    for path in (root / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text and "-index" not in text and "find-links" not in text, path.name
        for block in re.split(r"\n(?=[A-Za-z0-9])", text.split("\n", 1)[1]):
            assert "--hash=sha256:" in block, f"{path.name}: {block.splitlines()[0]}"


def test_a_services_dependencies_are_its_own(locks: dict[str, dict[str, str]]) -> None:
    services = {
        name: set(pinned)
        for name, pinned in locks.items()
        if name not in {"dev", "build", "local", "simulator", "notebooks"}
    }
    assert len(services) == 6
    # xai fits lines and trees to what models say.
    assert {name for name, packages in services.items() if packages & TRAINING} == {"auto-retrainer", "xai"}
    assert {name for name, packages in services.items() if "lime" in packages} == {"xai"}
    assert not services["gateway"] & (TRAINING | MODELS | {"shap", "openai", "anthropic", "faust-streaming"})
    assert not any(packages & {"pytest", "mypy", "ruff", "shap", "skl2onnx"} for packages in services.values())
