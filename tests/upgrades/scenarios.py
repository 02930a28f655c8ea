"""What is done to the services: renewed one by one, by other versions and back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from resonance_contracts.topics import Service
from tests.chaos.faults import Step
from tests.upgrades.fleet import Fleet, renewed

ORDER: Final = (
    Service.LLM_ORCHESTRATOR,
    Service.XAI,
    Service.PREDICTOR,
    Service.FEATURE_EXTRACTOR,
    Service.GATEWAY,
    Service.AUTO_RETRAINER,
)
"""Who reads before who writes; who stores models last."""


def one_by_one(fleet: Fleet, tree: Path | None, what: str, *, halves: bool = False) -> list[Step]:
    """Every worker is renewed, one after the other.

    Args:
        tree: As which version.
        what: For people.
        halves: First one of each service, so that both versions work side by side, then the others.
    """
    workers = [worker for service in ORDER for worker in fleet.of(service)]
    if halves:
        workers.sort(key=lambda worker: worker.number)
    return [renewed(worker, tree, f"{worker.service} {{}} {what}") for worker in workers]


def there_and_back(fleet: Fleet, old: Path | None, new: Path) -> list[Step]:
    """To a version and back again."""
    return [
        *one_by_one(fleet, new, "is upgraded", halves=True),
        *one_by_one(fleet, old, "is rolled back", halves=True),
    ]
