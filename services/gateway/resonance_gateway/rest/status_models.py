"""The state of the whole."""

from __future__ import annotations

from enum import StrEnum

from resonance_gateway.news.status import State
from resonance_gateway.rest.models import Answer


class ServiceView(Answer):
    """One service."""

    service: str
    state: State
    reasons: list[str]
    instances: int
    version: str
    details: dict[str, str]


class ChangeView(Answer):
    """What of one feature, or of the relation of two, changed since a model was trained.

    `effect`, with an interval of 95 %: of a level in standard deviations, of a spread the logarithm of how many times
    it is, of a relation the difference of arctanh of the correlation. `evidence` is a multiple of what is enough.
    """

    features: list[str]
    what: str
    effect: float | None
    low: float | None
    high: float | None
    since_us: int
    evidence: float | None


class ModelView(Answer):
    """One alias of one model; times in microseconds since the epoch."""

    model_name: str
    alias: str
    model_version: str
    revision: int
    promoted_us: int
    reason: str
    drift: list[ChangeView]


class TrackingView(Answer):
    """What this gateway does: open connections, events that wait for the broker, events lost since it started."""

    instance: str
    connections: int
    alert_readers: int
    unsent_events: int
    dropped_events: int


class ProviderView(Answer):
    """One who puts alerts into words.

    Attributes:
        provider: Its name; `offline` is the gateway's own, which needs nobody.
        reason: Why it does not write; null where it does.
    """

    provider: str
    state: State
    reason: str | None


class LagView(Answer):
    """How far one group of a service is behind on one topic.

    Attributes:
        partitions: Partitions that it committed offsets of.
        records: Records of them that it has not committed yet. Services that keep state commit with their snapshots,
            so some seconds of traffic are no sign of trouble.
    """

    service: str
    group: str
    topic: str
    partitions: int
    records: int


class Status(Answer):
    """The state of the whole.

    Attributes:
        summary: One sentence.
        lag: Of every group, as the broker says it.
        lag_unknown: Why `lag` is not of this moment; null where it is.
    """

    state: State
    summary: str
    services: list[ServiceView]
    models: list[ModelView]
    providers: list[ProviderView]
    lag: list[LagView]
    lag_unknown: str | None
    tracking: TrackingView


class AiStatus(Answer):
    """Models, who explains them, who puts it into words, and who trains.

    Attributes:
        summary: One sentence.
        models: Models in use, by alias.
        providers: Who puts alerts into words, in the order they are asked.
        detection, explanation, narration, training: The services that do it.
    """

    state: State
    summary: str
    models: list[ModelView]
    providers: list[ProviderView]
    detection: ServiceView
    explanation: ServiceView
    narration: ServiceView
    training: ServiceView


class Capability(StrEnum):
    """What the whole can do, in the order it happens."""

    FEATURES = "features"
    DETECTION = "detection"
    EXPLANATION = "explanation"
    NARRATION = "narration"
    TRAINING = "training"


class CapabilityView(Answer):
    """One capability.

    Attributes:
        reasons: A sentence for each thing that is missing.
        remembered: Results that this gateway remembers.
        newest_us: Event time of the newest of them; null where there is none.
        lag_records: Records that its service has not committed; null where that is not known.
    """

    capability: Capability
    service: str
    state: State
    reasons: list[str]
    remembered: int
    newest_us: int | None
    lag_records: int | None


class IntelligenceStatus(Answer):
    """Each capability: whether it works, and what came of it last."""

    state: State
    summary: str
    capabilities: list[CapabilityView]
