"""Each check finds a mistake that is planted: none of them passes whatever comes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.kubernetes.built import Object, built
from tests.kubernetes.checks import agreement, flows, hardening, scaling, schemas, wholeness

Check = Callable[[Sequence[Object]], Iterator[str]]
Plant = Callable[[list[Any]], None]


def one(objects: list[Any], kind: str, name: str) -> Any:
    """An object, to be spoiled."""
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"].startswith(name))


def pod(objects: list[Any], name: str) -> Any:
    """The pod of a service."""
    kind = "StatefulSet" if name == "xai" else "Deployment"
    return one(objects, kind, name)["spec"]["template"]


def container(objects: list[Any], name: str) -> Any:
    """Its container."""
    return pod(objects, name)["spec"]["containers"][0]


def policy(objects: list[Any], name: str) -> Any:
    """What a policy says."""
    return one(objects, "NetworkPolicy", name)["spec"]


def trigger(objects: list[Any], name: str) -> Any:
    """The first trigger of a scaled object."""
    return one(objects, "ScaledObject", name)["spec"]["triggers"][0]


def budget(objects: list[Any], name: str) -> Any:
    """What a budget says."""
    return one(objects, "PodDisruptionBudget", name)["spec"]


MISTAKES: list[tuple[str, Check, Plant, str]] = [
    ("a field that is not there", schemas.faults, lambda o: pod(o, "xai")["spec"].update(priority_class="x"), "xai"),
    ("a word for a number", schemas.faults, lambda o: budget(o, "xai").update(maxUnavailable=[1]), "xai"),
    ("a field KEDA does not know", schemas.faults,
     lambda o: one(o, "ScaledObject", "xai")["spec"].update(maxReplicas=3), "maxReplicas"),
    ("a field PodMonitors do not have", schemas.faults,
     lambda o: one(o, "PodMonitor", "resonance")["spec"].update(endpoints=[]), "endpoints"),
    ("a file system that is written", hardening.faults,
     lambda o: container(o, "gateway")["securityContext"].update(readOnlyRootFilesystem=False), "written"),
    ("a capability", hardening.faults,
     lambda o: container(o, "gateway")["securityContext"].update(capabilities={"add": ["NET_RAW"]}), "capabilities"),
    ("root", hardening.faults, lambda o: pod(o, "gateway")["spec"]["securityContext"].update(runAsUser=0), "user"),
    ("no limit of memory", hardening.faults, lambda o: container(o, "xai")["resources"].pop("limits"), "limit"),
    ("the newest image", hardening.faults,
     lambda o: container(o, "xai").update(image="resonance/xai:latest"), "exact tag"),
    ("a probe of another path", hardening.faults,
     lambda o: container(o, "predictor")["readinessProbe"]["httpGet"].update(path="/livez"), "probes"),
    ("a probe of a port that is not there", hardening.faults,
     lambda o: container(o, "predictor")["livenessProbe"]["httpGet"].update(port="admin"), "port"),
    ("too little time to drain", hardening.faults,
     lambda o: pod(o, "predictor")["spec"].update(terminationGracePeriodSeconds=15), "drained"),
    ("a selector of another's pods", wholeness.faults,
     lambda o: one(o, "Service", "gateway")["spec"]["selector"].update({"app.kubernetes.io/name": "gate"}), "gateway"),
    ("a deployment that does not select its own pods", wholeness.faults,
     lambda o: pod(o, "gateway")["metadata"]["labels"].update({"app.kubernetes.io/name": "gate"}), "own pods"),
    ("a budget that blocks a drain", wholeness.faults,
     lambda o: budget(o, "gateway").update(maxUnavailable=0), "drained"),
    ("a budget of nobody", wholeness.faults,
     lambda o: budget(o, "gateway").update(selector={"matchLabels": {"a": "b"}}), "one kind of pod"),
    ("no budget", wholeness.faults, lambda o: o.remove(one(o, "PodDisruptionBudget", "xai")), "no budget"),
    ("a ConfigMap that nobody makes", wholeness.faults,
     lambda o: container(o, "xai")["envFrom"].append({"configMapRef": {"name": "nobodys"}}), "nobodys"),
    ("a Secret that nobody makes", wholeness.faults,
     lambda o: container(o, "xai")["envFrom"].append({"secretRef": {"name": "nobodys"}}), "nobodys"),
    ("a port that pods have not", wholeness.faults,
     lambda o: one(o, "Service", "predictor")["spec"]["ports"][0].update(targetPort="rest"), "rest"),
    ("no policy of default", flows.faults, lambda o: o.remove(one(o, "NetworkPolicy", "nobody")), "apart"),
    ("a flow too many", flows.faults,
     lambda o: policy(o, "to-redis")["podSelector"]["matchExpressions"][0]["values"].append("auto-retrainer"),
     "nobody needs auto-retrainer - redis - 6379"),
    ("a flow too few", flows.faults,
     lambda o: policy(o, "to-store")["podSelector"]["matchExpressions"][0]["values"].remove("xai"),
     "xai - minio - 9000 is needed"),
    ("another port of Kafka", flows.faults,
     lambda o: policy(o, "to-kafka")["egress"][0]["ports"][0].update(port=9092), "9093 is needed"),
    ("metrics for everybody", flows.faults, lambda o: policy(o, "metrics")["ingress"][0].pop("from"), "anywhere"),
    ("more workers than partitions", scaling.faults,
     lambda o: one(o, "ScaledObject", "predictor")["spec"].update(maxReplicaCount=33), "partitions"),
    ("replicas beside KEDA's", scaling.faults,
     lambda o: one(o, "Deployment", "predictor")["spec"].update(replicas=3), "replicas"),
    ("a group that is not there", scaling.faults,
     lambda o: trigger(o, "xai")["metadata"].update(consumerGroup="xai.all"), "xai.all"),
    ("a topic that it does not read", scaling.faults,
     lambda o: trigger(o, "xai")["metadata"].update(topic="resonance.alerts.raised.v1"), "does not read"),
    ("a topic of one partition", scaling.faults,
     lambda o: trigger(o, "xai")["metadata"].update(topic="resonance.models.promoted.v1"), "one partition"),
    ("a protocol of old", scaling.faults, lambda o: trigger(o, "xai")["metadata"].pop("version"), "protocol"),
    ("nobody to the brokers", scaling.faults, lambda o: trigger(o, "xai").pop("authenticationRef"), "no user"),
    ("spread among others' pods", scaling.faults,
     lambda o: pod(o, "xai")["spec"]["topologySpreadConstraints"][0].update(labelSelector={}), "not spread"),
    ("one that is never two", scaling.faults,
     lambda o: one(o, "ScaledObject", "xai")["spec"].update(minReplicaCount=1), "goes down to 1"),
]  # fmt: skip


@pytest.mark.parametrize(("check", "plant", "told"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_a_planted_mistake_is_found(check: Check, plant: Plant, told: str) -> None:
    spoiled = copy.deepcopy(list(built("secure")))
    plant(spoiled)
    found = list(check(spoiled))
    assert any(told in fault for fault in found), found


DISAGREEMENTS: list[tuple[str, Plant, str]] = [
    ("another image", lambda o: container(o, "xai").update(image="resonance/predictor:dev"), "image"),
    ("another port", lambda o: container(o, "predictor")["ports"][0].update(containerPort=8003), "8002"),
    ("another value", lambda o: one(o, "ConfigMap", "xai-")["data"].update(XAI_CACHE_SIZE="10"), "XAI_CACHE_SIZE"),
    ("a variable too few", lambda o: one(o, "ConfigMap", "xai-")["data"].pop("RESONANCE_KAFKA_MEMBER"), "missing"),
    ("no secret of the store", lambda o: container(o, "xai")["envFrom"].remove({"secretRef": {"name": "store"}}),
     "RESONANCE_S3_ACCESS_KEY"),
    ("a variable of nobody",
     lambda o: one(o, "ConfigMap", "xai-")["data"].update(XAI_PORT="1"), "none of its settings"),
    ("a service too few", lambda o: o.remove(one(o, "StatefulSet", "xai")), "six services"),
]  # fmt: skip


@pytest.mark.parametrize(("plant", "told"), [d[1:] for d in DISAGREEMENTS], ids=[d[0] for d in DISAGREEMENTS])
def test_a_planted_disagreement_with_compose_is_found(
    plant: Plant, told: str, secure_compose: Any, ports: dict[str, int]
) -> None:
    spoiled = copy.deepcopy(list(built("secure")))
    plant(spoiled)
    found = list(agreement.faults(spoiled, secure_compose, ports))
    assert any(told in fault for fault in found), found
