"""Courses and faults are chosen by name, and each fault says what to do about it."""

from __future__ import annotations

from itertools import chain

import pytest

from resonance_contracts.topics import Service
from tests.gameday.courses import COURSES, PARTS, chosen

FAULTS = list(chain.from_iterable(course.faults for course in COURSES.values()))


def test_every_container_is_killed_held_and_cut_off() -> None:
    names = {fault.name for fault in COURSES["containers"].faults}
    assert names == {f"{what}-{who}" for what in ("kill", "pause", "disconnect") for who in (*Service, *PARTS)}


def test_no_two_faults_have_one_name() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_says_what_an_operator_does(fault: object) -> None:
    assert fault.advice.endswith(".")


def test_a_course_is_chosen_whole_and_faults_by_patterns_in_their_order() -> None:
    (whole,) = chosen(["connections"])
    assert whole.faults == COURSES["connections"].faults
    (some,) = chosen(["kill-redis", "kill-gateway", "kill-r*"])
    assert [fault.name for fault in some.faults] == ["kill-gateway", "kill-redis"]


def test_faults_of_two_courses_are_played_on_two_stages() -> None:
    assert [course.name for course in chosen(["full-minio", "cut-redis"])] == ["machines", "connections"]


def test_a_word_that_names_nothing_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"FAULTS names explode-kafka.*kill-kafka"):
        chosen(["explode-kafka"])
