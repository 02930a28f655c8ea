"""What reports of weaknesses come to; nobody is asked here."""

from __future__ import annotations

import datetime as dt

from tests.supply import advisories

TODAY = dt.date(2026, 11, 30)
WEAK = {
    "name": "weak", "version": "1.0",
    "vulns": [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["1.1"]}],
}  # fmt: skip
SOUND = {"name": "sound", "version": "2.0", "vulns": []}
UNKNOWN = {"name": "unknown", "skip_reason": "Dependency not found on PyPI"}


def test_a_weakness_is_a_fault_until_it_is_accepted() -> None:
    report = {"dependencies": [WEAK, SOUND]}
    assert advisories.judged([report], set()).faults == ["weak 1.0 has PYSEC-2026-1; mended in 1.1."]
    assert advisories.judged([report], {"CVE-2026-1"}).verdict == "well"


def test_packages_of_which_nobody_told_are_not_well() -> None:
    outcome = advisories.judged([{"dependencies": [SOUND, UNKNOWN]}], set())
    assert outcome.verdict == "in part" and outcome.answer == "1 of 2 asked"
    assert "Nobody told of 1 of 2 packages" in outcome.notice


def test_what_is_accepted_has_a_reason_and_an_end_that_is_near() -> None:
    def accepted(until: dt.date, reason: str = "It is not called.") -> tuple[set[str], list[str]]:
        table = {"accepted": [{"id": "PYSEC-2026-1", "reason": reason, "until": until}]}
        return advisories.acceptances(table, TODAY)

    assert accepted(TODAY + dt.timedelta(days=30)) == ({"PYSEC-2026-1"}, [])
    assert "ended on" in accepted(TODAY - dt.timedelta(days=1))[1][0]
    assert "at most 180 days" in accepted(TODAY + dt.timedelta(days=200))[1][0]
    assert "has no reason" in accepted(TODAY, " ")[1][0]


def test_a_weakness_in_a_package_of_npm_is_named_once_with_its_advisory() -> None:
    via = {"url": "https://github.com/advisories/GHSA-aaaa", "severity": "high", "title": "It breaks"}
    report = {"vulnerabilities": {"ws": {"name": "ws", "via": [via, "other"]}}}
    assert list(advisories.npm_faults(report, set())) == ["ws has GHSA-aaaa (high): It breaks."]
    assert not list(advisories.npm_faults(report, {"GHSA-aaaa"}))
