"""The benchmark `drift`."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_modeling.scales import to_scale
from resonance_training.drift.blocks import STARTING, Block, BlockLog
from resonance_training.drift.statistics import Units
from resonance_training.drift.watch import Terms, Watch
from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.drift.peer import River, river
from tests.bench.drift.shifts import Edit, Onset, hours_until_seen, onset, shifted, shuffled
from tests.bench.drift.streams import BEGIN_US, DAY_US, HOUR_US, LEAVING, MADE, Made, Piece, log, people
from tests.bench.figure import Bar, Better, Figure, Of, Value

Floats = NDArray[np.float64]

TERMS: Final = Terms()
STATED: Final = TERMS.alarms_per_day
DAY: Final = 24
SIZES: Final = (0.5, 1.0, 2.0)
RELATED: Final = 0.3
"""Correlation from which on two features are related: dealing one anew changes something."""
BATCH: Final = 2000
PEOPLE: Final = "people of the simulator"


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is gone through.

    Attributes:
        crowds: First number of each crowd of the simulator's people.
        people: In each.
        days: Of each stream.
        reference: Days of these that are the reference.
        onset: Day of the first crowd on which something changes.
        after: Days that are watched then.
        seeds: Streams of each made kind.
    """

    crowds: Sequence[int] = (0, 64, 128, 192)
    people: int = 64
    days: int = 60
    reference: int = 7
    onset: int = 10
    after: int = 5
    seeds: int = 4


TRIAL: Final = Extent(crowds=(0,), people=24, days=6, reference=2, onset=4, after=1, seeds=1)

FIGURES: Final[Sequence[Figure]] = (
    Figure(
        "alarms_per_day_people",
        "1/day",
        "false alarms of all watches together, people of the simulator",
        Better.LOWER,
        Bar(STATED, Of.OURS),
    ),
    Figure(
        "alarms_per_day_made",
        "1/day",
        "the same, made streams of five kinds",
        Better.LOWER,
        Bar(STATED, Of.OURS),
    ),
    Figure(
        "trainings_per_day",
        "1/day",
        "those large enough to be trained for, all streams, those whose people change among them",
        Better.LOWER,
        Bar(STATED, Of.OURS),
    ),
    *(
        Figure(
            f"hours_to_shift_{size:g}",
            "h",
            f"until a shift by {size:g} σ is reported, median of features",
            Better.LOWER,
        )
        for size in SIZES
    ),
    Figure("hours_to_relation", "h", "until a relation that ended is reported, features as ever", Better.LOWER),
    Figure("vectors_per_second", "1/s", "read and judged, one core", bar=Bar(100_000, Of.OURS)),
)


@dataclass(slots=True)
class Counted:
    """False alarms of streams of one kind.

    Attributes:
        days: Watched.
        sure: Alarms by evidence alone.
        drifts: Those whose effect was large enough for a training, too.
        levels: Levels of each stream's blocks in the reference's units, (WIDTH, blocks), for the peer.
    """

    days: float = 0.0
    sure: int = 0
    drifts: int = 0
    levels: list[Floats] = field(default_factory=list)

    def count(self, blocks: Sequence[Block], reference: int) -> None:
        """Watches a stream; what is to be known ends before block `reference` of it."""
        known, later = blocks[:reference], blocks[reference:]
        watches = [Watch(known, WIDTH, HOUR_US, TERMS) for _ in range(2)]
        for block in later:
            for watch in watches:
                watch.judge(block)
            sure = any(change.evidence >= 1.0 for change in watches[0].changes())
            drift = any(change.drifted for change in watches[1].changes())
            for watch, said in zip(watches, (sure, drift), strict=True):
                if said:
                    watch.forget()
            self.sure += sure
            self.drifts += drift
        self.days += len(later) / DAY
        units = Units.of(known)
        self.levels.append(np.array([units.measure(block)[:WIDTH] for block in blocks]).T)

    def of_peer(self, peer: River, kind: str, parameters: dict[str, float], reference: int) -> float:
        """Alarms of the peer a day, one detector for each level."""
        said = [peer.detected(kind, parameters, levels) for levels in self.levels]
        return sum(step >= reference for stream in said for series in stream for step in series) / self.days


