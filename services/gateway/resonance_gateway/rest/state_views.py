"""From what is known of services to what is answered; free of I/O."""

from __future__ import annotations

from collections.abc import Iterator

from resonance_gateway.news.lag import GroupLag, Lags
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.status import ServiceStatus, State
from resonance_gateway.rest.health_views import OFFLINE, provider_health, writers_of
from resonance_gateway.rest.status_models import Capability, CapabilityView, LagView, ProviderView


def provider_views(orchestrator: ServiceStatus) -> list[ProviderView]:
    """Who puts alerts into words, from the orchestrator's heartbeat: the detail `writer` names them in order."""
    return [_provider(name, orchestrator) for name in writers_of(orchestrator)]


def _provider(name: str, orchestrator: ServiceStatus) -> ProviderView:
    if name == OFFLINE:
        return ProviderView(provider=name, state=State.UP, reason=None)
    health = provider_health(name, orchestrator)
    return ProviderView(provider=name, state=health.state, reason=health.reason)


def lag_view(lag: GroupLag) -> LagView:
    """The lag of one group on one topic."""
    return LagView(
        service=lag.service, group=lag.group, topic=lag.topic, partitions=lag.partitions, records=lag.records
    )


def capability_view(what: Capability, status: ServiceStatus, recent: Recent, lags: Lags) -> CapabilityView:
    """One capability: its service, and what came of it last."""
    times = list(_times(what, recent))
    behind = [lag.records for lag in lags.groups if lag.service == status.service]
    return CapabilityView(
        capability=what,
        service=status.service,
        state=status.state,
        reasons=list(status.reasons),
        remembered=len(times),
        newest_us=max(times, default=None),
        lag_records=sum(behind) if behind and lags.unknown is None else None,
    )


def _times(what: Capability, recent: Recent) -> Iterator[int]:
    """Event times of what a capability gave."""
    match what:
        case Capability.FEATURES:
            return (vector.end_us for vector in recent.vectors.newest_first())
        case Capability.DETECTION:
            return (anomaly.end_us for anomaly in recent.anomalies.newest_first())
        case Capability.EXPLANATION:
            return (explanation.anomaly.end_us for explanation in recent.explanations.newest_first())
        case Capability.NARRATION:
            return (told.alert.resolved_us or told.alert.opened_us for told in recent.enriched.newest_first())
        case Capability.TRAINING:
            return (promoted.promoted_us for promoted in recent.models.values())
