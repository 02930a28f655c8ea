"""Licences of what is shipped: each known, each allowed, and a page that lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.supply.bills import bom, of_lock
from tests.supply.outcome import ROOT, Outcome
from tests.support.markdown import table

PAGE: Final = ROOT / "docs/reference/licences.md"
HEAD: Final = """# Licences of what is shipped

Made by `make supply-chain` from the packages that `requirements/local.txt` and `requirements/notebooks.txt` lock:
all that the images and the embedded way in have beside our own code, which is under Apache-2.0, and the libraries that
wheels bring with them. Expressions are SPDX's. What may be shipped is decided in
[`deploy/sbom/licences.toml`](../../deploy/sbom/licences.toml); a package with another licence, or with none that is
known, fails the check. Packages of Debian and the interpreter come with the base image, `python:3.11-slim-bookworm`,
and have their texts in it, under `/usr/share/doc`. What of npm is built into the console is listed too, and has its
texts beside it, at `/ml/console/licences.txt`. Tools of development and of tests are not shipped.

"""

POLICY: Final[Mapping[str, Any]] = bom.LICENCES["policy"]


def check(document: bool = False) -> Iterator[Outcome]:
    """Whether each licence may be shipped; with `document`, the page is written."""
    components = shipped()
    found = {one["name"]: expression(one) for one in components}
    faults = list(refused(found))
    count = f"{len(found)} packages, {len(set(found.values()))} expressions, {len(POLICY['exception'])} exceptions"
    yield Outcome("what is shipped may be shipped", count, faults)
    text = page(components)
    if document:
        PAGE.write_text(text, encoding="utf-8")
    stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text
    faults = ["docs/reference/licences.md is not current: run `make supply-chain`."] if stale else []
    yield Outcome("the list of licences is current", "docs/reference/licences.md", faults)


def shipped() -> list[dict[str, Any]]:
    """Components of everything that runs and of the notebooks, by name."""
    found = {one["bom-ref"]: one for name in ("local", "notebooks") for one in of_lock(name)["components"]}
    return sorted(found.values(), key=lambda one: (one["name"], one["version"]))


def expression(component: Mapping[str, Any]) -> str | None:
    """Licence of a component of a bill."""
    licences = component.get("licenses")
    return str(licences[0]["expression"]) if licences else None


def refused(found: Mapping[str, str | None]) -> Iterator[str]:
    """What may not be shipped, and exceptions that nobody needs."""
    excepted = {one["package"]: one["licence"] for one in POLICY["exception"]}
    for package, licence in sorted(found.items()):
        if licence is None:
            yield f"The licence of {package} is not known: read it, and say it in deploy/sbom/licences.toml."
        elif not allowed(licence, {*POLICY["allowed"], excepted.get(package, "")}):
            yield f"{package} is under {licence}, which deploy/sbom/licences.toml does not allow."
    for package, licence in excepted.items():
        if licence not in (found.get(package) or ""):
            yield f"The exception of {package} in deploy/sbom/licences.toml is of no use: it is not under {licence}."


def allowed(expression: str, names: set[str]) -> bool:
    """Whether an expression of SPDX's can be met by licences of these names; AND goes before OR."""
    flat = expression.replace("(", "").replace(")", "")
    return any(all(part.strip() in names for part in either.split(" AND ")) for either in flat.split(" OR "))


def page(components: list[dict[str, Any]]) -> str:
    """The page."""
    rows = [(one["name"], one["version"], expression(one) or "not known") for one in components]
    sums: dict[str, int] = {}
    for _, _, licence in rows:
        sums[licence] = sums.get(licence, 0) + 1
    ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    exceptions = [(one["package"], one["licence"], one["reason"]) for one in POLICY["exception"]]
    parts = [
        *table([("licence", "packages"), *((licence, str(count)) for licence, count in ranked)]),
        "", "## Exceptions", "", *table([("package", "licence", "why it may be shipped"), *exceptions]),
        "", "## Packages", "", *table([("package", "version", "licence"), *rows]),
    ]  # fmt: skip
    return HEAD + "\n".join(re.sub(r" +$", "", part) for part in parts) + "\n"
