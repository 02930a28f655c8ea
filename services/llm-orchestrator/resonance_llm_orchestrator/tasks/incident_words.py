"""What an incident's words were made from, who wrote them, and what was said of them."""

from __future__ import annotations

from typing import Final

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_llm_orchestrator.judgements import from_wire
from resonance_tasks.incidents import Stage
from resonance_tasks.judgement import JudgementOutcome
from resonance_tasks.task import Written

_STAGES: Final = {
    alert_pb2.ENRICHMENT_STAGE_FACTS: Stage.FACTS,
    alert_pb2.ENRICHMENT_STAGE_EXPLAINED: Stage.EXPLAINED,
    alert_pb2.ENRICHMENT_STAGE_JUDGED: Stage.JUDGED,
    alert_pb2.ENRICHMENT_STAGE_RESOLVED: Stage.RESOLVED,
}


def stage_of(enriched: alert_pb2.EnrichedAlert) -> Stage | None:
    """What the words were made from; None where there are none yet."""
    return _STAGES.get(enriched.stage)


def written_of(enriched: alert_pb2.EnrichedAlert) -> Written | None:
    """Who wrote the words, and what was said of them; None where there are none yet."""
    if not enriched.HasField("authorship"):
        return None
    judgements = [known for one in enriched.judgements if (known := from_wire(one)) is not None]
    vetoed = [
        finding.principle
        for one in judgements
        if one.outcome is JudgementOutcome.VETOED
        for finding in one.findings
        if not finding.held
    ]
    by = enriched.authorship
    return Written(
        provider=by.provider,
        model=by.model,
        degraded=list(by.degraded),
        vetoed=list(dict.fromkeys(vetoed)),
        judgements=judgements,
    )
