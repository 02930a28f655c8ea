"""One batch of vectors through all detectors and into the incidents of their users.

What needs no memory (rules, scales) is computed for the whole batch at once. What needs the user's past is computed
in rounds in which each user occurs once. Only vectors in which something was found, or whose user has something in
progress, are looked at one by one: in ordinary traffic one in a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import CATALOGUE_VERSION
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_modeling.scales import from_scale, to_scale, to_units
from resonance_predictor import climb, findings, habit, messages
from resonance_predictor.arms import Priors
from resonance_predictor.baseline import Judgement, trust
from resonance_predictor.deviation import sampling_variance
from resonance_predictor.findings import Deviation, Finding
from resonance_predictor.incidents import Case, Incident, Observation, Outcome
from resonance_predictor.intake import take_in
from resonance_predictor.limits.limiting import Limiting, limit
from resonance_predictor.limits.pace import busy_pace, pace
from resonance_predictor.limits.share import most_limited
from resonance_predictor.messages import Outputs
from resonance_predictor.passing_time import LIVE
from resonance_predictor.peaks import APART_US, Grounds
from resonance_predictor.predictions import predictions
from resonance_predictor.quantiles import usual_range
from resonance_predictor.scored import By, Scored
from resonance_predictor.severity import DEVIATION_LOW, TAIL_LOW, gravest
from resonance_predictor.terms import Terms, prior_of
from resonance_predictor.thresholds import ORDINARY, thresholds
from resonance_predictor.users import Users
from resonance_predictor.vectors import Vectors

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]

RELEARN_AFTER_US: Final = 2 * 3600 * 1_000_000
"""Event time after which a baseline learns from an open incident: by then it is news no more, but the new normal."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """What is told from the new vectors alone; one entry for each."""

    fires: NDArray[np.bool_]
    scaled: Floats
    noise: Floats


@dataclass(frozen=True, slots=True)
class _Round:
    """What the detectors with memory say of the vectors of one round; one entry for each."""

    positions: Positions
    slots: Positions
    judgement: Judgement
    excess: Floats
    climbs: Floats


class Passage:
    """The passage of one batch; used once."""

    def __init__(self, users: Users, terms: Terms, vectors: Vectors) -> None:
        self._users = users
        self._terms = terms
        self._vectors = vectors
        self._stream = users.stream(vectors.stream)
        self._thresholds = thresholds(terms.false_incidents, self._stream.learned)
        self._factors = terms.verdicts.factors(terms.false_incidents, self._stream.learned)
        self._intake = take_in(users, vectors, terms.idle_us)
        self._measured = _measure(terms, vectors.values[self._intake.rows])
        self._parts = terms.time_zone.parts(np.array(vectors.ends, dtype=np.int64)[self._intake.rows])
        challenged = _challenged(users, terms, self._intake.slots)
        self._priors = Priors(terms.prior, prior_of(terms.others.challenger), challenged)
        self._scored = Scored(len(self._intake.rows), terms, challenged)
        self._severities = np.zeros(len(self._intake.rows), dtype=np.int64)
        self._told: list[tuple[int, Outputs]] = []

    def run(self) -> Outputs:
        """Take every new vector of the batch into account."""
        for positions in self._intake.rounds():
            self._run_round(positions)
        told_of = predictions(self._terms, self._vectors, self._intake.rows, self._scored, self._severities)
        outputs = Outputs(next(iter(told_of), None), told_of[1:], faults=self._scored.faults)
        for _, told in sorted(self._told, key=lambda entry: entry[0]):
            outputs.add(told)
        return outputs

    def _run_round(self, positions: Positions) -> None:
        slots = self._intake.slots[positions]
        for position in positions[self._intake.returned[positions]].tolist():
            slot = int(self._intake.slots[position])
            self._users.forget_learned(slot)
            if self._intake.elapsed_us[position] > self._terms.weeks_us:
                self._users.weeks.clear(slot)
        self._users.weeks.turn(slots, self._parts[positions])
        rested = self._intake.rested[positions]
        if rested.any():
            self._users.recent.clear(slots[rested])
        scaled, noise = self._measured.scaled[positions], self._measured.noise[positions]
        judgement = self._priors.judge(self._users.baseline, positions, slots, scaled, noise)
        self._scored.ask(positions, scaled, self._users.recent, slots)
        excess = self._scored.surprise[positions] - habit.allowance(self._users.habit, slots)
        climbs = self._climb(positions, slots, judgement)
        now = _Round(positions, slots, judgement, excess, climbs)
        teaches, habitual = trust(judgement.deviation), np.ones(len(positions), dtype=np.bool_)
        for at in np.flatnonzero(self._notable(now)).tolist():
            taught, habitual[at] = self._examine(now, at)
            teaches[at] = teaches[at] if taught is None else taught
        self._learn(now, teaches, habitual)

    def _climb(self, positions: Positions, slots: Positions, judgement: Judgement) -> Floats:
        """Evidence of rises that stay. Without a population, young spreads are too narrow for what lasts so long."""
        if self._terms.scorer is None:
            return np.zeros(len(slots))
        sizes, known = climb.sizes(judgement.deviation), self._users.baseline.weight[slots]
        totals = climb.added(self._users.climb[slots], sizes, known, self._intake.elapsed_us[positions])
        self._users.climb[slots] = totals
        return totals

    def _notable(self, now: _Round) -> NDArray[np.bool_]:
        """Vectors to look at one by one."""
        found: NDArray[np.bool_] = np.any(self._measured.fires[now.positions], axis=1)
        found |= now.judgement.deviation.max(axis=1) >= DEVIATION_LOW
        found |= self._scored.scores.tail_probability[now.positions] <= TAIL_LOW
        found |= now.excess > 0.0
        found |= now.climbs >= climb.WATCHED
        found |= self._users.busy[now.slots]
        return found

    def _learn(self, now: _Round, teaches: Floats, habitual: NDArray[np.bool_]) -> None:
        minutes = self._intake.minutes[now.positions]
        scaled = self._measured.scaled[now.positions]
        some = teaches > 0.0
        taught, lessons = now.slots[some], scaled[some]
        worth = (minutes * teaches)[some]
        lesson = self._users.baseline.learn(taught, lessons, worth)
        self._users.quantiles.learn(taught, lesson)
        self._users.recent.add(taught, lessons)
        self._users.weeks.learn(taught, lessons, worth, self._parts[now.positions][some])
        self._users.learned[taught] += 1
        if self._terms.scorer is not None:
            if self._scored.failed_over:
                habitual &= self._scored.by[now.positions] != By.NOBODY
            surprise = self._scored.surprise[now.positions][:, np.newaxis]
            self._users.habit.learn(now.slots[habitual], surprise[habitual], minutes[habitual])

    def _examine(self, now: _Round, at: int) -> tuple[float | None, bool]:
        """Look at one vector; returns what `_lessons` says of it."""
        position, slot = int(now.positions[at]), int(now.slots[at])
        case = self._users.case(slot)
        ended = self._expire(now, at, case)
        seen = self._observation(now, at, case)
        asked = self._terms.verdicts.asked_of(seen.user_key, seen.stream, seen.end_us, self._factors)
        outcome = case.observe(seen, self._thresholds, asked)
        if outcome.climb_over:
            self._users.climb[slot] = 0.0
        for grounds, peak in outcome.peaks:
            self._note(slot, grounds, peak, seen.end_us)
        for incident in outcome.opened:
            incident.held_back = self._terms.observe_only
        outcome.resolved = ended + outcome.resolved
        limited = self._limit(now, at, seen, case, outcome)
        self._users.keep(self._stream, slot, case)
        self._stream.due_us = min((self._stream.due_us, *case.due_us(self._terms.quiet_us)))
        self._severities[position] = gravest(finding.severity for finding in seen.findings())
        if outcome.counted or outcome.resolved:
            self._told.append((position, self._tell(now, at, seen, outcome, limited)))
        return _lessons(case, seen)

    def _expire(self, now: _Round, at: int, case: Case) -> list[tuple[Incident, int]]:
        """Close incidents whose quiet time is over; the evidence of a rise begins anew with that of volume."""
        end_us = self._vectors.ends[int(self._intake.rows[now.positions[at]])]
        reached_us = max(self._stream.watermark_us, self._vectors.watermark_us)
        ended = case.expire(end_us, reached_us, self._terms.quiet_us)
        if any(incident.kind == findings.UNUSUAL_CLIMB for incident, _ in ended):
            self._users.climb[now.slots[at]] = now.climbs[at] = 0.0
        return ended

    def _note(self, slot: int, grounds: Grounds, peak: float, end_us: int) -> None:
        """Learn from evidence that came to nothing, unless the user was learned from a short time ago."""
        ordinary = ORDINARY[grounds]
        counted_us = self._users.counted_us
        if ordinary.begin <= peak < ordinary.end and end_us - counted_us[slot, grounds] >= APART_US:
            counted_us[slot, grounds] = end_us
            self._stream.lately = self._stream.lately.and_one(grounds, peak - ordinary.begin)

    def _observation(self, now: _Round, at: int, case: Case) -> Observation:
        position = int(now.positions[at])
        deviations = findings.of_baseline(now.judgement.deviation[at])
        row, vectors = int(self._intake.rows[position]), self._vectors
        return Observation(
            user_key=vectors.users[row],
            stream=vectors.stream,
            vector_id=vectors.ids[row],
            end_us=vectors.ends[row],
            first_received_us=vectors.first_received[row],
            last_received_us=vectors.last_received[row],
            heard_us=self._stream.watermark_us,
            elapsed_us=int(self._intake.elapsed_us[position]),
            rules=findings.of_rules(self._terms.rules, self._measured.fires[position], vectors.values[row]),
            deviations=deviations,
            model=findings.of_model(float(self._scored.scores.tail_probability[position])),
            model_excess=float(now.excess[at]),
            origin=self._terms.origin(self._scored.scorer_of(position)),
            climb=float(now.climbs[at]),
            climbing=self._climbing(now, at, deviations, case),
        )

    def _climbing(self, now: _Round, at: int, deviations: tuple[Deviation, ...], case: Case) -> Finding | None:
        """The finding of a rise that stays, where there is enough evidence of one, or where an open one goes on."""
        volume = next(deviation for deviation in deviations if deviation.group is climb.GROUP)
        if findings.UNUSUAL_CLIMB in case.incidents:
            found = volume.size >= climb.KEEPS_OPEN
        else:
            found = now.climbs[at] >= self._thresholds.climb.low and volume.size >= climb.DRIFT
        if not found:
            return None
        return volume.finding or findings.of_climb(now.judgement.deviation[at])

    def _limit(self, now: _Round, at: int, seen: Observation, case: Case, outcome: Outcome) -> Limiting | None:
        """Limit the user, where there is a reason and room for one more."""
        terms, slot = self._terms.limits, int(now.slots[at])
        if terms is None or seen.stream != LIVE or not outcome.counted:
            return None
        limited, users = self._stream.limited, len(self._stream.slots)
        if slot not in limited and len(limited) >= most_limited(users):
            return None
        normal = now.judgement
        ordinary = busy_pace(normal.center[at], normal.spread[at]) if normal.judged[at] else None
        row = int(self._intake.rows[now.positions[at]])
        found = limit(case.limit, seen, outcome.counted.values(), pace(self._vectors.values[row]), ordinary, terms)
        if found is not None:
            case.limit = found.held
        return found

    def _tell(self, now: _Round, at: int, seen: Observation, outcome: Outcome, limited: Limiting | None) -> Outputs:
        told = Outputs(limits=[] if limited is None else [messages.limited(limited, seen.user_key)])
        for incident in outcome.opened:
            opened = told.held_back if incident.held_back else told.raised
            opened.append(messages.raised(incident, seen.user_key, seen.stream))
        told.escalated += [
            messages.escalated(incident, seen.user_key, seen.stream)
            for incident in outcome.risen
            if not incident.held_back
        ]
        told.resolved += [
            messages.resolved(incident, seen.user_key, seen.stream, when)
            for incident, when in outcome.resolved
            if not incident.held_back
        ]
        if outcome.counted:
            told.anomalies.append(self._anomaly(now, at, seen, outcome.counted, told))
        return told

    def _anomaly(
        self, now: _Round, at: int, seen: Observation, counted: dict[str, Incident], told: Outputs
    ) -> pb.Anomaly:
        position = int(now.positions[at])
        row = int(self._intake.rows[position])
        scores, expected = self._scored.scores, self._scored.expected_of(position)
        return pb.Anomaly(
            vector_id=seen.vector_id,
            user_key=seen.user_key,
            stream=seen.stream,
            start_us=self._vectors.starts[row],
            end_us=seen.end_us,
            catalogue_version=CATALOGUE_VERSION,
            values=self._vectors.values[row].tolist(),
            baseline=self._normal(now, at),
            baseline_weight=int(self._users.learned[now.slots[at]]),
            scorer=messages.scorer(seen.origin),
            score=float(scores.score[position]),
            tail_probability=float(scores.tail_probability[position]),
            confidence=float(scores.confidence[position]),
            members=messages.members(*self._scored.members_of(position)),
            expected=expected,
            recent=self._before(now, at) if expected else [],
            usual_then=self._usual_then(now, at),
            severity=messages.severity(int(self._severities[position])),
            findings=[messages.finding(finding) for finding in seen.findings()],
            alert_ids=[id_ for id_, incident in counted.items() if not incident.held_back],
            opened=told.raised,
            escalated=told.escalated,
            held_back=told.held_back,
            first_received_us=seen.first_received_us,
            last_received_us=seen.last_received_us,
        )

    def _before(self, now: _Round, at: int) -> list[float]:
        """The vectors that a vector was expected from, one after the other: it has not been learned from yet."""
        known: list[float] = self._users.recent.known(now.slots[at : at + 1]).ravel().tolist()
        return known

    def _usual_then(self, now: _Round, at: int) -> pb.UsualThen | None:
        """What is usual of the user in this part of the week; None while it is not known."""
        found = self._users.weeks.usual(int(now.slots[at]), int(self._parts[now.positions[at]]))
        return None if found is None else messages.usual_then(found, self._terms.time_zone)

    def _normal(self, now: _Round, at: int) -> list[pb.FeatureBaseline]:
        """The user's normal in the features' units; empty while it is not known."""
        judgement, slot = now.judgement, int(now.slots[at])
        if not judgement.judged[at]:
            return []
        users, center, prior = self._users, judgement.center[at], self._priors.of(int(now.positions[at]))
        scaled = usual_range(users.quantiles, users.baseline, prior, slot, center)
        columns = (*from_scale(center, judgement.spread[at]), *to_units(scaled))
        names = ("mean", "spread", "low", "median", "high")
        return [pb.FeatureBaseline(**dict(zip(names, row, strict=True))) for row in np.stack(columns, axis=1).tolist()]


def _challenged(users: Users, terms: Terms, slots: Positions) -> NDArray[np.bool_] | None:
    """Which vectors are of users in the challenger's arm; None without a challenger."""
    challenger, share = terms.others.challenger, terms.others.share
    if challenger is None:
        return None
    return users.arms.challenged(challenger.model.version, share, slots, users.keys)


def _measure(terms: Terms, values: Floats) -> _Measured:
    return _Measured(fires=terms.rules.match(values), scaled=to_scale(values), noise=sampling_variance(values))


def _lessons(case: Case, seen: Observation) -> tuple[float | None, bool]:
    """How far the baseline may learn from a vector that was looked at, and whether the habit may.

    The first is 0 for nothing, 1 for fully, None for as far as its deviation lets it.
    """
    since = case.open_since_us()
    if since is not None and seen.end_us - since >= RELEARN_AFTER_US:
        return 1.0, True
    return 0.0 if seen.flagged else None, since is None
