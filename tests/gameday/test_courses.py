"""Courses and faults are chosen by name, and each fault says what to do about it."""

from __future__ import annotations

from itertools import chain

import pytest

from resonance_contracts.topics import Service
from tests.chaos.plan import LONGEST_S
from tests.gameday.courses import COURSES, PARTS, SLACK_S, Course, chosen

FAULTS = list(chain.from_iterable(course.faults for course in COURSES.values()))


def test_every_container_is_killed_held_and_cut_off() -> None:
    names = {fault.name for course in chosen(["containers-*"]) for fault in course.faults}
    assert names == {f"{what}-{who}" for what in ("kill", "pause", "disconnect") for who in (*Service, *PARTS)}


def test_no_two_faults_have_one_name() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)


@pytest.mark.parametrize("course", COURSES.values(), ids=COURSES)
def test_every_course_fits_into_the_window_that_the_ledger_can_follow(course: Course) -> None:
    assert course.seconds <= LONGEST_S - SLACK_S


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_says_what_an_operator_does(fault: object) -> None:
    assert fault.advice.endswith(".")


def test_a_course_is_chosen_whole_and_faults_by_patterns_in_their_order() -> None:
    (whole,) = chosen(["machines"])
    assert whole.faults == COURSES["machines"].faults
    assert [course.name for course in chosen(["connections-*"])] == ["connections-stores", "connections-clients"]
    (some,) = chosen(["kill-predictor", "kill-gateway", "kill-p*"])
    assert [fault.name for fault in some.faults] == ["kill-gateway", "kill-predictor"]


def test_faults_of_two_courses_are_played_on_two_stages() -> None:
    assert [course.name for course in chosen(["full-minio", "cut-redis"])] == [
        "disks-and-clocks",
        "connections-clients",
    ]


def test_a_word_that_names_nothing_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"FAULTS names explode-kafka.*kill-kafka"):
        chosen(["explode-kafka"])
