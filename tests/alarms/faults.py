"""Faults that the stack really has: each breaks something, names the alerts that have to come, and mends it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from aiokafka import AIOKafkaProducer

from tests.alarms import files
from tests.alarms.scene import Scene
from tests.alarms.traffic import Traffic

POISONED: Final = "resonance.anomalies.detected.v1"
KAFKA: Final = "/opt/kafka/bin/"
LOCAL: Final = ("--bootstrap-server", "localhost:9092")


@dataclass(slots=True)
class World:
    """What faults may touch."""

    scene: Scene
    traffic: Traffic
    budget: float = 1000.0
    priced: bool = False
    acting: bool = True
    background: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def orchestrator_anew(self) -> None:
        """Starts the orchestrator again, with the files as they are to be now."""
        routes = files.ROUTES.format(budget=self.budget)
        if self.priced:
            routes += '[models."claude-without-a-price"]\ninput = 1\noutput = 5\ncontext = 200_000\n'
        (self.scene.folder / "routes.toml").write_text(routes, encoding="utf-8")
        policy = files.POLICY if self.acting else files.POLICY.partition("[[rules]]")[0]
        (self.scene.folder / "policy.toml").write_text(policy, encoding="utf-8")
        await self.scene.docker("restart", "--time", "5", self.scene.container("llm-orchestrator"))

    def keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Does something again and again until `let_go`."""

        async def again() -> None:
            while True:
                await work()

        self.background[name] = asyncio.create_task(again())

    async def let_go(self, name: str) -> None:
        """Ends what `keep` began."""
        task = self.background.pop(name)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


