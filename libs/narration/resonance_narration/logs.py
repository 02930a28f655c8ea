"""What a log says, in words: what was looked at, how grave it is and why, likely causes, and what to do by role."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resonance_narration.facts import Language, Role
from resonance_narration.telling import paragraph

LONGEST_TEMPLATE: Final = 160
MOST_CAUSES: Final = 3


@dataclass(frozen=True, slots=True)
class LogCause:
    """A template that is likely behind what went wrong.

    Attributes:
        template: Its text.
        count: Entries.
        level: "trace" to "critical"; empty where none says any.
        new_since: When it first came, where it is new; empty where no entry has a time; None where it is not new.
        burst: Start, end, entries and those that would be usual; None without a burst.
    """

    template: str
    count: int
    level: str = ""
    new_since: str | None = None
    burst: tuple[str, str, int, float] | None = None


@dataclass(frozen=True, slots=True)
class LogFacts:
    """What is said of a log.

    Attributes:
        entries, templates: How many there are.
        first, last: Earliest and latest time as it is to be written; empty without times.
        errors, warnings: Entries at these levels; None where no entry says a level.
        new, rare: Templates.
        severity: "low", "medium", "high" or "critical".
        rule: The clause of the rule that gave it, a key of `LogPhrases.rules`.
        causes: The likeliest first.
    """

    entries: int
    templates: int
    first: str
    last: str
    errors: int | None
    warnings: int | None
    new: int
    rare: int
    severity: str
    rule: str
    causes: Sequence[LogCause]


@dataclass(frozen=True, slots=True)
class LogPhrases:
    """What a language brings; names in braces are filled in.

    Attributes:
        entries, templates: A number of them.
        number: A bare number.
        severities: At the beginning of a title.
        title, title_without: With errors, and without any.
        looked, looked_in_time: What was looked at.
        levels, no_levels: Entries by level.
        unusual: New and rare templates.
        rules: Why it is so grave.
        cause, causes, no_cause: Likely causes.
        told: A cause: its template and the parts of its evidence.
        level, new, new_since, burst: Parts.
        for_role: What each role should know where there are likely causes, a sentence.
        steps: By role and by what there is: "burst", "new", "error", "none".
    """

    entries: Callable[[int], str]
    templates: Callable[[int], str]
    number: Callable[[float], str]
    severities: Mapping[str, str]
    title: str
    title_without: str
    looked: str
    looked_in_time: str
    levels: str
    no_levels: str
    unusual: str
    rules: Mapping[str, str]
    cause: str
    causes: str
    no_cause: str
    told: str
    level: str
    new: str
    new_since: str
    burst: str
    for_role: Mapping[Role, str]
    steps: Mapping[Role, Mapping[str, str]]


def tell_log(facts: LogFacts, language: Language, role: Role) -> tuple[str, str, Sequence[str]]:
    """Title, summary and steps, a function of the facts alone."""
    phrases = _phrases(language)
    return _title(facts, phrases), _summary(facts, phrases, language, role), _steps(facts, phrases.steps[role])


def tell_log_rule(rule: str, language: Language) -> str:
    """Why a log is as grave as it is: one sentence."""
    return _phrases(language).rules[rule]


def tell_log_cause(cause: LogCause, language: Language) -> str:
    """A likely cause with its evidence, without an end."""
    phrases = _phrases(language)
    parts = [phrases.entries(cause.count)]
    if cause.level:
        parts.append(phrases.level.format(level=cause.level))
    if cause.new_since is not None:
        parts.append(phrases.new_since.format(time=cause.new_since) if cause.new_since else phrases.new)
    if cause.burst is not None:
        start, end, count, expected = cause.burst
        usual = phrases.number(expected)
        parts.append(phrases.burst.format(start=start, end=end, entries=phrases.entries(count), usual=usual))
    text = cause.template
    if len(text) > LONGEST_TEMPLATE:
        text = text[: LONGEST_TEMPLATE - 1] + "…"
    return phrases.told.format(template=text, evidence=", ".join(parts))


def _phrases(language: Language) -> LogPhrases:
    from resonance_narration.en.logs import LOGS as ENGLISH
    from resonance_narration.ru.logs import LOGS as RUSSIAN

    return {Language.ENGLISH: ENGLISH, Language.RUSSIAN: RUSSIAN}[language]


def _title(facts: LogFacts, phrases: LogPhrases) -> str:
    title = phrases.title if facts.errors else phrases.title_without
    errors, entries = phrases.number(facts.errors or 0), phrases.entries(facts.entries)
    return title.format(severity=phrases.severities[facts.severity], errors=errors, entries=entries)


def _summary(facts: LogFacts, phrases: LogPhrases, language: Language, role: Role) -> str:
    """What each role needs: templates are for those who read logs, reasons of the severity for those who decide."""
    looked, levels, unusual = _looked(facts, phrases), _levels(facts, phrases), _unusual(facts, phrases)
    rule, causes = phrases.rules[facts.rule], _causes(facts, phrases, language)
    lines = {
        Role.DEVOPS: (looked, levels, unusual, rule, causes),
        Role.SECURITY: (looked, unusual, rule, causes),
        Role.DEVELOPER: (looked, levels, unusual, causes),
        Role.SUPPORT: (levels, rule),
        Role.MANAGEMENT: (rule,),
    }[role]
    return paragraph(*lines, phrases.for_role[role] if facts.causes else "")


def _looked(facts: LogFacts, phrases: LogPhrases) -> str:
    looked = phrases.looked_in_time if facts.first else phrases.looked
    entries, templates = phrases.entries(facts.entries), phrases.templates(facts.templates)
    return looked.format(entries=entries, templates=templates, first=facts.first, last=facts.last)


def _levels(facts: LogFacts, phrases: LogPhrases) -> str:
    if facts.errors is None or facts.warnings is None:
        return phrases.no_levels
    return phrases.levels.format(errors=phrases.number(facts.errors), warnings=phrases.number(facts.warnings))


def _unusual(facts: LogFacts, phrases: LogPhrases) -> str:
    if not facts.new and not facts.rare:
        return ""
    return phrases.unusual.format(new=phrases.number(facts.new), rare=phrases.number(facts.rare))


def _causes(facts: LogFacts, phrases: LogPhrases, language: Language) -> str:
    causes = [tell_log_cause(cause, language) for cause in facts.causes[:MOST_CAUSES]]
    frame = phrases.no_cause if not causes else phrases.cause if len(causes) == 1 else phrases.causes
    return frame.format(causes="; ".join(causes))


def _steps(facts: LogFacts, steps: Mapping[str, str]) -> Sequence[str]:
    found = {
        "burst": any(cause.burst is not None for cause in facts.causes),
        "new": any(cause.new_since is not None for cause in facts.causes),
        "error": bool(facts.causes),
    }
    return [steps[name] for name, there in found.items() if there] or [steps["none"]]
