"""Every pod is as the containers of Compose are: read-only, without rights, bounded; and ends in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tests.kubernetes.built import WORKLOADS, Object, pods

USER: Final = 10001
DRAIN_S: Final = 10
MARGIN_S: Final = 10


def faults(objects: Sequence[Object]) -> Iterator[str]:
    """A sentence for each fault."""
    for name, template in pods(objects):
        spec = template["spec"]
        yield from (f"{name}: {fault}" for fault in _of_pod(spec))
        for container in spec["containers"]:
            yield from (f"{name}: {fault}" for fault in _of_container(container))
    for one in objects:
        if one["kind"] in WORKLOADS:
            spec = one["spec"]["template"]["spec"]
            yield from (f"{one['metadata']['name']}: {fault}" for fault in _of_life(spec))


def _of_pod(spec: Any) -> Iterator[str]:
    security = spec.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("runAsUser") != USER:
        yield f"it does not run as user {USER}."
    if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "it has no seccomp profile."
    if spec.get("enableServiceLinks") is not False:
        yield "Services would become variables."
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key):
            yield f"it has {key}."


def _of_container(container: Any) -> Iterator[str]:
    security = container.get("securityContext", {})
    if not security.get("readOnlyRootFilesystem"):
        yield "its file system can be written."
    if security.get("capabilities") != {"drop": ["ALL"]} or security.get("allowPrivilegeEscalation") is not False:
        yield "it has capabilities, or can gain some."
    resources = container.get("resources", {})
    if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get("limits", {}):
        yield "it has no requests, or no limit of memory."
    if ":" not in container["image"] or container["image"].endswith(":latest"):
        yield f"its image {container['image']} has no exact tag or digest."


def _of_life(spec: Any) -> Iterator[str]:
    (container,) = spec["containers"]
    probes = {
        kind: container.get(f"{kind}Probe", {}).get("httpGet", {}) for kind in ("startup", "liveness", "readiness")
    }
    if {kind: probe.get("path") for kind, probe in probes.items()} != {
        "startup": "/livez", "liveness": "/livez", "readiness": "/readyz",
    }:  # fmt: skip
        yield "its probes are not those of the services."
    named = {port["name"] for port in container.get("ports", ())}
    for kind, probe in probes.items():
        if probe.get("port") not in named:
            yield f"its {kind} probe asks a port that it has not."
    before = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    if not before:
        yield "it ends while it is still sent requests."
    if spec.get("terminationGracePeriodSeconds", 30) < before + DRAIN_S + MARGIN_S:
        yield "it is killed before it has drained."
