"""docs/operations/capacity.md, from the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tests.capacity.course import SERVICES
from tests.capacity.figures import BOUND, LEAST_CORES, Figures
from tests.capacity.model import ACTIVITY, AWAKE, RECORDS, VECTORS, Line, rates
from tests.capacity.sizing import REPLICATION, Behaviour, Sized, records
from tests.capacity.standing import PARTITIONS

COLUMNS: Final = (
    ("once anything happens, cores", AWAKE, 1.0),
    ("per million events", "events", 1e6),
    ("per million vectors", "vectors", 1e6),
    ("per million activity records", ACTIVITY, 1e6),
    ("per million vector records", VECTORS, 1e6),
    ("per million records of all topics", RECORDS, 1e6),
    ("per thousand anomalies", "anomalies", 1e3),
    ("per thousand alerts", "alerts", 1e3),
    ("cores per 10,000 connections", "connections", 1e4),
)
PARTS: Final = {
    "kafka": "brokers, cores of each system, one copy",
    "store": "object store, cores of each system",
    "redis": "Redis, cores of each system",
}
USERS: Final = (10_000, 1_000_000, 100_000_000)
HEAD: Final = """# Capacity

Written by `make capacity`: what each service uses by what it is given, measured on a real Kafka, MinIO and Redis, with
all six services as processes and a model in force; what the same coefficients predict of runs that they were not
learned from; and what they come to for many users. The requests in `deploy/kubernetes/overlays/*/resources.yaml` are
made of them.

