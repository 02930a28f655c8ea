"""The model of sequences of a training set: learned, exported, and asked what it expected of every vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.crossfit import DEFAULTS
from resonance_auto_retrainer.export.sequence import export_sequence
from resonance_auto_retrainer.holdout import held_out
from resonance_auto_retrainer.sequences import Sequences, sequences_of
from resonance_auto_retrainer.telling import Tell, silent
from resonance_auto_retrainer.window import TrainingSet
from resonance_modeling.onnx_sequence import OnnxSequence
from resonance_training.foresight import Foresight
from resonance_training.forest import SEED
from resonance_training.sequence import LEAST_SEQUENCES, expected

SAID: Final = "Learning which vectors follow one another."


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What came of it; without a model where there were too few sequences to learn one from.

    Attributes:
        foresight: What was learned.
        onnx: Its ONNX file.
        trained, served: What the learned and the exported model expected of vectors, (n, width) each, on the scales of
            comparison: the first of those it was learned from, the second of all that have one before them in their
            sitting; rows of NaN elsewhere.
    """

    foresight: Foresight | None
    onnx: bytes | None
    trained: NDArray[np.float64]
    served: NDArray[np.float64]


def foresee(
    data: TrainingSet, held: NDArray[np.bool_], ordinary: float = DEFAULTS.ordinary, tell: Tell = silent
) -> Foreseen:
    """Learns it from the vectors that are not held out, (n,).

    Of their users one in five is set aside once more: what the others taught is measured on them.
    """
    every = sequences_of(data)
    some = every.thinned(~held)
    aside = held_out(data.users[some.places], data.called[some.places])
    trained, served = np.full(data.values.shape, np.nan), np.full(data.values.shape, np.nan)
    if len(some) - int(aside.sum()) < LEAST_SEQUENCES:
        return Foreseen(None, None, trained, served)
    foresight = Foresight.learn(some.recent, some.target, aside, SEED, ordinary, lambda share: tell(share, SAID))
    onnx = export_sequence(foresight.weights)
    trained[some.places] = expected(foresight.weights, some.recent)
    served[every.places] = _served(onnx, every)
    return Foreseen(foresight, onnx, trained, served)


def _served(onnx: bytes, sequences: Sequences) -> NDArray[np.float64]:
    return OnnxSequence(onnx, sequences.target.shape[1]).expected(sequences.recent)
