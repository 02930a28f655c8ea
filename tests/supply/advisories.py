"""Known weaknesses of what is locked, as far as somebody who knows of them can be asked."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.supply.locks import NPM
from tests.supply.outcome import ROOT, Outcome

ACCEPTED: Final = ROOT / "deploy/sbom/advisories.toml"
LONGEST: Final = dt.timedelta(days=180)


def check() -> Iterator[Outcome]:
    """Python's packages and npm's, and whether what was accepted still is."""
    today = dt.datetime.now(dt.UTC).date()
    accepted, faults = acceptances(tomllib.loads(ACCEPTED.read_text(encoding="utf-8")), today)
    yield Outcome("accepted advisories are few, with reasons, and expire", f"{len(accepted)} accepted", faults)
    yield python(accepted)
    yield npm(accepted)


def acceptances(table: Mapping[str, Any], today: dt.date) -> tuple[set[str], list[str]]:
    """Advisories that are accepted today, and what is wrong with the list of them."""
    accepted, faults = set(), []
    for one in table.get("accepted", ()):
        name, until = one["id"], one["until"]
        if not one.get("reason", "").strip():
            faults.append(f"{name} in deploy/sbom/advisories.toml has no reason.")
        if until < today:
            faults.append(f"The acceptance of {name} ended on {until}: mend it, or look at it again.")
        elif until - today > LONGEST:
            faults.append(f"{name} is accepted until {until}: expected at most {LONGEST.days} days.")
        else:
            accepted.add(name)
    return accepted, faults


def python(accepted: set[str]) -> Outcome:
    """What pip-audit hears of the packages of Python, those of development and builds too."""
    reports = []
    for name in ("dev", "build"):
        command = [
            str(Path(sys.executable).with_name("pip-audit")),
            "--requirement",
            str(ROOT / f"requirements/{name}.txt"),
        ]
        command += [
            "--require-hashes",
            "--disable-pip",
            "--format",
            "json",
            "--progress-spinner",
            "off",
            "--timeout",
            "10",
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        try:
            reports.append(json.loads(done.stdout))
        except ValueError:
            reason = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
            return Outcome("no known weakness of Python's packages", "not known", notice=f"pip-audit failed: {reason}")
    return judged(reports, accepted)


def judged(reports: Iterable[Mapping[str, Any]], accepted: set[str]) -> Outcome:
    """What reports of pip-audit come to. It ends well, too, when nobody answered: a package it skipped is not known."""
    packages = {(one["name"], one.get("version")): one for report in reports for one in report["dependencies"]}
    asked = {name for (name, _), one in packages.items() if "skip_reason" not in one}
    faults = [
        _sentence(one, weakness)
        for one in packages.values()
        for weakness in one.get("vulns", ())
        if not accepted & {weakness["id"], *weakness.get("aliases", ())}
    ]
    rest = len(packages) - len(asked)
    reason = next((one["skip_reason"] for one in packages.values() if "skip_reason" in one), "")
    notice = f"Nobody told of {rest} of {len(packages)} packages; of one, pip-audit says: {reason}." if rest else ""
    return Outcome("no known weakness of Python's packages", f"{len(asked)} of {len(packages)} asked", faults, notice)


def _sentence(package: Mapping[str, Any], weakness: Mapping[str, Any]) -> str:
    mended = ", ".join(weakness["fix_versions"]) or "no version"
    return f"{package['name']} {package['version']} has {weakness['id']}; mended in {mended}."


def npm(accepted: set[str]) -> Outcome:
    """What npm hears of the packages that tests use."""
    question, faults, count = "no known weakness of npm's packages", [], 0
    for path in NPM:
        command = ["npm", "audit", "--json", "--package-lock-only"]
        try:
            done = subprocess.run(command, cwd=(ROOT / path).parent, capture_output=True, text=True, timeout=60)
            report = json.loads(done.stdout)
        except (OSError, ValueError, subprocess.TimeoutExpired) as fault:
            return Outcome(question, "not known", notice=f"npm audit did not answer: {fault}.")
        if "vulnerabilities" not in report:
            status = report.get("statusCode", "none")
            return Outcome(question, "not known", notice=f"npm audit got no report from the registry: status {status}.")
        count += report["metadata"]["dependencies"]["total"]
        faults += npm_faults(report, accepted)
    return Outcome(question, f"{count} asked", faults)


def npm_faults(report: Mapping[str, Any], accepted: set[str]) -> Iterator[str]:
    """Weaknesses in a report of npm, one for each advisory."""
    for one in report["vulnerabilities"].values():
        for via in one["via"]:
            if isinstance(via, dict) and not accepted & {via["url"].rsplit("/", 1)[-1]}:
                yield f"{one['name']} has {via['url'].rsplit('/', 1)[-1]} ({via['severity']}): {via['title']}."
