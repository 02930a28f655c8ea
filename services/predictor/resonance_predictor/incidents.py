"""Incidents: one of a user and kind at a time, opened, counted into, and resolved after a quiet time.

Who opens what:

- A rule that fires on `persist` vectors in a row opens its kind at once: an operator wrote it.
- A deviation from the user's own normal opens `unusual_<group>` of its largest group when the evidence suffices
  (see `evidence`). One such incident at a time: while it is open, every deviation counts into it.
- A rise of volume that stays opens `unusual_volume` as well, when the slower evidence suffices (see `climb`); while
  it is open, what is still a little above normal counts into it.
- A model's score opens `unusual_behaviour` when the evidence suffices and nothing else is open.

One cause, one incident. An open incident accounts for others by rank, rule over baseline over model: a rule's
for deviations of the groups it covers (`Rule.covers`), and every one for the model's findings. What is accounted
for counts into that incident and keeps it open, so that windows that still hold a flood do not open a second
incident after it. An incident that opens absorbs the open ones that it accounts for: they are resolved there and
then.

Of what an operator called ordinary more is asked (see `verdicts`): more evidence, or a rule's value farther out. A rule
that is excused opens nothing and accounts, while it fires, for what its incident would account for.

How grave: as the gravest of its findings by a rule, or as what the evidence for it amounts to (see `thresholds`). That
goes on while the incident is open, so a vector that counts into it may make it graver: each such rise is told (see
`rises`). It never becomes less grave.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Final

import msgspec

from resonance_contracts.features import Group
from resonance_predictor import climb
from resonance_predictor.evidence import Evidence
from resonance_predictor.findings import UNUSUAL_BEHAVIOUR, UNUSUAL_CLIMB, Detector, Deviation, Finding, RuleHit
from resonance_predictor.limits.holding import Held
from resonance_predictor.peaks import Grounds
from resonance_predictor.rises import Cause, Rise, by_evidence, by_rule
from resonance_predictor.severity import DEVIATION_LOW, Severity
from resonance_predictor.terms import DEFAULT_QUIET_US, Origin
from resonance_predictor.thresholds import DEFAULT, Cuts, Thresholds
from resonance_predictor.verdicts.leave import RULE
from resonance_predictor.verdicts.terms import AS_OF_ANYBODY, Asked

NOTHING: Final[frozenset[Group]] = frozenset()
NO_HITS: Final[Mapping[str, RuleHit]] = MappingProxyType({})

MOST_SPREADS = 10.0
"""A deviation counts as at most this: persistence is wanted of the strongest too."""


class Incident(msgspec.Struct):
    """One incident of one user and kind.

    Attributes:
        alert_id: See `alert_id_of`.
        detector, kind: Who opened it and what it is.
        severity: The gravest so far.
        covers: Groups of features whose deviations it accounts for.
        vector_id, finding: What opened it.
        opened_us, last_seen_us: Event times of the first and the latest vector that counted.
        vectors: Vectors that counted.
        first_received_us, last_received_us: When the gateway read the frames of the vector that opened it.
        origin: By what it was found.
        heard_us: Watermark of the stream when the latest vector that counted came; 0 where it was not noted.
        held_back: Whether nobody is told of it, of its opening as of its rises and its end.
        grounds: Kind of evidence that opened it; None for a rule.
        evidence: The evidence as it goes on, of deviations or surprise; of a rise that stays it is kept with the user.
        most: Highest sum of evidence so far, as a multiple of what is asked of anybody; 0 for a rule.
        farthest: Farthest value so far of what its finding observes.
        rises: How it became graver since it opened, in that order.
    """

    alert_id: str
    detector: Detector
    kind: str
    severity: Severity
    covers: tuple[Group, ...]
    vector_id: str
    finding: Finding
    opened_us: int
    last_seen_us: int
    vectors: int
    first_received_us: int
    last_received_us: int
    origin: Origin
    heard_us: int = 0
    held_back: bool = False
    grounds: Grounds | None = None
    evidence: Evidence = msgspec.field(default_factory=Evidence)
    most: float = 0.0
    farthest: float = 0.0
    rises: tuple[Rise, ...] = ()

    @property
    def told(self) -> Severity:
        """How grave it was told to be.

        Where it has not risen, as it opened. Of one that was saved before rises were told, that is known of a rule's
        alone, by its finding; another is taken to have been told as grave as it is.
        """
        if self.rises:
            return self.rises[-1].cause.severity
        return self.finding.severity if self.grounds is None else self.severity

    @property
    def grounds_name(self) -> str:
        """Kind of evidence, or "rule"."""
        return RULE if self.grounds is None else self.grounds.name.lower()

    def over_us(self, quiet_us: int) -> int:
        """Event time at which its quiet time is over if nothing more counts.

        What a clock tells that is behind is early in event time, and yet it was heard of only now: quiet begins at
        the later of both.
        """
        return max(self.last_seen_us, self.heard_us) + quiet_us

    def accounts_for(self, detector: Detector, groups: Iterable[Group]) -> bool:
        """Whether a finding or incident of that detector and those groups has this incident's cause."""
        if detector is Detector.MODEL:
            return self.detector is not Detector.MODEL
        if detector is Detector.BASELINE:
            return self.detector is Detector.RULE and bool(set(groups) & set(self.covers))
        return False


