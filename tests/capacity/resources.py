"""Requests and limits of the manifests, from the figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.capacity.sizing import Behaviour, Sized

OVERLAYS: Final[Mapping[str, Behaviour]] = {
    "small": Behaviour(10_000),
    "production": Behaviour(1_000_000, partitions=16),
}
FOLDER: Final = Path(__file__).resolve().parents[2] / "deploy/kubernetes/overlays"
KINDS: Final = {"xai": "StatefulSet"}
MIB: Final = 2**20
# What a step of a request is, and the least one.
CPU_STEP_M: Final = 50
MEMORY_STEP: Final = 32 * MIB
# Of a pod that reads its topics again, explains with all libraries, or trains: as Compose bounds them, at least, MiB.
LEAST_LIMIT: Final = {
    "gateway": 512, "feature-extractor": 512, "predictor": 768, "xai": 768, "llm-orchestrator": 512,
    "auto-retrainer": 1536,
}  # fmt: skip


def manifest(sized: Sized) -> str:
    """The patch of an overlay."""
    head = f"# Made by `make capacity`, for {sized.behaviour.users:,} users: docs/operations/capacity.md.\n"
    return head + "---\n".join(_patch(name, sized) for name in sized.workers)


def write(sizes: Mapping[str, Sized], folder: Path = FOLDER) -> None:
    """Writes the patch of each overlay."""
    for overlay, sized in sizes.items():
        (folder / overlay / "resources.yaml").write_text(manifest(sized), encoding="utf-8")


def _patch(name: str, sized: Sized) -> str:
    worker = sized.workers[name]
    cpu = max(CPU_STEP_M, CPU_STEP_M * math.ceil(worker.cores * 1000 / CPU_STEP_M))
    memory = MEMORY_STEP * math.ceil(worker.memory * 1.1 / MEMORY_STEP) // MIB
    limit = max(LEAST_LIMIT[name], 64 * math.ceil(2 * memory / 64))
    return f"""apiVersion: apps/v1
kind: {KINDS.get(name, "Deployment")}
metadata:
  name: {name}
spec:
  template:
    spec:
      containers:
        - name: service
          resources:
            requests: {{cpu: {cpu}m, memory: {memory}Mi}}
            limits: {{memory: {limit}Mi}}
"""
