"""Names of kinds of users, from what sets them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resonance_narration.facts import BehaviourFacts
from resonance_narration.languages import voice_of
from resonance_narration.voice import Voice

_MOST_EXTRA_PLACES: Final = 3


def name_behaviours(kinds: Sequence[BehaviourFacts], language: str) -> tuple[str, ...]:
    """A name for each, in "en" or "ru", no two the same: "many messages, large messages".

    A name is made of the kind's traits alone. Where several have the same traits, what tells them apart is said too,
    in brackets: "many messages (40 messages a minute)"; where even that reads the same, they are numbered.

    Raises:
        UnknownLanguage: The language is none of those.
    """
    voice = voice_of(language)
    names = [_traits(voice, kind) for kind in kinds]
    for name in sorted({name for name in names if names.count(name) > 1}):
        same = [i for i, one in enumerate(names) if one == name]
        for i, told in zip(same, _told_apart(voice, name, [kinds[i] for i in same]), strict=True):
            names[i] = told
    return tuple(names)


def _traits(voice: Voice, kind: BehaviourFacts) -> str:
    words = [voice.features[trait.name] for trait in kind.traits]
    said = [word.much if trait.more else word.little for word, trait in zip(words, kind.traits, strict=True)]
    return ", ".join(said) or voice.phrases.ordinary_behaviour


def _told_apart(voice: Voice, name: str, kinds: Sequence[BehaviourFacts]) -> list[str]:
    for extra in range(_MOST_EXTRA_PLACES + 1):
        told = [f"{name} ({voice.features[one.apart].value(one.value, extra)})" for one in kinds]
        if len(set(told)) == len(told):
            return told
    return [f"{name} ({number})" for number in range(1, len(kinds) + 1)]
