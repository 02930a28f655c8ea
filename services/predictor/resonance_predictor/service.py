"""The shell: one loop over the vectors, readers of promotions and verdicts, and what keeps the terms up to date."""

from __future__ import annotations

from collections.abc import Sequence

from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.topics import FEATURES_COMPUTED, MODELS_PROMOTED, PREDICTIONS_REQUESTED, Service
from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_modeling.load import LOAD_PREDICTION
from resonance_modeling.registry import Registry
from resonance_modeling.signing_settings import trust_said
from resonance_predictor.endpoint import Endpoint
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.errors import RulesError
from resonance_predictor.functions import Functions, function_shelves
from resonance_predictor.inference.anomalies import anomaly_shelf
from resonance_predictor.inference.catalogue import Catalogue
from resonance_predictor.inference.endpoint import InferenceEndpoint
from resonance_predictor.keyed import DetectorState
from resonance_predictor.limits.expected_load import ExpectedLoad
from resonance_predictor.limits.policy import Allowance
from resonance_predictor.limits.terms import LimitTerms
from resonance_predictor.measured import observe_delays
from resonance_predictor.models import Models
from resonance_predictor.questions import Counted, Questions
from resonance_predictor.retries import Retries
from resonance_predictor.rules import RuleBook
from resonance_predictor.rules_file import RulesFile
from resonance_predictor.settings import PredictorSettings
from resonance_predictor.time_zones import DAY_US, TimeZone
from resonance_predictor.verdicts.following import FollowedVerdicts
from resonance_runtime.collector import collect_seldom
from resonance_runtime.errors import SettingsError
from resonance_runtime.loop import RecordLoop
from resonance_runtime.objects import ObjectStore
from resonance_runtime.online.kinds import PREDICTIONS
from resonance_runtime.online.store import OnlineStore
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.service import Component, Runtime, run
from resonance_runtime.tables import TopicReader
from resonance_runtime.waiting import until

AGAIN_S = 5.0
SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US


class TermsKeeper:
    """Brings every partition to the terms that are wanted, each with a snapshot before its next record."""

    def __init__(self, runtime: Runtime[PredictorSettings], state: DetectorState, loop: RecordLoop) -> None:
        self._runtime = runtime
        self._state = state
        self._loop = loop

    async def start(self) -> None:
        """Begins to look after rules and terms."""
        self._runtime.spawn("terms", self._keep())

    async def stop(self) -> None:
        """Ends with the service."""

    async def _keep(self) -> None:
        while True:
            await self._state.change_or(self._runtime.settings.rules_poll_s)
            if self._state.behind:
                await self._loop.change_state(self._state.activate)


class ModelsKeeper:
    """Fetches models that are missing beside the champion, and asks again for those that the store could not give."""

    def __init__(self, runtime: Runtime[PredictorSettings], models: Models) -> None:
        self._runtime = runtime
        self._models = models

    async def start(self) -> None:
        """Begins to wait for them."""
        self._runtime.spawn("models", self._keep())

    async def stop(self) -> None:
        """Ends with the service."""

    async def _keep(self) -> None:
        while True:
            await until(self._models.missing, AGAIN_S)
            await self._models.catch_up()


def build(runtime: Runtime[PredictorSettings]) -> Sequence[Component]:
    """The parts of the service, in the order they start.

    Raises:
        SettingsError: The rules file is wrong, or there is no public key where there should be one.
    """
    settings = runtime.settings
    objects = ObjectStore(settings)
    verifier = settings.verifier()
    registry = Registry(objects, verifier=verifier)
    runtime.health.details["signatures"] = trust_said(verifier)
    models, functions = Models(registry, runtime.health), Functions(registry, runtime.health)
    try:
        rules = RulesFile(settings.rules_file, runtime.health)
    except RulesError as error:
        raise SettingsError(f"RESONANCE_RULES_FILE is {str(settings.rules_file)!r}: {error}") from error
    quiet_us, idle_us = round(settings.quiet_s * SECOND_US), round(settings.max_age_hours * HOUR_US)
    limits, expected = None, ExpectedLoad(lambda: functions.champion(LOAD_PREDICTION))
    if settings.limits == "on" and not settings.observe_only:
        limits = LimitTerms(Allowance(settings.rate, settings.burst), round(settings.limits_last_s * SECOND_US))
    verdicts = FollowedVerdicts()
    state = DetectorState(
        models,
        rules,
        runtime.health,
        quiet_us,
        idle_us,
        settings.observe_only,
        limits,
        expected,
        settings.false_incidents,
        verdicts,
        TimeZone.of(settings.time_zone),
        round(settings.weeks_memory_days * DAY_US),
    )

    def in_force() -> tuple[RuleBook, *tuple[Ensemble | None, ...]]:
        return rules.rules, models.champion, models.former

    async def promoted(records: Sequence[Record[ModelPromoted]]) -> None:
        await models.handle(records)
        await functions.handle(records)

    catalogue = Catalogue({ANOMALY_DETECTION: anomaly_shelf(models), **function_shelves(functions)})
    runtime.routes += [
        *Endpoint(in_force, models.versions).routes(),
        *InferenceEndpoint(catalogue, runtime.health).routes(),
    ]

    async def counted() -> Counted:
        partitions = await runtime.publisher.partitions(FEATURES_COMPUTED.name)
        return Counted(expected.newest(), state.partitions / max(partitions, 1))

    questions = Questions(in_force, functions, counted, runtime.publisher.send_all)
    online = OnlineStore(settings.redis_url, PREDICTIONS, settings.online_ttl_s, runtime.health)

    def stored(outgoing: Sequence[Outgoing]) -> None:
        online.stored(outgoing)
        observe_delays(outgoing)

    loop = RecordLoop(
        runtime, group=Service.PREDICTOR, topics=[FEATURES_COMPUTED], state=state, objects=objects, stored=stored
    )
    return [
        objects,
        online,
        TopicReader(runtime, [MODELS_PROMOTED], promoted, from_start=True, name="promotions"),
        *verdicts.readers(runtime),
        loop,
        RecordLoop(
            runtime,
            group=f"{Service.PREDICTOR}.questions",
            topics=[PREDICTIONS_REQUESTED],
            handle=questions.handle,
            max_batch=100,
        ),
        TermsKeeper(runtime, state, loop),
        Retries(runtime, [models, functions]),
        ModelsKeeper(runtime, models),
    ]


def main() -> None:
    """Runs the predictor until it is asked to stop."""
    collect_seldom()
    run(Service.PREDICTOR, PredictorSettings, build)
