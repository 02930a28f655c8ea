"""The anomaly model, to be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.inference.catalogue import Shelf
from resonance_predictor.inference.servable import Tensor
from resonance_predictor.models import LOADED_AT_ONCE, Models

INPUTS: Final = (Tensor("vectors", "FP32", (-1, WIDTH)),)


class AnomalyDetection:
    """Vectors in the catalogue's order to scores (0 ordinary, 1 anomalous), tail probabilities, confidence and members.

    `members` is the surprise of each detector that looks at a vector alone, in the order of the model's `members`:
    whoever asks has no past.
    """

    inputs: Sequence[Tensor] = INPUTS

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble
        self.name = ensemble.model.name
        self.version = ensemble.model.version
        single = (Tensor(name, "FP64", (-1,)) for name in ("score", "tail_probability", "confidence"))
        self.outputs: Sequence[Tensor] = (*single, Tensor("members", "FP64", (-1, len(ensemble.members_alone))))

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Scores, tail probabilities and confidence, each (n,), and members (n, m), of `vectors` (n, WIDTH)."""
        found = self._ensemble.scores(inputs["vectors"])
        return {
            "score": found.score,
            "tail_probability": found.tail_probability,
            "confidence": found.confidence,
            "members": found.members[:, : len(self._ensemble.members_alone)],
        }


def anomaly_shelf(models: Models) -> Shelf:
    """The champion, the versions beside it, and those that are still loaded."""
    served = lru_cache(maxsize=LOADED_AT_ONCE)(AnomalyDetection)
    return Shelf(
        in_force=lambda: None if models.champion is None else served(models.champion),
        loaded=lambda: [served(ensemble) for ensemble in models.loaded],
        aliases=lambda: models.aliases,
    )
