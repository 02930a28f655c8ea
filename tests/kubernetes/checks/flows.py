"""Policies of the network allow exactly what the services need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from resonance_contracts.topics import Service
from tests.kubernetes import needs
from tests.kubernetes.built import Object, config, of, pods
from tests.kubernetes.checks.wholeness import selected
from tests.kubernetes.secrets_made import secrets

Flow = tuple[str, str, str]
"""Whose pod, to or from which namespace, by which port."""

NAMESPACE: Final = "kubernetes.io/metadata.name"
INTERNET: Final = "the internet"
ANYWHERE: Final = "anywhere"
OF_CONTROLLER: Final = "ingress-nginx"
OF_METRICS: Final = "monitoring"


def faults(objects: Sequence[Object]) -> Iterator[str]:
    """A sentence for each flow that is allowed and not needed, or needed and not allowed."""
    policies = of(objects, "NetworkPolicy").values()
    if not any(_denies_all(policy["spec"]) for policy in policies):
        yield "No policy keeps everybody apart."
    for what, allowed, wanted in (
        ("outwards", set(_outwards(objects)), set(_needed(objects))),
        ("inwards", set(_inwards(objects)), set(_asked(objects))),
    ):
        for flow in sorted(allowed - wanted):
            yield f"{what}, nobody needs {' - '.join(flow)}."
        for flow in sorted(wanted - allowed):
            yield f"{what}, {' - '.join(flow)} is needed and not allowed."


def _denies_all(spec: Any) -> bool:
    return not spec["podSelector"] and set(spec["policyTypes"]) == {"Ingress", "Egress"} and len(spec) == 2


def _needed(objects: Sequence[Object]) -> Iterator[Flow]:
    common = config(objects, "resonance")
    brokers, store = _place(common["RESONANCE_KAFKA_BOOTSTRAP"]), _place(common["RESONANCE_S3_ENDPOINT"])
    online = _place(secrets()["redis"]["RESONANCE_REDIS_URL"].split("@")[-1].split("//")[-1].split("/")[0])
    for service in Service:
        yield (service, *brokers)
        if needs.STORE in needs.fields(service):
            yield (service, *store)
        if needs.REDIS in needs.fields(service):
            yield (service, *online)
    yield (Service.LLM_ORCHESTRATOR, INTERNET, "443")
    for name, _ in pods(objects):
        yield from ((name, "kube-system", port) for port in ("53",))
        if name == "topics":
            yield (name, *brokers)
        if name == "buckets":
            yield (name, *store)
        if name == "model-keys":
            yield from ((name, ANYWHERE, port) for port in ("443", "6443"))


def _asked(objects: Sequence[Object]) -> Iterator[Flow]:
    yield ("gateway", OF_CONTROLLER, "8000")
    yield from ((service, OF_METRICS, "http") for service in Service)


def _outwards(objects: Sequence[Object]) -> Iterator[Flow]:
    yield from _flows(objects, "egress", "to")


def _inwards(objects: Sequence[Object]) -> Iterator[Flow]:
    yield from _flows(objects, "ingress", "from")


def _flows(objects: Sequence[Object], way: str, side: str) -> Iterator[Flow]:
    for policy in of(objects, "NetworkPolicy").values():
        for rule in policy["spec"].get(way, ()):
            for name, template in pods(objects):
                if selected(policy["spec"]["podSelector"], template["metadata"]["labels"]):
                    for peer in rule.get(side) or [{}]:
                        yield from (
                            (name, _peer(peer), str(port["port"])) for port in rule.get("ports", [{"port": "*"}])
                        )


def _peer(peer: Any) -> str:
    if "ipBlock" in peer:
        return INTERNET if peer["ipBlock"].get("except") else ANYWHERE
    return str(peer.get("namespaceSelector", {}).get("matchLabels", {}).get(NAMESPACE, ANYWHERE))


def _place(address: str) -> tuple[str, str]:
    """Namespace and port of host.namespace:port."""
    host, _, port = address.rpartition(":")
    return host.split(".")[1], port
