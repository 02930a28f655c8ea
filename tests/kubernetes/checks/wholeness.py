"""Names that objects call each other by are there, selectors select, and no budget keeps a node from being drained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tests.kubernetes.built import WORKLOADS, Object, of, pods

# From outside: docs/operations/kubernetes.md says how each is made.
SECRETS: Final = frozenset({"gateway", "redis", "store", "llm-orchestrator", "minio-root", "model-key"})
CONFIG_MAPS: Final = frozenset({"model-public-keys", "authority"})
OF_KAFKA: Final = "kafka-"


def faults(objects: Sequence[Object]) -> Iterator[str]:
    """A sentence for each fault."""
    labels = {name: template["metadata"]["labels"] for name, template in pods(objects)}
    for one in objects:
        name, spec = f"{one['kind']} {one['metadata']['name']}", one.get("spec", {})
        if one["kind"] in WORKLOADS:
            chosen = spec["selector"]["matchLabels"]
            if not _chosen(chosen, spec["template"]["metadata"]["labels"]):
                yield f"{name} does not select its own pods."
            if sum(_chosen(chosen, each) for each in labels.values()) != 1:
                yield f"{name} selects pods of others."
        if one["kind"] == "Service" and sum(_chosen(spec["selector"], each) for each in labels.values()) != 1:
            yield f"{name} does not select one kind of pod."
        if one["kind"] == "Service":
            yield from (f"{name}: {fault}" for fault in _of_ports(spec, objects))
        if one["kind"] in ("NetworkPolicy", "PodMonitor"):
            selector = spec["podSelector" if one["kind"] == "NetworkPolicy" else "selector"]
            if not any(selected(selector, each) for each in labels.values()):
                yield f"{name} selects nobody."
        if one["kind"] == "PodDisruptionBudget":
            yield from (f"{name}: {fault}" for fault in _of_budget(spec, labels))
    yield from _of_references(objects)
    for name in of(objects, *WORKLOADS):
        if name not in of(objects, "PodDisruptionBudget"):
            yield f"{name} has no budget of disruptions."


def selected(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a selector of labels selects a pod."""
    for expression in selector.get("matchExpressions", ()):
        if expression["operator"] != "In" or labels.get(expression["key"]) not in expression["values"]:
            return False
    return _chosen(selector.get("matchLabels", {}), labels)


def _chosen(wanted: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    return wanted.items() <= labels.items()


def _of_ports(spec: Any, objects: Sequence[Object]) -> Iterator[str]:
    for _, template in pods(objects):
        if _chosen(spec["selector"], template["metadata"]["labels"]):
            named = {port["name"] for port in template["spec"]["containers"][0].get("ports", ())}
            for port in spec["ports"]:
                if port["targetPort"] not in named:
                    yield f"its pods have no port {port['targetPort']}."


def _of_budget(spec: Any, labels: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    if spec.get("maxUnavailable") in (None, 0, "0%") or "minAvailable" in spec:
        yield "it can keep a node from being drained."
    if sum(selected(spec["selector"], each) for each in labels.values()) != 1:
        yield "it does not select one kind of pod."


def _of_references(objects: Sequence[Object]) -> Iterator[str]:
    made = {one["metadata"]["name"] for one in objects if one["kind"] == "ConfigMap"}
    accounts = of(objects, "ServiceAccount")
    for name, template in pods(objects):
        spec = template["spec"]
        if spec.get("serviceAccountName") not in accounts:
            yield f"{name} has a service account that is not there."
        for kind, referred in _referred(spec):
            known = made | CONFIG_MAPS if kind == "ConfigMap" else SECRETS
            if referred not in known and not (kind == "Secret" and referred.startswith(OF_KAFKA)):
                yield f"{name} refers to the {kind} {referred}, which nobody makes."


def _referred(spec: Any) -> Iterator[tuple[str, str]]:
    for volume in spec.get("volumes", ()):
        if "configMap" in volume:
            yield "ConfigMap", volume["configMap"]["name"]
        if "secret" in volume:
            yield "Secret", volume["secret"]["secretName"]
    for container in spec["containers"]:
        for source in container.get("envFrom", ()):
            for key, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
                if key in source:
                    yield kind, source[key]["name"]
        for variable in container.get("env", ()):
            if "secretKeyRef" in (given := variable.get("valueFrom", {})):
                yield "Secret", given["secretKeyRef"]["name"]
