"""Which faults come when: lanes of a phase lie side by side, and the faults of a lane come one after another."""

from __future__ import annotations

from typing import Final

from tests.alarms import faults as f
from tests.alarms.faults import Fault

_PREDICTOR: Final = f.stutters("predictor", 1.2, 0.4)
_XAI: Final = f.stutters("xai", 6.0, 1.5)
_BROKER: Final = f.stutters("kafka", 0.5, 0.3)
_REDIS: Final = f.stopped("redis")

Lane = tuple[Fault, ...]

APART: Final[tuple[Lane, ...]] = (
    (
        Fault(
            "no model was trained, and they are asked",
            ("NoModel", "ModelAnswersBurnsFast"),
            f.nothing,
            f.trains,
            ("ModelAnswersBurnsSlowly",),
            stands=True,
        ),
    ),
    (
        Fault(
            "the actions' webhook answers 400; their quota is 2 an hour, and 3 may wait; a model has no price",
            ("ActionsFail", "ActionsOverQuota", "ActionsWithheld", "LanguageModelWithoutPrice"),
            f.asks_unpriced,
            f.acts_well,
            stands=True,
        ),
    ),
    (
        Fault(
            "the receiver of notifications answers 400",
            ("NotificationsFail", "PagesFail", "NotificationsBurnsFast"),
            f.tells_critical,
            f.told,
            ("NotificationsBurnsSlowly",),
            stands=True,
        ),
    ),
    (Fault("a certificate that lasts 3 days", ("CertificateExpires",), f.nothing, f.renewed, stands=True),),
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
        Fault("the receiver of tickets answers 500", ("AlertsNotDelivered",), f.tickets_refused, f.tickets_taken),
    ),
)
LATE: Final[tuple[Lane, ...]] = (
    (
        Fault(
            "anthropic answers after 7 s",
            ("LlmAnalysisBurnsFast",),
            f.providers(anthropic="slow"),
            f.providers(anthropic=""),
            ("LlmAnalysisBurnsSlowly",),
        ),
    ),
    (
        Fault(
            "xai stands still for 6 s, again and again",
            ("XaiAnswersBurnsFast", "ExplanationsBurnsFast", "SmartAlertsBurnsFast", "GatewayRequestsBurnsFast"),
            *_XAI,
            (
                "XaiAnswersBurnsSlowly",
                "ExplanationsBurnsSlowly",
                "SmartAlertsBurnsSlowly",
                "GatewayRequestsBurnsSlowly",
            ),
        ),
        # Behind the other: what stands still is not read by Prometheus either.
        Fault(
            "300 records come to xai that nobody can read",
            ("DeadLetters", "RecordsBurnsFast"),
            f.poisoned(300),
            f.nothing,
            ("RecordsBurnsSlowly",),
        ),
    ),
    (
        Fault(
            "predictor stands still for 1.2 s, again and again",
            ("AnomaliesBurnsFast",),
            *_PREDICTOR,
            ("AnomaliesBurnsSlowly",),
        ),
    ),
)
GONE: Final[tuple[Lane, ...]] = (
    (
        Fault(
            "openai answers 503", ("LanguageModelsLeftAlone",), f.providers(openai="failing"), f.providers(openai="")
        ),
        Fault("12 cents may be spent", ("LanguageModelBudgetUsedUp",), f.budget(0.12), f.budget(1000)),
        Fault("redis is stopped", ("OnlineStoreDown",), *_REDIS),
        Fault(
            "kafka stands still for 0.5 s, again and again",
            ("MlApiBurnsFast",),
            *_BROKER,
            ("MlApiBurnsSlowly",),
        ),
        Fault(
            "minio is stopped, and a training is asked for",
            ("ObjectStoreDown", "TrainingFails"),
            f.store_stopped,
            f.stopped("minio")[1],
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
            "the dead letters of anomalies have no topic, and 2,000 records come that nobody can read",
            ("ConsumerStalled", "ServiceDegraded", "ConsumerBehind"),
            f.undeliverable,
            f.topics_again,
        ),
    ),
)
PHASES: Final = {"apart": APART, "late": LATE, "gone": GONE}
"""One after another; the lanes of each lie side by side."""

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
