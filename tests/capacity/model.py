"""What each process uses as a function of what happens: some coefficients, learned from some runs, tried on others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.optimize import nnls

from tests.capacity.course import Known, Ran

ACTIVITY: Final = "records/resonance.activity.observed.v1"
VECTORS: Final = "records/resonance.features.computed.v1"
IDLE: Final = "idle"

# 1 where anything happens at all: snapshots are written then, and fetches are answered before their time.
AWAKE: Final = "awake"
RECORDS: Final = "records"
# Connections at most until then: a process gives memory back late, or not at all.
SEATS: Final = "seats"
HELD: Final = ("connections", SEATS)

# What the processor time of each process depends on, beside what it takes while nothing happens.
DRIVERS: Final[Mapping[str, Sequence[str]]] = {
    "gateway": (AWAKE, "events", VECTORS, "connections"),
    "feature-extractor": (AWAKE, "events", ACTIVITY),
    "predictor": (AWAKE, VECTORS, "vectors", "anomalies"),
    "xai": ("anomalies",),
    "llm-orchestrator": ("alerts", "anomalies"),
    "auto-retrainer": (AWAKE, VECTORS),
    "kafka": (AWAKE, RECORDS),
    "store": (AWAKE,),
    "redis": (AWAKE, "vectors"),
}
PARTS: Final = ("kafka", "store", "redis")


@dataclass(frozen=True, slots=True)
class Line:
    """A linear function of rates.

    Attributes:
        idle: Its value where nothing happens.
        slopes: What one of each driver adds.
    """

    idle: float
    slopes: Mapping[str, float]

    def at(self, rates: Mapping[str, float]) -> float:
        """Its value at these rates."""
        return self.idle + sum(slope * rates.get(driver, 0.0) for driver, slope in self.slopes.items())


@dataclass(frozen=True, slots=True)
class Model:
    """All coefficients.

    Attributes:
        cores: Processor time a second of each process, by what happens a second.
        stored: Bytes a second of each topic, by its records and entries a second.
        memory: Bytes of each process in RAM, by connections or known users.
        state: Bytes of state in the object store by group, of known users.
        online: Bytes in Redis, of known users.
        packed: Share of the bytes of each topic that is left where records are packed by gzip.
        share: Records of vectors for each record of activity.
    """

    cores: Mapping[str, Line]
    stored: Mapping[str, Line]
    memory: Mapping[str, Line]
    state: Mapping[str, Line]
    online: Line
    packed: Mapping[str, float]
    share: float


@dataclass(frozen=True, slots=True)
class Tried:
    """A prediction on a run that the coefficients were not learned from.

    Attributes:
        run: Its name.
        what: What was predicted.
        measured, predicted: The values, in the same unit.
    """

    run: str
    what: str
    measured: float
    predicted: float

    @property
    def off(self) -> float:
        """How far the prediction is off, as a share of what was measured."""
        return self.predicted / self.measured - 1.0


def paced(courses: Sequence[Ran]) -> list[Ran]:
    """The same with processor time as if the machine had been as fast in each run as in the median one.

    And with how many were connected at most until then.
    """
    usual, most, found = float(np.median([one.pace_s for one in courses])), 0.0, []
    for one in courses:
        most = max(most, one.drivers["connections"])
        cpu_s = {name: used * usual / one.pace_s for name, used in one.cpu_s.items()}
        found.append(replace(one, cpu_s=cpu_s, drivers={**one.drivers, SEATS: most}))
    return found


def rates(ran: Ran) -> dict[str, float]:
    """What happened a second, and how many were connected."""
    found = {name: value if name in HELD else ran.rate(name) for name, value in ran.drivers.items()}
    return together(found)


def together(rate: Mapping[str, float]) -> dict[str, float]:
    """Rates with those that follow from the others: records of all topics, and whether anything happens."""
    return {
        **rate,
        RECORDS: sum(value for name, value in rate.items() if name.startswith(f"{RECORDS}/")),
        AWAKE: 1.0 if rate.get("events") else 0.0,
    }


def learn(courses: Sequence[Ran], crowds: Sequence[Known]) -> Model:
    """The coefficients, from those runs that are to be learned from."""
    ran, known = [one for one in courses if one.fitted], [one for one in crowds if one.fitted]
    rate = [rates(one) for one in ran]
    users = [{"users": float(one.users)} for one in known]
    topics = sorted({topic for one in ran for topic in one.topic_bytes})
    return Model(
        cores={
            name: fit(rate, [one.cpu_s[name] / one.seconds for one in ran], drivers, _in_bulk(name, known))
            for name, drivers in DRIVERS.items()
        },
        stored={
            topic: fit(rate, [one.topic_bytes.get(topic, 0.0) / one.seconds for one in ran], drivers_of(topic))
            for topic in topics
        },
        memory={
            "gateway": fit(rate, [one.resident["gateway"] for one in ran], (SEATS,)),
            **{
                name: fit(users, [one.resident[name] for one in known], ("users",))
                for name in ("feature-extractor", "predictor")
            },
        },
        state={
            group: fit(users, [one.store_bytes[group] for one in known], ("users",)) for group in known[0].store_bytes
        },
        online=fit(users, [one.redis_bytes for one in known], ("users",)),
        packed={topic: _share(topic, courses) for topic in topics},
        share=float(np.mean([one.rate(VECTORS) / one.rate(ACTIVITY) for one in ran if one.rate("events")])),
    )


def drivers_of(topic: str) -> Sequence[str]:
    """What the bytes of a topic depend on."""
    entries = {"resonance.activity.observed.v1": "events", "resonance.features.computed.v1": "vectors",
               "resonance.predictions.scored.v1": "vectors"}.get(topic)  # fmt: skip
    return (f"records/{topic}", *([entries] if entries else []))


def tried(model: Model, courses: Sequence[Ran], crowds: Sequence[Known]) -> list[Tried]:
    """Predictions on all other runs: cores of each process, megabytes a second on Kafka, memory and bytes of users."""
    found = []
    for one in courses:
        if not one.fitted:
            rate = rates(one)
            for name, line in model.cores.items():
                found.append(Tried(one.name, f"cores of {name}", one.cpu_s[name] / one.seconds, line.at(rate)))
            measured = sum(one.topic_bytes.values()) / one.seconds
            predicted = sum(line.at(rate) for line in model.stored.values())
            found.append(Tried(one.name, "bytes a second on Kafka", measured, predicted))
            memory = model.memory["gateway"].at(rate)
            found.append(Tried(one.name, "memory of gateway", one.resident["gateway"], memory))
    for one_crowd in crowds:
        if not one_crowd.fitted:
            users = {"users": float(one_crowd.users)}
            name = f"{one_crowd.name} users"
            for service in ("feature-extractor", "predictor"):
                memory = model.memory[service].at(users)
                found.append(Tried(name, f"memory of {service}", one_crowd.resident[service], memory))
                state = model.state[service].at(users)
                found.append(Tried(name, f"state of {service}", one_crowd.store_bytes[service], state))
            found.append(Tried(name, "memory used by Redis", one_crowd.redis_bytes, model.online.at(users)))
    return found


def fit(
    rate: Sequence[Mapping[str, float]],
    values: Sequence[float],
    drivers: Sequence[str],
    given: Mapping[str, float] | None = None,
) -> Line:
    """A line with no negative coefficients through some runs, each of which counts by how far it is off as a share.

    Args:
        rate: What happened in each run.
        values: What it came to.
        drivers: What it depends on.
        given: Slopes that are known already.
    """
    known = given or {}
    sought = [driver for driver in drivers if driver not in known]
    rows = np.array([[1.0, *(one.get(driver, 0.0) for driver in sought)] for one in rate])
    found = np.array(values)
    weights = 1.0 / np.maximum(found, found.max() * 0.02 if found.any() else 1.0)
    left = found - np.array([sum(slope * one.get(name, 0.0) for name, slope in known.items()) for one in rate])
    scale = np.maximum(rows.max(axis=0), 1e-12)
    solved, _ = nnls(rows / scale * weights[:, None], left * weights)
    slopes = {**known, **dict(zip(sought, map(float, solved[1:] / scale[1:]), strict=True))}
    return Line(float(solved[0] / scale[0]), {driver: slopes[driver] for driver in drivers})


def _in_bulk(name: str, crowds: Sequence[Known]) -> dict[str, float]:
    """What one event or vector costs where hundreds are in a record, so that records cost next to nothing."""
    driver = {"feature-extractor": "events", "predictor": "vectors"}.get(name)
    if driver is None:
        return {}
    counts = [{driver: float(one.events if driver == "events" else one.vectors)} for one in crowds]
    return dict(fit(counts, [one.cpu_s[name] for one in crowds], (driver,)).slopes)


def _share(topic: str, courses: Sequence[Ran]) -> float:
    stored = sum(one.topic_bytes.get(topic, 0.0) for one in courses)
    return sum(one.packed_bytes.get(topic, 0.0) for one in courses) / stored if stored else 1.0
