"""What is said of every vector of a batch, in columns: one message for all that were scored as they should be."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_predictor import messages
from resonance_predictor.scored import By, Scored
from resonance_predictor.scorer import Scorer
from resonance_predictor.terms import Terms
from resonance_predictor.vectors import Vectors

Positions = NDArray[np.intp]

INSTEAD: Final = (By.FORMER, By.NOBODY)
"""Those who score vectors that the champion failed on."""

ALL: Final = slice(None)


def predictions(
    terms: Terms, vectors: Vectors, rows: Positions, scored: Scored, severities: NDArray[np.int64]
) -> list[pb.PredictionBatch]:
    """The predictions of some vectors of a batch, in their order.

    Those whom the champion and the challenger failed on follow in messages of their own, one for each who scored them
    instead: a message names its scorer once.

    Args:
        terms: By which they were scored.
        vectors: The batch.
        rows: Which of them, (n,).
        scored: What the models said of these.
        severities: Of these, (n,).
    """
    if not len(rows):
        return []
    if not scored.failed_over:
        return [_batch(terms, terms.scorer, vectors, rows, scored, severities)]
    places = (np.flatnonzero(scored.by <= By.CHAMPION), *(np.flatnonzero(scored.by == by) for by in INSTEAD))
    scorers = (terms.scorer, *(scored.scorers.get(by) for by in INSTEAD))
    return [
        _batch(terms, scorer, vectors, rows, scored, severities, some)
        for scorer, some in zip(scorers, places, strict=True)
        if len(some)
    ]


def _batch(
    terms: Terms,
    scorer: Scorer | None,
    vectors: Vectors,
    rows: Positions,
    scored: Scored,
    severities: NDArray[np.int64],
    some: Positions | slice = ALL,
) -> pb.PredictionBatch:
    at = rows[some].tolist()
    told = pb.PredictionBatch(
        stream=vectors.stream,
        scorer=messages.scorer(terms.origin(scorer)),
        vector_id=[vectors.ids[row] for row in at],
        user_key=[vectors.users[row] for row in at],
        end_us=[vectors.ends[row] for row in at],
        score=scored.scores.score[some].tolist(),
        tail_probability=scored.scores.tail_probability[some].tolist(),
        confidence=scored.scores.confidence[some].tolist(),
        severity=[messages.severity(severity) for severity in severities[some].tolist()],
    )
    others = terms.others
    if others.challenger is not None and scorer is terms.scorer:
        told.challenger.CopyFrom(messages.scorer(terms.origin(others.challenger)))
        told.challenged.extend((scored.by[some] == By.CHALLENGER).tolist())
    if others.shadow is not None:
        told.shadow.CopyFrom(messages.scorer(terms.origin(others.shadow)))
        told.shadow_tail_probability.extend(scored.shadow[some].tolist())
    return told