class Observation(msgspec.Struct, frozen=True):
    """What detectors say of one vector.

    Attributes:
        user_key, stream, vector_id, end_us, first_received_us, last_received_us: The vector.
        heard_us: Watermark of the stream when it came.
        elapsed_us: Event time since the user's vector before.
        rules: Rules that fire, gravest first.
        deviations: Deviations by group, largest first.
        model: The model's finding, None for an ordinary score.
        model_excess: Surprise beyond what is ordinary for this user.
        origin: By what all this was found.
        climb: Evidence of a rise that stays, this vector included.
        climbing: The finding of such a rise, where there is enough evidence, or where one that was found goes on; the
            same as the deviation's where that is one by itself.
    """

    user_key: str
    stream: str
    vector_id: str
    end_us: int
    first_received_us: int
    last_received_us: int
    heard_us: int
    elapsed_us: int
    rules: tuple[RuleHit, ...]
    deviations: tuple[Deviation, ...]
    model: Finding | None
    model_excess: float
    origin: Origin
    climb: float = 0.0
    climbing: Finding | None = None

    def findings(self) -> list[Finding]:
        """All findings: rules, then deviations, then a rise that stays, then the model."""
        found = [hit.finding for hit in self.rules]
        found += [d.finding for d in self.deviations if d.finding is not None]
        found += [self.climbing] if self.climbing is not None and self.climbing not in found else []
        return found if self.model is None else [*found, self.model]

    @property
    def flagged(self) -> bool:
        """Whether the vector must not teach a baseline."""
        found = self.deviations[0].finding or self.climbing
        return bool(self.rules) or found is not None or self.model_excess > 0.0


class Outcome(msgspec.Struct):
    """What one vector changed.

    Attributes:
        counted: Incidents it counted into.
        opened: Those of them it opened.
        risen: Those of them, others than it opened, that it made graver.
        resolved: Those that ended, and when.
        climb_over: Whether the evidence of a rise that stays begins anew.
        peaks: Highest sums of evidence that came to nothing and is over.
    """

    counted: dict[str, Incident] = msgspec.field(default_factory=dict)
    opened: list[Incident] = msgspec.field(default_factory=list)
    risen: list[Incident] = msgspec.field(default_factory=list)
    resolved: list[tuple[Incident, int]] = msgspec.field(default_factory=list)
    climb_over: bool = False
    peaks: list[tuple[Grounds, float]] = msgspec.field(default_factory=list)


