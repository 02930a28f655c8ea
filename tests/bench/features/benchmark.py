"""The benchmark `features`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.bench import peers, rounds
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.features import children, quix, service
from tests.bench.features.expected import expected
from tests.bench.features.people import People
from tests.bench.features.samples import samples
from tests.bench.features.topic import PARTITIONS
from tests.bench.features.traffic import Traffic, batches
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.peers import Peers
from tests.bench.real_parts import kafka_version
from tests.bench.run import Run

ROUNDS: Final = 3
USERS: Final = 1_000
SAMPLED_USERS: Final = 5
# Events a record, and how many messages: enough for LEAST_S and more at the rates hoped for.
SERVICE: Final[Mapping[int, int]] = {1000: 2_000_000, 50: 1_000_000, 12: 500_000}
LEAST_S: Final = 4.0
QUIX_EVENTS: Final = 300_000
ENGINE: Final[Mapping[int, int]] = {12: 300_000, 50: 500_000, 200: 1_000_000, 1000: 1_000_000}
MANY_USERS: Final = 100_000
KNOWN_USERS: Final = 1_000_000
# A trial has one round and this share of events and users.
TRIAL: Final = 50
FULL: Final = 1000

ELSEWHERE: Final = (
    "The engine's figures have no peer that runs here. Measured elsewhere, for orientation: a NumPy engine alone with "
    "5 features and 100,000 users gave 195,000 events/s in batches of 12, 510,000 of 50, 890,000 of 200 and 1,200,000 "
    "of 1,000."
)


def _service_name(size: int) -> str:
    return "events_per_second" if size == FULL else f"events_per_second_service_{size}"


def _engine_name(size: int, users: int) -> str:
    return f"events_per_second_engine_{size}" + ("" if users == MANY_USERS else f"_users_{users}")


FIGURES: Final[Sequence[Figure]] = (
    Figure(
        "events_per_second",
        "events/s",
        "the whole service, records of 1,000 events",
        bar=Bar(10.0, Of.RATIO),
    ),
    Figure("cpu_us_per_event", "µs", "processor time of its process for an event, records of 1,000", Better.LOWER),
    *(
        Figure(_service_name(size), "events/s", f"the whole service, records of {size} events")
        for size in SERVICE
        if size != FULL
    ),
    *(
        Figure(_engine_name(size, users), "events/s", f"the engine alone, {users:,} users, batches of {size:,} events")
        for users in (MANY_USERS, USERS)
        for size in ENGINE
    ),
    Figure("bytes_per_user", "B", "resident memory for each of 1,000,000 known users", Better.LOWER),
    Figure("dump_bytes_per_user", "B", "a snapshot of all of them, for each", Better.LOWER),
    Figure("dump_seconds", "s", "dumping all of them", Better.LOWER),
    Figure("restore_seconds", "s", "restoring all of them", Better.LOWER),
)


def run(surroundings: Surroundings) -> Measured:
    """Measures everything that can be measured here."""
    values: dict[str, Value] = {}
    details: dict[str, Any] = {}
    versions: dict[str, str] = {}
    notes = [ELSEWHERE]
    beside: Peers | None = None
    if surroundings.services is None:
        surroundings.tell(
            "No programs kafka and minio: the whole service is left out. Set SERVICES to a folder with them."
        )
        notes.append("The whole service was left out: there was no Kafka and no MinIO.")
    else:
        beside = peers.prepare(surroundings.peers, surroundings.tell)
        versions["kafka"] = kafka_version(surroundings.services)
        runs = _whole(surroundings.services, beside, surroundings)
        values |= _rates(runs)
        details["runs"] = {name: [r.as_detail() for r in each] for name, each in runs.items()}
        notes += _short(runs)
        if beside is None:
            notes.append("The peer was left out: its programs or packages are not here.")
    engines = _engines(surroundings)
    values |= {name: Value(rounds.middle(found["per_second"])) for name, found in engines.items()}
    known = _known(surroundings)
    values |= _costs(known)
    details |= {"engine": engines, "known_users": known, "notes": notes}
    peer = "" if beside is None else f"quixstreams {beside.version('quixstreams')}"
    return Measured(values, peer, versions, details)


def _whole(programs: Path, beside: Peers | None, surroundings: Surroundings) -> dict[str, list[Run]]:
    """Every run of the service and of the peer, in turn."""
    sides: dict[str, Callable[[], Run]] = {}
    for size, messages in SERVICE.items():
        surroundings.tell(f"Making {_share(messages, surroundings):,} events in records of {size}.")
        traffic = Traffic(USERS, _share(messages, surroundings))
        load = service.Load(
            list(batches(traffic, PARTITIONS, size)), expected(traffic), samples(traffic, SAMPLED_USERS)
        )
        sides[_service_name(size)] = partial(service.run, programs, load)
        if size == FULL and beside is not None:
            sides["peer"] = partial(quix.run, programs, beside, _share(QUIX_EVENTS, surroundings))
    return rounds.in_turn(_rounds(surroundings), sides, surroundings.tell)


def _rates(runs: Mapping[str, Sequence[Run]]) -> dict[str, Value]:
    theirs = runs.get("peer", [])
    rate = rounds.middle([r.per_second for r in theirs]) if theirs else None
    used = rounds.middle([r.cpu_us_per_event for r in theirs]) if theirs else None
    values = {
        name: Value(rounds.middle([r.per_second for r in each]), rate) for name, each in runs.items() if name != "peer"
    }
    ours = rounds.middle([r.cpu_us_per_event for r in runs["events_per_second"]])
    return values | {"cpu_us_per_event": Value(ours, used)}


def _short(runs: Mapping[str, Sequence[Run]]) -> list[str]:
    """Sentences about figures whose runs were too short to be trusted."""
    shortest = {name: min(run.seconds for run in each) for name, each in runs.items()}
    return [
        f"`{name}` was measured over {seconds:.1f} s only; {LEAST_S:.0f} s were wanted."
        for name, seconds in shortest.items()
        if seconds < LEAST_S
    ]


def _engines(surroundings: Surroundings) -> dict[str, dict[str, Any]]:
    found = {}
    for users in (MANY_USERS, USERS):
        for size, messages in ENGINE.items():
            surroundings.tell(f"The engine alone: {users:,} users, batches of {size:,}.")
            found[_engine_name(size, users)] = children.engine(
                _share(users, surroundings), size, _share(messages, surroundings), _rounds(surroundings)
            )
    return found


def _known(surroundings: Surroundings) -> dict[str, Any]:
    users = _share(KNOWN_USERS, surroundings)
    surroundings.tell(f"{users:,} users become known.")
    found = children.memory(batches(People(users), 1, FULL))
    if not found["same"] or found["users"] != users:
        raise Unmeasured(f"The engine knows {found['users']} users; restored the same: {found['same']}.")
    return found


def _costs(known: Mapping[str, Any]) -> dict[str, Value]:
    users = known["users"]
    return {
        "bytes_per_user": Value((known["resident_after"] - known["resident_before"]) / users),
        "dump_bytes_per_user": Value(known["dump_bytes"] / users),
        "dump_seconds": Value(known["dump_s"]),
        "restore_seconds": Value(known["restore_s"]),
    }


def _share(number: int, surroundings: Surroundings) -> int:
    return number // TRIAL if surroundings.trial else number


def _rounds(surroundings: Surroundings) -> int:
    return 1 if surroundings.trial else ROUNDS


FEATURES: Final = Benchmark(
    "features",
    "Activity in, vectors of every feature of the catalogue out, on real Kafka, with snapshots of the state to MinIO. "
    "Both sides get the same messages of 1,000 users from a topic of 4 partitions that was filled before; ours reads "
    "them as the gateway writes them, many a record, the peer reads one a record and computes three features. Each "
    "process has one core for itself, Kafka and MinIO share the other. The rate is that of the output: from the first "
    "record in the broker to the last, after start and compilation. Every vector is compared with those that the "
    "events demand.",
    FIGURES,
    ("resonance-feature-extractor", "numpy", "numba", "faust-streaming", "aiokafka", "protobuf"),
    run,
)
