"""Parts that tests across services share: a broker, a store and Redis, embedded or real."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from resonance_local.stack import Stack
from tests.support.addresses import external


@pytest.fixture(scope="session")
def parts() -> Iterator[Stack]:
    """A broker with the topics, a store and Redis; no services."""
    stack = Stack(lambda sentence: None, external=external(), services=())
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
