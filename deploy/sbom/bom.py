"""Writes the bill of materials of what is installed, in CycloneDX 1.6: the same bytes for the same contents.

    bom.py NAME --site FOLDER… [--own FOLDER] [--lock FILE] [--npm FILE] [--dpkg FILE]

It runs in the build of each image, so it needs the standard library only. Nothing in it depends on when or where.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Container, Iterable, Iterator, Mapping
from email.message import Message
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import quote

SPEC: Final = "1.6"
LICENCES: Final = tomllib.loads(Path(__file__).with_name("licences.toml").read_text(encoding="utf-8"))

Component = dict[str, Any]


def name_of(text: str) -> str:
    """A package's name in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", text).lower()


def licence_of(distribution: Distribution) -> str | None:
    """Its licence as an expression of SPDX's, or None where neither it nor `licences.toml` says one."""
    metadata = cast(Message, distribution.metadata)
    if known := LICENCES["packages"].get(name_of(distribution.name)):
        return str(known)
    if expression := metadata.get("License-Expression"):
        return str(expression)
    said = LICENCES["said"]
    text = str(metadata.get("License") or "").strip()
    if text in said:
        return str(said[text])
    if re.fullmatch(r"[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*", text) and text not in {"BSD", "UNKNOWN"}:
        return text
    classifiers = [str(one).split("::")[-1].strip() for one in metadata.get_all("Classifier") or () if "License" in one]
    found = {said[one] for one in classifiers if one in said}
    return str(found.pop()) if len(found) == 1 else None


def pins_of(lock: str) -> Mapping[str, tuple[str, list[str]]]:
    """Version and SHA-256 hashes of each package of a lock."""
    found = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", lock):
        if match := re.match(r"([A-Za-z0-9._-]+)==([^\s;]+)", block):
            found[name_of(match[1])] = match[2], sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
    return found


def python_packages(folders: Iterable[str], pins: Mapping[str, tuple[str, list[str]]]) -> Iterator[Component]:
    """Packages of others in these folders, with the hashes that the lock allows."""
    for one in sorted(distributions(path=list(folders)), key=lambda one: name_of(one.name)):
        name = name_of(one.name)
        purl = f"pkg:pypi/{name}@{one.version}"
        found: Component = {"type": "library", "bom-ref": purl, "name": name, "version": one.version, "purl": purl}
        if licence := licence_of(one):
            found["licenses"] = [{"expression": licence}]
        if name in pins and pins[name][0] == one.version:
            found |= distribution_of(purl, pins[name][1])
        yield found


def distribution_of(purl: str, hashes: Iterable[str]) -> Component:
    """What a component has that comes from one of the files with these SHA-256 hashes."""
    allowed = [{"alg": "SHA-256", "content": content} for content in hashes]
    comment = "One of these files, as locked."
    return {"externalReferences": [{"type": "distribution", "url": purl, "comment": comment, "hashes": allowed}]}


def owner_of(library: Component) -> str:
    """Package whose wheel brings a library."""
    return name_of(str(library["bom-ref"]).removeprefix("file:").split(".libs/")[0])


def bundled(folders: Iterable[str], packages: Container[str]) -> Iterator[Component]:
    """Libraries of others that wheels of these packages bring with them, in folders beside the packages."""
    for file in sorted(file for folder in folders for file in Path(folder).glob("*.libs/*.so*")):
        place = f"{file.parent.name}/{file.name}"
        if owner_of({"bom-ref": place}) not in packages:
            continue
        known = [start for start in LICENCES["bundled"] if file.name.startswith(start)]
        name = max(known, key=len) if known else file.name.split("-")[0]
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        found: Component = {
            "type": "library", "bom-ref": f"file:{place}", "name": name, "version": content[:12],
            "purl": f"pkg:generic/{name}@{content[:12]}", "hashes": [{"alg": "SHA-256", "content": content}],
            "evidence": {"occurrences": [{"location": place}]},
        }  # fmt: skip
        if known:
            found["licenses"] = [{"expression": LICENCES["bundled"][name]}]
        yield found


def npm_packages(lock: Mapping[str, Any]) -> Iterator[Component]:
    """Packages that are built into what a lock of npm is for: tools of its build are not, nor what these are beside."""
    for place, one in shipped(lock):
        name = place.rpartition("node_modules/")[2]
        purl = f"pkg:npm/{quote(name, safe='/')}@{one['version']}"
        algorithm, _, content = one["integrity"].partition("-")
        found: Component = {"type": "library", "bom-ref": purl, "name": name, "version": one["version"], "purl": purl}
        if "license" in one:
            found["licenses"] = [{"expression": one["license"]}]
        digest = {"alg": f"SHA-{algorithm.removeprefix('sha')}", "content": base64.b64decode(content).hex()}
        comment = "The package, as locked."
        found["externalReferences"] = [{"type": "distribution", "url": purl, "comment": comment, "hashes": [digest]}]
        yield found