def run(surroundings: Surroundings) -> Measured:
    """Counts false alarms, then changes something."""
    extent = TRIAL if surroundings.trial else Extent()
    counted: dict[str, Counted] = {PEOPLE: Counted()}
    pieces: list[Piece] = []
    blocks: list[list[Block]] = []
    for first in extent.crowds:
        blocks.append(_people(first, extent, pieces if first == extent.crowds[0] else None))
        counted[PEOPLE].count(blocks[-1], extent.reference * DAY)
        surroundings.tell(f"{PEOPLE}: {counted[PEOPLE].sure} alarms in {counted[PEOPLE].days:.0f} days.")
    for kind, made in {**MADE, LEAVING: Made(leave=1 / 30)}.items():
        counted[kind] = Counted()
        for seed in range(extent.seeds):
            counted[kind].count(made.blocks(extent.days, seed), extent.reference * DAY)
        surroundings.tell(f"{kind}: {counted[kind].sure} alarms in {counted[kind].days:.0f} days.")
    begin = BEGIN_US // HOUR_US
    before = [block for block in blocks[0] if block.number < begin + extent.onset * DAY]
    known = [block for block in before if block.number < begin + extent.reference * DAY]
    change = onset(pieces, known, before[len(known) :])
    peer = river(surroundings.peers, surroundings.tell)
    surroundings.tell("Shifts, feature by feature.")
    hours = _hours(change, extent)
    return _measured(counted, hours, change, extent, peer)


def _people(first: int, extent: Extent, keep: list[Piece] | None) -> list[Block]:
    """Blocks of a crowd; vectors around the onset are kept."""
    into, onset_us = log(), BEGIN_US + extent.onset * DAY_US
    for piece in people(first, extent.people, extent.days):
        into.add(piece.users, piece.ends_us, piece.rows)
        near = onset_us - DAY_US - STARTING * HOUR_US <= piece.ends_us[0] < onset_us + extent.after * DAY_US
        if keep is not None and near:
            keep.append(piece)
    return into.over()


def _hours(change: Onset, extent: Extent) -> dict[str, list[int | None]]:
    """Hours until each change of each feature is seen, None where it is not: by size of a shift, and "relation"."""
    watch = change.watch(TERMS)

    def seen(edit: Edit) -> int | None:
        return hours_until_seen(watch, change.changed(edit), change.number)

    found: dict[str, list[int | None]] = {
        f"{size:g}": [seen(shifted(i, size * change.spread[i])) for i in range(WIDTH)] for size in SIZES
    }
    found["relation"] = [seen(shuffled(i)) for i in range(WIDTH)]
    return found


def _related(change: Onset) -> list[int]:
    """Features that go with another one before the change."""
    before = np.array(change.after.ends_us) < change.number * HOUR_US
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.nan_to_num(np.corrcoef(change.after.rows[before].T))
    np.fill_diagonal(correlation, 0.0)
    return [int(i) for i in np.flatnonzero(np.abs(correlation).max(axis=1) >= RELATED)]


def _measured(
    counted: dict[str, Counted], hours: dict[str, list[int | None]], change: Onset, extent: Extent, peer: River | None
) -> Measured:
    longest, related = extent.after * DAY, _related(change)
    made = [counted[kind] for kind in MADE]
    moving = [i for i in range(WIDTH) if change.spread[i] > 0.0]
    ours = {
        "alarms_per_day_people": counted[PEOPLE].sure / counted[PEOPLE].days,
        "alarms_per_day_made": sum(one.sure for one in made) / sum(one.days for one in made),
        "trainings_per_day": sum(one.drifts for one in counted.values()) / sum(one.days for one in counted.values()),
        **{f"hours_to_shift_{size:g}": _median(hours[f"{size:g}"], moving, longest) for size in SIZES},
        "hours_to_relation": _median(hours["relation"], related, longest),
        "vectors_per_second": _rate(change),
    }
    theirs: dict[str, float] = {}
    beside: dict[str, list[str]] = {kind: ["–", "–"] for kind in counted}
    notes = [
        f"Stated: {STATED:.3g} false alarms a day, one in {1 / STATED:.0f} days, all features and the joint watch "
        f"together. Reported is what is sure and at least {TERMS.least_effect:g} large.",
        f"Hours are those of event time, blocks of an hour, after {extent.onset} days of which {extent.reference} are "
        f"the reference; {longest} stands for not within {extent.after} days.",
    ]
    if peer is not None:
        delta = STATED / DAY / WIDTH
        reference = extent.reference * DAY
        adwin = {"delta": delta, "clock": 1}
        for kind, one in counted.items():
            beside[kind] = [
                f"{one.of_peer(peer, 'ADWIN', adwin, reference):.3f}",
                f"{one.of_peer(peer, 'KSWIN', {'alpha': delta, 'seed': 1}, reference):.3f}",
            ]
        theirs = {
            "alarms_per_day_people": float(beside[PEOPLE][0]),
            "alarms_per_day_made": sum(float(beside[kind][0]) * counted[kind].days for kind in MADE)
            / sum(one.days for one in made),
        }
        theirs |= _hours_of_peer(peer, adwin, change, moving, longest)
        notes += [
            f"ADWIN and KSWIN have the levels of the same blocks, a detector for each feature, and as their "
            f"significance what the stated rate is for one of them and one block, {delta:.2g}.",
            _raw(peer, change),
        ]
    return Measured(
        {name: Value(value, theirs.get(name)) for name, value in ours.items()},
        "" if peer is None else f"river {peer.version}, ADWIN",
        {} if peer is None else {"river": peer.version},
        {
            "notes": notes,
            "tables": [_table_of_alarms(counted, beside), _table_of_hours(hours, related, moving)],
        },
    )


