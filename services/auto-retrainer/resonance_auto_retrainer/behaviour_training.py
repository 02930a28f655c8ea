"""From vectors to an artifact that tells kinds of users apart: learn, name, export, check. No I/O, no clock.

The same training set always gives an artifact of the same version.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.agreement import agreed
from resonance_auto_retrainer.behaviour_export import export_kinds
from resonance_auto_retrainer.behaviour_naming import facts_of
from resonance_auto_retrainer.telling import Tell, silent
from resonance_auto_retrainer.training import LIBRARIES
from resonance_auto_retrainer.window import TrainingSet
from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, WIDTH
from resonance_modeling.artifact import (
    ONNX_FILE,
    Artifact,
    DataWindow,
    Manifest,
    Parity,
    StoredFile,
    content_version,
)
from resonance_modeling.behaviour import SIGNATURE, USER_BEHAVIOR
from resonance_modeling.clusters import Cluster
from resonance_modeling.code_revision import code_revision
from resonance_modeling.function import Function
from resonance_modeling.scales import to_scale, to_units
from resonance_narration import Language, name_behaviours
from resonance_training.behaviour import (
    LEAST_MEMBERS,
    LEAST_SHARE,
    LEAST_UNIT,
    LEAST_VARIANCE,
    MOST_KINDS,
    SEED,
    Kinds,
    Learned,
    Points,
    learn_kinds,
)

TOLERANCE: Final = 1e-4
"""Of a membership, and of a distance relative to it plus one: float32 holds the square of a long one no better."""

PARAMETERS: Final[dict[str, str | int | float]] = {
    "estimator": "GaussianMixture",
    "covariance_type": "tied",
    "criterion": "ICL",
    "most_kinds": MOST_KINDS,
    "least_share": LEAST_SHARE,
    "least_members": LEAST_MEMBERS,
    "least_variance": LEAST_VARIANCE,
    "seed": SEED,
}

Floats = NDArray[np.float64]


def train_behaviour(data: TrainingSet, offsets: Mapping[str, int], tell: Tell = silent) -> Artifact:
    """Learns and exports one version.

    Args:
        data: Ordinary vectors, some users with at least `resonance_training.needs.BEHAVIOUR_ROWS`.
        offsets: How far each topic had been read.
        tell: Told how far it is.

    Raises:
        ExportRefused: The exported model does not say what the learned one does.
    """
    points = Points.of(to_scale(data.values), data.users)
    tell(0.1, f"Learning kinds of {len(points.values)} users.")
    learned = learn_kinds(points)
    tell(0.8, "Exporting, and comparing what is served with what was learned.")
    onnx = export_kinds(learned.kinds)
    exported = Function(onnx, SIGNATURE)
    usual = to_units(points.values)
    parity = check_kinds(learned.kinds, exported, usual)
    clusters = clusters_of(learned.kinds, points)
    return Artifact(_manifest(data, offsets, onnx, exported.opsets, parity, clusters, points, learned), onnx)


def clusters_of(kinds: Kinds, points: Points) -> tuple[Cluster, ...]:
    """What the manifest says of each kind; `points` are those that they were learned from."""
    centers = to_units(kinds.centers)
    spreads = (kinds.centers - points.middle) / np.maximum(points.spread, LEAST_UNIT)
    facts = facts_of(spreads, centers)
    names = {language.value: name_behaviours(facts, language) for language in Language}
    of, distance = kinds.memberships(points.values).argmax(axis=1), kinds.distances(points.values)
    return tuple(
        Cluster(
            names={language: some[number] for language, some in names.items()},
            center=tuple(center.tolist()),
            users=int((of == number).sum()),
            share=float((of == number).mean()),
            usual_distance=float(np.median(distance[of == number])),
            far_distance=float(np.quantile(distance[of == number], 0.95)),
        )
        for number, center in enumerate(centers)
    )


def check_kinds(kinds: Kinds, exported: Function, usual: Floats) -> Parity:
    """Compares both on what users do, on the borders between kinds, and on what no user does.

    Args:
        usual: What users ordinarily do, in the features' units, (n, WIDTH).

    Raises:
        ExportRefused: A membership or a distance differs by more than TOLERANCE.
    """
    between = [(one + other) / 2.0 for one, other in combinations(kinds.centers, 2)]
    extremes = np.array([0.0, -1.0, 1.0, 1e-30, -1e30, 1e6, 3.4e38])
    alone = np.repeat(np.median(usual, axis=0)[np.newaxis], len(extremes) * WIDTH, axis=0)
    alone[np.arange(len(alone)), np.repeat(np.arange(WIDTH), len(extremes))] = np.tile(extremes, WIDTH)
    rows = {
        "ordinary": usual,
        "edge": to_units(np.concatenate([kinds.centers, *(one[np.newaxis] for one in between)])),
        "adversarial": np.concatenate([np.repeat(extremes[:, np.newaxis], WIDTH, axis=1), alone]),
    }
    return agreed({kind: _differences(kinds, exported, some) for kind, some in rows.items()}, TOLERANCE)


def _differences(kinds: Kinds, exported: Function, usual: Floats) -> Floats:
    """The largest difference of each row, (n,); 1 where the kind is another, though one is clearly more probable."""
    given = usual.astype(np.float32).astype(np.float64)
    scaled = to_scale(given)
    served, memberships = exported.infer({"usual": given}), kinds.memberships(scaled)
    distances = kinds.distances(scaled)
    number = served["cluster"].astype(np.int64)
    chosen = np.take_along_axis(memberships, number[:, np.newaxis], axis=1)[:, 0]
    doubtful = memberships.max(axis=1) - chosen
    difference = np.abs(served["memberships"] - memberships).max(axis=1)
    farther = np.abs(served["distance"] - distances) / (1.0 + distances)
    # On the border the distance is that from either kind.
    largest = np.where(doubtful == 0.0, np.maximum(difference, farther), np.maximum(difference, doubtful))
    return np.where(np.isfinite(largest), largest, 1.0)


def _manifest(
    data: TrainingSet,
    offsets: Mapping[str, int],
    onnx: bytes,
    opsets: dict[str, int],
    parity: Parity,
    clusters: tuple[Cluster, ...],
    points: Points,
    learned: Learned,
) -> Manifest:
    file = StoredFile.of(ONNX_FILE, onnx)
    sure = learned.kinds.memberships(points.values).max(axis=1)
    return Manifest(
        model_name=USER_BEHAVIOR,
        model_version=content_version(
            USER_BEHAVIOR, file.sha256, None, None, None, CATALOGUE_VERSION, FEATURE_NAMES, SIGNATURE, clusters=clusters
        ),
        files=(file,),
        catalogue_version=CATALOGUE_VERSION,
        feature_names=FEATURE_NAMES,
        signature=SIGNATURE,
        clusters=clusters,
        data_window=DataWindow(
            first_end_us=data.first_end_us,
            last_end_us=data.last_end_us,
            vectors=points.rows,
            users=len(points.values),
            flagged=data.flagged,
            streams=data.streams,
            offsets=dict(sorted(offsets.items())),
        ),
        metrics={
            "clusters": float(len(clusters)),
            "least_membership": float(sure.min()),
            "mean_membership": float(sure.mean()),
            **{f"icl_{number}": icl for number, icl in learned.icl.items()},
        },
        parity=parity,
        opsets=opsets,
        libraries={name: version(name) for name in LIBRARIES},
        git_revision=code_revision(),
        parameters=PARAMETERS,
    )