class Case(msgspec.Struct):
    """Everything in progress about one user in one stream.

    Attributes:
        incidents: Open ones, by kind.
        deviation, surprise: Evidence for an incident found by baseline, and by the model.
        whole: The former with what the user has leave for; empty of somebody who has none.
        firing: Vectors in a row on which each kind of rule fired.
        let_be: Event times from and until which each kind of rule fired and opened nothing, of somebody who has leave;
            it goes on after a break of up to the usual quiet time.
        climb: Highest evidence of a rise that stays since it was last 0, where that reached `climb.WATCHED`.
        limit: The user's limit that was set last, until it is over.
    """

    incidents: dict[str, Incident] = msgspec.field(default_factory=dict)
    deviation: Evidence = msgspec.field(default_factory=Evidence)
    surprise: Evidence = msgspec.field(default_factory=Evidence)
    whole: Evidence = msgspec.field(default_factory=Evidence)
    firing: dict[str, int] = msgspec.field(default_factory=dict)
    let_be: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    climb: float = 0.0
    limit: Held | None = None

    def __bool__(self) -> bool:
        evidence = self.firing or self.let_be or self.deviation or self.surprise or self.whole or self.climb
        return bool(self.incidents or evidence or self.limit)

    def observe(self, seen: Observation, thresholds: Thresholds = DEFAULT, asked: Asked = AS_OF_ANYBODY) -> Outcome:
        """Take one vector into account; `asked` is what it takes for this user."""
        outcome = Outcome()
        let_be = self._excused_rules(seen, asked)
        excused = frozenset(group for hit in let_be.values() for group in hit.covers) if let_be else NOTHING
        self._observe_rules(seen, let_be, outcome)
        self._observe_deviations(seen, thresholds.deviation, asked, excused, outcome)
        self._observe_climb(seen, thresholds.climb, asked, excused, outcome)
        self._observe_model(seen, thresholds.surprise, asked, excused, outcome)
        return outcome

    def expire(self, now_us: int, watermark_us: int, quiet_us: int) -> list[tuple[Incident, int]]:
        """Close incidents whose quiet time is over at an event time; with each the time when it was over.

        That time depends on the incident alone, not on when somebody looked. A limit that is over is forgotten.

        Args:
            now_us: The event time. It may be a vector's, by a clock that is ahead of those that told before.
            watermark_us: Watermark that the stream has reached with it: by that, too, the quiet time must have passed.
            quiet_us: How long it is.
        """
        if self.limit is not None and self.limit.expires_us <= watermark_us:
            self.limit = None
        over = [
            incident
            for incident in self.incidents.values()
            if incident.over_us(quiet_us) <= now_us and incident.heard_us + quiet_us <= watermark_us
        ]
        for incident in over:
            del self.incidents[incident.kind]
        return [(incident, incident.over_us(quiet_us)) for incident in over]

    def due_us(self, quiet_us: int) -> Iterator[int]:
        """Event times at which the open incidents and the limit end if nothing more counts."""
        yield from (incident.over_us(quiet_us) for incident in self.incidents.values())
        if self.limit is not None:
            yield self.limit.expires_us

    def open_since_us(self) -> int | None:
        """When the oldest open incident was opened; None without any."""
        return min((incident.opened_us for incident in self.incidents.values()), default=None)

    def _excused_rules(self, seen: Observation, asked: Asked) -> Mapping[str, RuleHit]:
        """Rules' hits, by kind, that open nothing, because the user has leave for them and for so long."""
        if not asked.leaves:
            if self.let_be:
                self.let_be = {}
            return NO_HITS
        hits = [hit for hit in seen.rules if hit.finding.kind not in self.incidents]
        now_us = seen.end_us
        lately = {kind: times for kind, times in self.let_be.items() if now_us - times[1] <= DEFAULT_QUIET_US}
        kinds = (hit.finding.kind for hit in hits)
        self.let_be = lately | {kind: (lately.get(kind, (now_us, now_us))[0], now_us) for kind in kinds}
        return asked.excused(hits, {kind: until - since for kind, (since, until) in self.let_be.items()})

    def _observe_rules(self, seen: Observation, let_be: Collection[str], outcome: Outcome) -> None:
        firing = {hit.finding.kind: self.firing.get(hit.finding.kind, 0) + 1 for hit in seen.rules}
        for hit in seen.rules:
            kind = hit.finding.kind
            if kind in self.incidents:
                self._count(self.incidents[kind], hit.finding, seen, outcome)
            elif firing[kind] >= hit.persist and kind not in let_be:
                self._open(hit.finding, hit.covers, seen, outcome)
        self.firing = {kind: times for kind, times in firing.items() if kind not in self.incidents}

    def _observe_deviations(
        self, seen: Observation, cuts: Cuts, asked: Asked, excused: Collection[Group], outcome: Outcome
    ) -> None:
        own = self._open_of(Detector.BASELINE)
        strength, size = -DEVIATION_LOW, 0.0
        largest: Deviation | None = None
        further, drift = 0.0, DEVIATION_LOW
        for deviation in seen.deviations:
            incident = self._account_of(deviation.group)
            if incident is None and deviation.group in excused:
                continue
            if incident is None:
                size = max(size, deviation.size)
                drift = asked.drift(deviation) if asked.leaves else drift
                if deviation.size - drift > strength:
                    strength, largest = deviation.size - drift, deviation
            elif deviation.finding is not None:
                self._count(incident, deviation.finding, seen, outcome)
            if incident is own:
                further = max(further, deviation.size)
        if own is not None:
            self._go_on(own, min(further, MOST_SPREADS) - DEVIATION_LOW, seen, cuts, outcome)
        excess = max(min(strength, MOST_SPREADS - DEVIATION_LOW), -DEVIATION_LOW)
        amount = self._add(Grounds.DEVIATION, self.deviation, excess, seen, outcome)
        whole = self._add_whole(size, asked, seen)
        if largest is None or largest.finding is None:
            return
        kind = largest.finding.kind
        enough = cuts.low * asked.times(Grounds.DEVIATION, kind)
        if amount >= enough or whole >= asked.enough(Grounds.DEVIATION, kind, cuts.low) > enough:
            found = Grounds.DEVIATION, cuts, max(amount, whole)
            self._open(largest.finding, (), seen, outcome, found, self.whole if whole > amount else self.deviation)
            self.deviation, self.whole = Evidence(), Evidence()

    def _add_whole(self, size: float, asked: Asked, seen: Observation) -> float:
        """Take a vector into the evidence that counts what the user has leave for, too: that may not last for ever."""
        if not asked.leaves:
            if self.whole:
                self.whole.clear()
            return 0.0
        return self.whole.add(min(size, MOST_SPREADS) - DEVIATION_LOW, seen.elapsed_us)

    def _observe_climb(
        self, seen: Observation, cuts: Cuts, asked: Asked, excused: Collection[Group], outcome: Outcome
    ) -> None:
        own = self.incidents.get(UNUSUAL_CLIMB)
        if own is not None:
            self.climb = 0.0
            own.most = max(own.most, seen.climb / cuts.low) if own.grounds is Grounds.CLIMB else own.most
            if seen.climbing is not None:
                self._count(own, seen.climbing, seen, outcome)
                self._grow(own, by_evidence(cuts, seen.climb), seen, outcome)
            return
        if climb.GROUP in excused or self._account_of(climb.GROUP) is not None:
            self.climb, outcome.climb_over = 0.0, True
        elif seen.climbing is not None and seen.climb >= asked.enough(Grounds.CLIMB, UNUSUAL_CLIMB, cuts.low):
            self.climb = 0.0
            self._open(seen.climbing, (), seen, outcome, (Grounds.CLIMB, cuts, seen.climb))
        else:
            watched = seen.climb > 0.0 and max(self.climb, seen.climb) >= climb.WATCHED
            if not watched and self.climb > 0.0 and not self.incidents:
                outcome.peaks.append((Grounds.CLIMB, self.climb))
            self.climb = max(self.climb, seen.climb) if watched else 0.0

    def _observe_model(
        self, seen: Observation, cuts: Cuts, asked: Asked, excused: Collection[Group], outcome: Outcome
    ) -> None:
        strongest = min(
            self.incidents.values(), key=lambda i: (i.detector, -i.severity, i.opened_us, i.alert_id), default=None
        )
        if strongest is not None:
            self.surprise.clear()
            if seen.model is not None and seen.model_excess > 0.0:
                self._count(strongest, seen.model, seen, outcome)
            if strongest.grounds is Grounds.SURPRISE:
                self._go_on(strongest, seen.model_excess, seen, cuts, outcome)
            return
        if excused:
            self.surprise.clear()
            return
        amount = self._add(Grounds.SURPRISE, self.surprise, seen.model_excess, seen, outcome)
        if amount >= asked.enough(Grounds.SURPRISE, UNUSUAL_BEHAVIOUR, cuts.low) and seen.model is not None:
            self._open(seen.model, (), seen, outcome, (Grounds.SURPRISE, cuts, amount), self.surprise)
            self.surprise = Evidence()

    def _add(self, grounds: Grounds, evidence: Evidence, excess: float, seen: Observation, outcome: Outcome) -> float:
        """Take a vector into evidence for an incident that is not open yet; notes the peak of what is over."""
        before = evidence.peak
        amount = evidence.add(excess, seen.elapsed_us)
        if before > 0.0 and evidence.peak == 0.0 and not self.incidents:
            outcome.peaks.append((grounds, before))
        return amount

    def _go_on(self, incident: Incident, excess: float, seen: Observation, cuts: Cuts, outcome: Outcome) -> None:
        """Take a vector into the evidence of an open incident."""
        amount = incident.evidence.add(excess, seen.elapsed_us)
        incident.most = max(incident.most, amount / cuts.low)
        if incident.alert_id in outcome.counted:
            self._grow(incident, by_evidence(cuts, amount), seen, outcome)

    def _grow(self, incident: Incident, cause: Cause, seen: Observation, outcome: Outcome) -> None:
        """An incident is as grave as its gravest cause. What one vector opened, or did at once, is told at once."""
        if cause.severity > incident.told and all(opened is not incident for opened in outcome.opened):
            received = seen.first_received_us, seen.last_received_us
            rises, before = incident.rises, incident.told
            if rises and rises[-1].vector_id == seen.vector_id:
                rises, before = rises[:-1], rises[-1].before
            else:
                outcome.risen.append(incident)
            incident.rises = (*rises, Rise(before, cause, seen.vector_id, seen.end_us, *received))
        incident.severity = max(incident.severity, cause.severity)

    def _open_of(self, detector: Detector) -> Incident | None:
        return next((incident for incident in self.incidents.values() if incident.detector is detector), None)

    def _account_of(self, group: Group) -> Incident | None:
        """The open incident that a deviation of a group counts into."""
        for incident in self.incidents.values():
            if incident.accounts_for(Detector.BASELINE, (group,)):
                return incident
        return self._open_of(Detector.BASELINE)

    def _open(
        self,
        finding: Finding,
        covers: tuple[Group, ...],
        seen: Observation,
        outcome: Outcome,
        found: tuple[Grounds, Cuts, float] | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        """Open an incident; `found` is the evidence for it and what that is compared with, None for a rule."""
        incident = Incident(
            alert_id_of(seen.user_key, seen.stream, finding.kind, seen.vector_id),
            finding.detector,
            finding.kind,
            finding.severity if found is None else found[1].grade(found[2]),
            covers or tuple(g for g in Group if finding.kind == f"unusual_{g}"),
            seen.vector_id,
            finding,
            seen.end_us,
            seen.end_us,
            0,
            seen.first_received_us,
            seen.last_received_us,
            seen.origin,
            grounds=None if found is None else found[0],
            evidence=evidence or Evidence(),
            most=0.0 if found is None else found[2] / found[1].low,
            farthest=finding.observed,
        )
        self._absorb(incident, seen, outcome)
        self.incidents[incident.kind] = incident
        outcome.opened.append(incident)
        self._count(incident, finding, seen, outcome)

    def _absorb(self, incident: Incident, seen: Observation, outcome: Outcome) -> None:
        for other in list(self.incidents.values()):
            if incident.accounts_for(other.detector, other.covers):
                del self.incidents[other.kind]
                outcome.resolved.append((other, max(seen.end_us, other.last_seen_us)))

    def _count(self, incident: Incident, finding: Finding, seen: Observation, outcome: Outcome) -> None:
        """Count a vector into an incident, once however many of its findings speak for it."""
        if finding.kind == incident.kind and incident.grounds is None:
            self._grow(incident, by_rule(finding), seen, outcome)
        if finding.kind == incident.kind and finding.features[:1] == incident.finding.features[:1]:
            threshold = incident.finding.threshold
            incident.farthest = max(incident.farthest, finding.observed, key=lambda observed: abs(observed - threshold))
        if incident.alert_id not in outcome.counted:
            outcome.counted[incident.alert_id] = incident
            incident.vectors += 1
            incident.last_seen_us = max(incident.last_seen_us, seen.end_us)
            incident.heard_us = max(incident.heard_us, seen.heard_us)


def alert_id_of(user_key: str, stream: str, kind: str, vector_id: str) -> str:
    """Identifier of an incident: `al_` and 128 bits, hexadecimal, of a hash of what makes it that incident."""
    named = "\0".join((user_key, stream, kind, vector_id)).encode()
    return f"al_{blake2b(named, digest_size=16).hexdigest()}"