Step = Callable[[World], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        what: What is broken, for readers of the table.
        alerts: What has to be told while it lasts.
        begin, end: Breaks it, and mends it.
        after: What is told once it is mended, since something graver kept it back until then.
        stands: Whether it was so since the stack started: what was told before it begins is of it, too.
    """

    what: str
    alerts: tuple[str, ...]
    begin: Step
    end: Step
    after: tuple[str, ...] = ()
    stands: bool = False


async def nothing(_: World) -> None:
    """It is so from the start."""


async def trains(world: World) -> None:
    """The auto-retrainer is content with little."""
    world.traffic.infer = False
    command = ("up", "--detach", "--no-deps", "auto-retrainer")
    await compose_with(world.scene, {"ALARMS_MIN_VECTORS": "200"}, *command)


async def compose_with(scene: Scene, environment: dict[str, str], *words: str) -> None:
    """A command of Compose with other values of variables."""
    listed = (word for file in scene.stack.files for word in ("--file", file))
    command = (
        "docker",
        "compose",
        "--project-name",
        scene.stack.project,
        "--env-file",
        ".env.example",
        *listed,
        *words,
    )
    code, out = await scene.command(*command, environment=environment)
    if code:
        raise RuntimeError(out[-800:])


async def renewed(world: World) -> None:
    files.certificate(world.scene.folder / "tls", timedelta(days=90))


async def acts_well(world: World) -> None:
    await world.scene.behave(hook="")
    world.acting, world.priced, world.traffic.performance = False, True, False
    await world.orchestrator_anew()


async def asks_unpriced(world: World) -> None:
    world.traffic.performance = True


async def tells_critical(world: World) -> None:
    await world.scene.until(lambda: bool(world.scene.firing("NotificationsFail")), 60)
    for number in range(2):
        await world.traffic.flood(f"critical-{number}", 1200)


async def told(world: World) -> None:
    await world.scene.behave(notified="")


def providers(**modes: str) -> Step:
    """Providers behave so."""

    async def change(world: World) -> None:
        await world.scene.behave(**modes)

    return change


def budget(dollars: float) -> Step:
    """So much may be spent."""

    async def change(world: World) -> None:
        world.budget = dollars
        await world.orchestrator_anew()

    return change


def poisoned(records: int) -> Step:
    """So many records come that are no messages."""

    async def begin(world: World) -> None:
        await _poison(world.scene, records)

    return begin


async def _poison(scene: Scene, records: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=f"127.0.0.1:{scene.stack.ports['KAFKA_PORT']}")
    await producer.start()
    try:
        for number in range(records):
            await producer.send(POISONED, b"not a message", key=str(number).encode())
        await producer.flush()
    finally:
        await producer.stop()


async def undeliverable(world: World) -> None:
    command = (f"{KAFKA}kafka-topics.sh", *LOCAL, "--delete", "--topic", f"{POISONED}.dlq")
    await world.scene.docker("exec", world.scene.container("kafka"), *command)
    await _poison(world.scene, 2000)


async def topics_again(world: World) -> None:
    await world.scene.compose("run", "--rm", "--no-deps", "topics")


def stutters(service: str, stopped_s: float, runs_s: float) -> tuple[Step, Step]:
    """A service that stands still for moments."""

    async def begin(world: World) -> None:
        container = world.scene.container(service)

        async def once() -> None:
            # The engine may refuse while it looks into the container, as it does for its health.
            while (await world.scene.command("docker", "pause", container))[0]:
                await asyncio.sleep(0.1)
            await asyncio.sleep(stopped_s)
            await world.scene.docker("unpause", container)
            await asyncio.sleep(runs_s)

        world.keep(service, once)

    async def end(world: World) -> None:
        await world.let_go(service)
        await world.scene.command("docker", "unpause", world.scene.container(service))

    return begin, end


async def memory_scarce(world: World) -> None:
    (found,) = await world.scene.query('process_resident_memory_bytes{job="edge"}')
    limit = round(float(found["value"][1]) * 1.09)
    await world.scene.docker(
        "update", "--memory", str(limit), "--memory-swap", str(limit), world.scene.container("edge")
    )


async def memory_enough(world: World) -> None:
    limit = str(512 * 2**20)
    await world.scene.docker("update", "--memory", limit, "--memory-swap", limit, world.scene.container("edge"))


async def files_scarce(world: World) -> None:
    (found,) = await world.scene.query('process_open_fds{job="edge"}')
    await _files(world, round(float(found["value"][1]) * 1.1))


async def files_enough(world: World) -> None:
    await _files(world, 1024)


async def _files(world: World, most: int) -> None:
    program = (
        f"import resource as r; hard = r.prlimit(1, r.RLIMIT_NOFILE)[1]; r.prlimit(1, r.RLIMIT_NOFILE, ({most}, hard))"
    )
    await world.scene.docker("exec", world.scene.container("edge"), "python", "-c", program)


def skewed(seconds: float) -> Step:
    """The clock of the feature-extractor is wrong by so much."""

    async def change(world: World) -> None:
        (world.scene.folder / "skew").write_text(str(seconds), encoding="utf-8")

    return change


async def rules_wrong(world: World) -> None:
    (world.scene.folder / "rules.yaml").write_text("rules:\n  - kind: [\n", encoding="utf-8")


async def rules_right(world: World) -> None:
    rules = files.ROOT / "services/predictor/resonance_predictor/rules.yaml"
    (world.scene.folder / "rules.yaml").write_text(rules.read_text(encoding="utf-8"), encoding="utf-8")


async def configuration_wrong(world: World) -> None:
    (world.scene.folder / "prometheus/rules/wrong.yml").write_text("groups: [{name: wrong, rules: [{alert: 1}]}]\n")
    await world.scene.docker("kill", "--signal", "HUP", world.scene.container("prometheus"))


async def configuration_right(world: World) -> None:
    (world.scene.folder / "prometheus/rules/wrong.yml").unlink()
    await world.scene.docker("kill", "--signal", "HUP", world.scene.container("prometheus"))


async def tickets_refused(world: World) -> None:
    """The receiver of tickets fails, and there is one to be told of."""
    await world.scene.behave(ticket="failing")
    told = ("alert", "add", "alertname=Probe", "severity=ticket", "--alertmanager.url=http://localhost:9093")
    await world.scene.docker("exec", world.scene.container("alertmanager"), "amtool", *told)


async def tickets_taken(world: World) -> None:
    await world.scene.behave(ticket="")


async def restarts(world: World) -> None:
    for _ in range(3):
        known = await _began(world.scene)
        await world.scene.docker("restart", "--time", "0", world.scene.container("edge"))

        async def again(known: str = known) -> bool:
            return await _began(world.scene) not in ("", known)

        await world.scene.until(again, 60)


async def _began(scene: Scene) -> str:
    """When Prometheus thinks that edge began; nothing while it does not answer."""
    found = await scene.query('process_start_time_seconds{job="edge"}')
    return str(found[0]["value"][1]) if found else ""


def stopped(service: str) -> tuple[Step, Step]:
    """A container is stopped, and started again."""

    async def begin(world: World) -> None:
        await world.scene.docker("stop", "--time", "5", world.scene.container(service))

    async def end(world: World) -> None:
        await world.scene.docker("start", world.scene.container(service))

    return begin, end


async def store_stopped(world: World) -> None:
    await world.scene.docker("stop", "--time", "5", world.scene.container("minio"))
    headers = {"authorization": f"Bearer {world.scene.token('operator', 'operator')}"}
    url = world.scene.stack.url("GATEWAY_PORT") + "/ml/models/train"
    body = {"model_name": "anomaly_detection", "data_source": "recent_features", "auto_deploy": True}
    async with world.scene.http.post(url, json=body, headers=headers) as answer:
        await answer.read()


def secret(value: str) -> Step:
    """The feature-extractor has this key of the store."""

    async def change(world: World) -> None:
        await compose_with(world.scene, {"ALARMS_SECRET": value}, "up", "--detach", "--no-deps", "feature-extractor")

    return change


async def broker_paused(world: World) -> None:
    await world.scene.docker("pause", world.scene.container("kafka"))
    for number in range(20):
        await world.traffic.flood(f"lost-{number}", 200)


async def broker_back(world: World) -> None:
    await world.scene.docker("unpause", world.scene.container("kafka"))


async def log_erased(world: World) -> None:
    await world.scene.docker("stop", "--time", "5", world.scene.container("feature-extractor"))
    await asyncio.sleep(3)
    parts = ",".join(
        f'{{"topic": "resonance.activity.observed.v1", "partition": {number}, "offset": -1}}' for number in range(8)
    )
    script = (
        f'echo \'{{"partitions": [{parts}], "version": 1}}\' > /tmp/erase.json && '
        f"{KAFKA}kafka-delete-records.sh {' '.join(LOCAL)} --offset-json-file /tmp/erase.json"
    )
    await world.scene.docker("exec", world.scene.container("kafka"), "bash", "-c", script)


async def extractor_started(world: World) -> None:
    await world.scene.docker("start", world.scene.container("feature-extractor"))
