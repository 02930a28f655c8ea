"""Sizes of the images' layers, and the time to build an image again after a change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.supply.locks import dockerfile
from tests.supply.outcome import IMAGES, ROOT, output

BASE: Final = "python:3.11-slim-bookworm"
BUILT_FROM: Final = (
    "libs/",
    "services/",
    "requirements/",
    "deploy/",
    "console/package-lock.json",
    "notebooks/",
    ".dockerignore",
)
MOST_S: Final = 15.0
"""A change of code is in an image within this, seconds; with one of two processors busy."""


@dataclass(frozen=True, slots=True)
class Size:
    """One image; sizes in bytes, times in seconds.

    Attributes:
        name: Of the image.
        whole: All of it.
        base: Layers of the base image, which all have and which are kept once.
        dependencies: The layer of packages of others.
        own: Everything else: our packages, what is compiled of them, the bill of materials.
        after_code: Time to build it again after a line of its service changed.
        after_lock: Time to build it again after its lock changed, with what was downloaded at hand.
    """

    name: str
    whole: int
    base: int
    dependencies: int
    own: int
    after_code: float
    after_lock: float


def measured(tag: str, names: Sequence[str] = IMAGES) -> Iterator[Size]:
    """Each image of these names, built in a copy of this tree under a tag."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        for name in output("git", "ls-files", "-z").decode().split("\0")[:-1]:
            if name.startswith(BUILT_FROM):
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, tree / name)
        for name in names:
            image = f"resonance/{name}:{tag}"
            _build(tree, name, image)
            whole, base, dependencies = _layers(image)
            _append(tree / source(name), "\n# One line more.\n")
            code_s = _build(tree, name, image)
            _append(tree / f"requirements/{name}.txt", "\n# One line more.\n")
            lock_s = _build(tree, name, image)
            yield Size(name, whole, base, dependencies, whole - base - dependencies, code_s, lock_s)


def source(name: str) -> str:
    """A file of the code of an image."""
    others = {"simulator": "libs/client/resonance_client/__init__.py", "notebooks": "notebooks/reading.py"}
    return others.get(name, f"services/{name}/resonance_{name.replace('-', '_')}/__init__.py")


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def _build(tree: Path, name: str, image: str) -> float:
    """Builds an image and returns how long that took, seconds."""
    path = tree / "Dockerfile.measured"
    path.write_text(dockerfile(name), encoding="utf-8")
    command = ["docker", "build", "--quiet", "--file", str(path), "--tag", image, str(tree)]
    began = time.monotonic()
    done = subprocess.run(command, env=os.environ | {"DOCKER_BUILDKIT": "1"}, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{image} was not built: {done.stderr[-2000:]}")
    return time.monotonic() - began


def _layers(image: str) -> tuple[int, int, int]:
    """Bytes of all of an image, of its base, and of its packages of others."""
    whole, base = (json.loads(output("docker", "image", "inspect", one))[0]["Size"] for one in (image, BASE))
    lines = output("docker", "history", "--no-trunc", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", image)
    sizes = [int(line.split(" ", 1)[0]) for line in lines.decode().splitlines() if "/opt/venv /opt/venv" in line]
    return whole, base, sum(sizes)
