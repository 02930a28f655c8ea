"""What is told of series and of lag, whole in both languages and for every reader."""

from __future__ import annotations

import re
from itertools import combinations, product

import pytest

from resonance_narration import (
    ChangedFact,
    DepartedFact,
    LagDoubt,
    LagFacts,
    LagGroup,
    LagMeasure,
    LagParty,
    Language,
    LevelFact,
    PerformanceFacts,
    RelatedFact,
    Role,
    SeriesNote,
    TrendFact,
    UnknownLanguage,
    UnknownRole,
    tell_lag,
    tell_performance,
)

BLAMES = re.compile(r"\b(fault|guilty|blame|attacker|cheat\w*|виноват\w*|винов\w*|мошенник\w*)\b", re.IGNORECASE)
SERIES = PerformanceFacts(
    3,
    ("cpu", "latency"),
    (ChangedFact("cpu", 0.4, 0.9, 30, 1_800), ChangedFact("latency", 91.0, 40.0, 25)),
    (DepartedFact("latency", 200.0, 40.0, 3), DepartedFact("cpu", 0.1, 0.4, 1)),
    (TrendFact("disk", 10.0, 80.0), TrendFact("free", 80.0, 10.0)),
    (LevelFact("disk", 93.0, 50.0, 0.93, 7.0, 420.0), LevelFact("queue", 3.0, 5.0, None, 4.0)),
    (
        RelatedFact("cpu", "latency", 5, 0.61, leads=True, both_ways=False, lag_s=300.0),
        RelatedFact("disk", "latency", 2, -0.4, leads=True, both_ways=True),
        RelatedFact("a", "b", 1, 0.4, leads=False, both_ways=False),
        RelatedFact("c", "d", 0, 0.4, leads=False, both_ways=False),
    ),
    ("cpu",),
    ("cpu", ("latency",)),
    tuple((note, "cpu") for note in SeriesNote),
)


def lag(*shares: tuple[LagParty, int], confidence: float = 0.8, shared: bool = False) -> LagFacts:
    rest = [(party, 0) for party in LagParty if party not in dict(shares)]
    return LagFacts(
        120.0,
        (*shares, *rest) if shares else (),
        confidence,
        ((LagMeasure.ROUND_TRIP, 140.0, 40.0), (LagMeasure.LOSS, 0.03, 0.001)),
        ((LagGroup.ACCESS, 5, shared), (LagGroup.SERVER, 1, False)),
        tuple(
            [(LagDoubt.MISSING, str(m)) for m in LagMeasure]
            + [(LagDoubt.FEW_NEIGHBOURS, str(g)) for g in LagGroup]
            + [(d, "") for d in LagDoubt if d not in (LagDoubt.MISSING, LagDoubt.FEW_NEIGHBOURS)]
        ),
    )


@pytest.mark.parametrize(("language", "role", "notable"), list(product(Language, Role, [True, False])))
def test_series_are_told_to_every_reader_within_bounds(language: Language, role: Role, notable: bool) -> None:
    told = tell_performance(SERIES if notable else PerformanceFacts(3, ()), language, role)
    lines = [told.words.summary, *told.words.recommendations, *told.causes, *told.notes]
    assert all(line[-1] == "." and len(line) <= 1_500 and "{" not in line and "  " not in line for line in lines)
    assert all(bool(re.search("[а-яё]", line)) == (language is Language.RUSSIAN) for line in lines if "→" not in line)
    assert 1 <= len(told.words.recommendations) <= 6 and len(told.words.title) <= 160
    assert bool(told.causes) is notable


@pytest.mark.parametrize(("language", "role", "party"), list(product(Language, Role, [None, *LagParty])))
def test_lag_is_told_to_every_reader_within_bounds_and_blames_nobody(
    language: Language, role: Role, party: LagParty | None
) -> None:
    for confidence, shared in product((0.2, 0.5, 0.9), (True, False)):
        told = tell_lag(lag(*([(party, 100)] if party else []), confidence=confidence, shared=shared), language, role)
        lines = [told.words.summary, *told.words.recommendations, *told.causes, *told.notes]
        assert all(line[-1] == "." and len(line) <= 1_500 and "{" not in line for line in lines)
        assert 1 <= len(told.words.recommendations) <= 6 and len(told.words.title) <= 160
        assert not BLAMES.search("\n".join([told.words.title, *lines]))
        assert bool(told.causes) is (party is not None)


