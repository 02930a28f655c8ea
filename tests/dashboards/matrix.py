"""Service by metric: what the catalogue says beside what each running service exposes."""

from __future__ import annotations

import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

from resonance_contracts.topics import Service
from resonance_runtime.declaring import PLATFORM, Declared
from resonance_runtime.metrics import CATALOGUE

MOST_SERIES: Final = 3000
"""Of one service, buckets too: what one of few services may ask of Prometheus."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """One family as a service exposes it.

    Attributes:
        help, kind: As they stand there.
        series: How many.
        values: Values of each label.
    """

    help: str
    kind: str
    series: int
    values: Mapping[str, frozenset[str]]


@dataclass(slots=True)
class Matrix:
    """What each service exposes, by family."""

    by_service: dict[Service, dict[str, Exposed]] = field(default_factory=dict)

    def faults(self) -> list[str]:
        """What is not as the catalogue has it, in sentences."""
        found = []
        for service, exposed in self.by_service.items():
            declared = {name: one for name, one in CATALOGUE.items() if service in one.services}
            found += [f"{service} does not expose {name}." for name in sorted(declared.keys() - exposed.keys())]
            found += [
                f"{service} exposes {name}, which it does not declare."
                for name in sorted(exposed.keys() - declared.keys())
            ]
            for name in sorted(declared.keys() & exposed.keys()):
                found += [f"{service}, {name}: {fault}" for fault in faults_of(declared[name], exposed[name])]
            series = sum(one.series for one in exposed.values())
            if series > MOST_SERIES:
                found.append(f"{service} has {series} series, more than {MOST_SERIES}.")
        return found

    def silent(self) -> list[str]:
        """Families of which no service has a series."""
        seen = {name for exposed in self.by_service.values() for name, one in exposed.items() if one.series}
        return sorted(CATALOGUE.keys() - seen)


def faults_of(declared: Declared, exposed: Exposed) -> list[str]:
    """What is wrong with one family."""
    found = []
    if exposed.help != declared.help:
        found.append("its help is another.")
    if exposed.kind != declared.kind:
        found.append(f"it is a {exposed.kind}, not a {declared.kind}.")
    for label in declared.labels:
        values = exposed.values.get(label.name, frozenset())
        if label.values and not values <= set(label.values):
            found.append(f"label {label.name} is {sorted(values - set(label.values))}, which is not declared.")
        if len(values) > label.most:
            found.append(f"label {label.name} has {len(values)} values, more than {label.most}.")
    names = {label.name for label in declared.labels} | {"le"}
    if not exposed.values.keys() <= names:
        found.append(f"labels {sorted(exposed.values.keys() - names)} are not declared.")
    return found


def matrix(addresses: Mapping[Service, str]) -> Matrix:
    """Reads `/metrics` of every service."""
    return Matrix({service: read(f"{address}/metrics") for service, address in addresses.items()})


def read(address: str) -> dict[str, Exposed]:
    """What is exposed at an address, without what the client library tells of the process."""
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - loopback
        text = answer.read().decode()
    found = {}
    for family in text_string_to_metric_families(text):
        if family.name.startswith(PLATFORM):
            continue
        values: dict[str, set[str]] = defaultdict(set)
        for sample in family.samples:
            for name, value in sample.labels.items():
                values[name].add(value)
        kept = {name: frozenset(some) for name, some in values.items()}
        found[family.name] = Exposed(family.documentation, family.type, len(family.samples), kept)
    return found


def table(found: Matrix) -> list[str]:
    """The matrix as lines of a table: series of each metric by service."""
    lines = [f"| metric | {' | '.join(found.by_service)} |", "|---|" + "---|" * len(found.by_service)]
    for name, declared in sorted(CATALOGUE.items()):
        cells = [str(exposed[name].series) if name in exposed else "" for exposed in found.by_service.values()]
        lines.append(f"| `{declared.name}` | {' | '.join(cells)} |")
    totals = [str(sum(one.series for one in exposed.values())) for exposed in found.by_service.values()]
    lines.append(f"| all series | {' | '.join(totals)} |")
    return lines
