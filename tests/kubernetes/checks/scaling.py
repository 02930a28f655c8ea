"""KEDA scales what is there and is spread, by groups and topics that are there, to as many as there are partitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from resonance_contracts.topics import BY_NAME
from tests.kubernetes import needs
from tests.kubernetes.built import WORKLOADS, Object, config, of

BY_CONNECTIONS: Final = "gateway"
SPREAD: Final = {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}
# What every client of Kafka 4 speaks; what KEDA speaks where it is not told is older.
LEAST_PROTOCOL: Final = (2, 1)


def faults(objects: Sequence[Object]) -> Iterator[str]:
    """A sentence for each fault."""
    targets, scaled = of(objects, *WORKLOADS), of(objects, "ScaledObject")
    common = config(objects, "resonance")
    for name, one in scaled.items():
        spec = one["spec"]
        target = targets.get(spec["scaleTargetRef"]["name"])
        if target is None or target["kind"] != spec["scaleTargetRef"]["kind"]:
            yield f"{name} scales what is not there."
        elif "replicas" in target["spec"]:
            yield f"{name} has replicas of its own, which each apply would set again."
        elif not _is_spread(target):
            yield f"{name} is not spread over zones and nodes."
        if spec["minReplicaCount"] < 2:
            yield f"{name} goes down to {spec['minReplicaCount']}: nobody is there while one pod is drained."
        if name != BY_CONNECTIONS and spec["maxReplicaCount"] != int(common["RESONANCE_PARTITIONS"]):
            yield f"{name} goes up to {spec['maxReplicaCount']}, which is not the number of partitions."
        for trigger in spec["triggers"]:
            if trigger["type"] == "kafka":
                yield from (f"{name}: {fault}" for fault in _of_trigger(name, trigger, common))
    for name in ("gateway", "feature-extractor", "predictor", "xai", "llm-orchestrator"):
        if scaled and name not in scaled:
            yield f"{name} is not scaled."


def _is_spread(target: Any) -> bool:
    own = target["spec"]["selector"]
    constraints = target["spec"]["template"]["spec"].get("topologySpreadConstraints", ())
    return {each["topologyKey"] for each in constraints if each["labelSelector"] == own} == SPREAD


def _of_trigger(service: str, trigger: Any, common: dict[str, str]) -> Iterator[str]:
    given = trigger["metadata"]
    topic = BY_NAME.get(given["topic"])
    if topic is None or service not in topic.readers:
        yield f"it does not read {given['topic']}."
    elif not topic.sharded:
        yield f"{given['topic']} has one partition, which cannot be shared."
    if given["consumerGroup"] not in needs.groups(service):
        yield f"it has no group {given['consumerGroup']}."
    if given["bootstrapServers"] != common["RESONANCE_KAFKA_BOOTSTRAP"]:
        yield "it asks other brokers than the services."
    if ("authenticationRef" in trigger) != (common.get("RESONANCE_KAFKA_PROTOCOL", "PLAINTEXT") != "PLAINTEXT"):
        yield "it shows the brokers no user, or one that they do not ask for."
    if tuple(map(int, given.get("version", "1.0.0").split(".")[:2])) < LEAST_PROTOCOL:
        yield "Kafka 4 does not speak the protocol that KEDA takes where no version is given."
