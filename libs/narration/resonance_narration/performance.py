"""Series of measurements in words: what changed, what is out of the ordinary, what may have moved what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from resonance_narration.en.performance import PHRASES as ENGLISH
from resonance_narration.facts import AlertWords, Language, Role
from resonance_narration.languages import role_of, voice_of
from resonance_narration.performance_phrases import PerformancePhrases, SeriesNote
from resonance_narration.ru.performance import PHRASES as RUSSIAN
from resonance_narration.telling import joined, paragraph, telling_apart
from resonance_narration.voice import Voice

_PHRASES: Final[Mapping[str, PerformancePhrases]] = {Language.ENGLISH: ENGLISH, Language.RUSSIAN: RUSSIAN}
_MOST: Final = 3
_MOST_CAUSES: Final = 4


@dataclass(frozen=True, slots=True)
class ChangedFact:
    """A level that changed for good, so many values and seconds before the end; None where there are no times."""

    name: str
    before: float
    after: float
    ago_values: int
    ago_s: float | None = None


@dataclass(frozen=True, slots=True)
class DepartedFact:
    """Neighbouring values out of the ordinary: the farthest, what was expected, how many."""

    name: str
    value: float
    expected: float
    values: int


@dataclass(frozen=True, slots=True)
class TrendFact:
    """A series that goes straight from one value to another."""

    name: str
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class LevelFact:
    """Where something stands, if that is out of the ordinary or near its limit.

    Attributes:
        usual: None where it is not known, or the value is not out of the ordinary.
        full: Share of the limit; None where that is not near.
        left_values, left_s: Until the limit is reached; None where that is not known.
    """

    name: str
    value: float
    usual: float | None = None
    full: float | None = None
    left_values: float | None = None
    left_s: float | None = None


@dataclass(frozen=True, slots=True)
class RelatedFact:
    """Two series that move together; see the names of `PerformancePhrases`."""

    source: str
    target: str
    lag_values: int
    correlation: float
    leads: bool
    both_ways: bool
    lag_s: float | None = None


@dataclass(frozen=True, slots=True)
class PerformanceFacts:
    """What series say. Everything in the order in which it is to be told.

    Attributes:
        series: How many were looked at.
        notable: How many are out of the ordinary.
        roots: Names of those that may have moved others.
        first: The name of what changed first, and of what changed soon after it; None where nothing changed.
        notes: What could not be looked into, with the series, "" for all.
    """

    series: int
    notable: tuple[str, ...]
    changes: tuple[ChangedFact, ...] = ()
    departures: tuple[DepartedFact, ...] = ()
    trends: tuple[TrendFact, ...] = ()
    levels: tuple[LevelFact, ...] = ()
    relations: tuple[RelatedFact, ...] = ()
    roots: tuple[str, ...] = ()
    first: tuple[str, tuple[str, ...]] | None = None
    notes: tuple[tuple[SeriesNote, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PerformanceWords:
    """The words, what may have caused it, and what could not be looked into."""

    words: AlertWords
    causes: tuple[str, ...]
    notes: tuple[str, ...]


def tell_performance(facts: PerformanceFacts, language: str, role: str) -> PerformanceWords:
    """Series for one reader in "en" or "ru"; the same facts always give the same words.

    Raises:
        UnknownLanguage, UnknownRole: They are none of those.
    """
    reader = role_of(role)
    told = _Telling(voice_of(language), _PHRASES[language], facts)
    phrases = told.phrases
    steps = (phrases.steps if facts.notable else phrases.no_steps)[reader]
    words = AlertWords(told.title(), told.summary(reader), steps)
    return PerformanceWords(words, told.causes(), tuple(phrases.notes[n].format(name=name) for n, name in facts.notes))


@dataclass(frozen=True, slots=True)
class _Telling:
    voice: Voice
    phrases: PerformancePhrases
    facts: PerformanceFacts

    def title(self) -> str:
        notable = self.facts.notable
        if not notable:
            return self.phrases.title_none
        return self.phrases.title_one.format(name=notable[0]) if len(notable) == 1 else self.phrases.title(len(notable))

    def summary(self, role: Role) -> str:
        facts, phrases = self.facts, self.phrases
        if not facts.notable:
            return phrases.none(facts.series)
        count = phrases.out_of(len(facts.notable), facts.series)
        changes = [self._changed(fact) for fact in facts.changes[:_MOST]]
        levels = [line for fact in facts.levels[:_MOST] for line in self._level(fact)]
        trends = [self._trend(fact) for fact in facts.trends[:_MOST]]
        relations = [self._code(fact) for fact in facts.relations[:_MOST]]
        departures = [self._departed(fact) for fact in facts.departures[:_MOST]]
        lines = {
            Role.DEVOPS: [*changes, *trends, *levels, *(departures if not changes else [])],
            Role.SECURITY: [count, *changes, *departures],
            Role.DEVELOPER: [
                *map(self._code_change, facts.changes[:_MOST]),
                *trends,
                *relations,
            ],
            Role.SUPPORT: [count],
            Role.MANAGEMENT: [count, *[line for fact in facts.levels[:1] for line in self._level(fact)]],
        }[role]
        return paragraph(*(lines or [count]), phrases.for_role[role])

    def causes(self) -> tuple[str, ...]:
        """What may have moved others; then what else moves together; then what changed first."""
        facts, phrases = self.facts, self.phrases
        ranked = sorted(facts.relations, key=lambda r: (r.source not in facts.roots, not r.leads))
        lines = [self._related(fact) for fact in ranked[: _MOST_CAUSES - 1]]
        if facts.first is not None:
            name, after = facts.first
            others = joined(self.voice, after[:_MOST]) if after else ""
            lines.append((phrases.first if others else phrases.alone).format(name=name, others=others))
        return tuple(lines)

    def _changed(self, fact: ChangedFact) -> str:
        before, after = self._pair(fact.before, fact.after)
        line = self.phrases.rose if fact.after > fact.before else self.phrases.fell
        return line.format(name=fact.name, before=before, after=after, ago=self._ago(fact))

    def _code_change(self, fact: ChangedFact) -> str:
        before, after = self._pair(fact.before, fact.after)
        return self.phrases.code_change.format(name=fact.name, before=before, after=after, ago=self._ago(fact))

    def _ago(self, fact: ChangedFact) -> str:
        if fact.ago_s is None:
            return self.phrases.ago_values(fact.ago_values)
        return self.phrases.ago.format(duration=self.voice.grammar.duration(fact.ago_s))

    def _departed(self, fact: DepartedFact) -> str:
        value, expected = self._pair(fact.value, fact.expected)
        return self.phrases.departed(fact.name, value, expected, fact.values)

    def _trend(self, fact: TrendFact) -> str:
        first, last = self._pair(fact.first, fact.last)
        line = self.phrases.trend_up if fact.last > fact.first else self.phrases.trend_down
        return line.format(name=fact.name, first=first, last=last)

    def _level(self, fact: LevelFact) -> list[str]:
        lines, grammar = [], self.voice.grammar
        if fact.usual is not None:
            value, usual = self._pair(fact.value, fact.usual)
            line = self.phrases.above if fact.value > fact.usual else self.phrases.below
            lines.append(line.format(name=fact.name, value=value, usual=usual))
        if fact.full is not None:
            lines.append(self.phrases.full.format(name=fact.name, share=grammar.percent(fact.full)))
        if fact.left_s is not None:
            lines.append(self.phrases.left.format(name=fact.name, duration=grammar.duration(fact.left_s)))
        elif fact.left_values is not None:
            lines.append(self.phrases.left.format(name=fact.name, duration=self.phrases.left_values(fact.left_values)))
        return lines

    def _related(self, fact: RelatedFact) -> str:
        phrases = self.phrases
        line = phrases.together
        if fact.lag_values:
            line = phrases.both if fact.both_ways and fact.leads else phrases.leads if fact.leads else phrases.follows
        said = line.format(
            source=fact.source,
            target=fact.target,
            lag=self._lag(fact),
            correlation=self.voice.grammar.number(fact.correlation),
        )
        return paragraph(said, phrases.may if fact.leads and not fact.both_ways else "")

    def _code(self, fact: RelatedFact) -> str:
        correlation = self.voice.grammar.number(fact.correlation)
        return self.phrases.code_lead.format(
            source=fact.source, target=fact.target, lag=self._lag(fact), correlation=correlation
        )

    def _lag(self, fact: RelatedFact) -> str:
        if fact.lag_s is None:
            return self.phrases.after_values(fact.lag_values)
        return self.phrases.after.format(duration=self.voice.grammar.duration(fact.lag_s))

    def _pair(self, one: float, other: float) -> tuple[str, str]:
        """Two numbers that read differently, where they can."""
        say = self.voice.grammar.number
        extra = telling_apart(say, one, other) or 0
        return say(one, extra), say(other, extra)
