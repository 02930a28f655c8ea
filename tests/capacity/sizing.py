"""How many of what so many users need: from the coefficients and from what users do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from resonance_contracts.topics import BY_NAME, DAY_MS
from resonance_gateway.tracking import tracker
from tests.capacity.model import ACTIVITY, AWAKE, SEATS, VECTORS, Model, together

DAY_S: Final = 86_400
REPLICATION: Final = 3
# A process uses one core at most; so much of it at the peak leaves room for catching up and for a neighbour that died.
FULL: Final = 0.6
# Of a core, what a gateway may spend on reading what others found before users are to be dealt to separate systems.
READING: Final = 0.3
MOST_PARTITIONS: Final = 256
LEAST_PARTITIONS: Final = 8
# Partitions that it was measured with: snapshots are written by partition.
MEASURED_PARTITIONS: Final = 8
STATEFUL: Final = ("feature-extractor", "predictor")
# Events a second at the peak below which one of each is enough, for who can wait while it is started again.
SMALL: Final = 100
CONNECTIONS_A_GATEWAY: Final = 10_000
WORKER_BYTES: Final = 4 * 2**30
LEAST: Final = 2


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What users do.

    Attributes:
        users: How many are known: who did something in the last day.
        messages: Messages of each in a day.
        peak: Rate of the busiest minutes over that of the day.
        connected: Share of the users who are connected at the peak.
        messages_a_vector: 1 where messages are seconds apart, 10 where they come in floods.
        alerts: Alerts a thousand users and day.
        anomalies: Anomalies an alert.
        partitions: Of the topics; 0 for as many as are needed.
    """

    users: int
    messages: float = 50.0
    peak: float = 3.0
    connected: float = 0.1
    messages_a_vector: float = 1.5
    alerts: float = 6.0
    anomalies: float = 10.0
    partitions: int = 0

    def rates(self, busy: float) -> dict[str, float]:
        """What happens a second; `busy` times the average of the day."""
        events = self.users * self.messages / DAY_S * busy
        alerts = self.users * self.alerts / 1000 / DAY_S * busy
        return {
            "events": events,
            "vectors": events / self.messages_a_vector,
            "alerts": alerts,
            "anomalies": alerts * self.anomalies,
            "connections": self.users * self.connected,
        }


@dataclass(frozen=True, slots=True)
class Workers:
    """Pods of one service.

    Attributes:
        count: How many, in one system.
        cores: Processor time of each at the peak.
        memory: Bytes of each in RAM.
    """

    count: int
    cores: float
    memory: float


@dataclass(frozen=True, slots=True)
class Sized:
    """What is needed.

    Attributes:
        behaviour: Of the users.
        systems: Separate systems that users are dealt to by a hash.
        partitions: Of each system.
        workers: Of each system, by service.
        parts: Cores of brokers, store and Redis of each system.
        disk: Bytes on the disks of all brokers, all copies, by topic.
        network: Bytes a second into and out of the brokers at the peak, all systems.
        online: Bytes in Redis, all systems.
        state: Bytes in the object store, all systems.
    """

    behaviour: Behaviour
    systems: int
    partitions: int
    workers: Mapping[str, Workers]
    parts: Mapping[str, float]
    disk: Mapping[str, float]
    network: tuple[float, float]
    online: float
    state: float


def sized(model: Model, behaviour: Behaviour, resident: Mapping[str, float]) -> Sized:
    """What these users need.

    Args:
        model: The coefficients.
        behaviour: Of the users.
        resident: Bytes in RAM of services whose memory does not grow with users.
    """
    systems, own, partitions, gateways, peak = _dealt(model, behaviour)
    workers = {"gateway": _gateway(model, peak, gateways)}
    for name in STATEFUL:
        count = min(partitions, _stateful(model, name, own, peak, partitions))
        memory = model.memory[name].at({"users": own.users / count})
        workers[name] = Workers(count, _each(model, name, peak, partitions, count), memory)
    for name in ("xai", "llm-orchestrator"):
        least = 1 if peak["events"] < SMALL else LEAST
        count = min(partitions, max(least, math.ceil(_load(model, name, peak, partitions) / FULL)))
        workers[name] = Workers(count, _each(model, name, peak, partitions, count), resident[name])
    workers["auto-retrainer"] = Workers(1, model.cores["auto-retrainer"].at(peak), resident["auto-retrainer"])
    parts = {name: model.cores[name].at(peak) for name in ("kafka", "store", "redis")}
    return Sized(
        behaviour, systems, partitions, workers, parts,
        _disk(model, own, gateways, partitions, systems), _network(model, peak, gateways, systems),
        model.online.slopes["users"] * behaviour.users,
        sum(line.slopes["users"] for line in model.state.values()) * behaviour.users,
    )  # fmt: skip


def records(rate: Mapping[str, float], gateways: int, partitions: int, share: float = 0.5) -> dict[str, float]:
    """Records a second that gateways make of events, and the feature-extractor of these.

    A gateway writes a record for each partition that something came for since it wrote before, and pauses the longer
    the more partitions that were; and it tells each partition ten times a second what time it is, where no record of
    events has just told it.

    Args:
        rate: What happens a second.
        gateways: How many there are.
        partitions: How many there are.
        share: Records of vectors for each record of activity.
    """
    events, pause, lanes = rate["events"] / gateways, tracker.FLUSH_S, 0.0
    for _ in range(50):
        lanes = partitions * -math.expm1(-events * (pause + _gap(events)) / partitions)
        pause = min(max(tracker.FLUSH_S, 0.0015 * lanes), 0.02)
    made = min(rate["events"], gateways * lanes / (pause + _gap(events)))
    untold = math.exp(-made / (gateways * partitions) * tracker.HEARTBEAT_S / 2)
    activity = made + untold * gateways * partitions / tracker.HEARTBEAT_S
    return {ACTIVITY: activity, VECTORS: share * activity, **_records_of(rate, share * activity)}


