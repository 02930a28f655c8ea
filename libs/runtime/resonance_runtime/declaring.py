"""How metrics are declared: what is counted in which unit, by what labels, and which services expose it.

A counter or histogram whose labels are all of known values is there at 0 from the start: an increase from nothing is
none to Prometheus, and a panel of what never happened shows a line at 0 instead of nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from resonance_contracts.topics import Service

# Of each counter and histogram the time it began, as a series of its own, which nobody asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]  # the client library leaves it untyped

PLATFORM: Final = ("process_", "python_")
"""Beginnings of names that the client library exposes of the process it is in."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label.

    Attributes:
        name: Its name.
        comes_from: Where values come from, for people.
        most: Most values that it has in one process.
        values: All of them, where they are known.
    """

    name: str
    comes_from: str
    most: int
    values: tuple[str, ...] = ()


def one_of(name: str, *values: str) -> Label:
    """A label that has these values and no others."""
    return Label(name, ", ".join(f"`{value}`" for value in values), len(values), values)


@dataclass(frozen=True, slots=True)
class Declared:
    """One metric of the catalogue.

    Attributes:
        name: As it is asked for: a counter's with `_total`.
        kind: counter, gauge or histogram.
        help: What it says, for people.
        labels: What it is told apart by.
        services: Who exposes it.
        suffixes: Of its series: a histogram has three.
    """

    name: str
    kind: str
    help: str
    labels: tuple[Label, ...]
    services: frozenset[Service]

    @property
    def suffixes(self) -> tuple[str, ...]:
        return ("_bucket", "_sum", "_count") if self.kind == "histogram" else ("",)

    @property
    def family(self) -> str:
        """Name of its family in the client library, where a counter has no `_total`."""
        return self.name.removesuffix("_total") if self.kind == "counter" else self.name


CATALOGUE: Final[dict[str, Declared]] = {}
"""Every metric that was declared, by the name of its family."""


class Declaring:
    """Declares metrics that some services expose.

    Args:
        services: Them; all where none is named.
    """

    def __init__(self, *services: Service) -> None:
        self._services = frozenset(services or Service)

    def counter(self, name: str, help_: str, labels: Sequence[Label] = (), *, zero: bool = True) -> Counter:
        """A counter; `zero` is False where most combinations of labels never are."""
        made = Counter(name, help_, _names(self._added(name, "counter", help_, labels)))
        if zero:
            _begin(made, labels)
        return made

    def gauge(self, name: str, help_: str, labels: Sequence[Label] = (), *, zero: bool = False) -> Gauge:
        """A gauge; it is there once it is set, or at 0 before where that is what it is."""
        made = Gauge(name, help_, _names(self._added(name, "gauge", help_, labels)))
        if zero:
            _begin(made, labels)
        return made

    def histogram(
        self, name: str, help_: str, labels: Sequence[Label] = (), *, buckets: Sequence[float], zero: bool = True
    ) -> Histogram:
        """A histogram; `zero` as of counters."""
        made = Histogram(name, help_, _names(self._added(name, "histogram", help_, labels)), buckets=buckets)
        if zero:
            _begin(made, labels)
        return made

    def _added(self, name: str, kind: str, help_: str, labels: Sequence[Label]) -> Declared:
        declared = Declared(name, kind, help_, tuple(labels), self._services)
        CATALOGUE[declared.family] = declared
        return declared


class Exposed(Collector):
    """What a service exposes: its own metrics, and those of its process."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Family]:
        """The families, for `generate_latest`."""
        for family in REGISTRY.collect():
            declared = CATALOGUE.get(family.name)
            if declared is None or self._service in declared.services:
                yield family


def _names(declared: Declared) -> list[str]:
    return [label.name for label in declared.labels]


def _begin(made: Counter | Gauge | Histogram, labels: Sequence[Label]) -> None:
    if labels and all(label.values for label in labels):
        for values in product(*(label.values for label in labels)):
            made.labels(*values)
