"""All six services, with the demonstration's traffic sent once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from resonance_local.stack import Stack
from tests.support.addresses import external
from tests.support.demonstration import Demonstrated, demonstrate, finish


@pytest.fixture(scope="session")
def system() -> Iterator[Stack]:
    """The six services, ready."""
    stack = Stack(lambda sentence: None, external=external())
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def demonstrated(system: Stack) -> Demonstrated:
    """The system after the demonstration."""
    return Demonstrated(system, *finish(demonstrate(system)))
