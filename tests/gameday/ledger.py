"""Whether each incident was told once, explained, and in words: from all that lies on the topics. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    Topic,
)
from resonance_llm_orchestrator.drafts import ESCALATED, EXPLAINED, FACTS, RESOLVED
from tests.chaos.outcome import Outcome
from tests.gameday.planting import KIND
from tests.support.topic_scan import Seen, different_repeats

TOPICS: Final[Sequence[Topic]] = (
    ANOMALIES_DETECTED,
    ALERTS_RAISED,
    ALERTS_ESCALATED,
    ALERTS_RESOLVED,
    EXPLANATIONS_PRODUCED,
    ALERTS_ENRICHED,
)


@dataclass(slots=True)
class Ledger:
    """What was said of incidents.

    Attributes:
        anomalies, explained: Ids of vectors that counted into an incident, and that were explained.
        raised, resolved: Ids of incidents.
        escalated, worded: Which rises were told, and which of them in words: id of the incident and revision.
        enriched: Ids of incidents that were told in words, by stage.
        stamped_s: When the broker stored the first words of a stage, by id of the incident and stage.
        opened: Ids of the planted incidents of each user, by key.
        different: Ids of records that were told in two ways.
        repeats: How many records came again.
    """

    anomalies: set[str] = field(default_factory=set)
    explained: set[str] = field(default_factory=set)
    raised: set[str] = field(default_factory=set)
    resolved: set[str] = field(default_factory=set)
    escalated: set[str] = field(default_factory=set)
    worded: set[str] = field(default_factory=set)
    enriched: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    stamped_s: dict[tuple[str, int], float] = field(default_factory=dict)
    opened: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    different: Sequence[str] = ()
    repeats: int = 0

    @classmethod
    def of(cls, found: Mapping[str, Sequence[Seen]]) -> Ledger:
        """From all records of `TOPICS`, by name of the topic."""
        ledger = cls()
        ledger.anomalies = {one.message.vector_id for one in found[ANOMALIES_DETECTED.name]}
        ledger.explained = {one.message.vector_id for one in found[EXPLANATIONS_PRODUCED.name]}
        ledger.resolved = {one.message.alert_id for one in found[ALERTS_RESOLVED.name]}
        ledger.escalated = {f"{one.message.alert_id}/{one.message.revision}" for one in found[ALERTS_ESCALATED.name]}
        for one in found[ALERTS_RAISED.name]:
            ledger.raised.add(one.message.alert_id)
            if one.message.kind == KIND:
                ledger.opened[one.message.user_key].add(one.message.alert_id)
        for one in found[ALERTS_ENRICHED.name]:
            place = (one.message.alert_id, one.message.stage)
            ledger.enriched[one.message.stage].add(one.message.alert_id)
            if one.message.stage == ESCALATED:
                ledger.worded.add(f"{one.message.alert_id}/{one.message.alert.revision}")
            ledger.stamped_s.setdefault(place, one.stamp_ms / 1e3)
        records = [one for topic in TOPICS for one in found[topic.name]]
        ledger.different = different_repeats(records)
        ledger.repeats = len(records) - len({(one.topic.name, one.id) for one in records})
        return ledger

    def latest_s(self, key: str, stage: int) -> float | None:
        """When the words of a stage of a user's planted incident were stored first, seconds since the epoch."""
        return next((self.stamped_s.get((id_, stage)) for id_ in self.opened.get(key, ())), None)


def check_ledger(ledger: Ledger, planted: Mapping[str, str], shown: Iterable[str]) -> list[Outcome]:
    """All checks of what was said.

    Args:
        planted: The users of the planted incidents, by key.
        shown: Ids of the incidents that the operator's screen told.
    """
    once = [
        f"{user} had {len(ledger.opened.get(key, ()))} incidents"
        for key, user in planted.items()
        if len(ledger.opened.get(key, ())) != 1
    ]
    words = [
        *_both("was explained", ledger.anomalies, ledger.explained),
        *_both("was told at once", ledger.raised, ledger.enriched[FACTS]),
        *_both("was told with its explanation", ledger.raised, ledger.enriched[EXPLAINED]),
        *_both("was told to be graver", ledger.escalated, ledger.worded),
        *_both("was told to be over", ledger.resolved, ledger.enriched[RESOLVED]),
    ]
    missed = ledger.raised - set(shown)
    return [
        Outcome("each planted incident is one alert", f"{len(planted):,} incidents", once),
        Outcome(
            "each anomaly is explained, each incident told at once, with its explanation, when it becomes graver, and "
            "when it is over",
            f"{len(ledger.anomalies):,} anomalies, {len(ledger.raised):,} incidents, {len(ledger.escalated):,} rises, "
            f"{len(ledger.resolved):,} over",
            words,
        ),
        Outcome(
            "what was told again is the same to the byte",
            f"{ledger.repeats:,} records came again",
            [f"{id_} was told in two ways" for id_ in ledger.different],
        ),
        Outcome(
            "an operator's screen shows each incident",
            f"{len(ledger.raised) - len(missed):,} of {len(ledger.raised):,}",
            sorted(f"{id_} was not shown" for id_ in missed),
        ),
    ]


def _both(what: str, want: set[str], got: set[str]) -> list[str]:
    missing = [f"{id_} is not among what {what}" for id_ in sorted(want - got)]
    return missing + [f"{id_} {what}, and should not be" for id_ in sorted(got - want)]
