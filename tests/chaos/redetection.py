"""The detection that nothing disturbed: the vectors as they lie there, record after record, partition by partition."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.topics import FEATURES_COMPUTED
from resonance_modeling.artifact import Artifact
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.outgoing import records_of
from resonance_predictor.rules_file import read_rules
from resonance_predictor.scorer import Scorer
from resonance_predictor.settings import PredictorSettings
from resonance_predictor.terms import Terms
from resonance_runtime.records import Record
from resonance_runtime.settings import load
from tests.chaos.kept import Kept
from tests.chaos.said import Place

SECOND_US: Final = 1_000_000
PROCESSES: Final = 2


class Written(NamedTuple):
    """A record of vectors: its id and its value."""

    id: str
    value: bytes


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """What one partition gives.

    Attributes:
        said: Every record, and when the gateway had read the newest frame that it follows from, microseconds.
        kept: The state at the end.
    """

    said: list[tuple[Place, bytes, int]]
    kept: Kept


@dataclass(slots=True)
class Redetection:
    """The detector of one partition, and what it said.

    Attributes:
        terms: What it begins with; there is no model then.
        scorer: The model, if there is one.
        begins: Id of the record from which on it goes by the model; None where it never does.
    """

    terms: Terms
    scorer: Scorer | None
    begins: str | None
    said: list[tuple[Place, bytes, int]] = field(default_factory=list)
    _read_us: int = 0

    def run(self, records: Sequence[Written]) -> Undisturbed:
        """Applies all records of the partition, in the order of the log and from its beginning."""
        detector = PartitionDetector(self.terms)
        for offset, written in enumerate(records):
            if written.id == self.begins and detector.terms.scorer is None:
                detector.activate(replace(self.terms, scorer=self.scorer))
            batch = VectorBatch.FromString(written.value)
            # Ids of what follows name the record; its number, time and partition are in no value.
            record = Record(FEATURES_COMPUTED, 0, offset, written.id, 0, None, batch, {})
            self._read_us = max((self._read_us, *batch.last_received_us))
            for one in records_of(record, detector.apply(offset, batch)):
                self.said.append((Place(one.topic.name, one.id), one.encoded() or b"", self._read_us))
        return Undisturbed(self.said, Kept.of(detector))


def terms_of(environment: Mapping[str, str]) -> Terms:
    """What a predictor with these variables begins with."""
    settings = load(PredictorSettings, environment)
    return Terms(
        read_rules(settings.rules_file),
        None,
        round(settings.quiet_s * SECOND_US),
        round(settings.max_age_hours * 3600 * SECOND_US),
        settings.observe_only,
        None,
        settings.false_incidents,
    )


async def undisturbed_detection(
    records: Mapping[int, Sequence[Written]],
    environment: Mapping[str, str],
    artifact: Artifact | None,
    begins: Mapping[int, str],
) -> dict[int, Undisturbed]:
    """What each partition gives, computed in processes of their own.

    Args:
        records: All records of vectors, by partition.
        environment: Variables of the predictors.
        artifact: The model.
        begins: Of the partitions that took the model over, the id of the first record that went by it.
    """
    loop, context = asyncio.get_running_loop(), multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context) as pool:
        running = {
            partition: loop.run_in_executor(pool, _detect, mine, dict(environment), artifact, begins.get(partition))
            for partition, mine in records.items()
        }
        return {partition: await task for partition, task in running.items()}


def _detect(
    records: Sequence[Written], environment: Mapping[str, str], artifact: Artifact | None, begins: str | None
) -> Undisturbed:
    scorer = None if artifact is None else Ensemble(EnsembleScorer(artifact))
    return Redetection(terms_of(environment), scorer, begins).run(records)
