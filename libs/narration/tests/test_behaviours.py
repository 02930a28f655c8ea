"""Kinds of users get names from their traits: in words, no two the same, whatever order they come in."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_contracts.features import BY_NAME, FEATURE_NAMES
from resonance_narration import BehaviourFacts, Language, Trait, name_behaviours
from resonance_narration.languages import voice_of

MANY, LARGE = Trait("messages_per_minute", True), Trait("avg_message_size", True)


def kind(*traits: Trait, apart: str = "messages_per_minute", value: float = 1.0) -> BehaviourFacts:
    return BehaviourFacts(traits, apart, value)


def test_names_are_the_traits_in_words() -> None:
    kinds = [kind(), kind(MANY, LARGE), kind(Trait("login_intervals", False))]
    assert name_behaviours(kinds, "en") == ("ordinary", "many messages, large messages", "frequent logins")
    assert name_behaviours(kinds, "ru") == ("обычные", "много сообщений, большие сообщения", "частые входы")


def test_kinds_with_the_same_traits_are_told_apart_by_a_value() -> None:
    kinds = [kind(MANY, value=12.0), kind(LARGE), kind(MANY, value=80.0)]
    assert name_behaviours(kinds, "en") == (
        "many messages (12 messages a minute)",
        "large messages",
        "many messages (80 messages a minute)",
    )
    assert name_behaviours(kinds[::2], "ru") == ("много сообщений (12 сообщений в минуту)",
                                            "много сообщений (80 сообщений в минуту)")  # fmt: skip
    near = [kind(MANY, value=12.01), kind(MANY, value=12.02)]
    assert name_behaviours(near, "en") == (
        "many messages (12.01 messages a minute)",
        "many messages (12.02 messages a minute)",
    )
    assert name_behaviours([kind(MANY), kind(MANY)], "en") == ("many messages (1)", "many messages (2)")


@pytest.mark.parametrize("language", list(Language))
def test_every_feature_has_words_of_its_own_for_much_and_for_little(language: Language) -> None:
    features = voice_of(language).features
    said = [words for name in FEATURE_NAMES for words in (features[name].much, features[name].little)]
    assert len(set(said)) == len(said)
    for words in said:
        assert words == words.strip().lower() and "," not in words
        assert bool(re.search("[а-я]", words)) is (language is Language.RUSSIAN)


_traits = st.lists(
    st.builds(Trait, st.sampled_from(FEATURE_NAMES), st.booleans()), max_size=3, unique_by=lambda trait: trait.name
).map(tuple)


@st.composite
def _kinds(draw: st.DrawFn) -> list[BehaviourFacts]:
    apart = draw(st.sampled_from(FEATURE_NAMES))
    lower, upper = BY_NAME[apart].lower, min(BY_NAME[apart].upper, 1e6)
    values = st.floats(lower, upper) | st.just(lower)
    return draw(st.lists(st.builds(BehaviourFacts, _traits, st.just(apart), values), max_size=8))


@given(_kinds(), st.sampled_from(list(Language)), st.integers(0, 1000))
def test_no_two_names_are_the_same_and_the_order_does_not_matter(
    kinds: list[BehaviourFacts], language: Language, seed: int
) -> None:
    names = name_behaviours(kinds, language)
    assert len(set(names)) == len(kinds)
    shuffled = list(range(len(kinds)))
    random.Random(seed).shuffle(shuffled)
    again = name_behaviours([kinds[i] for i in shuffled], language)
    for i, name in zip(shuffled, again, strict=True):
        assert name == names[i] or re.fullmatch(r".*\(\d\)", name), "only those that cannot be told apart are numbered"
