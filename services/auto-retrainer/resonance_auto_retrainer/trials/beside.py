"""A version beside the champion that it is to replace: their reasons, and the gates."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass, replace

from resonance_auto_retrainer.promoter import Promoter
from resonance_auto_retrainer.trials.gate import Gate, Recent
from resonance_auto_retrainer.trials.reasons import Reasons
from resonance_auto_retrainer.window import TrainingSet
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.errors import InvalidArtifact, UnknownVersion
from resonance_modeling.scorer import EnsembleScorer

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Beside:
    """Both.

    Attributes:
        candidate: The version.
        champion: None where there is none, or none that can be used.
        reasons: What the candidate's are beside the champion's.
    """

    candidate: Artifact
    champion: Artifact | None
    reasons: Reasons

    async def gates(self, champion: Artifact, data: TrainingSet, recent: Recent) -> list[Gate]:
        """Every gate, passed or not.

        Args:
            champion: What it is compared with.
            data: What the candidate was learned from.
            recent: What came lately.
        """

        def checked() -> list[Gate]:
            # scikit-learn takes seconds to import: by the first training, not by the start.
            from resonance_auto_retrainer.holdout import unlearned
            from resonance_auto_retrainer.trials.gates import check

            ordinary = unlearned(data.values, data.users, data.called)
            return check(EnsembleScorer(self.candidate), EnsembleScorer(champion), recent, time.thread_time, ordinary)

        return [*await asyncio.to_thread(checked), self.reasons.gate]


async def find_beside(
    promoter: Promoter, candidate: Artifact, data: TrainingSet, drifted: Collection[str] = ()
) -> Beside:
    """Reads the champion and compares reasons.

    A champion of which a file was changed or is gone is taken for none, as one is of which the manifest is: nobody can
    load it, so whoever starts has no model until there is another.

    Args:
        promoter: Knows the champion.
        candidate: The version.
        data: What it was learned from.
        drifted: Features of which the champion learned something else.
    """
    champion, why_not, known = None, "", promoter.champion
    if known is not None and known.current:
        try:
            champion = await promoter.registry.get(ANOMALY_DETECTION, known.version)
        except (InvalidArtifact, UnknownVersion) as fault:
            why_not = f"the champion cannot be used. {fault}"
            log.warning("the champion is to be replaced", extra={"version": known.version, "reason": str(fault)})

    def compared() -> Reasons:
        from resonance_auto_retrainer.holdout import unlearned
        from resonance_auto_retrainer.trials.comparing import reasons_of

        return reasons_of(candidate, champion, unlearned(data.values, data.users, data.called), drifted, why_not)

    reasons = await asyncio.to_thread(compared)
    return Beside(candidate, champion, replace(reasons, young=champion is not None and await promoter.young()))
