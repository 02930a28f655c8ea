"""What is kept of one template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from resonance_logs.levels import Level
from resonance_logs.masks import ANYTHING, uniform
from resonance_logs.timeline import Counts, no_counts


@dataclass(slots=True, eq=False)
class Template:
    """One template and what was seen of it. It grows while lines are read.

    Attributes:
        id: Number, from 1 in the order in which templates came.
        shown: Tokens, marks by kind.
        count: Entries.
        before: Entries of it in the baseline.
        first_entry: Number of its first entry, from 1.
        first, last: Earliest and latest time, seconds since the epoch; None where no entry has any.
        levels: Entries by the level that they say.
        matched: Entries in which a pattern that was asked for stands.
        samples: Its first entry and its latest one, cut.
        counts: Entries by slot of the log's timeline; None where none has a time.
        into: The template that it turned out to be.
    """

    id: int
    shown: tuple[str, ...]
    count: int = 0
    before: int = 0
    first_entry: int = 0
    first: float | None = None
    last: float | None = None
    levels: dict[Level, int] = field(default_factory=dict)
    matched: int = 0
    samples: list[str] = field(default_factory=list)
    counts: Counts | None = None
    into: Template | None = None

    @property
    def seen(self) -> int:
        """Entries of it, those of the baseline among them."""
        return self.count + self.before

    @property
    def text(self) -> str:
        """The template as people read it."""
        return " ".join(self.shown)

    def also(self, tokens: Sequence[str]) -> None:
        """Another message of it: where its tokens differ, anything can stand."""
        if len(tokens) == len(self.shown):
            self.shown = tuple(a if a == b else _both(a, b) for a, b in zip(self.shown, tokens, strict=True))

    def take(self, other: Template) -> None:
        """Everything of a template that turned out to be this one."""
        other.into = self
        self.also(other.shown)
        self.count += other.count
        self.before += other.before
        self.matched += other.matched
        entries = [one for one in (self.first_entry, other.first_entry) if one]
        earlier = other.first_entry and (not self.first_entry or other.first_entry < self.first_entry)
        samples = [*other.samples, *self.samples] if earlier else [*self.samples, *other.samples]
        self.samples = [samples[0], *samples[1:][-1:]] if samples else []
        self.first_entry = min(entries, default=0)
        self.first = min((one for one in (self.first, other.first) if one is not None), default=None)
        self.last = max((one for one in (self.last, other.last) if one is not None), default=None)
        for level, count in other.levels.items():
            self.levels[level] = self.levels.get(level, 0) + count
        if other.counts is not None:
            mine = self.counts if self.counts is not None else no_counts()
            self.counts = mine
            for slot, count in enumerate(other.counts):
                mine[slot] += count


def _both(one: str, other: str) -> str:
    """What stands for two tokens: the words they share where only the kinds of their marks differ; else anything."""
    return uniform(one) if uniform(one) == uniform(other) else ANYTHING
