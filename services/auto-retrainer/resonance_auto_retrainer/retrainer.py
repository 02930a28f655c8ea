"""One look at a time: is there a champion, is a training due, is there enough to train on; then train and offer.

    not due ──▶ idle        due, too little ──▶ gathering        enough ──▶ settling ──▶ training ──▶ offered
    drift ──▶ tell of it once; it makes a training due, no sooner than the cooldown after the promotion
What becomes of a version that was offered is up to `trials`; while one is tried, no other is trained. Whatever fails on
the way, the champion is unknown again, and the next look begins with the registry.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.drift import DriftWatch
from resonance_auto_retrainer.drift_record import drift_record, told_features
from resonance_auto_retrainer.errors import ExportRefused
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.policy import Policy
from resonance_auto_retrainer.promoter import Promoter, Publish
from resonance_auto_retrainer.status import Result, State, Status
from resonance_auto_retrainer.trials.gate import Recent
from resonance_auto_retrainer.trials.observations import Observations
from resonance_auto_retrainer.trials.terms import DIRECT, TrialTerms
from resonance_auto_retrainer.trials.trials import Trials
from resonance_auto_retrainer.window import TrainingSet
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.errors import ModelingError, PromotionConflict
from resonance_modeling.registry import Registry
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable
from resonance_training.drift.watch import Terms

log = logging.getLogger(__name__)

RECENT: Final = 20_000
"""Newest vectors that the gates compare versions on."""
RETRY_S: Final = 5.0
"""Seconds between a failure and the next look: a training costs seconds of a core that others need."""


class Retrainer:
    """Trains and offers; told what was read by a `Gatherer`.

    Attributes:
        status: What it does, for people.
        drift: Whether what is ordinary is still what the champion was trained on.
        promoter: Changes the aliases; an operator may ask it to at any time.
        trials: What becomes of versions that were trained.
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
        observations: Observations | None = None,
        terms: TrialTerms = DIRECT,
        clocks: Clocks | None = None,
    ) -> None:
        self.status = Status()
        self.drift = drift or DriftWatch(gatherer.streams, Terms())
        self._drift_told = ""
        self._gatherer = gatherer
        self._publish = publish
        self._policy = policy
        self._settle_s = settle_s
        self._clocks = clocks or Clocks()
        self.promoter = Promoter(ANOMALY_DETECTION, registry, publish, promoter, self._clocks)
        self.trials = Trials(self.promoter, observations or Observations(), terms, self._clocks)
        self._tried_us = 0
        self._retry_at = 0.0
        self._enough_since: float | None = None
        self._refused_at: int | None = None

    async def recover(self) -> None:
        """Reads the champion if it is not known, and tells of it unless this process did already."""
        await self.promoter.recover()
        self._follow()

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
            self.promoter.forget()
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
        if champion is not None and champion.current and self.trials.under_way:
            return self._wait(State.IDLE, f"No other version is trained meanwhile. {self.trials.now.said}")
        newest, drifted = self.promoter.roles.newest, bool(self.drift.drifted)
        tried_us = max(self._tried_us, 0 if newest is None else newest.changed_us)
        if not self._policy.due(champion, self._clocks.now_us(), drifted, tried_us):
            version = "" if champion is None else champion.version[:12]
            lately = "it was promoted" if champion is None or tried_us <= champion.changed_us else "another was tried"
            why = f"there is drift, but {lately} only lately" if drifted else "no training is due"
            return self._wait(State.IDLE, f"Version {version} is champion; {why}.")
        if self._refused_at is not None and window.admitted < self._refused_at + self._policy.min_vectors:
            return self._wait(*self._refusal())
        if lacks := self._policy.missing(contents, champion):
            return self._wait(State.GATHERING, f"Gathering {', '.join(lacks)}.")
        if self._enough_since is None:
            self._enough_since = self._clocks.monotonic()
        if self._clocks.monotonic() - self._enough_since < self._settle_s:
            self.status.set(State.SETTLING, "There are enough vectors; waiting a moment for late flags.")
            return False
        return True

    def _refusal(self) -> tuple[State, str]:
        """State and reason while what was trained last came to nothing."""
        last = self.status.last
        if last is None or last.outcome == "refused":
            return State.REFUSED, "The last export was refused; waiting for other vectors to train on."
        return State.IDLE, f"{last.message} Waiting for other vectors to train on."

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
        await self._offer(replace(artifact, manifest=manifest), data, started)

    async def _offer(self, artifact: Artifact, data: TrainingSet, started: float) -> None:
        """Offers a version; the aliases are unknown until the next look has read them."""
        because = f", because of drift in {told_features(self.drift)}" if self.drift.drifted else ""
        vectors, width = artifact.manifest.data_window.vectors, len(artifact.manifest.feature_names)
        learned = f"on {vectors} ordinary vectors of {width} features{because}"
        recent = Recent(*self._gatherer.window.recent(RECENT))
        try:
            offered = await self.trials.offer(artifact, data, recent, learned)
        except PromotionConflict as conflict:
            self.promoter.forget()
            self._end(Result.of("conflict", str(conflict), artifact.manifest, self._clocks.monotonic() - started))
            return
        self._follow()
        if offered.outcome in ("stored", "unchanged"):
            self._tried_us, self._refused_at = self._clocks.now_us(), self._gatherer.window.admitted
        seconds = self._clocks.monotonic() - started
        self._end(Result.of(offered.outcome, offered.message, offered.manifest, seconds))

    def _follow(self) -> None:
        """Shows and watches the champion."""
        self.status.champion = champion = self.promoter.champion
        if champion is not None:
            self.drift.follow(champion.version, self.promoter.reference)

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
