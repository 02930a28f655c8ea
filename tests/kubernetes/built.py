"""Builds overlays, as `kubectl apply -k` would."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.kubernetes import programs

ROOT: Final = Path(__file__).resolve().parents[2]
KUBERNETES: Final = ROOT / "deploy/kubernetes"
OVERLAYS: Final = ("small", "production", "secure")
WORKLOADS: Final = ("Deployment", "StatefulSet")
# Set by `make kubernetes-check`.
CHECKED: Final = "RESONANCE_KUBERNETES_TEST"

Object = Mapping[str, Any]


@cache
def built(overlay: str) -> tuple[Object, ...]:
    """The objects of an overlay. The test is left out where nothing here can build it."""
    command = _builder()
    if command is None:
        pytest.skip("neither kubectl nor kustomize is here; `make kubernetes-check` builds kustomize with Go")
    done = subprocess.run([*command, str(KUBERNETES / "overlays" / overlay)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


def _builder() -> Sequence[str] | None:
    kustomize = os.environ.get("KUSTOMIZE") or shutil.which("kustomize")
    if kustomize:
        return [kustomize, "build"]
    kubectl = shutil.which("kubectl")
    if kubectl:
        return [kubectl, "kustomize"]
    return [str(programs.kustomize()), "build"] if CHECKED in os.environ else None


def of(objects: Sequence[Object], *kinds: str) -> dict[str, Any]:
    """Objects of some kinds by name."""
    return {one["metadata"]["name"]: one for one in objects if one["kind"] in kinds}


def pods(objects: Sequence[Object]) -> Iterator[tuple[str, Any]]:
    """Name and pod template of everything that makes pods."""
    for one in objects:
        if one["kind"] in (*WORKLOADS, "Job"):
            yield one["metadata"]["name"], one["spec"]["template"]


def config(objects: Sequence[Object], name: str) -> dict[str, str]:
    """Data of a generated ConfigMap, by its name without the hash."""
    found = [one for one in objects if one["kind"] == "ConfigMap" and _bare(one["metadata"]["name"]) == name]
    assert len(found) == 1, f"one ConfigMap {name}, not {len(found)}"
    data: dict[str, str] = found[0].get("data") or {}
    return data


def _bare(name: str) -> str:
    head, _, tail = name.rpartition("-")
    return head if len(tail) == 10 and tail.isalnum() else name