An *event* is a message, a login, a connection opened or closed. A *vector* is what is computed of a user's next ten
messages or 250 ms, whichever is less: people who write a message now and then cause about one for each. An *anomaly* is
an unusual vector, an *alert* an incident that opens. A *record* is what goes to Kafka at once: many events of one
partition, a few milliseconds apart.
"""


def document(figures: Figures) -> str:
    """The page."""
    model, where = figures.model(), figures.machine
    parts = [
        HEAD,
        "## What it costs",
        "",
        "Processor time, in seconds of one core. Idle is a share of a core, of each process.",
        "",
    ]
    parts += [*_costs(model.cores), ""]
    parts += [*_advice(figures), ""]
    parts += ["## Bytes in Kafka", "", _of_topics(), "", *_topics(figures), ""]
    parts += ["## What a user takes", "", *_users(figures), ""]
    parts += ["## Whether the model holds", "", _of_tried(figures), "", _of_pace(figures), "", *_tried(figures), ""]
    parts += ["## How many of what", "", _of_sizes(), ""]
    sizes = [figures.sized(Behaviour(users)) for users in USERS]
    parts += [*_sizes(sizes), "", *_notes(figures, sizes), ""]
    parts += [f"{where['processor']}, {where['cores']} cores that everything shares, {where['system']}."]
    return "\n".join(parts) + "\n"


def _costs(lines: Mapping[str, Line]) -> Iterator[str]:
    yield _row("", "idle, cores", *(title for title, _, _ in COLUMNS))
    yield _rule(len(COLUMNS) + 2)
    for name, line in lines.items():
        cells = [_number(line.slopes[key] * scale) if line.slopes.get(key) else "" for _, key, scale in COLUMNS]
        yield _row(name, f"{line.idle:.3f}", *cells)


def _advice(figures: Figures) -> Iterator[str]:
    cores = figures.model().cores
    gateway, retrainer = cores["gateway"].slopes[VECTORS], cores["auto-retrainer"].slopes[VECTORS]
    yield (
        "Records cost far more than what is in them. Every gateway and the auto-retrainer read all records of vectors, "
        f"whoever's they are: {gateway * 1e6:.0f} µs and {retrainer * 1e6:.0f} µs of each; and every gateway tells "
        "every partition ten times a second what time it is, where events have not told it. That is what bounds one "
        "system, not partitions."
    )


def _of_topics() -> str:
    return (
        "Keys, values and headers, with 70 bytes of a record for its frame. Producers do not compress; what gzip would "
        "leave of each record is beside it (`compression.type=gzip` on a topic lets the broker do it). On disk all is "
        f"there {REPLICATION} times."
    )


def _topics(figures: Figures) -> Iterator[str]:
    model = figures.model()
    yield _row(
        "topic", "bytes a record", "and per event or vector in it", "measured per million events, MB", "gzip leaves"
    )
    yield _rule(5)
    events = sum(one.drivers.get("events", 0.0) for one in figures.courses)
    for topic, line in model.stored.items():
        slopes = list(line.slopes.values())
        total = sum(one.topic_bytes.get(topic, 0.0) for one in figures.courses)
        yield _row(
            f"`{topic}`", _number(slopes[0]), _number(slopes[1]) if len(slopes) > 1 else "", _number(total / events),
            f"{model.packed[topic]:.0%}",
        )  # fmt: skip


def _users(figures: Figures) -> Iterator[str]:
    model = figures.model()
    yield _row("what", "idle, MB", "of each user or connection, bytes")
    yield _rule(3)
    for name, line in model.memory.items():
        (slope,) = line.slopes.values()
        yield _row(f"memory of the {name}", f"{line.idle / 1e6:.0f}", f"{slope:,.0f}")
    for name, line in model.state.items():
        yield _row(f"object store, state of the {name}", "", f"{line.slopes['users']:,.0f}")
    yield _row("Redis", f"{model.online.idle / 1e6:.1f}", f"{model.online.slopes['users']:,.0f}")
    for name in ("xai", "llm-orchestrator", "auto-retrainer"):
        yield _row(f"memory of the {name}, most in any run", f"{figures.resident()[name] / 1e6:.0f}", "")


def _of_tried(figures: Figures) -> str:
    learned = [one.name for one in figures.courses if one.fitted] + [
        f"{one.name} users" for one in figures.crowds if one.fitted
    ]
    off = max((abs(one.off) for one in figures.judged()), default=0.0)
    return (
        f"Coefficients were learned from {len(learned)} runs ({'; '.join(learned)}), and tried on the runs below. "
        f"Farthest off, of what uses at least {LEAST_CORES} cores: {off:.0%}; {BOUND:.0%} are allowed."
    )


def _of_pace(figures: Figures) -> str:
    if len({one.pace_s for one in figures.courses}) > 1:
        return (
            "Processor time counts as if the machine had been as fast in each run as in the median one: the same piece "
            "of work was timed all along."
        )
    return (
        "Other programs kept both cores busy while this was measured, and more in some runs than in others; how much "
        "slower that made everything was not measured. Run it again on a quiet machine before you rely on these times."
    )


def _tried(figures: Figures) -> Iterator[str]:
    yield _row("run", "what", "measured", "predicted", "off")
    yield _rule(5)
    judged = set(map(id, figures.judged()))
    for one in figures.tried():
        scale, unit = (1.0, "") if one.what.startswith("cores") else (1e6, " MB")
        mark = "" if id(one) in judged or one in figures.judged() else " (next to nothing)"
        yield _row(
            one.run, one.what, f"{one.measured / scale:.3g}{unit}", f"{one.predicted / scale:.3g}{unit}",
            f"{one.off:+.0%}{mark}",
        )  # fmt: skip


def _of_sizes() -> str:
    b = Behaviour(1)
    return (
        f"Of users who each send {b.messages:g} messages a day, {b.peak:g} times as many in the busiest minutes, of "
        f"whom {b.connected:.0%} are connected then; {b.messages_a_vector:g} messages a vector; {b.alerts:g} alerts a "
        f"thousand users and day, of {b.anomalies:g} anomalies each. A process is filled to 60 % of a core at the "
        f"peak. Disk is that of all copies ({REPLICATION}), for as long as the catalogue keeps records; network is "
        "that of brokers, copies with it. `python -m tests.capacity --kept --users 300000` says it of other numbers."
    )


def _sizes(sizes: Sequence[Sized]) -> Iterator[str]:
    yield _row("users", *(f"{one.behaviour.users:,}" for one in sizes))
    yield _rule(len(sizes) + 1)
    yield _row(
        "events a second at the peak", *(_number(one.behaviour.rates(one.behaviour.peak)["events"]) for one in sizes)
    )
    yield _row("separate systems", *(str(one.systems) for one in sizes))
    yield _row("partitions of each", *(str(one.partitions) for one in sizes))
    for name in SERVICES:
        workers = [one.workers[name] for one in sizes]
        cells = (f"{w.count} × {w.cores:.2f} cores, {w.memory / 2**20:,.0f} MiB" for w in workers)
        yield _row(f"{name}, of each system", *cells)
    for name, title in PARTS.items():
        yield _row(title, *(f"{one.parts[name]:.2f}" for one in sizes))
    yield _row("Kafka on disk, all copies", *(_bytes(sum(one.disk.values())) for one in sizes))
    yield _row("into brokers, a second", *(_bytes(one.network[0]) for one in sizes))
    yield _row("out of brokers, a second", *(_bytes(one.network[1]) for one in sizes))
    yield _row("Redis, all systems", *(_bytes(one.online) for one in sizes))
    yield _row("object store, state", *(_bytes(one.state) for one in sizes))


def _notes(figures: Figures, sizes: Sequence[Sized]) -> Iterator[str]:
    largest = sizes[-1]
    share = -(-largest.behaviour.users // largest.systems)
    yield (
        f"- One system serves about {share:,} such users: beyond that its gateways and its auto-retrainer would spend "
        "their time reading other people's vectors. More users are dealt by a hash of their id to systems of their own "
        "(topics, buckets, Redis and namespace each); nothing is shared between them but the tokens' secret."
    )
    found, most = _records(figures), max(rates(one)[RECORDS] for one in figures.courses)
    yield (
        "- Records that gateways make are predicted from their pauses alone; in the runs there were "
        f"{min(found):.0%} to {max(found):.0%} of them, fewer where users send several messages at once, so "
        "sizes err to the safe side."
    )
    yield (
        "- What is not in it: trainings (one core for about a minute, at most every few hours: "
        "`make bench BENCH=retrain`), questions over REST, words of providers, and what an outage leaves to catch up "
        "with, for which 40 % are free."
    )
    yield (
        "- Processor time was measured where everything shared two cores, caches with them: on machines of their own, "
        "services take less. The broker was one, without copies, and its cost, the store's and that of Redis hardly "
        f"depended on records up to the {most:,.0f} a second that were measured: beyond, theirs are lower bounds."
    )


def _records(figures: Figures) -> list[float]:
    """Records of activity of each run, as a share of what is predicted."""
    awake = [one for one in figures.courses if one.drivers.get("events")]
    return [one.rate(ACTIVITY) / records({"events": one.rate("events")}, 1, PARTITIONS)[ACTIVITY] for one in awake]


def table_of(sized: Sized) -> str:
    """The sizes of some users, for the terminal."""
    return "\n".join(_sizes([sized]))


def _bytes(size: float) -> str:
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:,.1f} {unit}"
    return f"{size / 1e3:,.1f} kB"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns
