"""Addresses of real parts, where somebody gave them."""

from __future__ import annotations

import os


def external() -> dict[str, str] | None:
    """Addresses of real parts, where `make test-kafka` or a person gave them."""
    given = {name: os.environ[name] for name in os.environ if name.startswith("RESONANCE_")}
    return given if "RESONANCE_KAFKA_BOOTSTRAP" in given else None
