"""On 500 explanations of what the simulator planted: every number, feature and direction is in the facts."""

from __future__ import annotations

import pytest

from resonance_contracts.pb.resonance.v1 import explanation_pb2
from tests.support.llm_server import PROVIDERS
from tests.untrusted.explained import explanations
from tests.untrusted.faithful import KINDS, invented, played

MOST = 500


@pytest.fixture(scope="module")
def explained() -> list[explanation_pb2.Explanation]:
    found = list(explanations(MOST))
    assert len(found) == MOST
    return found


def test_our_own_writer_says_what_the_explanation_does(explained: list[explanation_pb2.Explanation]) -> None:
    for told in explained:
        assert not list(invented(told))


def test_what_our_own_writer_could_invent_is_found(explained: list[explanation_pb2.Explanation]) -> None:
    told = explanation_pb2.Explanation()
    told.CopyFrom(explained[0])
    for text in told.texts:
        text.natural += " 123457"
    assert len(list(invented(told))) == 2


async def test_providers_that_lie_are_refused_and_the_others_words_are_taken(
    explained: list[explanation_pb2.Explanation],
) -> None:
    courses = await played(explained)
    assert sum(course.answers for course in courses.values()) == MOST
    honest = courses[KINDS[0]]
    assert honest.refused == 0
    assert honest.authors == {PROVIDERS[0]: honest.answers}
    for kind in KINDS[1:]:
        course = courses[kind]
        assert course.answers == course.refused > 50, kind
        assert course.authors == {PROVIDERS[1]: course.answers}, kind
        assert not course.shown
