"""Licences of what is shipped, and what may not be."""

from __future__ import annotations

import pytest

from tests.supply import licences


def test_what_is_shipped_may_be_and_its_list_is_current() -> None:
    for outcome in licences.check():
        assert outcome.verdict == "well", outcome.faults


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0-or-later", "MIT AND LGPL-3.0-only", "MPL-2.0", None])
def test_what_nobody_allowed_and_what_nobody_knows_is_refused(licence: str | None) -> None:
    exceptions = {one["package"]: one["licence"] for one in licences.POLICY["exception"]}
    found: dict[str, str | None] = {**exceptions, "something": licence}
    assert [fault for fault in licences.refused(found) if "something" in fault]


def test_one_of_two_licences_is_enough_and_both_of_two_are_needed() -> None:
    assert licences.allowed("GPL-2.0-only OR MIT", {"MIT"})
    assert not licences.allowed("GPL-2.0-only AND MIT", {"MIT"})
    assert licences.allowed("(MIT AND BSD-3-Clause) OR GPL-2.0-only", {"MIT", "BSD-3-Clause"})


def test_an_exception_that_nobody_needs_is_a_fault() -> None:
    assert len(list(licences.refused({}))) == len(licences.POLICY["exception"])
