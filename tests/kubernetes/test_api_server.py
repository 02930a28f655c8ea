"""A real API server takes every overlay, and keeps pods, and the job of the keys, to what they may."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
import yaml

from tests.kubernetes.built import CHECKED, KUBERNETES, OVERLAYS, built, of, pods
from tests.kubernetes.cluster import Cluster, Refused, cluster
from tests.kubernetes.programs import Absent, programs
from tests.kubernetes.secrets_made import secrets

pytestmark = [
    pytest.mark.skipif(CHECKED not in os.environ, reason="builds an API server: runs with `make kubernetes-check`"),
    pytest.mark.timeout(1800),
]
CRDS: Final = Path(__file__).resolve().parent / "crds"
NAMESPACE: Final = "resonance"


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request: pytest.FixtureRequest) -> str:
    """Name of each overlay in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def applied(overlay: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that knows KEDA's objects and the Prometheus operator's, with the overlay applied."""
    try:
        built_here = programs()
    except Absent as absent:
        pytest.fail(str(absent))
    with cluster(built_here, tmp_path_factory.mktemp("cluster")) as running:
        for path in sorted(CRDS.glob("*.yaml")):
            running.define(yaml.safe_load(path.read_text(encoding="utf-8")))
        for one in built(overlay):
            running.apply(one)
        yield running


def test_it_takes_every_object(applied: Cluster, overlay: str) -> None:
    for one in built(overlay):
        assert applied.ask("GET", f"{applied.path(one)}/{one['metadata']['name']}")["metadata"]["uid"]


def test_an_overlay_can_be_applied_again(applied: Cluster, overlay: str) -> None:
    for one in built(overlay):
        before = applied.ask("GET", f"{applied.path(one)}/{one['metadata']['name']}")
        assert applied.apply(one)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_it_takes_every_pod_into_the_restricted_namespace(applied: Cluster, overlay: str) -> None:
    for name, template in pods(built(overlay)):
        applied.apply(_pod(name, template), dry=True)


def test_it_refuses_a_pod_that_runs_as_root(applied: Cluster, overlay: str) -> None:
    name, template = next(iter(pods(built(overlay))))
    spoiled = _pod(name, template)
    spoiled["spec"]["securityContext"] = {"runAsUser": 0}
    with pytest.raises(Refused, match="restricted"):
        applied.apply(spoiled, dry=True)


def test_it_refuses_a_field_that_is_not_there(applied: Cluster, overlay: str) -> None:
    spoiled = {**of(built(overlay), "PodDisruptionBudget")["xai"]}
    spoiled["spec"] = {**spoiled["spec"], "maxUnavailible": 1}
    with pytest.raises(Refused, match="maxUnavailible"):
        applied.apply(spoiled, dry=True)


def test_it_takes_the_secrets_of_the_example(applied: Cluster) -> None:
    for name, values in secrets().items():
        meta = {"name": name, "namespace": NAMESPACE}
        applied.apply({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": values})


def test_the_job_of_the_keys_keeps_a_pair_once_and_can_do_nothing_else(applied: Cluster, tmp_path: Path) -> None:
    keeping, account = _program(), tmp_path / "account"
    account.mkdir()
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/model-keys/token"
    (account / "token").write_text(applied.ask("POST", path, asked)["status"]["token"], encoding="utf-8")
    (account / "ca.crt").write_bytes(applied.certificate.read_bytes())
    own = keeping.Api(applied.url, NAMESPACE, account)
    kept = []
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        keeping.keep(own, folder)
        private = applied.ask("GET", f"/api/v1/namespaces/{NAMESPACE}/secrets/model-key")["data"]
        public = applied.ask("GET", f"/api/v1/namespaces/{NAMESPACE}/configmaps/model-public-keys")["data"]
        kept.append((private, public))
    assert kept[0] == kept[1] and list(kept[0][0]) == ["model.pem"] and len(kept[0][1]) == 1
    for method, path in (("GET", "/secrets"), ("GET", "/secrets/gateway"), ("DELETE", "/secrets/model-key")):
        with pytest.raises(OSError, match="403"):
            own.ask(method, path)


def _program() -> ModuleType:
    spec = importlib.util.spec_from_file_location("keep_model_keys", KUBERNETES / "base/setup/keep_model_keys.py")
    assert spec is not None and spec.loader is not None, "it is a file"
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _pod(name: str, template: Any) -> dict[str, Any]:
    meta = {**template["metadata"], "name": f"{name}-tried", "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {**template["spec"]}}
