"""What a language brings to series of measurements. The names in braces are filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from resonance_narration.facts import Role


class SeriesNote(StrEnum):
    """What could not be looked into."""

    TOO_SHORT = "too_short"
    GAPS = "gaps"
    NO_BASELINE = "no_baseline"
    TOO_SHORT_TO_RELATE = "too_short_to_relate"


@dataclass(frozen=True, slots=True)
class PerformancePhrases:
    """Sentences and their parts.

    Attributes:
        title, title_one, title_none: By how many series are out of the ordinary.
        out_of: How many of how many are.
        none: None is.
        rose, fell: A level that changed for good; `ago` says when.
        ago, ago_values: In time, or in values where the series have no times.
        departed: Values out of the ordinary.
        trend_up, trend_down: A straight line.
        above, below: A level, compared with the usual one.
        full, left, left_values: Of a limit, and how long until it is reached.
        leads, both, follows, together: Two series that move together.
        after, after_values: A lag.
        first, alone: What changed first, with those that changed after it and without.
        may: What a lead does not prove.
        code_change, code_lead: The same for developers.
        notes: Sentences about a series.
        for_role: What each role should know where something is out of the ordinary, a sentence.
        steps, no_steps: By role, where something is out of the ordinary and where nothing is.
    """

    title: Callable[[int], str]
    title_one: str
    title_none: str
    out_of: Callable[[int, int], str]
    none: Callable[[int], str]
    rose: str
    fell: str
    ago: str
    ago_values: Callable[[int], str]
    departed: Callable[[str, str, str, int], str]
    trend_up: str
    trend_down: str
    above: str
    below: str
    full: str
    left: str
    left_values: Callable[[float], str]
    leads: str
    both: str
    follows: str
    together: str
    after: str
    after_values: Callable[[int], str]
    first: str
    alone: str
    may: str
    code_change: str
    code_lead: str
    notes: Mapping[SeriesNote, str]
    for_role: Mapping[Role, str]
    steps: Mapping[Role, tuple[str, ...]]
    no_steps: Mapping[Role, tuple[str, ...]]
