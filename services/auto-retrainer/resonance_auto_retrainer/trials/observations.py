"""What is read of versions in operation: predictions, alerts, verdicts, and what predictors say of themselves.

It is kept by the versions that records name, not by what the aliases name when they are read: so it does not matter
whether a record or the change of an alias is seen first, and a process that reads the topics again knows the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import numpy as np

from resonance_auto_retrainer.trials.arms import Alerted, Arms
from resonance_auto_retrainer.trials.paired import Paired
from resonance_auto_retrainer.trials.seen import Seen
from resonance_contracts.pb.resonance.v1.detection_pb2 import DETECTOR_RULE, Alert, PredictionBatch
from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven, ServiceReport
from resonance_contracts.topics import ALERTS_RAISED, FEEDBACK_GIVEN, PREDICTIONS_SCORED, SERVICES_REPORTED, Service
from resonance_modeling.faults import heard, refuses
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.errors import Reject
from resonance_runtime.records import Record

TOPICS: Final = (PREDICTIONS_SCORED, ALERTS_RAISED, FEEDBACK_GIVEN, SERVICES_REPORTED)
MOST_PAIRS: Final = 8
"""Pairs of versions that are remembered; a trial has three."""
MOST_ALERTS: Final = 20_000
ALIASES: Final = ("champion", "challenger", "shadow", "former")
"""Under which a predictor reports that a version fails on vectors."""
MOST_FAILED: Final = 10
"""Vectors that a version may fail on, in all predictors: one odd one fails all that were asked about with it."""

Pair = tuple[str, str]
Kept = TypeVar("Kept", Paired, Arms)


class Observations:
    """Everything that was read.

    Args:
        erasures: Who was erased.
    """

    def __init__(self, erasures: Erasures | None = None) -> None:
        self._erasures = erasures or Erasures()
        self._erasures.also(self._erase)
        self._paired: OrderedDict[Pair, Paired] = OrderedDict()
        self._arms: OrderedDict[Pair, Arms] = OrderedDict()
        self._alerts: OrderedDict[str, Alerted] = OrderedDict()
        self._verdicts: OrderedDict[str, bool] = OrderedDict()
        self._reports: dict[str, ServiceReport] = {}

    async def handle(self, records: Sequence[Record[Any]]) -> None:
        """Takes records of any of TOPICS; repeats change nothing.

        Raises:
            Reject: A record is not what its topic carries; those before it were taken.
        """
        for record in records:
            self._take(record.value)

    def beside(self, serving: str, shadow: str, ratio: float) -> Seen:
        """What a shadow says beside the version that serves."""
        return self._paired.get((serving, shadow), Paired()).seen(beside_is_new=True, ratio=ratio)

    def after(self, serving: str, before: str, ratio: float) -> Seen:
        """What a champion says beside the one before it."""
        return self._paired.get((serving, before), Paired()).seen(beside_is_new=False, ratio=ratio)

    def between(self, champion: str, challenger: str, share: float, ratio: float) -> Seen:
        """What came of either arm of A/B."""
        arms = self._arms.get((champion, challenger), Arms())
        return arms.seen(self._alerts.items(), self._verdicts, (champion, challenger), share, ratio)

    def faults(self, version: str, since_us: int) -> list[str]:
        """What predictors report of a version since then, sentences."""
        since = [(key, report) for key, report in sorted(self._reports.items()) if report.reported_us >= since_us]
        said = [f"Predictor {key} refuses it." for key, report in since if refuses(report.details, version)]
        told = [heard(report.details, alias) for _, report in since for alias in ALIASES]
        failed = sum(one[1] for one in told if one is not None and one[0] == version)
        if failed > MOST_FAILED:
            said.append(f"It failed on {failed} vectors; predictors went on with the version below it.")
        return said

    def _take(self, value: object) -> None:
        if isinstance(value, PredictionBatch):
            self._take_batch(value)
        elif isinstance(value, Alert):
            self._take_alert(value)
        elif isinstance(value, FeedbackGiven):
            self._take_verdict(value)
        elif isinstance(value, ServiceReport) and value.service == Service.PREDICTOR:
            self._reports[value.instance] = value

    def _take_batch(self, batch: PredictionBatch) -> None:
        serving = batch.scorer.model_version
        shadow, challenger = batch.shadow.model_version, batch.challenger.model_version
        if not serving or not (shadow or challenger):
            return
        n = len(batch.vector_id)
        _check(n, batch.user_key, batch.end_us, batch.tail_probability)
        every = list(range(n))
        if self._erasures.any:
            every = [i for i in every if not self._erasures.covers(batch.user_key[i], batch.end_us[i])]
        if challenger:
            _check(n, batch.challenged)
            arms = _kept(self._arms, (serving, challenger), Arms)
            arms.add(
                batch.stream,
                [batch.user_key[i] for i in every],
                [batch.end_us[i] for i in every],
                [batch.challenged[i] for i in every],
            )
        if shadow:
            _check(n, batch.shadow_tail_probability)
            some = [i for i in every if not (challenger and batch.challenged[i])]
            _kept(self._paired, (serving, shadow), Paired).add(
                batch.stream,
                [batch.user_key[i] for i in some],
                [batch.end_us[i] for i in some],
                np.array([batch.tail_probability[i] for i in some]),
                np.array([batch.shadow_tail_probability[i] for i in some]),
            )

    def _take_alert(self, alert: Alert) -> None:
        # A rule finds the same whichever version scores.
        if alert.detector == DETECTOR_RULE or not alert.scorer.model_version:
            return
        if alert.alert_id in self._alerts or self._erasures.covers(alert.user_key, received_us(alert)):
            return
        told = Alerted(alert.user_key, alert.stream, alert.scorer.model_version, alert.opened_us)
        _put(self._alerts, alert.alert_id, told)

    def _take_verdict(self, verdict: FeedbackGiven) -> None:
        if verdict.withdrawn:
            self._verdicts.pop(verdict.alert_id, None)
        else:
            _put(self._verdicts, verdict.alert_id, verdict.true_alarm)

    def _erase(self, user: str) -> None:
        for paired in self._paired.values():
            paired.erase(user)
        for arms in self._arms.values():
            arms.erase(user)
        for alert_id in [alert_id for alert_id, alert in self._alerts.items() if alert.user == user]:
            del self._alerts[alert_id]


def _kept(pairs: OrderedDict[Pair, Kept], pair: Pair, make: type[Kept]) -> Kept:
    if pair not in pairs:
        pairs[pair] = make()
        if len(pairs) > MOST_PAIRS:
            pairs.popitem(last=False)
    pairs.move_to_end(pair)
    return pairs[pair]


V = TypeVar("V")


def _put(newest: OrderedDict[str, V], key: str, value: V) -> None:
    newest[key] = value
    newest.move_to_end(key)
    if len(newest) > MOST_ALERTS:
        newest.popitem(last=False)


def _check(n: int, *columns: Sequence[Any]) -> None:
    if any(len(column) != n for column in columns):
        raise Reject(f"Expected columns of {n} entries, one for each vector, but got {[len(c) for c in columns]}.")