def _records_of(rate: Mapping[str, float], vectors: float) -> dict[str, float]:
    """Records of the topics that have one for each vector record, anomaly or alert, or some for each alert."""
    alerts, anomalies = rate.get("alerts", 0.0), rate.get("anomalies", 0.0)
    found = {
        "predictions.scored": vectors,
        "anomalies.detected": anomalies,
        "explanations.produced": anomalies,
        "alerts.raised": alerts,
        "alerts.resolved": alerts,
        "alerts.enriched": 3 * alerts,
        "incidents.changed": 4 * alerts,
        "actions.audited": 2 * alerts,
        "actions.changed": 2 * alerts,
    }
    return {f"records/resonance.{name}.v1": value for name, value in found.items()}


def _gap(events: float) -> float:
    """Mean time from the end of a pause to the next event."""
    return 1.0 / events if events else 1.0


def _dealt(model: Model, behaviour: Behaviour) -> tuple[int, Behaviour, int, int, dict[str, float]]:
    """As few systems as can be of which nobody is kept from work by reading: how many, and users, partitions, gateways
    and rates of each."""
    systems = 1
    while True:
        own = replace(behaviour, users=math.ceil(behaviour.users / systems))
        peak = own.rates(own.peak)
        partitions = own.partitions or _partitions(model, own, peak)
        gateways, peak = _gateways(model, peak, partitions)
        reading = model.cores["gateway"].slopes[VECTORS] * peak[VECTORS]
        if reading <= READING and model.cores["auto-retrainer"].at(peak) <= FULL:
            return systems, own, partitions, gateways, peak
        systems += 1


def _gateways(model: Model, peak: Mapping[str, float], partitions: int) -> tuple[int, dict[str, float]]:
    """How many, and the rates with the records that so many make."""
    line = model.cores["gateway"]
    count = max(1 if peak["events"] < SMALL else LEAST, math.ceil(peak["connections"] / CONNECTIONS_A_GATEWAY))
    shared = line.slopes["events"] * peak["events"] + line.slopes["connections"] * peak["connections"]
    for _ in range(10):
        rate = together({**peak, **records(peak, count, partitions, model.share)})
        every = line.idle + line.slopes[AWAKE] + line.slopes[VECTORS] * rate[VECTORS]
        count = max(count, math.ceil(shared / max(0.05, FULL - every)))
    return count, together({**peak, **records(peak, count, partitions, model.share)})


def _gateway(model: Model, peak: Mapping[str, float], gateways: int) -> Workers:
    seats = peak["connections"] / gateways
    own = {**peak, "events": peak["events"] / gateways, "connections": seats, SEATS: seats}
    return Workers(gateways, model.cores["gateway"].at(own), model.memory["gateway"].at(own))


def _load(model: Model, name: str, peak: Mapping[str, float], partitions: int) -> float:
    """Cores of all its processes together, but for what each takes while nothing happens."""
    line = model.cores[name]
    snapshots = line.slopes.get(AWAKE, 0.0) * (partitions / MEASURED_PARTITIONS - 1.0)
    return line.at(peak) - line.idle + snapshots


def _each(model: Model, name: str, peak: Mapping[str, float], partitions: int, count: int) -> float:
    return model.cores[name].idle + _load(model, name, peak, partitions) / count


def _stateful(model: Model, name: str, own: Behaviour, peak: Mapping[str, float], partitions: int) -> int:
    line, memory = model.cores[name], model.memory[name]
    by_cores = math.ceil(_load(model, name, peak, partitions) / max(0.05, FULL - line.idle))
    by_memory = math.ceil(memory.slopes["users"] * own.users / (WORKER_BYTES - memory.idle))
    return max(1 if peak["events"] < SMALL else LEAST, by_cores, by_memory)


def _partitions(model: Model, own: Behaviour, peak: Mapping[str, float]) -> int:
    """Twice as many as the workers of today need, so that users may double before partitions are added."""
    partitions = LEAST_PARTITIONS
    while partitions < MOST_PARTITIONS:
        _, rate = _gateways(model, peak, partitions)
        if 2 * max(_stateful(model, name, own, rate, partitions) for name in STATEFUL) <= partitions:
            break
        partitions *= 2
    return partitions


def _disk(model: Model, own: Behaviour, gateways: int, partitions: int, systems: int) -> dict[str, float]:
    usual = own.rates(1.0)
    usual |= records(usual, gateways, partitions, model.share)
    found = {}
    for name, line in model.stored.items():
        days = (BY_NAME[name].retention_ms or 0) / DAY_MS
        found[name] = (line.at(usual) - line.idle) * days * DAY_S * REPLICATION * systems
    return found


def _network(model: Model, peak: Mapping[str, float], gateways: int, systems: int) -> tuple[float, float]:
    written = {name: line.at(peak) - line.idle for name, line in model.stored.items()}
    read = 0.0
    for name, size in written.items():
        readers = BY_NAME[name].readers
        read += size * (len(readers) + (gateways - 1 if "gateway" in readers else 0))
    total = sum(written.values())
    return total * REPLICATION * systems, (read + total * (REPLICATION - 1)) * systems
