"""What Kubernetes runs is what Compose runs: the same images, ports, users, variables and values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tests.kubernetes import needs
from tests.kubernetes.built import KUBERNETES, Object, config, of
from tests.kubernetes.secrets_made import secrets

# Of the store and Redis: a service that needs neither gets no password of either.
OF_STORE: Final = frozenset({"RESONANCE_S3_ACCESS_KEY", "RESONANCE_S3_SECRET_KEY"})
OF_REDIS: Final = frozenset({"RESONANCE_REDIS_URL", "RESONANCE_REDIS_PASSWORD"})
# Compose's secure layer speaks HTTPS inside; on Kubernetes a service mesh does.
OF_HTTPS: Final = frozenset(
    {"RESONANCE_TLS_CERT_FILE", "RESONANCE_TLS_KEY_FILE", "RESONANCE_PROBE_HOST", "RESONANCE_PROBE_PORT"}
)
# These say where things are, and how many there are.
OF_PLACES: Final = re.compile(r"_(BOOTSTRAP|ENDPOINT|URL|PARTITIONS|REPLICATION|CA_FILE|USER)$")


def faults(objects: Sequence[Object], compose: Mapping[str, Any], ports: Mapping[str, int]) -> Iterator[str]:
    """A sentence for each fault.

    Args:
        objects: Of an overlay.
        compose: Containers of Compose by name.
        ports: Port of each service.
    """
    workloads = of(objects, "Deployment", "StatefulSet")
    if set(workloads) != set(ports):
        yield f"There are {sorted(workloads)}, and not the six services."
    for name in sorted(set(workloads) & set(ports)):
        (container,) = workloads[name]["spec"]["template"]["spec"]["containers"]
        if ports[name] not in {port["containerPort"] for port in container["ports"]}:
            yield f"{name} does not show its port {ports[name]}."
        if container["image"].split("@")[0].rsplit(":", 1)[0].split("/")[-2:] != ["resonance", name]:
            yield f"{name} has the image {container['image']}."
        given = _given(name, container, objects)
        yield from (f"{name}: {fault}" for fault in _of_variables(name, given, compose[name]["environment"]))


def _of_variables(name: str, given: Mapping[str, str | None], compose: Mapping[str, Any]) -> Iterator[str]:
    wanted = set(compose) - OF_HTTPS
    if needs.STORE not in needs.fields(name):
        wanted -= OF_STORE
    if needs.REDIS not in needs.fields(name):
        wanted -= OF_REDIS
    for variable in sorted(wanted - set(given)):
        yield f"{variable} of Compose is missing."
    for variable in sorted(set(given) - set(compose) - needs.variables(name)):
        yield f"{variable} is none of its settings."
    for variable in sorted(wanted & set(given)):
        default, value = _default(compose[variable]), given[variable]
        if value is not None and default is not None and not OF_PLACES.search(variable) and value != default:
            yield f"{variable} is {value!r}, and {default!r} with Compose."


def _given(name: str, container: Any, objects: Sequence[Object]) -> dict[str, str | None]:
    """Its variables; None for the value of a secret, and of what is shown as not set."""
    given: dict[str, str | None] = {variable["name"]: variable.get("value") for variable in container.get("env", ())}
    for source in container["envFrom"]:
        if "secretRef" in source:
            given |= dict.fromkeys(secrets()[source["secretRef"]["name"]])
    for file in ("common", name):
        shown = (KUBERNETES / f"base/config/{file}.env").read_text(encoding="utf-8")
        given |= dict.fromkeys(re.findall(r"^# ([A-Z0-9_]+)=", shown, re.MULTILINE))
    return given | config(objects, "resonance") | config(objects, name)


def _default(value: Any) -> str | None:
    """What Compose gives where nothing is set."""
    if value is None:
        return None
    found = re.fullmatch(r"\$\{[A-Z0-9_]+:-([^}]*)\}", str(value))
    return found[1] if found else str(value)
