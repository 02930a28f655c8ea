"""The object store over a network: what is too large is not read."""

from __future__ import annotations

import pytest

from resonance_local.stack import Stack
from resonance_runtime.errors import TooLarge
from resonance_runtime.objects import MODELS_BUCKET, STATE_BUCKET, ObjectStore
from resonance_runtime.settings import ObjectStoreSettings, load

pytestmark = pytest.mark.embedded


async def test_an_object_of_a_model_that_is_larger_than_any_of_ours_is_not_read(parts: Stack) -> None:
    store = ObjectStore(load(ObjectStoreSettings, parts.environment), largest=10)
    await store.start()
    try:
        for bucket in (MODELS_BUCKET, STATE_BUCKET):
            await store.put(bucket, "sizes/10", b"0123456789")
            await store.put(bucket, "sizes/11", b"0123456789a")
        assert await store.get(MODELS_BUCKET, "sizes/10") == b"0123456789"
        with pytest.raises(TooLarge, match="more than 10 bytes"):
            await store.get(MODELS_BUCKET, "sizes/11")
        assert await store.get(STATE_BUCKET, "sizes/11") == b"0123456789a"
        # The connection of the one that was not read to its end serves on.
        assert await store.get(MODELS_BUCKET, "sizes/10") == b"0123456789"
    finally:
        await store.stop()
