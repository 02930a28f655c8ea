"""Whether what was told is what should have been told, given who was dead when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from resonance_contracts.pb.resonance.v1.alert_pb2 import EnrichedAlert
from resonance_llm_orchestrator.brief import OFFLINE
from resonance_llm_orchestrator.drafts import EXPLAINED
from tests.degraded.course import Phase, Ran
from tests.degraded.incidents import STAGES, id_of
from tests.support.llm_server import ANTHROPIC, OPENAI

EDGE_S: Final = 0.5
"""Around the moment at which a provider dies or is well again, an alert may be told either way."""


@dataclass(slots=True)
class Row:
    """What came of the incidents of one phase.

    Attributes:
        name: Of the phase.
        incidents: Whose explanation was sent in it; those under way when the orchestrator was killed are of that phase.
        words: Of explained alerts, by their author.
        marked: Explained alerts that say that they are degraded.
        facts_s, explained_s: From each record to its words, seconds.
        requests: That came at each provider, by name.
        health_s: Until health said what was so, seconds.
    """

    name: str
    incidents: int = 0
    words: Counter[str] = field(default_factory=Counter)
    marked: int = 0
    facts_s: list[float] = field(default_factory=list)
    explained_s: list[float] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    health_s: float | None = None


@dataclass(slots=True)
class Judged:
    """What came of all.

    Attributes:
        rows: By phase.
        incidents: How many there were.
        missing, unasked: Ids that have no words, and that nobody asked for.
        different: Ids that were told in more than one way.
        repeats: Records beyond the first of their id, all the same to the byte, after the orchestrator was killed.
        mismarked: Explained alerts with another author, or other reasons, than they should have.
        lost_answers: Good answers that nobody was told: the process that had asked for them was killed.
        paid_twice: Incidents with more than one good answer.
        changed_again: Ids that were told differently when everything was read once more.
    """

    rows: list[Row]
    incidents: int
    missing: set[str]
    unasked: set[str]
    different: set[str]
    repeats: int
    mismarked: list[str]
    lost_answers: int
    paid_twice: set[int]
    changed_again: set[str]


def judged(ran: Ran) -> Judged:
    """Judges a course."""
    numbers = sorted({number for number, _ in ran.sent_s})
    asked = {id_of(number, stage) for number in numbers for stage in STAGES}
    rows = [_row(ran, phase) for phase in ran.phases]
    good = Counter(came.alert for one in ran.providers.values() for came in one.came if came.answered_s is not None)
    by_providers = [i for i, told in ran.told.items() if told[0].alert.authorship.provider in ran.providers]
    return Judged(
        rows=rows,
        incidents=len(numbers),
        missing=asked - ran.told.keys(),
        unasked=set(ran.told.keys() - asked),
        different={id_ for id_, told in ran.told.items() if len({one.value for one in told}) > 1},
        repeats=sum(len(told) - 1 for told in ran.told.values()),
        mismarked=[_said(ran, n) for n in numbers if id_of(n, EXPLAINED) in ran.told and _mismarked(ran, n)],
        lost_answers=good.total() - len(by_providers),
        paid_twice={number for number, count in good.items() if count > 1},
        changed_again={id_ for id_, told in ran.again.items() if {one.value for one in told} != {_first(ran, id_)}},
    )


def _first(ran: Ran, id_: str) -> bytes:
    return ran.told[id_][0].value if id_ in ran.told else b""


def _row(ran: Ran, phase: Phase) -> Row:
    row = Row(phase.name, health_s=phase.health_s)
    for (number, stage), sent_s in ran.sent_s.items():
        told = ran.told.get(id_of(number, stage))
        if told is None or not phase.began_s <= _counted_s(ran, sent_s, told[0].at_s) < phase.ended_s:
            continue
        if stage == EXPLAINED:
            authorship = told[0].alert.authorship
            row.incidents += 1
            row.words[authorship.provider] += 1
            row.marked += bool(authorship.degraded)
            row.explained_s.append(told[0].at_s - sent_s)
        else:
            row.facts_s.append(told[0].at_s - sent_s)
    for name, one in ran.providers.items():
        row.requests[name] = sum(phase.began_s <= came.at_s < phase.ended_s for came in one.came)
    return row


def _said(ran: Ran, number: int) -> str:
    """What an explained alert says of its author, for a failure."""
    told = ran.told[id_of(number, EXPLAINED)][0]
    by, took_s = told.alert.authorship, told.at_s - ran.sent_s[number, EXPLAINED]
    return f"alert {number}, after {took_s:.2f} s: {by.provider}; {'; '.join(by.degraded)}"


def _counted_s(ran: Ran, sent_s: float, told_s: float) -> float:
    """Time that decides of which phase a record is."""
    return ran.killed_s if sent_s < ran.killed_s < told_s else sent_s


def _mismarked(ran: Ran, number: int) -> bool:
    """Whether an explained alert says something else of providers than was so while it was written."""
    told = ran.told[id_of(number, EXPLAINED)][0]
    from_s, to_s = ran.sent_s[number, EXPLAINED], told.at_s
    possible = [_seen(ran.ill[name], from_s, to_s) for name in (OPENAI, ANTHROPIC)]
    return not any(_is_so(told.alert, first_ill, second_ill) for first_ill in possible[0] for second_ill in possible[1])


def _seen(ill: tuple[float, float], from_s: float, to_s: float) -> Sequence[bool]:
    """Whether a provider was ill between two times; both, where it changed in between."""
    began, ended = ill
    if to_s < began - EDGE_S or from_s > ended + EDGE_S:
        return [False]
    if from_s > began + EDGE_S and to_s < ended - EDGE_S:
        return [True]
    return [False, True]


def _is_so(alert: EnrichedAlert, first_ill: bool, second_ill: bool) -> bool:
    author, blamed = alert.authorship.provider, _blamed(alert.authorship.degraded)
    if not first_ill:
        return author == OPENAI and not blamed
    if not second_ill:
        return author == ANTHROPIC and blamed == {OPENAI}
    return author == OFFLINE and blamed == {OPENAI, ANTHROPIC}


def _blamed(reasons: Iterable[str]) -> set[str]:
    return {reason.partition(":")[0] for reason in reasons}
