"""How English tells series of measurements."""

from __future__ import annotations

from typing import Final

from resonance_narration.en.grammar import count, number
from resonance_narration.facts import Role
from resonance_narration.performance_phrases import PerformancePhrases, SeriesNote


def _out_of(notable: int, series: int) -> str:
    verb = "is" if notable == 1 else "are"
    return f"{number(notable)} of {count(series, 'series', 'series')} {verb} out of the ordinary."


def _departed(name: str, value: str, expected: str, values: int) -> str:
    said = f"{name} reached {value} where {expected} was expected"
    return f"{said}." if values == 1 else f"{said} ({count(values, 'value', 'values')})."


PHRASES: Final = PerformancePhrases(
    title=lambda notable: f"{number(notable)} series are out of the ordinary",
    title_one="{name} is out of the ordinary",
    title_none="Nothing is out of the ordinary",
    out_of=_out_of,
    none=lambda series: f"Nothing is out of the ordinary in {count(series, 'series', 'series')}.",
    rose="{name} rose from {before} to {after}, {ago}.",
    fell="{name} fell from {before} to {after}, {ago}.",
    ago="{duration} before the end",
    ago_values=lambda values: f"{count(values, 'value', 'values')} before the end",
    departed=_departed,
    trend_up="{name} rises steadily, from {first} to {last}.",
    trend_down="{name} falls steadily, from {first} to {last}.",
    above="{name} is {value}, above the usual {usual}.",
    below="{name} is {value}, below the usual {usual}.",
    full="{name} is at {share} of its limit.",
    left="If it goes on like this, {name} reaches its limit in {duration}.",
    left_values=lambda values: count(values, "value", "values"),
    leads="{source} moves {lag} before {target} and helps to foretell it (correlation {correlation}).",
    both="{source} moves {lag} before {target} (correlation {correlation}), and each helps to foretell the other: they "
    "may form a loop, or something else may move both.",
    follows="{target} follows {source} by {lag} (correlation {correlation}), which does not help to foretell it.",
    together="{source} and {target} move at the same time (correlation {correlation}): one may move the other, or "
    "something else both.",
    after="{duration}",
    after_values=lambda values: count(values, "value", "values"),
    first="{name} changed first; {others} changed soon after. What changes first may be the cause, but need not be.",
    alone="{name} changed first; nothing else changed soon after.",
    may="It may be a cause; that is no proof, for something that was not measured may move both.",
    code_change="{name}: {before} → {after}, {ago}.",
    code_lead="{source} → {target}: {lag}, r = {correlation}.",
    notes={
        SeriesNote.TOO_SHORT: "{name} has too few values to be looked into.",
        SeriesNote.GAPS: "{name} has gaps; they were left out.",
        SeriesNote.NO_BASELINE: "{name} has no baseline; it is compared with itself alone.",
        SeriesNote.TOO_SHORT_TO_RELATE: "The series are too short to find out which moves first.",
    },
    for_role={
        Role.DEVOPS: "What changes first is where to look first; it need not be the cause.",
        Role.SECURITY: "The series alone do not tell ordinary load from a flood.",
        Role.DEVELOPER: "A change at the time of a release points to code; one without it points to load or data.",
        Role.SUPPORT: "What users notice is not among the measurements unless a series measures it.",
        Role.MANAGEMENT: "Whether users or obligations are touched does not follow from the series alone.",
    },
    steps={
        Role.DEVOPS: (
            "Look at releases, configuration and traffic at the time of the first change.",
            "Check the series named as a possible cause first; where it is a resource, give it more room.",
            "Compare with another instance or region that did not change.",
        ),
        Role.SECURITY: (
            "Compare the changed series with sign-ins and traffic by address at the same time.",
            "Rule out a flood before capacity is added.",
        ),
        Role.DEVELOPER: (
            "Profile the code path behind the series that moves first, before and after its change.",
            "Reproduce the load in a test and see whether the lag between the series comes again.",
        ),
        Role.SUPPORT: (
            "Tell those who ask that the system is being looked at; promise no times.",
            "Pass on when users noticed it, so that it can be matched with the measurements.",
        ),
        Role.MANAGEMENT: (
            "Make sure that somebody owns the cause, not only the symptom.",
            "Ask whether a planned release or campaign falls into the same time.",
        ),
    },
    no_steps={
        Role.DEVOPS: ("Keep these series as a baseline for the next comparison.",),
        Role.SECURITY: ("No measure is needed because of these series.",),
        Role.DEVELOPER: ("Measure a longer time or at shorter steps if a fault is felt all the same.",),
        Role.SUPPORT: ("Ask those who complain for the time and place; these series show nothing.",),
        Role.MANAGEMENT: ("Nothing needs to be decided because of these series.",),
    },
)
