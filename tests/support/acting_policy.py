"""A policy that proposes limits alone, and a person who decides on them."""

from __future__ import annotations

from typing import Any

from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import Action
from resonance_llm_orchestrator.actions.policy import Policy
from tests.support.acting import Process


def policy(**limit: Any) -> Policy:
    """Limits alone, by an executor "it"."""
    automatic = limit.pop("automatic", False)
    return Policy.model_validate(
        {
            "expires_s": 600,
            "executors": {"it": {"kind": "gateway_limits"}},
            "actions": {"limit_user": {"executor": "it", **limit}},
            "rules": [{"name": "all", "propose": [{"action": "limit_user", "automatic": automatic}]}],
        }
    )


AUTOMATIC = {"automatic": True, "automatic_per_hour": 3, "automatic_share": 1.0}


async def by_hand(process: Process, decision: Any = steps.approved) -> Action:
    """Olga decides on the one action that there is."""
    return await process.desk.step(process.only().id, lambda a: decision(a, "u_olga", "It is right.", process.clock()))
