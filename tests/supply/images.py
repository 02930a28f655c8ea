"""Images that were built here: what they say of themselves, and whether a second build makes the same files.

`python -m tests.supply.images IMAGE OTHER` compares the files of two.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from typing import Any, Final
from uuid import uuid4

from tests.supply.bills import invalid, of_image, unlike
from tests.supply.outcome import IMAGES, ROOT, Outcome, output

PREFIX: Final = "org.opencontainers.image."
LABELS: Final = ("title", "version", "revision", "created", "source", "licenses", "base.name", "base.digest")
BASE: Final = "python:3.11-slim-bookworm"


def check() -> Iterator[Outcome]:
    """Builds all images under a tag of its own, looks at them, and removes them."""
    question = "images say what they are and were made of"
    try:
        output("docker", "info")
    except FileNotFoundError:
        yield Outcome(question, "not known", notice="There is no `docker` command, so no image was built.")
        return
    except subprocess.CalledProcessError:
        yield Outcome(question, "not known", notice="No container engine answers, so no image was built.")
        return
    tag = f"supply-{uuid4().hex[:8]}"
    try:
        build(tag)
        yield described(tag)
        yield billed(tag)
        yield again(tag)
    finally:
        names = (
            output("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", f"resonance/*:{tag}*")
            .decode()
            .split()
        )
        if names:
            output("docker", "image", "rm", *names)


def build(tag: str, *arguments: str) -> None:
    """Builds images as people do.

    Raises:
        RuntimeError: It failed; with its own words.
    """
    environment = os.environ | {"RESONANCE_TAG": tag, "COMPOSE_PROJECT_NAME": tag}
    command = [str(ROOT / "deploy/docker/build"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"The images were not built: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def inspected(image: str) -> dict[str, Any]:
    """What the engine knows of an image."""
    found: dict[str, Any] = json.loads(output("docker", "image", "inspect", image))[0]
    return found


def described(tag: str) -> Outcome:
    """Whether labels name commit, time, version and base."""
    commit = output("git", "rev-parse", "HEAD").decode()
    faults = []
    for name in IMAGES:
        config = inspected(f"resonance/{name}:{tag}")["Config"]
        faults += [f"resonance/{name}: {fault}" for fault in mislabelled(name, config["Labels"] or {}, commit.strip())]
        if config["User"] != "10001":
            faults.append(f"resonance/{name} runs as {config['User']!r}, expected 10001.")
    return Outcome("images say what they are and were made of", f"{len(IMAGES)} images, {len(LABELS)} labels", faults)


def mislabelled(name: str, labels: Mapping[str, str], commit: str) -> Iterator[str]:
    """What is wrong with the labels of an image."""
    found = {label: labels.get(PREFIX + label, "") for label in LABELS}
    expected = {
        "title": f"resonance/{name}", "version": r"\d+\.\d+\.\d+", "revision": f"{commit}(-dirty)?",
        "created": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "source": ".+", "licenses": "Apache-2.0",
        "base.name": re.escape(BASE), "base.digest": "sha256:[0-9a-f]{64}",
    }  # fmt: skip
    for label, pattern in expected.items():
        if not re.fullmatch(pattern, found[label]):
            yield f"the label {label} is {found[label]!r}, expected {pattern}."


def billed(tag: str) -> Outcome:
    """Whether the bill in each image is valid and of what is locked, and has the packages of its base."""
    faults, counts = [], []
    for name in IMAGES:
        bill = of_image(f"resonance/{name}:{tag}")
        counts.append(len(bill["components"]))
        found = [*invalid(json.dumps(bill)), *(fault for fault in unlike(name, bill) if "hashes" not in fault)]
        own = [one for one in bill["components"] if one["name"].startswith("resonance-")]
        if not own or not any(one["purl"].startswith("pkg:deb/") for one in bill["components"]):
            found.append("our own packages or those of Debian are not in its bill.")
        faults += [f"resonance/{name}: {fault}" for fault in found]
    return Outcome("each image has its bill in it", f"{min(counts)} to {max(counts)} components", faults)


def again(tag: str) -> Outcome:
    """Whether a second build from nothing makes the same files; their times are those of the build."""
    build(f"{tag}-again", "--no-cache", "simulator")
    count, differ = compared(f"resonance/simulator:{tag}", f"resonance/simulator:{tag}-again")
    faults = [f"{len(differ)} files differ, as {', '.join(differ[:5])}."] if differ else []
    return Outcome("a second build from nothing makes the same files", f"{count} files of resonance/simulator", faults)


def compared(one: str, other: str) -> tuple[int, list[str]]:
    """How many files an image has beyond its base, and paths of those that differ in another."""
    first, second = contents(one), contents(other)
    return len(first), sorted(path for path in first.keys() | second.keys() if first.get(path) != second.get(path))


def contents(image: str) -> dict[str, str]:
    """Digest of each file that an image has beyond its base, with its mode and owner, by path."""
    base = set(inspected(BASE)["RootFS"]["Layers"])
    saved = output("docker", "save", image)
    found: dict[str, str] = {}
    with tarfile.open(fileobj=io.BytesIO(saved)) as archive:
        manifest = json.loads(_member(archive, "manifest.json"))[0]
        for layer in manifest["Layers"]:
            data = _member(archive, layer)
            if f"sha256:{hashlib.sha256(data).hexdigest()}" in base:
                continue
            with tarfile.open(fileobj=io.BytesIO(data)) as files:
                for one in files:
                    body = files.extractfile(one) if one.isfile() else None
                    digest = hashlib.sha256(body.read() if body is not None else one.linkname.encode()).hexdigest()
                    found[one.name] = f"{one.mode:o} {one.uid}:{one.gid} {digest}"
    return found


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    if file is None:
        raise RuntimeError(f"{name} in what docker saved is no file.")
    return file.read()


if __name__ == "__main__":
    total, unlike_ones = compared(*sys.argv[1:3])
    print("\n".join(unlike_ones) or f"All {total} files are the same.")
    sys.exit(1 if unlike_ones else 0)
