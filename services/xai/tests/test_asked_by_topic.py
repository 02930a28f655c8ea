"""Questions by topic that want more than Shapley values, without a broker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from math import isnan
from typing import Any

import numpy as np
import pytest

from resonance_contracts.features import FEATURE_NAMES, INDEX, WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2, request_pb2
from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.registry import BUCKET, Registry, version_key
from resonance_modeling.scorer import EnsembleScorer
from resonance_runtime import metrics
from resonance_runtime.errors import Problem
from resonance_runtime.health import Health
from resonance_runtime.settings import load
from resonance_xai.answers import Answers
from resonance_xai.asked.methods import Method
from resonance_xai.beside import GRACE_S, Beside
from resonance_xai.cases import Cases
from resonance_xai.champions import Champions
from resonance_xai.explainer import Explainer
from resonance_xai.history import History
from resonance_xai.models import Models
from resonance_xai.rest.libraries import import_for
from resonance_xai.rest.served_shelf import ServedShelf
from resonance_xai.rest.service import enabled
from resonance_xai.rest.workshop import Workshop
from resonance_xai.settings import XaiSettings
from tests.support.ordinary_model import ordinary_model

MakeAnomaly = Callable[..., detection_pb2.Anomaly]
ALL = ["lime", "counterfactual", "plots"]
BUSY = {"messages_per_minute": 60.0, "requests_per_user": 400.0}


@pytest.fixture(scope="module")
def ordinary() -> Artifact:
    import_for(Method)
    return ordinary_model(seed=1)


class Xai:
    """The side of xai that answers by topic."""

    def __init__(self, shelf: Any, artifact: Artifact, methods: frozenset[Method] = frozenset(Method)) -> None:
        version = shelf.put(artifact)
        for name, data in artifact.files.items():
            shelf.objects[BUCKET, version_key(ANOMALY_DETECTION, version, name)] = data
        self.thread, self.workshop, self.history = ThreadPoolExecutor(1), Workshop(), History(10)
        champions = Champions(Health(30.0))
        champions.take(ModelPromoted(model_name=ANOMALY_DETECTION, model_version=version, alias="champion", revision=1))
        registry = Registry(shelf)
        models = Models(registry, self.thread)
        beside = Beside(ServedShelf(models, registry, champions, self.workshop), self.workshop)
        explainer = Explainer(models, self.thread, 10)
        self.answers = Answers(explainer, champions, Cases(self.history), beside, methods, self._send)

    async def _send(self, _: Any) -> None:
        """Nobody waits."""

    async def ask(self, **question: Any) -> request_pb2.ExplainReply:
        answer = await self.answers.answer(request_pb2.ExplainRequest(**question))
        assert not isinstance(answer, Problem), answer
        return answer

    async def refused(self, **question: Any) -> Problem:
        answer = await self.answers.answer(request_pb2.ExplainRequest(**question))
        assert isinstance(answer, Problem), answer
        return answer

    async def stop(self) -> None:
        await self.workshop.stop()
        self.thread.shutdown()


@pytest.fixture
async def xai(shelf: Any, ordinary: Artifact) -> AsyncIterator[Xai]:
    found = Xai(shelf, ordinary)
    yield found
    await found.stop()


def busy(artifact: Artifact) -> dict[str, float]:
    """Somebody ordinary who is busier than most."""
    return dict(zip(FEATURE_NAMES, artifact.manifest.scoring()[0].median, strict=True)) | BUSY


def text_of(reply: request_pb2.ExplainReply, language: str) -> str:
    return next(text.natural for text in reply.explanation.texts if text.language == language)


async def test_by_features_everything_that_is_asked_for_comes_beside_the_explanation(
    xai: Xai, ordinary: Artifact
) -> None:
    agreements = metrics.XAI_LIME_AGREEMENT.labels(what="rank")
    before = agreements._sum.get()
    reply = await xai.ask(features=BUSY, methods=ALL, language="ru", formats=["svg", "png"])
    assert not reply.unfinished
    lime = reply.lime
    assert (len(lime.weights), len(lime.weights_spread), len(lime.effects), lime.repeats) == (WIDTH, WIDTH, WIDTH, 5)
    assert 0.0 < lime.r2 <= 1.0
    assert 0.0 <= lime.sign_agreement <= 1.0
    assert not isnan(lime.shap_rank_correlation)
    assert agreements._sum.get() - before == pytest.approx(lime.shap_rank_correlation)
    assert ("LIME" in text_of(reply, "ru")) == (lime.low_agreement or lime.r2 < 0.5)
    scorer, values = EnsembleScorer(ordinary), list(reply.explanation.anomaly.values)
    assert reply.counterfactual.needed
    assert reply.counterfactual.suggestions
    for one in reply.counterfactual.suggestions:
        assert one.text.startswith(("Снизить ", "Повысить "))
        row = list(values)
        for change in one.changes:
            assert change.now == values[INDEX[change.feature]]
            row[INDEX[change.feature]] = change.value
        assert scorer.score([row])[0] == pytest.approx(one.score, abs=1e-6)
        assert scorer.tail_probability([one.score])[0] >= 0.0499
    assert reply.counterfactual.text in text_of(reply, "ru")
    assert reply.counterfactual.text not in text_of(reply, "en")
    assert [(plot.name, plot.format) for plot in reply.plots] == [("waterfall", "svg"), ("waterfall", "png")]
    assert reply.plots[0].data.startswith(b"<?xml")
    assert reply.plots[1].data.startswith(b"\x89PNG")


async def test_of_a_flagged_vector_the_same_is_found_as_was_expected_of_it(
    xai: Xai, ordinary: Artifact, anomaly: MakeAnomaly
) -> None:
    flagged = anomaly(ordinary, busy(ordinary))
    xai.history.take(flagged)
    plain = await xai.ask(vector_id=flagged.vector_id)
    for question in ({"vector_id": flagged.vector_id}, {"user_key": flagged.user_key}):
        reply = await xai.ask(**question, methods=["lime", "counterfactual"])
        assert reply.explanation.attributions == plain.explanation.attributions
        assert reply.explanation.score == flagged.score
        assert text_of(reply, "en").startswith(text_of(plain, "en"))
        assert reply.counterfactual.suggestions[0].text.startswith("Lower ")
        assert not reply.plots


async def test_a_suggestion_is_scored_with_what_had_been_expected_of_the_vector(
    xai: Xai, ordinary: Artifact, anomaly: MakeAnomaly
) -> None:
    flagged, expected, scorer = anomaly(ordinary, busy(ordinary)), np.zeros((1, WIDTH)), EnsembleScorer(ordinary)
    flagged.expected.extend(expected[0].tolist())
    without = flagged.score
    flagged.score = scorer.scores(np.array([flagged.values]), expected).score[0]
    assert flagged.score != without
    xai.history.take(flagged)
    reply = await xai.ask(vector_id=flagged.vector_id, methods=["counterfactual"])
    assert not reply.explanation.checks_failed
    assert reply.counterfactual.needed
    for one in reply.counterfactual.suggestions:
        row = np.array([flagged.values])
        for change in one.changes:
            row[0, INDEX[change.feature]] = change.value
        assert scorer.scores(row, expected).score[0] == pytest.approx(one.score, abs=1e-6)


async def test_a_deadline_holds_and_what_it_left_out_is_named(xai: Xai) -> None:
    await xai.ask(features=BUSY, methods=ALL)
    began = time.monotonic()
    reply = await xai.ask(features=BUSY | {"error_rate": 0.2}, methods=ALL, deadline_ms=1)
    assert time.monotonic() - began < 1.0
    assert set(reply.unfinished) == set(ALL)
    assert reply.explanation.attributions, "Shapley values of the served model take no time to speak of"
    assert not reply.plots


async def test_a_workshop_that_is_busy_with_others_does_not_hold_an_answer_up(xai: Xai) -> None:
    await xai.ask(features=BUSY, methods=ALL)
    busy = asyncio.create_task(xai.workshop.do(lambda: time.sleep(1.5)))
    began = time.monotonic()
    reply = await xai.ask(features=BUSY, methods=["counterfactual"], deadline_ms=200)
    assert time.monotonic() - began < 0.2 + GRACE_S + 0.5
    assert list(reply.unfinished) == ["counterfactual"]
    assert reply.explanation.attributions
    await busy


async def test_without_a_training_store_the_explanation_comes_alone_and_says_so(xai: Xai, shelf: Any) -> None:
    await xai.ask(features=BUSY)
    shelf.down = True
    reply = await xai.ask(features=BUSY, methods=["counterfactual"])
    assert list(reply.unfinished) == ["counterfactual"]
    assert reply.explanation.attributions


async def test_where_no_model_scored_there_are_plots_and_nothing_is_promised(
    xai: Xai, anomaly: MakeAnomaly, baseline: Any
) -> None:
    xai.history.take(anomaly(baseline=baseline))
    reply = await xai.ask(vector_id="vector-1", methods=ALL, language="ru")
    assert (reply.explanation.method, list(reply.unfinished)) == ("baseline-deviation", [])
    assert not reply.HasField("lime")
    assert (reply.counterfactual.needed, len(reply.counterfactual.suggestions)) == (True, 0)
    assert reply.counterfactual.text.startswith("Модель это не оценивала")
    natural = {text.language: text.natural for text in reply.explanation.texts}
    assert natural["ru"].endswith(reply.counterfactual.text)
    assert not (await xai.ask(vector_id="vector-1", methods=["lime"])).HasField("counterfactual")
    assert [plot.format for plot in reply.plots] == ["svg"]
    xai.history.take(anomaly(vector_id="vector-2"))
    assert not (await xai.ask(vector_id="vector-2", methods=ALL)).plots, "only a rule: nothing is attributed"


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ({"methods": ["tree"]}, "methods: expected some of lime, counterfactual, plots, got 'tree'"),
        ({"formats": ["gif"]}, "formats: expected some of svg, png, got 'gif'"),
        ({"language": "de"}, "language: expected some of en, ru, got 'de'"),
    ],
)
async def test_what_nobody_knows_is_refused(xai: Xai, question: dict[str, Any], words: str) -> None:
    problem = await xai.refused(features=BUSY, **question)
    assert problem.status == 422
    assert words in problem.detail


@pytest.mark.parametrize(
    ("variable", "question", "off"),
    [
        ("XAI_ENABLE_LIME", {"methods": ["lime"]}, "lime is switched off here"),
        ("XAI_ENABLE_SHAP", {}, "shap is switched off here"),
        ("XAI_ENABLE_SHAP", {"methods": ["plots"]}, "shap, plots is switched off here"),
    ],
)
async def test_a_method_that_is_off_is_refused_with_the_sentence_that_http_gives(
    shelf: Any, ordinary: Artifact, variable: str, question: dict[str, Any], off: str
) -> None:
    xai = Xai(shelf, ordinary, enabled(load(XaiSettings, {variable: "false"})))
    try:
        problem = await xai.refused(features=BUSY, **question)
        assert (problem.status, problem.title) == (422, "A method that is off")
        assert off in problem.detail
        assert variable in problem.detail
    finally:
        await xai.stop()


async def test_features_that_were_not_given_are_the_references_and_the_tenth_digit_does_not_count(xai: Xai) -> None:
    one = await xai.ask(features={"avg_message_size": 321.5})
    other = await xai.ask(features={"avg_message_size": 321.5000000001})
    assert one == other
    assert one.explanation.anomaly.values[INDEX["avg_message_size"]] == 321.5
    assert {entry.feature for entry in one.explanation.attributions} == set(FEATURE_NAMES)
