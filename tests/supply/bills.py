"""Bills of materials: of each image and of the whole, valid to CycloneDX's schema, and of exactly what is locked."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any, Final

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

from tests.supply.outcome import IMAGES, ROOT, Outcome, output

PROGRAM: Final = ROOT / "deploy/sbom/bom.py"
OUT: Final = ROOT / "dist/sbom"
CONSOLE: Final = ROOT / "console/package-lock.json"
WITH_CONSOLE: Final = ("gateway", "local")


def _program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bom", PROGRAM)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


bom: Final = _program()


def check() -> Iterator[Outcome]:
    """Writes them to dist/sbom, and looks whether they are right."""
    OUT.mkdir(parents=True, exist_ok=True)
    bills = {name: of_lock(name) for name in IMAGES} | {"local": of_whole()}
    faults = []
    for name, bill in bills.items():
        text = json.dumps(bill, separators=(",", ":"), ensure_ascii=False)
        (OUT / f"{label(name)}.cdx.json").write_text(text, encoding="utf-8")
        faults += [f"{label(name)}: {fault}" for fault in (*invalid(text), *unlike(name, bill))]
    counts = sorted(len(bill["components"]) for bill in bills.values())
    answer = f"{len(bills)} bills of {counts[0]} to {counts[-1]} components, in dist/sbom"
    yield Outcome("bills of materials are valid and of what is locked", answer, faults)
    yield repeated()


def label(name: str) -> str:
    """What a bill is called: that of everything is `resonance`."""
    return "resonance" if name == "local" else name


def of_lock(name: str) -> dict[str, Any]:
    """The bill of a lock, from what is installed here."""
    pins = bom.pins_of((ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8"))
    everything, whole, libraries = installed()
    components = []
    for one in everything:
        if one["name"] in pins:
            version, hashes = pins[one["name"]]
            components.append(one | bom.distribution_of(one["purl"], hashes) if one["version"] == version else one)
    refs = {one["bom-ref"] for one in components}
    edges = [
        {"ref": edge["ref"], "dependsOn": [ref for ref in edge["dependsOn"] if ref in refs]}
        for edge in whole
        if edge["ref"] in refs
    ]
    own = {one["name"] for one in components}
    components += [one for one in libraries if bom.owner_of(one) in own]
    if name in WITH_CONSOLE:
        lock = console()
        scripts = list(bom.npm_packages(lock))
        components += scripts
        edges += bom.npm_edges(lock, scripts)
    document: dict[str, Any] = bom.bill(f"resonance/{label(name)}", "0.1.0", components, edges)
    return document


def console() -> dict[str, Any]:
    """The lock of what the console is built from."""
    found: dict[str, Any] = json.loads(CONSOLE.read_text(encoding="utf-8"))
    return found


def of_whole() -> dict[str, Any]:
    """The bill of everything: all packages, and the images of others that Compose starts."""
    bill = of_lock("local")
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    images = []
    for name, version in sorted(re.findall(r"^[A-Z]+_IMAGE=(\S+):(\S+)$", example, re.MULTILINE)):
        purl = f"pkg:docker/{name}@{version}"
        images.append({"type": "container", "bom-ref": purl, "name": name, "version": version, "purl": purl})
    whole: dict[str, Any] = bom.bill("resonance", "0.1.0", [*bill["components"], *images], bill["dependencies"])
    return whole


@cache
def installed() -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Every package of others that is installed here, who needs whom, and the libraries in them."""
    folders = [sysconfig.get_paths()["purelib"]]
    packages = list(bom.python_packages(folders, {}))
    libraries = list(bom.bundled(folders, {one["name"] for one in packages}))
    return packages, list(bom.edges(folders, packages)), libraries


def invalid(text: str) -> Iterator[str]:
    """What CycloneDX's own schema has against it."""
    if fault := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        yield f"not valid: {fault}"


def unlike(name: str, bill: dict[str, Any]) -> Iterator[str]:
    """Where it differs from the lock."""
    lock = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")
    here = meant_for_here(lock)
    pins = {package: pin for package, pin in bom.pins_of(lock).items() if package in here}
    found = {one["name"]: one["version"] for one in bill["components"] if one["purl"].startswith("pkg:pypi/")}
    for package, (version, _) in pins.items():
        if found.get(package) != version:
            yield f"{package} is locked at {version}, and {found.get(package, 'not')} there"
    if name in WITH_CONSOLE:
        asked = console()["packages"][""].get("dependencies", {})
        scripts = {one["name"]: one["version"] for one in bill["components"] if one["purl"].startswith("pkg:npm/")}
        for package, version in asked.items():
            if scripts.get(package) != version:
                yield f"the console asks for {package} {version}, and {scripts.get(package, 'not')} is there"
    for one in bill["components"]:
        if one["purl"].startswith(("pkg:pypi/", "pkg:npm/")) and not one.get("externalReferences"):
            yield f"{one['name']} has no hashes"


def meant_for_here(lock: str) -> set[str]:
    """Packages of a lock that are installed on a machine like this one: a few are for others only."""
    lines = re.findall(r"^[A-Za-z0-9][^\\\n]*", lock, re.MULTILINE)
    asked = [Requirement(line) for line in lines]
    return {bom.name_of(one.name) for one in asked if one.marker is None or one.marker.evaluate()}


def repeated() -> Outcome:
    """Whether a second run of the program, in a process of its own, writes the same bytes."""
    command = [sys.executable, "-B", str(PROGRAM), "gateway", "--site", sysconfig.get_paths()["purelib"]]
    command += ["--lock", str(ROOT / "requirements/gateway.txt")]
    first, second = (subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2))
    faults = [] if first == second else ["Two bills of the same contents differ."]
    return Outcome("a bill is the same bytes for the same contents", f"{len(first)} bytes, twice", faults)


def of_image(image: str) -> dict[str, Any]:
    """The bill that is in an image.

    Raises:
        subprocess.CalledProcessError: There is none, or no such image.
    """
    path = "/usr/share/sbom/resonance.cdx.json"
    text = output("docker", "run", "--rm", "--network", "none", "--entrypoint", "cat", image, path)
    found: dict[str, Any] = json.loads(text)
    return found
