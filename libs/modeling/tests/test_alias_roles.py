"""Challenger and shadow: an alias that may name nothing again, and a challenger that serves a share of the users."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resonance_modeling.alias import AliasChange, AliasName
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.errors import RegistryError
from resonance_modeling.registry import Registry
from resonance_modeling.testing import MemoryObjectStore

Make = Callable[..., Artifact]

BEFORE_SHARES = (
    b'{"alias":"champion","catalogue_version":"c","changed_us":7,"manifest":{"name":"manifest.json","sha256":"'
    + b"a" * 64
    + b'","size":3},"manifest_key":"k","model_name":"m","model_version":"'
    + b"b" * 64
    + b'","previous_change":"","previous_version":"","promoter":"p","reason":"r","revision":1}'
)


async def change(
    registry: Registry, alias: AliasName, version: str, share: float | None = None, now: int = 1
) -> AliasChange:
    return await registry.change_alias(
        ANOMALY_DETECTION,
        alias,
        version,
        seen=await registry.alias(ANOMALY_DETECTION, alias),
        changed_us=now,
        promoter="p",
        reason="A reason.",
        share=share,
    )


async def test_an_alias_names_nothing_again_and_its_history_says_so(make_artifact: Make) -> None:
    registry, artifact = Registry(MemoryObjectStore()), make_artifact()
    version = artifact.manifest.model_version
    await registry.put_artifact(artifact)
    await change(registry, "challenger", version, 0.25)
    ended = await change(registry, "challenger", "")
    again = await change(registry, "challenger", version, 0.5)
    assert (ended.model_version, ended.manifest, ended.manifest_key, ended.previous_version) == ("", None, "", version)
    assert (again.share, again.previous_version) == (0.5, "")
    assert await registry.history(ANOMALY_DETECTION, "challenger") == [
        await registry_first(registry, version),
        ended,
        again,
    ]


async def registry_first(registry: Registry, version: str) -> AliasChange:
    first = (await registry.history(ANOMALY_DETECTION, "challenger"))[0]
    assert (first.model_version, first.share, first.revision) == (version, 0.25, 1)
    return first


@pytest.mark.parametrize(
    ("alias", "share"), [("challenger", None), ("challenger", 0.0), ("challenger", 1.0), ("shadow", 0.5)]
)
async def test_a_challenger_has_a_share_of_the_users_and_no_other_alias_has(
    make_artifact: Make, alias: AliasName, share: float | None
) -> None:
    registry, artifact = Registry(MemoryObjectStore()), make_artifact()
    await registry.put_artifact(artifact)
    with pytest.raises(RegistryError, match="share of the users"):
        await change(registry, alias, artifact.manifest.model_version, share)
    assert await registry.alias(ANOMALY_DETECTION, alias) is None


def test_a_change_from_before_there_were_shares_reads_back_to_the_same_bytes() -> None:
    assert AliasChange.from_bytes(BEFORE_SHARES, "k").to_bytes() == BEFORE_SHARES


def test_a_change_that_names_a_version_without_manifest_is_refused() -> None:
    broken = BEFORE_SHARES.replace(b'"manifest":{"name":"manifest.json","sha256":"' + b"a" * 64 + b'","size":3},', b"")
    with pytest.raises(RegistryError, match="manifest"):
        AliasChange.from_bytes(broken, "k")


async def test_a_champion_is_replaced_and_never_taken_away(make_artifact: Make) -> None:
    registry, artifact = Registry(MemoryObjectStore()), make_artifact()
    await registry.put_artifact(artifact)
    first = await change(registry, "champion", artifact.manifest.model_version)
    with pytest.raises(RegistryError, match="only be replaced"):
        await change(registry, "champion", "")
    assert await registry.history(ANOMALY_DETECTION, "champion") == [first]
