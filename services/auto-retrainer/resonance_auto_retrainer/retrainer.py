"""One look at a time: is there a champion, is a training due, is there enough to train on; then train and promote.

    champion unknown ──▶ read the registry, tell of the champion again (a crash may have come between the
                         swap and the telling; repeats are harmless)
    not due ──▶ idle        due, too little ──▶ gathering        enough ──▶ settling ──▶ training
    drift ──▶ tell of it once; it makes a training due, no sooner than the cooldown after the promotion
    trained ──▶ store the artifact ──▶ swap the alias ──▶ tell
Whatever fails on the way, the champion is unknown again, and the next look begins with the registry.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from resonance_auto_retrainer.drift import DriftWatch
from resonance_auto_retrainer.drift_record import drift_record, told_features
from resonance_auto_retrainer.errors import ExportRefused
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.policy import Champion, Policy
from resonance_auto_retrainer.promotion import promotion_record
from resonance_auto_retrainer.status import Result, State, Status
from resonance_auto_retrainer.window import TrainingSet
from resonance_modeling.alias import AliasChange, AliasState
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.errors import ModelingError, OlderFormat, PromotionConflict
from resonance_modeling.registry import Registry
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import Outgoing
from resonance_training.drift.watch import Terms

log = logging.getLogger(__name__)

RETRY_S: Final = 5.0
"""Seconds between a failure and the next look: a training costs seconds of a core that others need."""

Publish = Callable[[Outgoing], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two clocks: when something happened (microseconds since the epoch), and how long it took (seconds)."""

    now_us: Callable[[], int] = lambda: time.time_ns() // 1000
    monotonic: Callable[[], float] = time.monotonic