def npm_edges(lock: Mapping[str, Any], components: Iterable[Component]) -> Iterator[dict[str, Any]]:
    """Who needs whom, among these."""
    refs = {one["name"]: one["bom-ref"] for one in components if one["bom-ref"].startswith("pkg:npm/")}
    for place, one in shipped(lock):
        needed = sorted(refs[name] for name in one.get("dependencies", {}) if name in refs)
        yield {"ref": refs[place.rpartition("node_modules/")[2]], "dependsOn": needed}


def shipped(lock: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Place and entry of each package of a lock of npm that is built in."""
    for place, one in sorted(lock["packages"].items()):
        if place and not one.get("dev") and not one.get("peer"):
            yield place, one


def own_packages(folder: str) -> Iterator[Component]:
    """Packages of this repository in a folder."""
    for one in sorted(distributions(path=[folder]), key=lambda one: one.name):
        purl = f"pkg:generic/{name_of(one.name)}@{one.version}"
        yield {
            "type": "library", "bom-ref": purl, "name": name_of(one.name), "version": one.version, "purl": purl,
            "licenses": [{"expression": licence_of(one) or "Apache-2.0"}],
        }  # fmt: skip


def system_packages(status: str) -> Iterator[Component]:
    """Packages of Debian in dpkg's list of them, and this interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    purl = f"pkg:generic/cpython@{version}"
    yield {
        "type": "application", "bom-ref": purl, "name": "cpython", "version": version, "purl": purl,
        "licenses": [{"expression": "PSF-2.0"}],
    }  # fmt: skip
    for block in status.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Architecture|Status): (.*)$", block, re.MULTILINE))
        if fields.get("Status") == "install ok installed":
            name, version = fields["Package"], fields["Version"]
            purl = f"pkg:deb/debian/{name}@{version}?arch={fields['Architecture']}"
            yield {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def edges(folders: Iterable[str], components: Iterable[Component]) -> Iterator[dict[str, Any]]:
    """Who needs whom, among the packages of Python; extras are left out."""
    others = ("pkg:deb/", "pkg:npm/", "file:")
    refs = {one["name"]: one["bom-ref"] for one in components if not one["bom-ref"].startswith(others)}
    for one in sorted(distributions(path=list(folders)), key=lambda one: name_of(one.name)):
        asked = {
            name_of(re.split(r"[^A-Za-z0-9._-]", text)[0]) for text in one.requires or () if "extra ==" not in text
        }
        yield {"ref": refs[name_of(one.name)], "dependsOn": sorted(refs[name] for name in asked if name in refs)}


def bill(name: str, version: str, components: list[Component], dependencies: list[dict[str, Any]]) -> dict[str, Any]:
    """The document; its serial number is made from what it says."""
    subject = {"type": "container", "bom-ref": f"{name}@{version}", "name": name, "version": version}
    body: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {"component": subject},
        "components": components,
        "dependencies": dependencies,
    }
    number = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(body, sort_keys=True))
    return {"bomFormat": "CycloneDX", "specVersion": SPEC, "serialNumber": f"urn:uuid:{number}"} | body


def main(words: list[str]) -> int:
    """Prints it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("name")
    asked.add_argument("--site", action="append", default=[], help="folder of packages of others")
    asked.add_argument("--own", help="folder of packages of this repository")
    asked.add_argument("--lock", type=Path, help="file of pins and hashes")
    asked.add_argument("--npm", type=Path, help="package-lock.json of what is built into it")
    asked.add_argument("--dpkg", type=Path, help="dpkg's list of packages, as /var/lib/dpkg/status")
    given = asked.parse_args(words)
    pins = pins_of(given.lock.read_text(encoding="utf-8")) if given.lock else {}
    ours = list(own_packages(given.own)) if given.own else []
    theirs = list(python_packages(given.site, pins))
    system = list(system_packages(given.dpkg.read_text(encoding="utf-8"))) if given.dpkg else []
    libraries = list(bundled(given.site, {one["name"] for one in theirs}))
    lock = json.loads(given.npm.read_text(encoding="utf-8")) if given.npm else {"packages": {}}
    scripts = list(npm_packages(lock))
    components = [*ours, *theirs, *libraries, *scripts, *system]
    folders = [*given.site, *([given.own] if given.own else [])]
    version = ours[0]["version"] if ours else "0"
    dependencies = [*edges(folders, components), *npm_edges(lock, scripts)]
    document = bill(f"resonance/{given.name}", version, components, dependencies)
    print(json.dumps(document, separators=(",", ":"), ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
