"""Locks: current, with hashes, and the only thing that images are built from."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from tests.supply.outcome import IMAGES, ROOT, Outcome

NPM: Final = (
    "console/package-lock.json",
    "proto-schemas/package-lock.json",
    "tests/console/package-lock.json",
    "tests/load-testing/package-lock.json",
    "tests/proxy/package-lock.json",
)
DEFAULT_REGISTRY: Final = "https://registry.npmjs.org/"


def check() -> Iterator[Outcome]:
    """All questions about locks."""
    yield hashes()
    yield images()
    yield npm()
    yield current()


def hashes() -> Outcome:
    """Whether every pin has hashes."""
    pins, bare = 0, []
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        for block in blocks(path.read_text(encoding="utf-8")):
            pins += 1
            if "--hash=sha256:" not in block:
                bare.append(f"{path.name} has no hash for {block.split()[0]}: run `make lock`.")
    return Outcome(
        "every pin has hashes", f"{pins} pins in {len(list((ROOT / 'requirements').glob('*.txt')))} files", bare
    )


def blocks(lock: str) -> list[str]:
    """Pins of a lock with their hashes, as text."""
    return [block for block in re.split(r"\n(?=[A-Za-z0-9])", lock) if not block.startswith("#")]


def images() -> Outcome:
    """Whether Dockerfiles install nothing but what is locked."""
    faults = [fault for name in IMAGES for fault in installs(name, dockerfile(name))]
    return Outcome("images install only what is locked", f"{len(IMAGES)} Dockerfiles", faults)


def dockerfile(name: str) -> str:
    """Text of the Dockerfile of an image."""
    others = {"simulator": "libs/client", "notebooks": "notebooks"}
    return (ROOT / others.get(name, f"services/{name}") / "Dockerfile").read_text(encoding="utf-8")


def installs(name: str, text: str) -> Iterable[str]:
    """What is wrong with the commands that install in a Dockerfile."""
    flat = text.replace("\\\n", " ")
    for command in re.findall(r"(?:uv )?pip install[^&|;\n]*", flat):
        words = command.split()
        ours = "--no-deps" in words and "--offline" in words and "--target" in words
        if not ours and "--require-hashes" not in words:
            yield f"The Dockerfile of {name} installs without --require-hashes: {command}"
        sources = "--only-binary" in words and "--require-build-hashes" in words
        if command.startswith("uv ") and not ours and "--no-build" not in words and not sources:
            yield f"The Dockerfile of {name} may build what is not locked: {command}"
    for word in ("apt-get", "apk add", "curl ", "wget ", "npm ", "git clone", "ADD http"):
        if re.search(rf"(?<![-\w]){word}", flat):
            yield f"The Dockerfile of {name} has {word.strip()!r}, which no lock covers."


def npm() -> Outcome:
    """Whether packages of npm are pinned with hashes, at npm's own registry; few of them are in the console."""
    packages, shipped, faults = 0, 0, []
    for path in NPM:
        lock = json.loads((ROOT / path).read_text(encoding="utf-8"))
        found = [(name, one) for name, one in lock["packages"].items() if name]
        packages += len(found)
        shipped += sum(1 for _, one in found if not one.get("dev") and not one.get("peer"))
        faults += [f"{path}: {fault}" for fault in npm_faults(lock["packages"][""], found)]
    return Outcome("npm's locks have hashes", f"{packages} packages in {len(NPM)} files, {shipped} shipped", faults)


def npm_faults(asked: dict[str, Any], found: Iterable[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    """What is wrong with a lock of npm."""
    for kind in ("dependencies", "devDependencies"):
        for name, version in asked.get(kind, {}).items():
            if not re.fullmatch(r"\d+\.\d+\.\d+(-[\w.]+)?", version):
                yield f"{name} is asked for as {version!r}, expected one version."
    for name, one in found:
        if not one.get("integrity", "").startswith("sha512-"):
            yield f"{name} has no SHA-512."
        if not one.get("resolved", DEFAULT_REGISTRY).startswith(DEFAULT_REGISTRY):
            yield f"{name} comes from {one['resolved']}, expected npm's registry."


def current() -> Outcome:
    """Whether `make lock` would change nothing; asks the package index."""
    question = "locks are current"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for path in (*ROOT.glob("*/*/pyproject.toml"), *(ROOT / "requirements").iterdir()):
            if path.is_file():
                target = copy / path.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(path, target)
        environment = os.environ | {"UV": str(Path(sys.executable).with_name("uv"))}
        command = [sys.executable, str(copy / "requirements/lock")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
            return Outcome(question, "not known", notice=f"`make lock` did not end well, so nobody knows: {reason}")
        before = {path.name: path.read_bytes() for path in (ROOT / "requirements").glob("*.txt")}
        after = {path.name: path.read_bytes() for path in (copy / "requirements").glob("*.txt")}
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return Outcome(
        question, f"{len(before)} files solved again", [f"{name} would change: run `make lock`." for name in changed]
    )
