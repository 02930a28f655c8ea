"""Any model's answer in words, what would change it, and how far to trust what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Final

from resonance_narration.asked_phrases import AskedPhrases
from resonance_narration.facts import FeatureFact, Reference, Text, Unit
from resonance_narration.languages import voice_of
from resonance_narration.numbers import adding_up, fixed, render, signed
from resonance_narration.telling import joined, paragraph, telling_apart
from resonance_narration.voice import Voice

_MOST_CAUSES: Final = 3
_MOST_CHANGES: Final = 3
_WORTH_NAMING: Final = 0.05


@dataclass(frozen=True, slots=True)
class OutputFacts:
    """What a model says of a row.

    Attributes:
        output: What the number is called, as the class of a classifier.
        unit: PROBABILITY or SCORE.
        value, base: The number of the row, and of what it is compared with.
        features: Of the row, largest absolute attribution first; their references are set.
        reference: What it is compared with.
        method: "shapley-enumeration" or "shapley-sampling".
        bound, confidence: How far attributions may be from the exact ones, and how sure that is.
        residual: What they miss of value less base.
    """

    output: str
    unit: Unit
    value: float
    base: float
    features: tuple[FeatureFact, ...]
    reference: Reference
    method: str
    bound: float
    confidence: float
    residual: float


@dataclass(frozen=True, slots=True)
class ChangeFact:
    """A value that would be another one."""

    name: str
    now: float
    value: float


@dataclass(frozen=True, slots=True)
class SuggestionFacts:
    """What would have to be different.

    Attributes:
        goal: "ordinary" or "class".
        suggestions: Each a set of changes, any of which is enough; may be empty.
        needed: Whether there was anything to change.
        partial: Whether there was no time to look for all.
        scored: Whether there is a model that could be asked.
    """

    goal: str
    suggestions: tuple[tuple[ChangeFact, ...], ...]
    needed: bool = True
    partial: bool = False
    scored: bool = True


def tell_output(facts: OutputFacts, language: str) -> Text:
    """The technical and the natural text in "en" or "ru". Raises UnknownLanguage."""
    voice = voice_of(language)
    return Text(_technical(voice, facts), _natural(voice, facts))


def tell_suggestions(facts: SuggestionFacts, language: str) -> str:
    """One sentence: with what values it would be otherwise, or that there are none. Raises UnknownLanguage.

    Suggestions of many changes are left out where there are others, and all but the first where there are none.
    """
    voice = voice_of(language)
    phrases = voice.asked
    if not facts.scored:
        return phrases.no_model
    if not facts.needed:
        return phrases.no_need
    if not facts.suggestions:
        return phrases.no_time if facts.partial else phrases.no_way[facts.goal]
    short = [changes for changes in facts.suggestions if len(changes) <= _MOST_CHANGES] or list(facts.suggestions[:1])
    said = [joined(voice, [_change(voice, one) for one in changes]) for changes in short]
    return phrases.goal[facts.goal].format(suggestions=phrases.or_else.join(said))


def tell_trust(
    language: str,
    *,
    differs: tuple[float, float] | None = None,
    poor_fit: float | None = None,
    cut_short: Sequence[str] = (),
) -> str:
    """What to keep in mind; "" where there is nothing.

    Args:
        language: "en" or "ru".
        differs: Rank correlation and share of equal signs with LIME, where they are low.
        poor_fit: R² of LIME's line, where it is low.
        cut_short: What there was no time for: "shap", "lime", "counterfactual", "plots", "tree".
    """
    voice = voice_of(language)
    phrases, number = voice.asked, voice.grammar.number
    return paragraph(
        phrases.differs.format(rank=number(differs[0]), sign=voice.grammar.percent(differs[1])) if differs else "",
        phrases.poor_fit.format(r2=number(poor_fit)) if poor_fit is not None else "",
        phrases.cut_short.format(parts=", ".join(phrases.parts[part] for part in cut_short)) if cut_short else "",
    )


def _change(voice: Voice, change: ChangeFact) -> str:
    phrases, words = voice.asked, voice.features.get(change.name)
    if words is None:
        number = voice.grammar.number
        extra = telling_apart(number, change.value, change.now) or 0
        return phrases.change_named.format(
            label=change.name, value=number(change.value, max(extra, 1)), now=number(change.now, max(extra, 1))
        )
    extra = telling_apart(words.short, change.value, change.now) or 0
    named = phrases.change_named if words.value is words.short else phrases.change
    return named.format(label=words.label, value=words.value(change.value, extra), now=words.short(change.now, extra))


def _natural(voice: Voice, facts: OutputFacts) -> str:
    phrases, number = voice.asked, voice.grammar.number
    say = voice.grammar.percent if facts.unit is Unit.PROBABILITY else number
    extra = telling_apart(say, facts.value, facts.base) or 0
    said = phrases.said[facts.unit].format(
        output=facts.output,
        value=say(facts.value, extra),
        base=say(facts.base, extra),
        against=phrases.against[facts.reference],
    )
    return paragraph(said, _causes(voice, phrases, facts))


def _causes(voice: Voice, phrases: AskedPhrases, facts: OutputFacts) -> str:
    up = facts.value >= facts.base
    largest = max((abs(f.attribution) for f in facts.features), default=0.0)
    if largest == 0.0:
        return phrases.alike
    chosen = [f for f in facts.features if (f.attribution > 0) == up and abs(f.attribution) >= _WORTH_NAMING * largest]
    if not chosen:
        return ""
    causes = joined(voice, [_cause(voice, f) for f in chosen[:_MOST_CAUSES]])
    return (phrases.raised if up else phrases.lowered).format(causes=causes)


def _cause(voice: Voice, fact: FeatureFact) -> str:
    number, reference = voice.grammar.number, fact.reference if fact.reference is not None else 0.0
    extra = telling_apart(number, fact.value, reference) or 0
    return voice.asked.cause.format(
        name=fact.name,
        value=number(fact.value, extra),
        reference=number(reference, extra),
        attribution=signed(render(fact.attribution, voice.grammar.style)),
    )


def _technical(voice: Voice, facts: OutputFacts) -> str:
    phrases, style = voice.asked, voice.grammar.style
    shown = [f for f in facts.features if f.attribution != 0]
    written, score = adding_up(
        [facts.base, *(f.attribution for f in shown)], facts.value, _places(facts.value - facts.base)
    )
    base, *said = (fixed(text, style) for text in written)
    terms = " ".join(f"{signed(s)[0]} {f.name} {signed(s)[1:]}" for f, s in zip(shown, said, strict=True))
    lines = [phrases.method[facts.method].format(reference=phrases.compared[facts.reference])]
    if facts.confidence < 1:
        lines.append(
            phrases.bound.format(
                bound=voice.grammar.number(facts.bound), confidence=voice.grammar.percent(facts.confidence)
            )
        )
    residual = fixed(f"{facts.residual:.0e}" if facts.residual else "0", style)
    lines.append(phrases.sum.format(score=fixed(score, style), base=base, terms=terms, residual=residual))
    for fact, text in zip(shown, said, strict=True):
        number, reference = voice.grammar.number, fact.reference if fact.reference is not None else 0.0
        lines.append(
            phrases.column.format(
                name=fact.name, value=number(fact.value, 1), reference=number(reference, 1), attribution=signed(text)
            )
        )
    return "\n".join(lines)


def _places(difference: float) -> int:
    """Decimal places that leave about four digits of a difference."""
    return 4 if difference == 0 else int(min(max(3 - int(log10(abs(difference)) // 1), 0), 12))


def name_column(name: str, language: str) -> str:
    """A name for a picture: the words for a feature of the catalogue, else the name itself. Raises UnknownLanguage."""
    words = voice_of(language).features.get(name)
    if words is None:
        return name
    label = words.label.removeprefix("the ")
    return label[:1].upper() + label[1:]


def say_value(name: str, value: float, language: str) -> str:
    """A value for a picture, as short as can be. Raises UnknownLanguage."""
    voice = voice_of(language)
    words = voice.features.get(name)
    return words.short(value, 1) if words else voice.grammar.number(value, 1)


def say_number(value: float, language: str, *, sign: bool = False) -> str:
    """A number in the language's notation, with its sign always where asked. Raises UnknownLanguage."""
    voice = voice_of(language)
    text = render(value, voice.grammar.style)
    return signed(text) if sign else text
