"""Whatever strangers write, and whatever models make of it: nobody is told of it, and nothing is decided by it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from resonance_llm_orchestrator.brief import Brief, Text, Verdict
from resonance_narration import Language
from tests.untrusted.courses import FINE, LABEL, Courses, played
from tests.untrusted.forms import FORMS, PERSONAL, leaks
from tests.untrusted.injected import asked, service
from tests.untrusted.notified import LABELS
from tests.untrusted.questions import QUESTIONS

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def courses() -> Courses:
    return asyncio.run(played())


class Open:
    """A guard that lets everything through."""

    def hide(self, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        return facts, {}

    def restore(self, text: str, hidden: Mapping[str, str]) -> str:
        return text

    def judge(self, brief: Brief, texts: Mapping[Language, Text]) -> Verdict:
        return Verdict()


def test_nothing_of_it_leaves_the_service_and_nothing_is_decided_by_it(courses: Courses) -> None:
    assert len(courses.fields) == sum(map(len, QUESTIONS.values())) + 13
    for place, outcomes in courses.fields.items():
        assert set(outcomes) == set(FORMS)
        assert set(outcomes.values()) <= FINE, place
        assert LABEL not in outcomes.values() or place[1] in LABELS


def test_nothing_of_it_stays_in_log_metrics_traces_or_cache(courses: Courses) -> None:
    assert courses.kept == []


def test_a_model_that_obeys_is_not_listened_to(courses: Courses) -> None:
    for name, tasks in courses.obeyed.items():
        assert all(tasks.values()), name
        assert not any("TAKEN" in outcome for outcome in tasks.values()), (name, tasks)


@pytest.mark.parametrize("form", FORMS)
async def test_without_a_guard_it_would_be_seen(form: str) -> None:
    async with service(Open()) as (writer, seen):
        await asked(writer, "generate_smart_alert", QUESTIONS["generate_smart_alert"]["message"](FORMS[form]))
        assert any(leaks(text) for _, text in seen.outbound())


def test_each_form_and_each_personal_thing_is_recognised() -> None:
    assert all(leaks(text) for text in FORMS.values())
    assert leaks(FORMS["personal data"])[1:] == list(PERSONAL)
    assert leaks("Something is unusual: 187 messages a minute.") == []
