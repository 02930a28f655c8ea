"""From lines to a report, in one pass: entries, their templates, and what is counted of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from resonance_logs.bursts import Burst, burst
from resonance_logs.entries import EntryReader
from resonance_logs.headers import Entry
from resonance_logs.judging import Judge
from resonance_logs.levels import Level
from resonance_logs.miner import MOST_CLUSTERS, Miner
from resonance_logs.report import BurstFound, Report, TemplateFound
from resonance_logs.template import Template
from resonance_logs.timeline import Counts, Timeline, as_pairs, no_counts
from resonance_logs.timestamps import Clock

LONGEST_SAMPLE: Final = 300


def since(lines: Sequence[str], seconds: float, now: datetime | None = None) -> Sequence[str]:
    """Lines of the entries that are at most so much older than the latest one; those without a time always are."""
    reader = EntryReader(Clock(now))
    entries = [reader.read(line) for line in lines]
    latest = max((one.time for one in entries if one is not None and one.time is not None), default=None)
    if latest is None:
        return lines
    kept, keep = [], True
    for line, one in zip(lines, entries, strict=True):
        if one is not None:
            keep = one.time is None or one.time >= latest - seconds
        if keep:
            kept.append(line)
    return kept


class LogReader:
    """Reads a log.

    Args:
        most_clusters: Bound of the miner; see `Miner`.
        patterns: Texts to look for, in any case.
        now: What a time without a year is not after.
    """

    def __init__(
        self, most_clusters: int = MOST_CLUSTERS, patterns: Sequence[str] = (), now: datetime | None = None
    ) -> None:
        self._miner = Miner(most_clusters)
        self._entries = EntryReader(Clock(now))
        self._timeline = Timeline(self._counts)
        self._patterns = {pattern: pattern.casefold() for pattern in patterns}
        self._found: Counter[str] = Counter()
        self._levels: Counter[Level] = Counter()
        self._lines = self._count = self._timed = 0
        self._first: float | None = None
        self._last: float | None = None
        self._baseline: int | None = None
        self._template: Template | None = None

    def learn(self, line: str) -> None:
        """A line of the baseline: what is in it is not new. All of them come before the first that is read."""
        self._baseline = self._baseline or 0
        entry = self._entries.read(line)
        if entry is not None:
            self._miner.template(entry.message).before += 1
            self._baseline += 1

    def begin(self) -> None:
        """Between the baseline and the log: what follows continues no entry."""
        self._entries.begin()
        self._template = None

    def read(self, line: str) -> int:
        """The number of the template of a line; what it is in the end says `number`, once everything was read."""
        self._lines += 1
        entry = self._entries.read(line)
        template = self._template
        if entry is not None or template is None:
            template = self._template = self._take(entry or Entry("", None, None, False), line)
        return template.id

    def report(self) -> Report:
        """What was read. Nothing is read after it."""
        self._miner.finish()
        templates = [one for one in self._miner if one.count]
        judge = Judge(self._count, self._timed, self._first, self._last, self._baseline is not None)
        whole = self._timeline.in_order(self._timeline.total)
        found = [self._told(one, judge, whole, len(templates)) for one in templates]
        return Report(
            lines=self._lines,
            entries=self._count,
            timed=self._timed,
            first=self._first,
            last=self._last,
            bucket_s=self._timeline.width_s,
            levels=dict(self._levels),
            patterns={pattern: self._found[pattern] for pattern in self._patterns},
            templates=sorted(found, key=lambda one: (-one.count, one.id)),
            forgotten=self._count - sum(one.count for one in templates),
            baseline=self._baseline,
            timeline=as_pairs(self._timeline.starts, whole),
        )

    def number(self, id_: int) -> int:
        """The number in the report of the template that `read` gave this number."""
        return self._miner.number(id_)

    def _take(self, entry: Entry, line: str) -> Template:
        template = self._miner.template(entry.message)
        self._count += 1
        template.count += 1
        if not template.first_entry:
            template.first_entry = self._count
            template.samples = [line[:LONGEST_SAMPLE]]
        else:
            template.samples[1:] = [line[:LONGEST_SAMPLE]]
        if entry.level is not None:
            self._levels[entry.level] += 1
            template.levels[entry.level] = template.levels.get(entry.level, 0) + 1
        if entry.time is not None:
            self._at(entry.time, template)
        if self._patterns:
            self._look(line.casefold(), template)
        return template

    def _at(self, time: float, template: Template) -> None:
        self._timed += 1
        self._first = time if self._first is None else min(self._first, time)
        self._last = time if self._last is None else max(self._last, time)
        template.first = time if template.first is None else min(template.first, time)
        template.last = time if template.last is None else max(template.last, time)
        slot = self._timeline.slot(time)
        if template.counts is None:
            template.counts = no_counts()
        template.counts[slot] += 1
        self._timeline.total[slot] += 1

    def _look(self, line: str, template: Template) -> None:
        matched = [pattern for pattern, folded in self._patterns.items() if folded in line]
        self._found.update(matched)
        template.matched += bool(matched)

    def _counts(self) -> list[Counts]:
        return [one.counts for one in self._miner if one.counts is not None]

    def _told(self, one: Template, judge: Judge, whole: Sequence[int], templates: int) -> TemplateFound:
        counts = [0] * len(whole) if one.counts is None else self._timeline.in_order(one.counts)
        return TemplateFound(
            id=one.id,
            text=one.text,
            count=one.count,
            share=one.count / self._count,
            level=max(one.levels, key=lambda level: (one.levels[level], level), default=None),
            levels=dict(one.levels),
            first=one.first,
            last=one.last,
            first_entry=one.first_entry,
            new=judge.is_new(one),
            rare=judge.is_rare(one),
            burst=self._timed_burst(burst(counts, whole, templates)),
            matched=one.matched,
            samples=tuple(one.samples),
            timeline=as_pairs(self._timeline.starts, counts),
        )

    def _timed_burst(self, found: Burst | None) -> BurstFound | None:
        if found is None:
            return None
        starts, width = self._timeline.starts, self._timeline.width_s
        return BurstFound(starts[found.start], starts[found.end - 1] + width, found.count, found.expected, found.chance)
