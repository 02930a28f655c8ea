"""Which faults come when: lanes of a phase lie side by side, and the faults of a lane come one after another."""

from __future__ import annotations

from typing import Final

from tests.alarms import faults as f
from tests.alarms.faults import Fault

_PREDICTOR: Final = f.stutters("predictor", 7.0, 1.5)
_GATEWAY: Final = f.stutters("gateway", 0.5, 0.3)
_REDIS: Final = f.stopped("redis")

Lane = tuple[Fault, ...]

SERVED_BADLY: Final[tuple[Lane, ...]] = (
    (
        Fault(
            "the actions' webhook answers 400; their quota is 2 an hour, and 3 may wait; a model has no price",
            ("ActionsFail", "ActionsOverQuota", "ActionsWithheld", "LanguageModelWithoutPrice"),
            f.asks_unpriced,
            f.acts_well,
        ),
        Fault(
            "openai answers after 7 s",
            ("LlmAnalysisBurnsFast", "SmartAlertsBurnsFast"),
            f.providers("slow"),
            f.providers(""),
            ("LlmAnalysisBurnsSlowly", "SmartAlertsBurnsSlowly"),
        ),
    ),
    (
        Fault(
            "the receiver of notifications answers 400",
            ("NotificationsFail", "PagesFail", "NotificationsBurnsFast"),
            f.tells_critical,
            f.told,
            ("NotificationsBurnsSlowly",),
        ),
    ),
    (
        Fault(
            "xai has an eighth of a core, and 12,000 records come that nobody can read",
            ("DeadLetters", "ConsumerBehind", "RecordsBurnsFast", "XaiAnswersBurnsFast", "ExplanationsBurnsFast"),
            f.poisoned,
            f.unthrottled,
            ("RecordsBurnsSlowly", "XaiAnswersBurnsSlowly", "ExplanationsBurnsSlowly"),
        ),
    ),
    (
        Fault(
            "predictor stands still for 7 s, again and again",
            ("AnomaliesBurnsFast", "GatewayRequestsBurnsFast"),
            *_PREDICTOR,
            ("AnomaliesBurnsSlowly", "GatewayRequestsBurnsSlowly"),
        ),
    ),
    (
        Fault(
            "gateway stands still for 0.5 s, again and again",
            ("MlApiBurnsFast",),
            *_GATEWAY,
            ("MlApiBurnsSlowly",),
        ),
    ),
    (
        Fault(
            "no model was trained, and they are asked",
            ("NoModel", "ModelAnswersBurnsFast"),
            f.nothing,
            f.trains,
            ("ModelAnswersBurnsSlowly",),
        ),
    ),
    (Fault("a certificate that lasts 3 days", ("CertificateExpires",), f.nothing, f.renewed),),
)
IN_BETWEEN: Final[tuple[Lane, ...]] = (
    (
        Fault("edge may take a tenth more memory than it has", ("MemoryNearLimit",), f.memory_scarce, f.memory_enough),
        Fault("edge may open a tenth more files than it has", ("FilesNearLimit",), f.files_scarce, f.files_enough),
        Fault("edge is ended three times", ("ServiceRestarts",), f.restarts, f.nothing),
    ),
    (
        Fault(
            "the clock of the feature-extractor is a minute ahead",
            ("ClocksDiffer", "WatermarkLate"),
            f.skewed(60),
            f.skewed(0),
        ),
        Fault("a file of rules that is no YAML", ("RulesRefused",), f.rules_wrong, f.rules_right),
        Fault(
            "a rule of Prometheus that is none",
            ("ConfigurationRefused",),
            f.configuration_wrong,
            f.configuration_right,
        ),
        Fault("the receiver of tickets answers 500", ("AlertsNotDelivered",), f.receiver("failing"), f.receiver("")),
    ),
    (
        Fault("openai answers 503", ("LanguageModelsLeftAlone",), f.providers("failing"), f.providers("")),
        Fault("12 cents may be spent", ("LanguageModelBudgetUsedUp",), f.budget(0.12), f.budget(1000)),
    ),
)
GONE: Final[tuple[Lane, ...]] = (
    (
        Fault("redis is stopped", ("OnlineStoreDown",), *_REDIS),
        Fault(
            "minio is stopped, and a training is asked for",
            ("ObjectStoreDown",),
            f.store_stopped,
            f.stopped("minio")[1],
            ("TrainingFails",),
        ),
        Fault(
            "feature-extractor has a wrong key of the store",
            ("DependencyNotReached", "ServiceNotReady"),
            f.secret("wrong"),
            f.secret("development-only-s3-secret"),
        ),
        Fault(
            "feature-extractor is stopped, and its input is erased",
            ("ServiceDown",),
            f.log_erased,
            f.extractor_started,
            ("RecordsLost",),
        ),
        Fault("kafka is paused while clients flood", ("BrokerDown", "ActivityLost"), f.broker_paused, f.broker_back),
        Fault(
            "the dead letters of anomalies have no topic, and records come that nobody can read",
            ("ConsumerStalled", "ServiceDegraded"),
            f.undeliverable,
            f.topics_again,
        ),
    ),
)
NOT_HERE: Final = {
    "TrainingRefused": "a training whose export differs from what was trained cannot be had at will",
    "ModelTurnedDown": "a version that is worse than the one in force takes hours of traffic of its own kind",
    "ExplanationsFailChecks": "it takes a mistake in the explaining itself",
    "ModelFails": "it takes a signed version that loads and then fails on vectors",
    "ModelStale": "nothing here is 30 days old",
    "DriftDetected": "it takes days of the time of events",
    "ModelRefused": "it takes a second version whose signature is broken in the store between promotion and start",
}
"""Alerts that no fault here provokes, and why; each has its tests of rules."""
