"""The task `explain_prediction`: an explanation in numbers becomes one in words."""

from __future__ import annotations

from typing import Final

from resonance_llm_orchestrator.brief import Writer
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.tasks.contributions import contributions_of, features_of, known, sayable, told
from resonance_llm_orchestrator.tasks.severity import by_confidence, gravest
from resonance_llm_orchestrator.tasks.untrusted import LONGEST_NAME, name_of
from resonance_llm_orchestrator.tasks.wording import Draft, worded
from resonance_narration import Language, PredictionFacts, tell_causes, tell_prediction
from resonance_tasks.explain_prediction import EXPLAIN_PREDICTION, PredictionInNumbers, PredictionInWords
from resonance_tasks.task import Grade

ANOMALY: Final = "anomaly"
_UNNAMED: Final = {Language.ENGLISH: "unnamed", Language.RUSSIAN: "без имени"}


def draft_of(question: PredictionInNumbers) -> Draft:
    """The draft; what a model calls an anomaly is as grave as it is sure, anything else is low."""
    features = features_of(question.features, question.attributions, question.references, {})
    unnamed = _UNNAMED[question.language]
    facts = PredictionFacts(
        name_of(question.model_name) or unnamed,
        name_of(question.prediction) or unnamed,
        sayable(features),
        question.confidence,
    )
    severity = gravest(by_confidence(question.confidence)) if question.prediction == ANOMALY else Grade.LOW
    return Draft(
        known(
            model=plain(question.model_name, LONGEST_NAME),
            prediction=plain(question.prediction, LONGEST_NAME),
            confidence=question.confidence,
            severity=str(severity),
            features=told(features),
        ),
        tell_prediction(facts, question.language, question.recipient_role),
        tell_causes(facts.features, question.language),
        severity,
    )


class Predictions:
    """Answers `explain_prediction`."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    async def answer(self, question: PredictionInNumbers, deadline: float) -> PredictionInWords:
        """See `table.Handle`."""
        draft, language, role = draft_of(question), question.language, question.recipient_role
        said = await worded(self._writer, EXPLAIN_PREDICTION.name, draft, language, role, deadline)
        features = features_of(question.features, question.attributions, question.references, {})
        return PredictionInWords(
            **said.with_draft(draft, language),
            contributions=contributions_of(features),
        )
