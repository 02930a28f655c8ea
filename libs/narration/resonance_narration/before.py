"""What the vectors before add to a surprise, in words: which of them, and which way."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum
from typing import Final

from resonance_narration.facts import StepFact, WindowFact
from resonance_narration.numbers import adding_up, fixed, signed
from resonance_narration.voice import Voice

_PLACES: Final = 2
_MADE_IT: Final = 0.5
"""Share of the rise over the base from which on the vectors before are what made the vector surprising."""

_EASED_IT: Final = 0.5
"""Share of what the vector is by itself from which on it is told that they took so much away."""

_NEARLY_ALL: Final = 0.8


def technical_lines(voice: Voice, told: WindowFact) -> Iterator[str]:
    """One sum over the vectors before, and one over their features; what would be written as 0 is left out."""
    phrases, style = voice.phrases, voice.grammar.style
    for phrase, names, shares in (
        (phrases.technical_before, *_by_step(voice, told)),
        (phrases.technical_before_features, *_by_feature(told)),
    ):
        (base, vector, *written), score = adding_up([told.base, told.vector, *shares], told.score, _PLACES)
        said = [(name, signed(fixed(text, style))) for name, text in zip(names, written, strict=True) if float(text)]
        own = signed(fixed(vector, style))
        yield phrase.format(
            name=told.of,
            score=fixed(score, style),
            base=fixed(base, style),
            vector=f"{own[0]} {phrases.technical_itself} {own[1:]}",
            terms="".join(f" {size[0]} {name} {size[1:]}" for name, size in said),
        )
    if told.sampled:
        yield phrases.technical_before_bound.format(bound=fixed(f"{told.error_bound:.2g}", style))


def plain_sentence(voice: Voice, told: WindowFact) -> str:
    """Which of the vectors before made the vector surprising, or made it less so; "" where they hardly did."""
    total = fsum(step.attribution for step in told.steps)
    if total >= _MADE_IT * (told.score - told.base) > 0.0:
        return voice.phrases.before_made_it.format(which=_which(voice, told.steps, 1.0))
    if -total >= _EASED_IT * told.vector > 0.0:
        return voice.phrases.before_eased_it.format(which=_which(voice, told.steps, -1.0))
    return ""


def _by_step(voice: Voice, told: WindowFact) -> tuple[list[str], list[float]]:
    newest_first = told.steps[::-1]
    return [voice.grammar.before(step.before) for step in newest_first], [step.attribution for step in newest_first]


def _by_feature(told: WindowFact) -> tuple[list[str], list[float]]:
    return [one.name for one in told.features], [one.attribution for one in told.features]


def _which(voice: Voice, steps: tuple[StepFact, ...], sign: float) -> str:
    """The one that adds nearly all there is with this sign, or as many of the last as do together."""
    phrases, shares = voice.phrases, {step.before: max(sign * step.attribution, 0.0) for step in steps}
    enough = _NEARLY_ALL * fsum(shares.values())
    most = max(shares, key=lambda before: (shares[before], -before))
    if shares[most] >= enough:
        return phrases.right_before if most == 1 else phrases.one_before.format(ordinal=voice.grammar.ordinal(most))
    last = next(n for n in sorted(shares) if fsum(shares[i] for i in shares if i <= n) >= enough)
    return voice.grammar.last_before(last)
