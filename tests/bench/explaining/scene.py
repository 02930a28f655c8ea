"""What there is to explain: the anomalies of scenarios of the simulator, each under the model that found it.

What a planted incident did is known of the simulator: it also plays the same people without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.loaded import Loaded
from resonance_auto_retrainer.gathering import vectors_of
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.window import VectorWindow
from resonance_client.simulation.kinds import ACCEPTED, Incident
from resonance_client.simulation.plan import Plan, Scenario, make_plan
from resonance_contracts.features import FEATURE_NAMES, FEATURES, WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_modeling.artifact import Artifact
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.rules import RuleBook
from resonance_predictor.terms import Terms
from resonance_xai.anomalies import expected_of, values_of
from tests.bench.offline.model import CAPACITY
from tests.bench.offline.watch import Detector, Extractor

Floats = NDArray[np.float64]

GROUP: Final = "unusual_"
"""Kinds of alert that are named after a group of features begin like this."""


@dataclass(frozen=True, slots=True)
class Found:
    """An anomaly.

    Attributes:
        anomaly: As it was told.
        model: The one that scored it, as it had expected it.
        incident: The one that it belongs to, if any was planted there.
        moved: Features that this person has nowhere as far out while nothing is planted; empty without an incident.
    """

    anomaly: pb.Anomaly
    model: Loaded
    incident: Incident | None
    moved: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scene:
    """One scenario.

    Attributes:
        found: Its anomalies that the model scored, in order.
        ordinary: Vectors that the model was learned from, in the features' units, (n, WIDTH).
        model: The model.
        artifact: The same as it is stored.
    """

    found: Sequence[Found]
    ordinary: Floats
    model: Loaded
    artifact: Artifact


def scene(seed: int) -> Scene:
    """What is found in the scenario with this seed."""
    return played(Scenario(seed=seed))


def played(scenario: Scenario) -> Scene:
    """Plays ordinary traffic, learns of it, then plays incidents and keeps what is found."""
    plan = make_plan(scenario)
    extractor, detector = Extractor(), Detector(Terms(RuleBook.default()))
    learned = list(extractor.vectors(plan.learning.actions))
    outputs = list(detector.watch(learned))
    window = VectorWindow(CAPACITY, WIDTH)
    window.flag([(anomaly.end_us, anomaly.vector_id) for said in outputs for anomaly in said.anomalies])
    for batch in learned:
        if batch.vector_id:
            window.add(vectors_of(batch))
    data = window.training_set()
    artifact = train(data, {})
    terms = replace(detector.partition.terms, scorer=Ensemble(EnsembleScorer(artifact)))
    detector.partition.activate(terms)
    model = Loaded(artifact)
    names = {extractor.gateway.user(person.user): person.user for person in plan.people}
    usual = _usual(plan)
    found = []
    for said in detector.watch(extractor.vectors(plan.incidents.actions)):
        for anomaly in said.anomalies:
            user = names[anomaly.user_key]
            incident = _incident(plan, user, anomaly.end_us)
            moved = _beyond(values_of(anomaly), *usual[user]) if incident else frozenset()
            found.append(Found(anomaly, model.expecting(expected_of(anomaly)), incident, moved))
    return Scene(found, data.values, model, artifact)


def culprits(kind: Incident) -> frozenset[str]:
    """Features of the groups that an alert of this incident may speak of."""
    return frozenset(feature.name for feature in FEATURES if f"{GROUP}{feature.group}" in ACCEPTED[kind])


def _incident(plan: Plan, user: str, end_us: int) -> Incident | None:
    for one in plan.incidents.planted:
        if one.user == user and one.start_us <= end_us <= one.end_us:
            return one.kind
    return None


def _usual(plan: Plan) -> Mapping[str, tuple[Floats, Floats]]:
    """The least and the largest value of each feature of each planted person in the same hours, nothing planted."""
    scenario, extractor = plan.scenario, Extractor()
    quiet = make_plan(replace(scenario, ordinary_users=len(plan.people), incidents=()))
    planted = {one.user for one in plan.incidents.planted}
    names = {extractor.gateway.user(user): user for user in planted}
    rows: dict[str, list[Floats]] = {user: [] for user in planted}
    lived = (one for one in chain(quiet.learning.actions, quiet.incidents.actions) if one.user in planted)
    for batch in extractor.vectors(lived):
        values = np.array(batch.values, dtype=np.float64).reshape(-1, WIDTH)
        for user, row in zip(batch.user_key, values, strict=True):
            rows[names[user]].append(row)
    return {user: (np.min(own, axis=0), np.max(own, axis=0)) for user, own in rows.items()}


def _beyond(values: Floats, least: Floats, most: Floats) -> frozenset[str]:
    return frozenset(FEATURE_NAMES[place] for place in np.flatnonzero((values < least) | (values > most)).tolist())
