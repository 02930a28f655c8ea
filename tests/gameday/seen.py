"""What people saw of each fault, from what was measured all day. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from resonance_llm_orchestrator.drafts import EXPLAINED, FACTS
from tests.gameday.fault import Played
from tests.gameday.planting import Planted
from tests.gameday.play import Day
from tests.gameday.probing import READY, Answer

FAILED: Final = 500


@dataclass(frozen=True, slots=True)
class Saw:
    """What was seen of one fault, from when it was done until the next; times in seconds.

    Attributes:
        name: Of the fault.
        title: What was done.
        at_s: Since traffic began.
        lasted_s: How long it was left so.
        connections: How many clients' connections were open, and how many of them were lost.
        without_s: Longest time that a client was without a connection.
        silent_s: Longest time in which no frame at all was acknowledged.
        answers: How many questions of operators were asked, and how many of them were not answered or failed.
        failed_of: The services that those were of.
        slowest_s: Longest time until an answer came that did not fail.
        facts_s, explained_s: Longest time from an incident's message until it was told, and told with its explanation.
        noticed: Who said first that something was wrong, and what.
        noticed_s: How long after it was done; None where nobody did.
        well_s: Until everything was well again, from when it was undone; None where it was not in time.
        unwell: What was not.
        restarts: What the engine started again.
        incidents: How many were planted meanwhile.
        lost, doubled: How many of them were not told, and were told as two.
        advice: What an operator sees and does.
    """

    name: str
    title: str
    at_s: float
    lasted_s: float
    connections: int
    lost_connections: int
    without_s: float
    silent_s: float
    answers: int
    failed: int
    failed_of: tuple[str, ...]
    slowest_s: float
    facts_s: float
    explained_s: float
    noticed: str
    noticed_s: float | None
    well_s: float | None
    unwell: str
    restarts: tuple[str, ...]
    incidents: int
    lost: int
    doubled: int
    advice: str


def seen(day: Day) -> Iterator[Saw]:
    """What was seen of each fault, in order."""
    ends = [played.struck_s for played in day.played[1:]] + [day.end_s]
    for played, end in zip(day.played, ends, strict=True):
        yield _saw(day, played, end)


def _saw(day: Day, played: Played, end: float) -> Saw:
    begin, fault = played.struck_s, played.fault
    cuts = [
        cut for accounts in day.accounts.values() for a in accounts for cut in a["cuts"] if begin <= cut["at"] < end
    ]
    answers = [a for a in day.probing.answers if begin <= a.asked_s < end]
    failed = [a for a in answers if _failed(a)]
    users = {user: key for key, user in day.keys.items()}
    planted = [(one, users[one.user]) for one in day.planted if begin <= one.sent_s < end]
    looks = (look for look in day.probing.looks if begin < look.at_s < end and look.state != READY)
    noticed = next(looks, None)
    opened = [len(day.ledger.opened.get(key, ())) for _, key in planted]
    reason = "" if noticed is None else noticed.reasons[0] if noticed.reasons else ""
    return Saw(
        fault.name,
        fault.title,
        begin - day.begin_s,
        played.over_s - begin,
        sum(len(accounts) for accounts in day.accounts.values()),
        len(cuts),
        max((cut["again"] - cut["at"] for cut in cuts), default=0.0),
        _silence(day.progress, begin, end),
        len(answers),
        len(failed),
        tuple(sorted({a.of for a in failed})),
        max((a.took_s for a in answers if not _failed(a)), default=0.0),
        max(_delays(day, planted, FACTS), default=0.0),
        max(_delays(day, planted, EXPLAINED), default=0.0),
        "" if noticed is None else f"{noticed.service} {noticed.state}" + (f": {reason}" if reason else ""),
        None if noticed is None else noticed.at_s - begin,
        None if played.well_s is None else played.well_s - played.over_s,
        played.unwell,
        played.restarts,
        len(planted),
        sum(count == 0 for count in opened),
        sum(count > 1 for count in opened),
        fault.advice,
    )


def _failed(answer: Answer) -> bool:
    return answer.status == 0 or answer.status >= FAILED


def _delays(day: Day, planted: Sequence[tuple[Planted, str]], stage: int) -> Iterator[float]:
    for one, key in planted:
        at_s = day.ledger.latest_s(key, stage)
        if at_s is not None:
            yield at_s - one.sent_s


def _silence(progress: Sequence[tuple[float, int]], begin: float, end: float) -> float:
    """Longest time within this one in which nothing was acknowledged."""
    moved = [at for (_, before), (at, now) in pairwise(progress) if now > before]
    return max((min(b, end) - max(a, begin) for a, b in pairwise(moved)), default=0.0)
