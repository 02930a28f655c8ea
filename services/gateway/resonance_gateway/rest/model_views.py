"""From what the gateway read of models to what it answers; free of I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from resonance_contracts.pb.resonance.v1 import model_pb2
from resonance_contracts.rendering import finite
from resonance_gateway.news.recent import Recent
from resonance_gateway.rest.model_kinds import KINDS
from resonance_gateway.rest.model_models import AliasView, ModelEntry, TrainingView
from resonance_gateway.rest.views import change_view

ENDED: Final = "ended"
_ORDER: Final = {"champion": 0, "challenger": 1, "shadow": 2}


def model_entries(recent: Recent) -> list[ModelEntry]:
    """Every model that is known or was heard of."""
    heard = [promoted.model_name for promoted in recent.models.values()]
    return [model_entry(name, recent) for name in dict.fromkeys([*KINDS, *sorted(heard)])]


def model_entry(name: str, recent: Recent) -> ModelEntry:
    """One model."""
    kind = KINDS.get(name)
    named = sorted((p for p in recent.named() if p.model_name == name), key=lambda p: _ORDER.get(p.alias, len(_ORDER)))
    champion = next((p.model_version for p in named if p.alias == "champion"), "")
    drift = recent.drifts.get(champion)
    return ModelEntry(
        model_name=name,
        type=None if kind is None else kind.type,
        purpose="" if kind is None else kind.purpose,
        features=[] if kind is None else list(kind.features),
        aliases=[alias_view(promoted) for promoted in named],
        versions=list(dict.fromkeys(version for version in _versions(name, recent, named) if version)),
        drift=[change_view(change) for change in (() if drift is None else drift.changes)],
        training=_under_way(name, recent),
    )


def alias_view(promoted: model_pb2.ModelPromoted) -> AliasView:
    """What an alias names."""
    return AliasView(
        alias=promoted.alias,
        model_version=promoted.model_version,
        previous_version=promoted.previous_version or None,
        share=promoted.share or None,
        revision=promoted.revision,
        since_us=promoted.promoted_us,
        reason=promoted.reason,
    )


def training_view(told: model_pb2.TrainingProgressed) -> TrainingView:
    """How a training goes."""
    return TrainingView(
        training_id=told.training_id,
        model_name=told.model_name,
        trigger=told.trigger,
        state=told.state,
        progress=finite(told.progress) or 0.0,
        message=told.message,
        started_us=told.started_us,
        updated_us=told.updated_us,
        outcome=told.outcome or None,
        model_version=told.model_version or None,
        metrics={name: finite(figure) for name, figure in sorted(told.metrics.items())},
    )


def _versions(name: str, recent: Recent, named: list[model_pb2.ModelPromoted]) -> Iterator[str]:
    yield from (promoted.model_version for promoted in named)
    yield from (promoted.previous_version for promoted in recent.models.values() if promoted.model_name == name)
    yield from (told.model_version for told in recent.trainings.newest_first() if told.model_name == name)


def _under_way(name: str, recent: Recent) -> TrainingView | None:
    """The newest one, if it has not ended: one before it whose end was never told ended with its process."""
    newest = next((told for told in recent.trainings.newest_first() if told.model_name == name), None)
    return None if newest is None or newest.state == ENDED else training_view(newest)
