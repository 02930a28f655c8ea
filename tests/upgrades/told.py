"""Whether what is behind the predictor lost or doubled anything: explanations of anomalies, words of alerts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from resonance_contracts.pb.resonance.v1.alert_pb2 import EnrichmentStage
from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    Topic,
)
from tests.chaos.outcome import Outcome
from tests.support.topic_scan import Seen

TOPICS: Sequence[Topic] = (
    ANOMALIES_DETECTED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    EXPLANATIONS_PRODUCED,
    ALERTS_ENRICHED,
)
FACTS, RESOLVED = EnrichmentStage.ENRICHMENT_STAGE_FACTS, EnrichmentStage.ENRICHMENT_STAGE_RESOLVED


def explained_once(found: Mapping[str, Sequence[Seen]]) -> Outcome:
    """Every anomaly has an explanation, nothing else has one, and one that came again said the same."""
    wanted = {record.message.vector_id for record in found[ANOMALIES_DETECTED.name]}
    records = {record.id: record.message for record in found[EXPLANATIONS_PRODUCED.name]}
    said = Counter(message.vector_id for message in records.values())
    faults = [f"the anomaly of {one} is not explained" for one in wanted - said.keys()]
    faults += [f"{one} is explained and no anomaly" for one in said.keys() - wanted]
    faults += [f"the anomaly of {one} is explained under {count} ids" for one, count in said.items() if count > 1]
    again = len(found[EXPLANATIONS_PRODUCED.name]) - len(records)
    return Outcome(
        "every anomaly is explained, under one id",
        f"{len(wanted):,} anomalies, {again:,} explanations came again",
        faults,
    )


def told_once(found: Mapping[str, Sequence[Seen]]) -> Outcome:
    """Every alert has words when it is raised and when it is over, under one id each."""
    faults, again = [], 0
    for stage, topic in ((FACTS, ALERTS_RAISED), (RESOLVED, ALERTS_RESOLVED)):
        wanted = {record.message.alert_id for record in found[topic.name]}
        told = [record for record in found[ALERTS_ENRICHED.name] if record.message.stage == stage]
        ids = {record.id: record.message.alert_id for record in told}
        said = Counter(ids.values())
        again += len(told) - len(ids)
        times = len({record.id for record in found[topic.name]})
        if len(ids) > times:
            faults.append(f"{times:,} records of {topic.name}, and {len(ids):,} words of them")
        # Words of an alert that is over by the time that they would be written are those of its end.
        over = {r.message.alert_id for r in found[ALERTS_RESOLVED.name]} if stage == FACTS else set[str]()
        missing = wanted - said.keys() - over
        faults += [f"{one} has no words of {EnrichmentStage.Name(stage)}" for one in missing]
        faults += [f"{one} has words of {EnrichmentStage.Name(stage)} and is no alert" for one in said.keys() - wanted]
    raised = {record.message.alert_id for record in found[ALERTS_RAISED.name]}
    return Outcome(
        "every alert has words when it is raised and when it is over, under one id each",
        f"{len(raised):,} alerts, {again:,} words came again",
        faults,
    )
