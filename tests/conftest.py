"""Parts that tests across services share: a broker, a store and Redis, embedded or real."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from resonance_local.stack import Stack


def external() -> dict[str, str] | None:
    """Addresses of real parts, where `make test-kafka` or a person gave them."""
    given = {name: os.environ[name] for name in os.environ if name.startswith("RESONANCE_")}
    return given if "RESONANCE_KAFKA_BOOTSTRAP" in given else None


@pytest.fixture(scope="session")
def parts() -> Iterator[Stack]:
    """A broker with the topics, a store and Redis; no services."""
    stack = Stack(lambda sentence: None, external=external(), services=())
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
