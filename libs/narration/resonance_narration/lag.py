"""A player's lag in words: where it comes from, how sure that is, and what can be done. No person is blamed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from resonance_narration.en.lag import PHRASES as ENGLISH
from resonance_narration.facts import AlertWords, Language, Role
from resonance_narration.lag_phrases import (
    LagDoubt,
    LagGroup,
    LagMeasure,
    LagParty,
    LagPhrases,
    LagPlace,
    LagSubject,
)
from resonance_narration.languages import role_of, voice_of
from resonance_narration.ru.lag import PHRASES as RUSSIAN
from resonance_narration.telling import joined, paragraph, telling_apart
from resonance_narration.voice import Voice

_PHRASES: Final[Mapping[str, LagPhrases]] = {Language.ENGLISH: ENGLISH, Language.RUSSIAN: RUSSIAN}
_ALIKE: Final = 10
"""Hundredths by which the largest share must lead the next to be named alone."""
_SURE: Final = 0.7
_UNSURE: Final = 0.4
_MOST_STEPS: Final = 4
_SUBJECTS: Final = {
    LagParty.CLIENT: LagSubject.DEVICE,
    LagParty.ACCESS: LagSubject.OUTSIDE,
    LagParty.ROUTE: LagSubject.OUTSIDE,
    LagParty.SERVER: LagSubject.OURS,
    LagParty.SERVICE: LagSubject.OURS,
}


@dataclass(frozen=True, slots=True)
class LagFacts:
    """Where a player's lag comes from.

    Attributes:
        lag_ms: Lag out of the ordinary.
        shares: Hundredths by party, the largest first; empty where nothing is out of the ordinary.
        confidence: 0 to 1.
        measures: What is out of the ordinary: measure, value, and what is usual of it.
        groups: Others who were compared with: group, players, whether they have it too.
        doubts: With the measure or the group that each is about, or "".
    """

    lag_ms: float
    shares: tuple[tuple[LagParty, int], ...]
    confidence: float
    measures: tuple[tuple[LagMeasure, float, float], ...] = ()
    groups: tuple[tuple[LagGroup, int, bool], ...] = ()
    doubts: tuple[tuple[LagDoubt, str], ...] = ()

    @property
    def close(self) -> bool:
        """Whether the two largest shares can hardly be told apart."""
        return len(self.shares) > 1 and self.shares[0][1] - self.shares[1][1] < _ALIKE


@dataclass(frozen=True, slots=True)
class LagWords:
    """The words, what they rest on, and what is missing."""

    words: AlertWords
    causes: tuple[str, ...]
    notes: tuple[str, ...]


def tell_lag(facts: LagFacts, language: str, role: str) -> LagWords:
    """A player's lag for one reader in "en" or "ru"; the same facts always give the same words.

    Raises:
        UnknownLanguage, UnknownRole: They are none of those.
    """
    voice, reader, phrases = voice_of(language), role_of(role), _PHRASES[language]
    causes = (*_measured(voice, phrases, facts), *_compared(phrases, facts)) if facts.shares else ()
    notes = tuple(_doubt(phrases, doubt, about) for doubt, about in facts.doubts)
    words = AlertWords(
        _title(voice, phrases, facts), _summary(voice, phrases, facts, reader), _steps(facts, language, reader)
    )
    return LagWords(words, causes, notes)


def _title(voice: Voice, phrases: LagPhrases, facts: LagFacts) -> str:
    if not facts.shares:
        return phrases.nothing
    (party, share), (other, _) = facts.shares[:2]
    if facts.close:
        return phrases.either.format(
            one=phrases.places[_place(facts, party)], other=phrases.places[_place(facts, other)]
        )
    return phrases.mostly.format(party=phrases.places[_place(facts, party)], share=voice.grammar.percent(share / 100))


def _summary(voice: Voice, phrases: LagPhrases, facts: LagFacts, role: Role) -> str:
    sure = _sure(voice, phrases, facts)
    if not facts.shares:
        return paragraph(phrases.nothing_told, sure)
    extra = phrases.extra.format(ms=voice.grammar.number(facts.lag_ms))
    told = [(party, share) for party, share in facts.shares if share]
    shares = phrases.shares.format(
        shares=joined(
            voice,
            [
                phrases.share.format(
                    party=phrases.places[_place(facts, party)], share=voice.grammar.percent(share / 100)
                )
                for party, share in told
            ],
        )
    )
    code = phrases.code.format(shares=", ".join(f"{p} = {voice.grammar.number(s / 100)}" for p, s in told))
    lines = {
        Role.SUPPORT: (extra, shares, sure, phrases.no_verdict),
        Role.DEVOPS: (extra, shares, *_measured(voice, phrases, facts), *_compared(phrases, facts), sure),
        Role.DEVELOPER: (code, *_measured(voice, phrases, facts), sure),
        Role.SECURITY: (shares, *_compared(phrases, facts), sure),
        Role.MANAGEMENT: (shares, phrases.no_verdict),
    }[role]
    return paragraph(*lines)


def _sure(voice: Voice, phrases: LagPhrases, facts: LagFacts) -> str:
    said = (
        phrases.sure if facts.confidence >= _SURE else phrases.unsure if facts.confidence >= _UNSURE else phrases.guess
    )
    return said.format(confidence=voice.grammar.percent(facts.confidence))


def _measured(voice: Voice, phrases: LagPhrases, facts: LagFacts) -> list[str]:
    return [_measure(voice, phrases, measure, value, usual) for measure, value, usual in facts.measures]


def _measure(voice: Voice, phrases: LagPhrases, measure: LagMeasure, value: float, usual: float) -> str:
    say = voice.grammar.percent if measure is LagMeasure.LOSS else voice.grammar.number
    line = phrases.loss if measure is LagMeasure.LOSS else phrases.value
    extra = telling_apart(say, value, usual) or 0
    return line.format(measure=phrases.measures[measure], value=say(value, extra), usual=say(usual, extra))


def _compared(phrases: LagPhrases, facts: LagFacts) -> list[str]:
    return [(phrases.have_it if have else phrases.have_it_not)(group, players) for group, players, have in facts.groups]


def _doubt(phrases: LagPhrases, doubt: LagDoubt, about: str) -> str:
    if doubt is LagDoubt.MISSING:
        return phrases.missing[LagMeasure(about)]
    if doubt is LagDoubt.FEW_NEIGHBOURS:
        return phrases.few[LagGroup(about)]
    return phrases.doubts[doubt]


def _place(facts: LagFacts, party: LagParty) -> LagPlace:
    """The access network is the player's own line where its other players do not have it."""
    if party is not LagParty.ACCESS:
        return LagPlace(party)
    shared = next((have for group, _, have in facts.groups if group is LagGroup.ACCESS), None)
    return LagPlace.ACCESS if shared is None else LagPlace.PROVIDER if shared else LagPlace.OWN_LINE


def _steps(facts: LagFacts, language: str, role: Role) -> tuple[str, ...]:
    phrases = _PHRASES[language]
    if not facts.shares:
        return phrases.steps[role][LagSubject.NOTHING]
    if role is Role.SUPPORT:
        # What every place of at least a quarter can have done about it, the largest first.
        named = [_place(facts, party) for party, share in facts.shares if share >= 25] or [
            _place(facts, facts.shares[0][0])
        ]
        return tuple(dict.fromkeys(step for place in named for step in phrases.support[place]))[:_MOST_STEPS]
    leading = facts.shares[: 2 if facts.close else 1]
    subjects = dict.fromkeys(_SUBJECTS[party] for party, _ in leading)
    return tuple(step for subject in subjects for step in phrases.steps[role][subject])[:_MOST_STEPS]
