"""All six services, with the demonstration's traffic sent once."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from resonance_local.stack import Stack
from tests.support.addresses import external
from tests.support.collector import Collector
from tests.support.demonstration import Demonstrated, demonstrate, finish


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Programs that are started here end by Ctrl-C, also where these tests run in the background of a shell: it has
    what it starts there ignore that, and they would hand it on."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the traces of the six services go."""
    with Collector() as running:
        yield running


@pytest.fixture(scope="session")
def system(collector: Collector) -> Iterator[Stack]:
    """The six services, ready. No trace is drawn: there are those of alerts, and those that are asked for."""
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "RESONANCE_TRACE_SAMPLE": "0"}
    stack = Stack(lambda sentence: None, settings, external())
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def demonstrated(system: Stack) -> Demonstrated:
    """The system after the demonstration."""
    return Demonstrated(system, *finish(demonstrate(system)))
