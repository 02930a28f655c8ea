"""The scorer that predictor and xai share: an artifact, checked, loaded, and calibrated.

The detectors' weighted mean surprise s, 0 to infinity, is served as the score s / (1 + s): it lies between 0 and 1,
rises with s, and s can be had back from it. An ordinary vector has about a half.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, WIDTH
from resonance_modeling.artifact import Artifact, Manifest
from resonance_modeling.errors import InvalidArtifact, SignatureMismatch
from resonance_modeling.onnx_ensemble import LARGEST, OnnxEnsemble, checked
from resonance_modeling.onnx_sequence import OnnxSequence
from resonance_modeling.scales import to_scale
from resonance_modeling.sequences import STEPS

Floats = NDArray[np.float64]

RARE: Final = float(np.log(20.0))
"""Surprise of one ordinary vector in twenty: where a detector is taken to call a vector unusual, for the confidence."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What the ensemble says of n vectors.

    Attributes:
        score: 0 ordinary to 1 anomalous, (n,).
        tail_probability: Share of ordinary vectors that score at least as high, (n,), in (0, 1].
        confidence: Share of the ensemble, by weight, that is on the same side as the whole of it, (n,): of those to
            whom the vector is rarer than one in twenty where the whole says so, of the others where not.
        members: Surprise of each detector, (n, members); NaN of the one that looks back where nothing was expected.
    """

    score: Floats
    tail_probability: Floats
    confidence: Floats
    members: Floats


class EnsembleScorer:
    """Scores vectors with one version of the ensemble. Safe to share between threads.

    Attributes:
        manifest: What is known about the version.
        version: Its content version.
        members: Names of the detectors.
        population: The ordinary population.
        looks_back: Whether its last detector compares a vector with what was expected of it.
    """

    def __init__(self, artifact: Artifact) -> None:
        """Checks and loads an artifact.

        Raises:
            ForbiddenModel: A file has external data, operators of other domains, or functions.
            SignatureMismatch: Features, catalogue version, inputs or outputs are not the expected ones.
            InvalidArtifact: ONNX Runtime cannot run it, or what it gives is no number.
        """
        _check_features(artifact.manifest)
        self.manifest = artifact.manifest
        self.population, members, calibration = artifact.manifest.scoring()
        self._tail_probability = calibration.ready()
        self.version = artifact.manifest.model_version
        self.members = tuple(member.name for member in members)
        weights = np.array([member.weight for member in members])
        self._shares: Floats = weights / weights.sum()
        self.looks_back = artifact.sequence is not None
        alone = weights[:-1] if self.looks_back else weights
        self._alone: Floats = alone / alone.sum()
        self._sequence = None if artifact.sequence is None else OnnxSequence(artifact.sequence, WIDTH)
        self._ensemble = OnnxEnsemble(artifact.onnx, WIDTH, len(self.members), self.looks_back)
        self._check_numbers()

    def expected(self, recent: NDArray[np.float32]) -> Floats | None:
        """What is expected after vectors (n, STEPS, WIDTH) as `OnnxSequence` takes them, (n, WIDTH).

        Rows of NaN after none; None where the model does not look back.
        """
        if self._sequence is None:
            return None
        known = ~np.isnan(recent[:, -1, 0])
        if known.all():
            return self._sequence.expected(recent)
        found = np.full((len(recent), WIDTH), np.nan)
        found[known] = self._sequence.expected(recent[known])
        return found

    def _check_numbers(self) -> None:
        """Raises InvalidArtifact where it says no number of a vector that it could be asked about any time."""
        known = to_scale(np.array([self.population.median, self.population.mean], dtype=np.float64))
        rows = np.concatenate([known, np.multiply.outer([0.0, LARGEST, -LARGEST], np.ones(WIDTH))])
        recent = np.zeros((len(rows), STEPS, WIDTH), dtype=np.float32)
        for expected in (None, self.expected(recent)):
            found = self.judge(rows, expected)
            members = found.members if expected is not None or not self.looks_back else found.members[:, :-1]
            if not all(np.isfinite(some).all() for some in (found.score, found.tail_probability, members)):
                raise InvalidArtifact(
                    f"{self.manifest.model_name} {self.version[:12]} gives no number for some vectors: "
                    "train a new version."
                )

    def judge(self, scaled: Floats, expected: Floats | None = None) -> Scores:
        """Everything the ensemble says of vectors that are on the scales of comparison already, (n, WIDTH).

        Args:
            scaled: The vectors.
            expected: What `expected` gave before they came; None where nothing is known of what was before.
        """
        surprise, members = self._ensemble.surprises(scaled, expected)
        same = (members >= RARE) == (surprise >= RARE)[:, np.newaxis]
        confidence = same[:, : len(self._alone)] @ self._alone
        if self.looks_back and expected is not None:
            confidence = np.where(np.isnan(members[:, -1]), confidence, same @ self._shares)
        return Scores(bounded(surprise), self._tail_probability(surprise), confidence, members)

    def scores(self, vectors: ArrayLike, expected: Floats | None = None) -> Scores:
        """Everything the ensemble says of vectors in the catalogue's order and units, float64 (n, WIDTH).

        Args:
            vectors: The vectors.
            expected: As `judge`.

        Raises:
            InvalidVectors: Another shape, or a value that is NaN or infinite.
        """
        return self.judge(to_scale(checked(vectors, WIDTH)), expected)

    def score(self, vectors: ArrayLike) -> Floats:
        """The scores alone, (n,); otherwise as `scores`."""
        return self.scores(vectors).score

    def tail_probability(self, scores: ArrayLike) -> Floats:
        """Share of ordinary vectors that score at least this high, in (0, 1], same shape as `scores`."""
        return self._tail_probability(surprise_of(scores))


def bounded(surprise: Floats) -> Floats:
    """Scores, in [0, 1), of surprise, from 0 on."""
    return surprise / (1.0 + surprise)


def surprise_of(scores: ArrayLike) -> Floats:
    """Surprise of scores in [0, 1]; infinite at 1."""
    given = np.asarray(scores, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(given / (1.0 - given), dtype=np.float64)


def _check_features(manifest: Manifest) -> None:
    if manifest.catalogue_version != CATALOGUE_VERSION:
        raise SignatureMismatch(
            f"{manifest.model_name} {manifest.model_version[:12]} was trained on feature catalogue "
            f"{manifest.catalogue_version!r}, but this service has {CATALOGUE_VERSION!r}: train a new version."
        )
    if manifest.feature_names != FEATURE_NAMES:
        raise SignatureMismatch(
            f"{manifest.model_name} {manifest.model_version[:12]} was trained on the features "
            f"{', '.join(manifest.feature_names)}, but the catalogue has {', '.join(FEATURE_NAMES)}: "
            "train a new version."
        )
