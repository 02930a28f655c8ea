"""Every overlay builds, is valid, agrees with Compose, and holds together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.kubernetes.built import Object
from tests.kubernetes.checks import agreement, flows, hardening, scaling, schemas, wholeness


def test_every_object_is_of_its_schema(objects: Sequence[Object]) -> None:
    assert list(schemas.faults(objects)) == []


def test_every_pod_is_hardened_and_ends_in_order(objects: Sequence[Object]) -> None:
    assert list(hardening.faults(objects)) == []


def test_what_objects_refer_to_is_there_and_no_budget_blocks_a_drain(objects: Sequence[Object]) -> None:
    assert list(wholeness.faults(objects)) == []


def test_the_network_allows_what_services_need_and_nothing_else(objects: Sequence[Object]) -> None:
    assert list(flows.faults(objects)) == []


def test_scaling_goes_by_groups_and_partitions_that_are_there(objects: Sequence[Object]) -> None:
    assert list(scaling.faults(objects)) == []


def test_it_runs_what_compose_runs(
    overlay: str, objects: Sequence[Object], compose: Any, secure_compose: Any, ports: dict[str, int]
) -> None:
    beside = secure_compose if overlay == "secure" else compose
    assert list(agreement.faults(objects, beside, ports)) == []


def test_everything_is_in_one_namespace(objects: Sequence[Object]) -> None:
    apart = [one["metadata"]["name"] for one in objects if one["metadata"].get("namespace") != "resonance"]
    assert apart == ["resonance"], "the namespace itself"
