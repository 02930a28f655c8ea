"""Drift of what is ordinary away from what the champion was trained on. No I/O, no clock.

    vectors ──▶ Streams: sums by block of time ──▶ DriftWatch: the champion's reference, then the blocks after it
A training takes its reference from the blocks up to then, those from before a drift that stands left out. What is said
is a function of the reference and the vectors, so a process that reads the topics again says the same again. Flagged
vectors count: a drift that the model takes for anomalies is the one that matters most, and one user counts little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_modeling.artifact import Reference
from resonance_modeling.scales import to_scale
from resonance_training.drift.blocks import Block, BlockLog, InvalidBlocks, pack, unpack
from resonance_training.drift.expectation import DAY_US
from resonance_training.drift.watch import Change, Terms, Watch

REFERENCE_DAYS: Final = 7
LONGEST_DAYS: Final = 14
"""Days of a stream that are kept."""
MOST_STREAMS: Final = 16
JOINTLY: Final = "jointly"


class Streams:
    """Blocks of every stream.

    Attributes:
        block_us: Length of a block, microseconds.
    """

    def __init__(self, block_us: int) -> None:
        self.block_us = block_us
        self._logs: dict[str, BlockLog] = {}

    def add(self, stream: str, users: Sequence[str], ends_us: Sequence[int], values: NDArray[np.float64]) -> None:
        """Counts vectors (n, WIDTH); those of a user must come in order."""
        if stream not in self._logs and len(self._logs) >= MOST_STREAMS:
            # Replays come and go.
            del self._logs[next(name for name in self._logs if name != "live")]
        keep = LONGEST_DAYS * DAY_US // self.block_us
        log = self._logs.setdefault(stream, BlockLog(WIDTH, self.block_us, keep, to_scale))
        log.add(users, ends_us, values)

    def erase(self, user: str) -> None:
        """Forgets a user; what was counted of them stays in the sums."""
        for log in self._logs.values():
            log.erase(user)

    def over(self, stream: str, after: int = -1) -> list[Block]:
        """Blocks of a stream after number `after` that are over."""
        return self._logs[stream].over(after) if stream in self._logs else []

    def longest(self) -> str:
        """Name of the stream of which most blocks are known; "live" where there are as many of it, or none at all."""
        known = {name: len(log.over()) for name, log in self._logs.items()}
        return max(known, key=lambda name: (known[name], name == "live", name), default="live")


class DriftWatch:
    """Watches the champion.

    Attributes:
        version: Version that is watched for, "" for none.
        said: What it does or waits for, a sentence.
        changes: The likeliest change of each feature, then that of their relations; empty while none is judged.
        drifted: Those that are sure and large enough, the surest first; they stand until there is another champion.
        detected_us: End of the block after which there was drift, microseconds; 0 for none.
        stream: Stream that is watched.
    """

    def __init__(self, streams: Streams, terms: Terms) -> None:
        self.terms = terms
        self.version = ""
        self.said = "No champion to watch for."
        self.changes: list[Change] = []
        self.drifted: list[Change] = []
        self.detected_us = 0
        self.stream = ""
        self._streams = streams
        self._known: list[Block] | None = None
        self._watch: Watch | None = None

    def follow(self, version: str, reference: Reference | None) -> None:
        """Watches for a champion from now on; the same again changes nothing."""
        if version == self.version:
            return
        self.version, self.changes, self.drifted, self.detected_us = version, [], [], 0
        self._known, self._watch = None, None
        if reference is None:
            self.said = f"Version {version[:12]} was stored without a reference: drift is watched from the next one on."
            return
        self.stream = reference.stream
        if reference.block_us != self._streams.block_us:
            self.said = (
                f"The reference of version {version[:12]} has blocks of {reference.block_us / 60e6:g} minutes, not of "
                f"{self._streams.block_us / 60e6:g}: drift is watched from the next version on."
            )
            return
        try:
            self._known = unpack(reference.blocks, WIDTH)
        except InvalidBlocks as error:
            self.said = f"The reference of version {version[:12]} cannot be used, so drift is not watched. {error}"

    def look(self) -> bool:
        """Judges the blocks that are over by now; says whether there is drift since this look."""
        if self._known is None or self.drifted:
            return False
        if not self._known:
            # What was learned before any block was over is bound to no stream.
            self.stream = self._streams.longest()
        for block in self._streams.over(self.stream, self._last):
            if self._judged(block, self._known):
                return True
        self._say()
        return False

    def reference(self) -> Reference:
        """The reference of a model that is trained now."""
        stream = self.stream if self._known else self._streams.longest()
        since = min((change.since_us for change in self.drifted), default=0) // self._streams.block_us
        known = {block.number: block for block in (self._known or [])} | {
            block.number: block for block in self._streams.over(stream)
        }
        blocks = [known[number] for number in sorted(known) if number >= since]
        most = REFERENCE_DAYS * DAY_US // self._streams.block_us
        return Reference(stream=stream, block_us=self._streams.block_us, blocks=pack(blocks[-most:]))

    def as_json(self) -> dict[str, Any]:
        """What is shown of it."""
        named = [(self.name(change, i), change) for i, change in enumerate(self.changes)]
        return {
            "said": self.said,
            "alarms_per_day": self.terms.alarms_per_day,
            "least_effect": self.terms.least_effect,
            "drifted": bool(self.drifted),
            "detected_us": self.detected_us or None,
            "features": {name: asdict(change) | {"features": names(change)} for name, change in named},
        }

    @staticmethod
    def name(change: Change, place: int) -> str:
        """What the change at a place among `changes` is named by."""
        return FEATURE_NAMES[place] if place < WIDTH else JOINTLY

    @property
    def features(self) -> tuple[str, ...]:
        """The features that drifted, by themselves or in relation to others; each once."""
        return tuple(dict.fromkeys(name for change in self.drifted for name in names(change)))

    @property
    def _last(self) -> int:
        if self._watch is not None:
            return self._watch.last
        return self._known[-1].number if self._known else -1

    def _judged(self, block: Block, known: list[Block]) -> bool:
        """Judges a block; whether there is drift now. Until a day is known it is learned from alone."""
        if self._watch is None:
            if len(known) < self._day:
                known.append(block)
                return False
            self._watch = Watch(known, WIDTH, self._streams.block_us, self.terms)
        self._watch.judge(block)
        self.changes = self._watch.changes()
        self.drifted = sorted((c for c in self.changes if c.drifted), key=lambda c: c.evidence, reverse=True)
        if not self.drifted:
            return False
        self.detected_us = (block.number + 1) * self._streams.block_us
        self.said = f"Drift: {'; '.join(map(told, self.drifted))}."
        return True

    @property
    def _day(self) -> int:
        return DAY_US // self._streams.block_us

    def _say(self) -> None:
        known = len(self._known or [])
        if self._watch is None and known < self._day:
            hours = known * self._streams.block_us / 3.6e9
            self.said = f"What is ordinary is known of {hours:.0f} of 24 hours; drift is watched from then on."
        elif surest := max(self.changes, key=lambda change: change.evidence, default=None):
            sure = f"; sure, but too small: {told(surest)}" if surest.evidence >= 1.0 else ""
            self.said = f"No drift from version {self.version[:12]}{sure}."
        else:
            self.said = f"Nothing came since version {self.version[:12]} was trained."


def names(change: Change) -> list[str]:
    """Names of the features that changed."""
    return [FEATURE_NAMES[i] for i in change.features]


def told(change: Change) -> str:
    """A change in words."""
    size = f"{change.effect:+.2f} ({change.low:+.2f} to {change.high:+.2f})"
    return f"{change.what} of {' and '.join(names(change))} {size}"