@pytest.mark.parametrize(("language", "party"), list(product(Language, [None, *LagParty])))
def test_no_two_readers_get_the_same_advice_on_lag(language: Language, party: LagParty | None) -> None:
    facts = lag(*([(party, 100)] if party else []))
    for one, other in combinations([tell_lag(facts, language, role).words for role in Role], 2):
        assert not set(one.recommendations) & set(other.recommendations)


@pytest.mark.parametrize("language", list(Language))
def test_no_two_readers_get_the_same_advice_on_series(language: Language) -> None:
    for facts in (SERIES, PerformanceFacts(3, ())):
        steps = [tell_performance(facts, language, role).words.recommendations for role in Role]
        assert len({step for own in steps for step in own}) == sum(map(len, steps))


def test_the_access_network_is_the_players_own_where_its_others_do_not_have_it() -> None:
    own, provider = (lag((LagParty.ACCESS, 100), shared=shared) for shared in (False, True))
    assert tell_lag(own, "en", "support").words.title == "Lag: most likely the player's home network or line (100%)"
    assert "provider's access network" in tell_lag(provider, "en", "support").words.title
    assert "домашняя сеть или линия" in tell_lag(own, "ru", "support").words.title


def test_two_that_can_hardly_be_told_apart_are_both_named() -> None:
    close, clear = lag((LagParty.ROUTE, 52), (LagParty.SERVER, 48)), lag((LagParty.ROUTE, 80), (LagParty.SERVER, 20))
    assert tell_lag(close, "en", "devops").words.title == "Lag: the route to the server or the game server"
    assert (close.close, clear.close, lag().close) == (True, False, False)
    both = tell_lag(close, "en", "devops").words.recommendations
    assert both[:2] == tell_lag(clear, "en", "devops").words.recommendations and len(both) == 4
    assert tell_lag(clear, "en", "devops").words.title == "Lag: most likely the route to the server (80%)"


@pytest.mark.parametrize(("confidence", "said"), [(0.9, "agree"), (0.5, "not as certain"), (0.1, "a guess")])
def test_how_sure_it_is_is_always_said_to_support(confidence: float, said: str) -> None:
    for facts in (lag((LagParty.SERVER, 100), confidence=confidence), lag(confidence=confidence)):
        assert said in tell_lag(facts, "en", "support").words.summary


def test_a_lead_is_told_as_a_possibility_and_the_root_first() -> None:
    causes = tell_performance(SERIES, "en", "devops").causes
    assert causes[0] == (
        "cpu moves 5 minutes before latency and helps to foretell it (correlation 0.61). It may be a cause; that is no "
        "proof, for something that was not measured may move both."
    )
    assert "each helps to foretell the other" in causes[1]
    assert causes[-1].startswith("cpu changed first; latency changed soon after.")
    assert "не доказательство" in tell_performance(SERIES, "ru", "devops").causes[0]


def test_directions_are_told() -> None:
    summary = tell_performance(SERIES, "en", "devops").words.summary
    assert "cpu rose from 0.4 to 0.9, 30 minutes before the end." in summary
    assert "latency fell from 91 to 40, 25 values before the end." in summary
    assert "disk rises steadily, from 10 to 80." in summary and "free falls steadily, from 80 to 10." in summary
    assert "disk is 93, above the usual 50." in summary and "queue is 3, below the usual 5." in summary
    assert "disk is at 93% of its limit. If it goes on like this, disk reaches its limit in 7 minutes." in summary


def test_another_language_or_reader_is_refused() -> None:
    with pytest.raises(UnknownLanguage):
        tell_lag(lag(), "de", "support")
    with pytest.raises(UnknownRole):
        tell_performance(SERIES, "en", "president")