def _median(hours: Sequence[int | None], features: Sequence[int], longest: int) -> float:
    """Median over features, `longest` for what was not seen."""
    return float(median([longest if (h := hours[i]) is None else h for i in features])) if features else float(longest)


def _hours_of_peer(
    peer: River, parameters: dict[str, float], change: Onset, features: Sequence[int], longest: int
) -> dict[str, float]:
    units, before = Units.of(change.reference), [*change.reference, *change.before]

    def level(feature: int, blocks: Sequence[Block]) -> list[float]:
        return [float(units.measure(block)[feature]) for block in blocks]

    found = {}
    for size in SIZES:
        series = np.array(
            [[*level(i, before), *level(i, change.changed(shifted(i, size * change.spread[i])))] for i in range(WIDTH)]
        )
        said = peer.detected("ADWIN", parameters, series)
        hours = [next((step - len(before) + 1 for step in steps if step >= len(before)), None) for steps in said]
        found[f"hours_to_shift_{size:g}"] = _median(hours, features, longest)
    return found


def _raw(peer: River, change: Onset) -> str:
    """What the peer says of the vectors as they come, where nothing changes."""
    before = np.array(change.after.ends_us) < change.number * HOUR_US
    rows, ends = change.after.rows[before], np.array(change.after.ends_us)[before]
    said = peer.detected("ADWIN", {}, rows.T.copy())
    days = float(ends.max() - ends.min()) / DAY_US
    count = sum(map(len, said)) / days
    return (
        f"ADWIN with its defaults on single vectors as they come, a detector for each feature, says {count:,.0f} times "
        "a day that there is drift among the same people where nothing changes: vectors of a user resemble each other, "
        "and hours of the day do not."
    )


def _rate(change: Onset) -> float:
    """Vectors a second, from columns to what is said of them."""
    watch, piece = change.watch(TERMS), change.after
    into = BlockLog(WIDTH, HOUR_US, 1000, to_scale)
    began = time.perf_counter()
    for first in range(0, len(piece.users), BATCH):
        some = slice(first, first + BATCH)
        into.add(piece.users[some], piece.ends_us[some], piece.rows[some])
    for block in into.over():
        watch.judge(block)
        watch.changes()
    return len(piece.users) / (time.perf_counter() - began)


def _table_of_alarms(counted: dict[str, Counted], beside: dict[str, list[str]]) -> dict[str, Any]:
    return {
        "head": ("stream", "days", "alarms", "a day", "large enough", "ADWIN a day", "KSWIN a day"),
        "rows": [
            (kind, f"{one.days:.0f}", one.sure, f"{one.sure / one.days:.4f}", one.drifts, *beside[kind])
            for kind, one in counted.items()
        ],
    }


def _table_of_hours(
    hours: dict[str, list[int | None]], related: Sequence[int], moving: Sequence[int]
) -> dict[str, Any]:
    def told(value: int | None) -> str:
        return "not seen" if value is None else str(value)

    return {
        "head": ("hours until reported", *(f"{size:g} σ" for size in SIZES), "relation ends"),
        "rows": [
            (
                name,
                *(told(hours[f"{size:g}"][i]) if i in moving else "–" for size in SIZES),
                told(hours["relation"][i]) if i in related else "–",
            )
            for i, name in enumerate(FEATURE_NAMES)
        ],
    }


DRIFT: Final = Benchmark(
    "drift",
    "How often drift is seen where nothing changes, and how soon where something does. Streams in which nothing "
    "changes: four times 64 simulated people for 60 days, and made people in five kinds of streams whose vectors are "
    "related within a user, over hours, over days; and one kind in which people are replaced by others. Then, among 64 "
    "of the simulated people, one feature is shifted on its scale of comparison by a multiple of the standard "
    "deviation of its vectors, or its values are dealt anew within each hour, so that it is as ever but goes with no "
    "other any more. The peer is a drift detector of river for each feature.",
    FIGURES,
    ("resonance-training", "resonance-feature-extractor", "resonance-client", "numpy", "scipy"),
    run,
)
"""What is found, and what is not there."""
