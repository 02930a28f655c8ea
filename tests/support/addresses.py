"""Addresses of real parts, where somebody gave them."""

from __future__ import annotations

import atexit
import os
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from resonance_modeling.keys import make_pair


def external() -> dict[str, str] | None:
    """Addresses of real parts, where `make test-kafka` or a person gave them."""
    given = {name: os.environ[name] for name in os.environ if name.startswith("RESONANCE_")}
    return {**_keys(), **given} if "RESONANCE_KAFKA_BOOTSTRAP" in given else None


@lru_cache(1)
def _keys() -> dict[str, str]:
    """Keys for all who use the same store, one after another: what one signed the next one is to trust."""
    folder = TemporaryDirectory(prefix="resonance-keys-")
    atexit.register(folder.cleanup)
    key, public = Path(folder.name) / "model.pem", Path(folder.name) / "public"
    make_pair(key, public)
    return {"RESONANCE_MODEL_KEY": str(key), "RESONANCE_MODEL_PUBLIC_KEYS": str(public)}