class Retrainer:
    """Trains and promotes; told what was read by a `Gatherer`.

    Attributes:
        status: What it does, for people.
        drift: Whether what is ordinary is still what the champion was trained on.
    """

    def __init__(
        self,
        gatherer: Gatherer,
        registry: Registry,
        publish: Publish,
        policy: Policy,
        *,
        promoter: str,
        settle_s: float,
        drift: DriftWatch | None = None,
        clocks: Clocks | None = None,
    ) -> None:
        self.status = Status()
        self.drift = drift or DriftWatch(gatherer.streams, Terms())
        self._drift_told = ""
        self._gatherer = gatherer
        self._registry = registry
        self._publish = publish
        self._policy = policy
        self._promoter = promoter
        self._settle_s = settle_s
        self._clocks = clocks or Clocks()
        self._known = False
        self._seen: AliasState | None = None
        self._told: AliasChange | None = None
        self._retry_at = 0.0
        self._enough_since: float | None = None
        self._refused_at: int | None = None

    async def recover(self) -> None:
        """Reads the champion if it is not known, and tells of it unless this process did already."""
        if self._known:
            return
        self._seen = await self._registry.alias(ANOMALY_DETECTION, "champion")
        if self._seen is not None and self._seen.change != self._told:
            try:
                await self._tell(self._seen.change)
            except OlderFormat as error:
                # Nothing can use it: a training is due as if there were none.
                log.warning("the champion is to be replaced", extra={"reason": str(error)})
                self._told, self.status.champion = self._seen.change, None
        self._known = True

    async def look(self) -> None:
        """One look; returns when whatever it led to is done. A failure is in the status, and a later look retries."""
        if self._clocks.monotonic() < self._retry_at:
            return
        try:
            await self.recover()
            await self._watch()
            if self._ready():
                await self._train()
        except (Unavailable, ModelingError) as fault:
            self._known = False
            self._retry_at = self._clocks.monotonic() + RETRY_S
            self.status.set(State.FAILED, str(fault))
            log.warning("a look failed", extra={"reason": str(fault)})

    async def _watch(self) -> None:
        """Judges what came, and tells of drift once."""
        self.drift.look()
        for place, change in enumerate(self.drift.changes):
            feature = self.drift.name(change, place)
            metrics.RETRAINER_DRIFT_EFFECT.labels(feature=feature).set(change.effect)
            metrics.RETRAINER_DRIFT_EVIDENCE.labels(feature=feature).set(change.evidence)
        if self.drift.drifted and self._drift_told != self.drift.version:
            await self._publish(drift_record(self.drift))
            self._drift_told = self.drift.version
            log.warning("drift", extra={"version": self.drift.version, "reason": self.drift.said})
            for change in self.drift.drifted:
                place = self.drift.changes.index(change)
                metrics.RETRAINER_DRIFTS.labels(feature=self.drift.name(change, place)).inc()

    def _ready(self) -> bool:
        """Whether to train now; says why not in the status."""
        champion, window = self.status.champion, self._gatherer.window
        self.status.contents = contents = window.contents(0 if champion is None else champion.last_end_us)
        metrics.RETRAINER_WINDOW.labels(kind="ordinary").set(contents.vectors)
        metrics.RETRAINER_WINDOW.labels(kind="flagged").set(contents.flagged)
        if not self._policy.due(champion, self._clocks.now_us(), drifted := bool(self.drift.drifted)):
            version = "" if champion is None else champion.version[:12]
            why = "there is drift, but it was promoted only lately" if drifted else "no training is due"
            return self._wait(State.IDLE, f"Version {version} is champion; {why}.")
        if self._refused_at is not None and window.admitted < self._refused_at + self._policy.min_vectors:
            return self._wait(State.REFUSED, "The last export was refused; waiting for other vectors to train on.")
        if lacks := self._policy.missing(contents, champion):
            return self._wait(State.GATHERING, f"Gathering {', '.join(lacks)}.")
        if self._enough_since is None:
            self._enough_since = self._clocks.monotonic()
        if self._clocks.monotonic() - self._enough_since < self._settle_s:
            self.status.set(State.SETTLING, "There are enough vectors; waiting a moment for late flags.")
            return False
        return True

    def _wait(self, state: State, reason: str) -> bool:
        self._enough_since = None
        self.status.set(state, reason)
        return False

    async def _train(self) -> None:
        window = self._gatherer.window
        data, offsets = window.training_set(), dict(self._gatherer.offsets)
        reference = self.drift.reference()
        self.status.set(State.TRAINING, f"Training on {len(data.values)} vectors.")
        log.info("training", extra={"vectors": len(data.values), "flagged": data.flagged})
        started = self._clocks.monotonic()
        try:
            artifact = await asyncio.to_thread(_train_in_thread, data, offsets)
        except (ExportRefused, ModelingError) as refusal:
            self._refused_at = window.admitted
            parity = refusal.parity.largest if isinstance(refusal, ExportRefused) else None
            self._end(Result("refused", str(refusal), seconds=self._clocks.monotonic() - started, parity=parity))
            return
        self._refused_at = None
        manifest = artifact.manifest.model_copy(update={"reference": reference})
        await self._promote(replace(artifact, manifest=manifest), started)

    async def _promote(self, artifact: Artifact, started: float) -> None:
        """Stores, swaps and tells; the champion is unknown until the next look has read it."""
        manifest = await self._registry.put_artifact(artifact)
        # From the swap on, what was seen is no longer so, even if the telling fails.
        self._known = False
        try:
            change = await self._registry.change_alias(
                ANOMALY_DETECTION,
                "champion",
                manifest.model_version,
                seen=self._seen,
                changed_us=self._clocks.now_us(),
                promoter=self._promoter,
                reason=self._reason(len(artifact.manifest.feature_names), manifest.data_window.vectors),
            )
        except PromotionConflict as conflict:
            self._end(Result.of("conflict", str(conflict), manifest, self._clocks.monotonic() - started))
            return
        await self._tell(change)
        message = f"Version {change.model_version[:12]} is champion, revision {change.revision}."
        self._end(Result.of("promoted", message, manifest, self._clocks.monotonic() - started))

    def _reason(self, width: int, vectors: int) -> str:
        first = "The first model" if self._seen is None else "Trained anew"
        because = f", because of drift in {told_features(self.drift)}" if self.drift.drifted else ""
        return f"{first}{because}, on {vectors} ordinary vectors of {width} features."

    async def _tell(self, change: AliasChange) -> None:
        manifest = await self._registry.manifest(change.model_name, change.model_version)
        await self._publish(promotion_record(change, self._registry.bucket))
        self._told = change
        self.drift.follow(change.model_version, manifest.reference)
        self.status.champion = Champion(
            change.model_version, change.catalogue_version, manifest.data_window.last_end_us, change.changed_us
        )

    def _end(self, result: Result) -> None:
        self._enough_since = None
        self.status.last = result
        state = State.REFUSED if result.outcome == "refused" else State.IDLE
        self.status.set(state, result.message)
        metrics.RETRAINER_RUNS.labels(outcome=result.outcome).inc()
        metrics.RETRAINER_SECONDS.observe(result.seconds)
        if result.parity is not None:
            metrics.RETRAINER_PARITY.set(result.parity)
        level = logging.ERROR if result.outcome == "refused" else logging.INFO
        log.log(level, "training ended", extra={"outcome": result.outcome, "reason": result.message})


def _train_in_thread(data: TrainingSet, offsets: Mapping[str, int]) -> Artifact:
    """Trains; scikit-learn takes seconds to import, so it is imported by the first training, not by the start."""
    from resonance_auto_retrainer.training import train

    return train(data, offsets)
