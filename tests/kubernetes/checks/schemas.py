"""Every object is of its schema: of Kubernetes in two versions, of KEDA, of the Prometheus operator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import kubernetes_validate
import yaml
from jsonschema import Draft202012Validator

from tests.kubernetes.built import Object

VERSIONS: Final = ("1.32", "1.37")
CRDS: Final = Path(__file__).resolve().parents[1] / "crds"


def faults(objects: Sequence[Object]) -> Iterator[str]:
    """A sentence for each fault."""
    for one in objects:
        name = f"{one['kind']} {one['metadata']['name']}"
        schema = _own(one["apiVersion"], one["kind"])
        if schema is not None:
            for error in Draft202012Validator(schema).iter_errors(one):
                yield f"{name}: {error.json_path}: {error.message}."
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(one, version, strict=True)
            except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                yield f"{name} in Kubernetes {version}: {getattr(error, 'message', error)}."


@cache
def _own(api: str, kind: str) -> dict[str, Any] | None:
    """Schema of an object that Kubernetes itself does not know."""
    for path in sorted(CRDS.glob("*.yaml")):
        crd = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
        if crd["names"]["kind"] == kind:
            for version in crd["versions"]:
                if f"{crd['group']}/{version['name']}" == api:
                    return _closed(version["schema"]["openAPIV3Schema"])
    return None


def _closed(schema: Any) -> Any:
    """The schema, with fields that it does not name refused, where it names any."""
    if not isinstance(schema, dict):
        return schema
    closed = {key: {k: _closed(v) for k, v in value.items()} if key == "properties" else _closed(value)
              for key, value in schema.items()}  # fmt: skip
    if "properties" in closed and not closed.get("x-kubernetes-preserve-unknown-fields"):
        closed.setdefault("additionalProperties", False)
    if closed.get("type") == "object" and set(closed) == {"type"}:
        return {"type": "object"}
    return closed
