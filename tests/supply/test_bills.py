"""Bills of materials: valid, of what is locked, the same each time; and what says that they are not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.supply import bills


def package(site: Path, name: str, version: str, *lines: str) -> None:
    """Installs a package that has nothing but its metadata."""
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    text = "\n".join(["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *lines])
    (folder / "METADATA").write_text(text + "\n", encoding="utf-8")


def written(*arguments: str) -> str:
    """What the program writes."""
    command = [sys.executable, "-BS", str(bills.PROGRAM), "own", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_bill_of_a_lock_is_valid_and_of_what_is_locked() -> None:
    bill = bills.of_lock("simulator")
    assert not list(bills.invalid(json.dumps(bill)))
    assert not list(bills.unlike("simulator", bill))
    assert {one["name"] for one in bill["components"]} >= {"aiohttp", "websockets", "rich"}


def test_the_bill_of_the_gateway_has_what_its_console_is_built_from() -> None:
    bill = bills.of_lock("gateway")
    assert not [*bills.invalid(json.dumps(bill)), *bills.unlike("gateway", bill)]
    found = {one["purl"]: one for one in bill["components"] if one["purl"].startswith("pkg:npm/")}
    signals = next(one for purl, one in found.items() if purl.startswith("pkg:npm/%40preact/signals@"))
    assert signals["licenses"] == [{"expression": "MIT"}]
    assert len(signals["externalReferences"][0]["hashes"][0]["content"]) == 128
    needs = {edge["ref"]: edge["dependsOn"] for edge in bill["dependencies"]}
    assert any(ref.startswith("pkg:npm/%40preact/signals-core@") for ref in needs[signals["purl"]])
    # Neither what builds it nor what it could be used with.
    assert {one["name"] for one in found.values()} == {"preact", "@preact/signals", "@preact/signals-core"}
    version = next(one["version"] for one in found.values() if one["name"] == "preact")
    without = {**bill, "components": [one for one in bill["components"] if one["name"] != "preact"]}
    assert [*bills.unlike("gateway", without)] == [f"the console asks for preact {version}, and not is there"]


def test_the_bill_of_everything_has_the_images_of_others_too() -> None:
    bill = bills.of_whole()
    assert not list(bills.invalid(json.dumps(bill)))
    images = {one["purl"] for one in bill["components"] if one["type"] == "container"}
    assert "pkg:docker/apache/kafka@4.1.0" in images and len(images) >= 7


def test_a_bill_that_lacks_a_package_or_its_hashes_or_is_not_valid_is_a_fault() -> None:
    bill = bills.of_lock("simulator")
    bare = {**bill, "components": [{k: v for k, v in one.items() if k[0] != "e"} for one in bill["components"]]}
    assert any("no hashes" in fault for fault in bills.unlike("simulator", bare))
    assert any("is locked at" in fault for fault in bills.unlike("simulator", {**bill, "components": []}))
    assert list(bills.invalid(json.dumps({**bill, "components": [{"name": "x"}]})))


def test_the_program_says_what_is_installed_with_licence_hashes_needs_and_libraries(tmp_path: Path) -> None:
    site, own, status = tmp_path / "site", tmp_path / "own", tmp_path / "status"
    package(
        site,
        "One_Package",
        "1.0",
        "License-Expression: MIT",
        "Requires-Dist: other>=1",
        "Requires-Dist: no; extra == 'x'",
    )
    package(site, "other", "2.0", "License: BSD")
    package(own, "resonance-own", "0.1.0", "License-Expression: Apache-2.0", "Requires-Dist: one-package")
    (site / "other.libs").mkdir()
    (site / "other.libs/libgomp-1234.so.1").write_bytes(b"x")
    status.write_text(
        "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36\n\nPackage: gone\n"
    )
    (tmp_path / "lock").write_text(f"one-package==1.0 \\\n    --hash=sha256:{'a' * 64}\n")
    arguments = ("--site", str(site), "--own", str(own), "--lock", str(tmp_path / "lock"), "--dpkg", str(status))
    text = written(*arguments)
    assert text == written(*arguments)
    bill = json.loads(text)
    assert not list(bills.invalid(text))
    found = {one["name"]: one for one in bill["components"]}
    assert set(found) == {"resonance-own", "one-package", "other", "libgomp", "cpython", "libc6"}
    assert found["one-package"]["licenses"] == [{"expression": "MIT"}] and "licenses" not in found["other"]
    assert found["one-package"]["externalReferences"][0]["hashes"][0]["content"] == "a" * 64
    assert found["libgomp"]["licenses"] == [{"expression": "GPL-3.0-or-later WITH GCC-exception-3.1"}]
    needs = {edge["ref"]: edge["dependsOn"] for edge in bill["dependencies"]}
    assert needs["pkg:generic/resonance-own@0.1.0"] == ["pkg:pypi/one-package@1.0"]
    assert needs["pkg:pypi/one-package@1.0"] == ["pkg:pypi/other@2.0"]


@pytest.mark.parametrize(
    "lines", [(), ("License: BSD",), ("License: see LICENSE",), ("Classifier: License :: OSI Approved",)]
)
def test_a_licence_that_is_not_clear_is_not_guessed(tmp_path: Path, lines: tuple[str, ...]) -> None:
    package(tmp_path, "vague", "1.0", *lines)
    assert "licenses" not in json.loads(written("--site", str(tmp_path)))["components"][0]
