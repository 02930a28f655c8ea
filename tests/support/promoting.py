"""Makes a model the champion, as the auto-retrainer does."""

from __future__ import annotations

import time
from collections.abc import Mapping

from resonance_auto_retrainer.promotion import promotion_record
from resonance_contracts.topics import Service
from resonance_modeling.artifact import Artifact
from resonance_modeling.registry import Registry
from resonance_modeling.signing_settings import SigningSettings
from resonance_runtime.objects import ObjectStore
from resonance_runtime.publisher import Publisher
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings, load


async def promote(artifact: Artifact, environment: Mapping[str, str]) -> None:
    """Stores a model and tells everyone that it is the champion.

    Args:
        environment: Variables that lead to broker and store, and to the keys where models are to be signed.
    """
    objects = ObjectStore(load(ObjectStoreSettings, environment))
    publisher = Publisher(Service.AUTO_RETRAINER, load(RuntimeSettings, environment))
    await objects.start()
    await publisher.start()
    try:
        keys = load(SigningSettings, environment)
        registry = Registry(objects, verifier=keys.verifier(), signer=keys.signer())
        manifest = await registry.put_artifact(artifact)
        name = manifest.model_name
        change = await registry.change_alias(
            name, "champion", manifest.model_version,
            seen=await registry.alias(name, "champion"), changed_us=time.time_ns() // 1000,
            promoter="test", reason="It is to be asked.",
        )  # fmt: skip
        await publisher.send(promotion_record(change, registry.bucket))
    finally:
        await publisher.stop()
        await objects.stop()
