"""One scenario with people who have habits, with and without an operator who is listened to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Final

from resonance_auto_retrainer.gathering import vectors_of, verdict_of
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.window import VectorWindow
from resonance_client.alerts.events import Alert
from resonance_client.alerts.watch import Arrival
from resonance_client.simulation.judge import Judge
from resonance_client.simulation.people import HOUR
from resonance_client.simulation.plan import Planted, Scenario, make_plan
from resonance_client.timeline import merge, split
from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.rules import RuleBook
from resonance_predictor.terms import Terms
from resonance_predictor.verdicts.table import VerdictTable
from tests.bench.feedback.habits import Habit, Habits, habits
from tests.bench.feedback.operator import Operator
from tests.bench.offline.model import CAPACITY
from tests.bench.offline.watch import Detector, Extractor

HABIT_HOURS: Final = 4.0
RETRAINED_AFTER_HOURS: Final = 2.0
HOURS: Final = HABIT_HOURS + 3.2


@dataclass(frozen=True, slots=True)
class Listening:
    """Who listens to the operator.

    Attributes:
        detection: Whether verdicts are among the terms of detection.
        training: Whether verdicts change what the second model is trained on. Where they do not, it is the one that is
            learned where nobody listens: what thresholds change is then not mixed with what is learned of it.
    """

    detection: bool
    training: bool


NOBODY: Final = Listening(detection=False, training=False)
DETECTION: Final = Listening(detection=True, training=False)
TRAINING: Final = Listening(detection=False, training=True)
BOTH: Final = Listening(detection=True, training=True)


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one scenario.

    Attributes:
        planted: Everything that was planted, and whether it was found.
        repeats: Alerts about habits, of people of whom the operator had called one of the same habit false; by whether
            the second model was there, habit and kind.
        first: Alerts about habits before that.
        other_false: Alerts about nothing, of people without a habit.
    """

    planted: tuple[tuple[Planted, bool], ...]
    repeats: Counter[tuple[bool, Habit, str]]
    first: int
    other_false: int


class Scene:
    """Everything that happens under one seed, from which vectors are made once.

    Args:
        seed: Of the scenario.
        people: Ordinary people in it.
    """

    def __init__(self, seed: int, people: int = 80) -> None:
        self.plan = make_plan(Scenario(seed=seed, ordinary_users=people, incident_hours=HOURS))
        begin_s = self.plan.scenario.planting_s
        self.habits: Habits = habits(self.plan, begin_s, begin_s + HABIT_HOURS * HOUR)
        extractor = Extractor()
        self.learning = list(extractor.vectors(self.plan.learning.actions))
        every = merge([self.plan.incidents.actions, self.habits.actions])
        self.retrained_us = round((begin_s + RETRAINED_AFTER_HOURS * HOUR) * 1e6)
        before, after = split(every, self.retrained_us)
        self.before, self.after = list(extractor.vectors(before)), list(extractor.vectors(after))
        self.names = {extractor.gateway.user(person.user): person.user for person in self.plan.people}
        self.planted = (*self.plan.incidents.planted, *self.habits.planted)

        self._begun: tuple[_Game, Ensemble] | None = None
        self._unheard: Ensemble | None = None

    def play(self, listening: Listening) -> Played:
        """Let it happen."""
        if self._begun is None:
            first = _Game(self)
            self._begun = first, first.begin()
        if listening == DETECTION and self._unheard is None:
            self.play(NOBODY)
        begun, scorer = self._begun
        return deepcopy(begun, {id(self): self}).go_on(scorer, listening)

    def unheard(self, learn: Callable[[], Ensemble]) -> Ensemble:
        """The second model where nobody listens; learned the first time."""
        if self._unheard is None:
            self._unheard = learn()
        return self._unheard


class _Game:
    """One run. What is before anybody is told of anything is the same whoever listens, and done once."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._listening = NOBODY
        self._detector = Detector(Terms(RuleBook.default()))
        self._table = VerdictTable()
        self._judge = Judge("live", scene.plan.scenario.ordinary_users)
        self._judge.plant(scene.planted)
        self._operator = Operator(lambda alert: self._judge.planted_for(self._named(alert)) is not None)
        self._window = VectorWindow(CAPACITY, WIDTH)
        self._told: Counter[Habit] = Counter()
        self._counts: Counter[tuple[bool, Habit, str]] = Counter()
        self._first = self._other = 0

    def begin(self) -> Ensemble:
        """The hours that the first model is learned from; returns it."""
        self._watch(self._scene.learning, second=False)
        return self._learned()

    def go_on(self, first: Ensemble, listening: Listening) -> Played:
        """All that comes after."""
        self._listening = listening
        self._go_by(first)
        self._watch(self._scene.before, second=False)
        self._go_by(self._learned() if listening.training else self._scene.unheard(self._learned))
        self._watch(self._scene.after, second=True)
        found = tuple((one, bool(self._judge.detections(one))) for one in self._scene.planted)
        return Played(found, self._counts, self._first, self._other)

    def _learned(self) -> Ensemble:
        """A model of what was seen so far."""
        if self._listening.training:
            for given in self._operator.given:
                self._window.judge(verdict_of(given))
        return Ensemble(EnsembleScorer(train(self._window.training_set(), {})))

    def _go_by(self, scorer: Ensemble) -> None:
        self._detector.partition.activate(replace(self._detector.partition.terms, scorer=scorer))

    def _watch(self, batches: Collection[VectorBatch], *, second: bool) -> None:
        for batch, alerts, anomalies in self._said(batches):
            for anomaly in anomalies:
                self._window.flag([(anomaly.end_us, anomaly.vector_id)], anomaly.alert_ids)
            if batch.vector_id:
                self._window.add(vectors_of(batch))
            for alert in alerts:
                if alert.state == pb.ALERT_STATE_OPEN:
                    self._count(alert, second=second)
                else:
                    self._table.end(alert)
            self._operator.hear(alerts)
            self._answer(batch.watermark_us)

    def _said(self, batches: Collection[VectorBatch]) -> Iterator[tuple[VectorBatch, list[pb.Alert], list[pb.Anomaly]]]:
        for batch, said in zip(batches, self._detector.watch(batches), strict=True):
            yield batch, [*said.raised, *said.resolved], said.anomalies

    def _answer(self, now_us: int) -> None:
        answers = self._operator.answers(now_us)
        for given in answers:
            self._table.take(given)
            habit = self._habit_of(given.user_key)
            if habit is not None and not given.true_alarm:
                self._told[habit] += 1
        if answers and self._listening.detection:
            partition = self._detector.partition
            partition.activate(replace(partition.terms, verdicts=self._table.verdicts()))

    def _count(self, alert: pb.Alert, *, second: bool) -> None:
        named = self._named(alert)
        self._judge.take(Arrival(named, alert.opened_us))
        if self._judge.planted_for(named) is not None:
            return
        habit = self._habit_of(alert.user_key)
        if habit is None:
            self._other += 1
        elif self._told[habit]:
            self._counts[second, habit, alert.kind] += 1
        else:
            self._first += 1

    def _habit_of(self, user_key: str) -> Habit | None:
        return self._scene.habits.people.get(self._scene.names[user_key])

    def _named(self, alert: pb.Alert) -> Alert:
        return Alert(
            state="open",
            alert_id=alert.alert_id,
            user_key=alert.user_key,
            user_id=self._scene.names[alert.user_key],
            stream=alert.stream,
            kind=alert.kind,
            severity=alert.severity,
            opened_us=alert.opened_us,
        )
