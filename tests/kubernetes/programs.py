"""A real API server of Kubernetes and its etcd, and kustomize, built from their Go modules, once a machine."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent / "apiserver"
PROGRAMS: Final = {"kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver", "etcd": "go.etcd.io/etcd/server/v3"}
KUSTOMIZE: Final = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.1"
BUILD_S: Final = 1500


class Absent(RuntimeError):
    """They are not here and cannot be built; the text says why."""


def programs() -> dict[str, Path]:
    """Where each program is. KUBE_APISERVER and ETCD name those that are here already.

    Raises:
        Absent: There is no Go, or it cannot build them.
    """
    given = {name: os.environ.get(_variable(name)) for name in PROGRAMS}
    return {name: Path(path) if path else _built(name) for name, path in given.items()}


def kustomize() -> Path:
    """Where kustomize is, built at its pinned version.

    Raises:
        Absent: There is no Go, or it cannot build it.
    """
    folder = _cache(KUSTOMIZE.rpartition("@")[2])
    program = folder / "kustomize"
    if not program.exists():
        _go("kustomize", ["install", KUSTOMIZE], {"GOBIN": str(folder)})
    return program


def _built(name: str) -> Path:
    cache = _cache(hashlib.sha256((HERE / "go.sum").read_bytes()).hexdigest()[:12])
    program, made = cache / name, cache / f".{name}.{os.getpid()}"
    if not program.exists():
        _go(name, ["build", "-trimpath", "-ldflags", "-s -w", "-o", str(made), PROGRAMS[name]], {})
        made.replace(program)
    return program


def _go(name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    go = shutil.which("go")
    if go is None:
        raise Absent(f"There is no {name} and no Go to build it: install Go, or name it in {_variable(name)}.")
    done = subprocess.run(
        [go, *arguments], cwd=HERE, env={**os.environ, **environment}, capture_output=True, text=True, timeout=BUILD_S
    )
    if done.returncode:
        raise Absent(f"{name} could not be built: {done.stderr.strip()[-500:]}")


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")


def _cache(version: str) -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "resonance/kubernetes" / version
    folder.mkdir(parents=True, exist_ok=True)
    return folder
