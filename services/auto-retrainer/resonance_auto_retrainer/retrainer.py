"""One look at a time: is there a champion, is a training due, is there enough to train on; then train and offer.

    not due ──▶ idle        due, too little ──▶ gathering        enough ──▶ settling ──▶ training ──▶ offered
    drift ──▶ tell of it once; it makes a training due, no sooner than the cooldown after the promotion
What becomes of a version that was offered is up to `trials`; while one is tried, no other is trained. Whatever fails on
the way, the champion is unknown again, and the next look begins with the registry.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.drift import DriftWatch
from resonance_auto_retrainer.drift_record import drift_record, told_features
from resonance_auto_retrainer.errors import ExportRefused
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.levels import level_of
from resonance_auto_retrainer.made import Made
from resonance_auto_retrainer.policy import Policy
from resonance_auto_retrainer.progress import Training, Trigger
from resonance_auto_retrainer.promoter import Promoter, Publish
from resonance_auto_retrainer.status import Result, State, Status
from resonance_auto_retrainer.telling import Abandoned, Tell
from resonance_auto_retrainer.trainings import Trainings
from resonance_auto_retrainer.trials.gate import Recent
from resonance_auto_retrainer.trials.observations import Observations
from resonance_auto_retrainer.trials.terms import DIRECT, TrialTerms
from resonance_auto_retrainer.trials.trials import Trials
from resonance_auto_retrainer.window import TrainingSet
from resonance_modeling.artifact import ANOMALY_DETECTION, Reference
from resonance_modeling.errors import ModelingError, PromotionConflict
from resonance_modeling.registry import Registry
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable
from resonance_training.drift.watch import Terms
from resonance_training.parameters import Parameters
from resonance_training.rows import BadRows

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
        trainings: Trainings | None = None,
        search_s: float = 0.0,
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
        self._search_s = search_s
        self._trainings = trainings or Trainings(publish, self._clocks)
        self._trainings.offer(ANOMALY_DETECTION, self._lacks)
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
            if self._trainings.asked(ANOMALY_DETECTION) is not None or self._ready():
                await self._train()
        except (Unavailable, ModelingError) as fault:
            self._fail(fault)

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

    def _lacks(self) -> str:
        """What is missing for a training that is asked for, "" where nothing is."""
        return ", ".join(self._policy.missing(self._gatherer.window.contents(), None))

    def _fail(self, fault: Exception) -> None:
        self.promoter.forget()
        self._retry_at = self._clocks.monotonic() + RETRY_S
        self.status.set(State.FAILED, str(fault))
        log.log(level_of(fault), "a look failed", extra={"reason": str(fault)})

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
        """Trains what is due or was asked for; however it ends, it is told."""
        training = self._trainings.begin(ANOMALY_DETECTION, self._trigger())
        started = self._clocks.monotonic()
        try:
            if lacks := self._lacks():
                await self._end(training, Result("refused", f"There is too little to learn from by now: {lacks}."))
                return
            data = self._gatherer.window.training_set()
            await self._offer(training, await self._made(training, data), data, started)
        except (ExportRefused, BadRows) as refusal:
            self._refused_at = self._gatherer.window.admitted
            parity = refusal.parity.largest if isinstance(refusal, ExportRefused) else None
            seconds = self._clocks.monotonic() - started
            await self._end(training, Result("refused", str(refusal), seconds=seconds, parity=parity))
        except (Unavailable, ModelingError, Abandoned) as fault:
            self._fail(fault)
            metrics.RETRAINER_RUNS.labels(outcome="failed").inc()
            await self._trainings.end(training, "failed", str(fault))

    async def _made(self, training: Training, data: TrainingSet) -> Made:
        """What a training gives. The first model of all is not searched for: one now is worth more than a better one
        in a minute."""
        champion, offsets = self.status.champion, dict(self._gatherer.offsets)
        reference = self.drift.reference()
        search_s = 0.0 if champion is None or not champion.current else self._search_s
        known = self.promoter.parameters if search_s else {}
        message = f"Training on {len(data.values)} vectors."
        self.status.set(State.TRAINING, message)
        log.info("training", extra={"vectors": len(data.values), "flagged": data.flagged})
        made = await self._trainings.run(
            training, message, lambda tell: _train_in_thread(data, offsets, reference, known, search_s, tell)
        )
        self._refused_at = None
        return made

    def _trigger(self) -> Trigger:
        champion = self.status.champion
        if champion is None or not champion.current:
            return Trigger.FIRST
        return Trigger.DRIFT if self.drift.drifted else Trigger.SCHEDULE

    async def _offer(self, training: Training, made: Made, data: TrainingSet, started: float) -> None:
        """Offers a version; the aliases are unknown until the next look has read them."""
        manifest = made.artifact.manifest
        because = f", because of drift in {told_features(self.drift)}" if self.drift.drifted else ""
        vectors, width = manifest.data_window.vectors, len(manifest.feature_names)
        learned = f"on {vectors} ordinary vectors of {width} features{because}"
        recent = Recent(*self._gatherer.window.recent(RECENT))
        try:
            await self._trainings.say(training, "Comparing it, and its reasons, with the champion, and storing it.")
            offered = await self.trials.offer(made, data, recent, learned, training.auto_deploy, self.drift.features)
        except PromotionConflict as conflict:
            self.promoter.forget()
            seconds = self._clocks.monotonic() - started
            await self._end(training, Result.of("conflict", str(conflict), manifest, seconds))
            return
        self._follow()
        if training.auto_deploy and offered.outcome in ("stored", "unchanged"):
            self._tried_us, self._refused_at = self._clocks.now_us(), self._gatherer.window.admitted
        seconds = self._clocks.monotonic() - started
        result = Result.of(offered.outcome, offered.message, offered.manifest, seconds)
        await self._end(training, replace(result, metrics={**offered.manifest.metrics, **offered.figures}))

    def _follow(self) -> None:
        """Shows and watches the champion."""
        self.status.champion = champion = self.promoter.champion
        metrics.RETRAINER_CHAMPION_SINCE.set(0 if champion is None else champion.changed_us / 1e6)
        if champion is not None:
            self.drift.follow(champion.version, self.promoter.reference)

    async def _end(self, training: Training, result: Result) -> None:
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
        await self._trainings.end(training, result.outcome, result.message, result.model_version, result.metrics)


def _train_in_thread(
    data: TrainingSet,
    offsets: Mapping[str, int],
    reference: Reference | None,
    known: Mapping[str, str | int | float],
    search_s: float,
    tell: Tell,
) -> Made:
    """Trains; scikit-learn takes seconds to import, so it is imported by the first training, not by the start."""
    from resonance_auto_retrainer.crossfit import DEFAULTS
    from resonance_auto_retrainer.training import train

    parameters = Parameters.of({**DEFAULTS.to_dict(), **known})
    return Made.of(train(data, offsets, parameters, search_s, tell), data, offsets, reference)
