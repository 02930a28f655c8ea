"""On 500 explanations of what the simulator planted: every number, feature and direction is in the facts."""

from __future__ import annotations

import json
from itertools import product

import pytest

from resonance_contracts.pb.resonance.v1 import explanation_pb2
from resonance_llm_orchestrator.brief import Brief, Wording
from resonance_llm_orchestrator.claims.checking import unfaithful
from resonance_llm_orchestrator.claims.known import known_of
from resonance_narration import Language, Role
from resonance_tasks.catalogue import BY_NAME
from tests.support.llm_server import PROVIDERS
from tests.support.offline_writer import OfflineWriter
from tests.untrusted.explained import explanations
from tests.untrusted.faithful import KINDS, invented, played
from tests.untrusted.forms import BENIGN
from tests.untrusted.injected import asked
from tests.untrusted.questions import QUESTIONS

pytestmark = pytest.mark.long

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


class Listening(OfflineWriter):
    """Takes down what our own writer is asked to say."""

    def __init__(self) -> None:
        self.briefs: list[Brief] = []

    async def write(self, brief: Brief, deadline: float) -> Wording:
        self.briefs.append(brief)
        return await super().write(brief, deadline)


async def test_our_own_words_on_every_task_would_be_taken_from_a_provider() -> None:
    writer = Listening()
    for task, fields in QUESTIONS.items():
        examples = (BY_NAME[task].question.model_config["json_schema_extra"] or {})["examples"]
        questions = [*examples, next(iter(fields.values()))(BENIGN)]
        for question, language, role in product(questions, Language, Role):
            answered = await asked(writer, task, {**question, "language": language, "recipient_role": role})
            assert not answered.problem or task == "incident_plan", answered.problem
    assert len(writer.briefs) > 100
    for brief in writer.briefs:
        told = f"{json.dumps(brief.facts, default=str)} {brief.offline}"
        for language, text in brief.offline.items():
            assert not list(unfaithful(text, language, known_of(brief.facts), told, text))
