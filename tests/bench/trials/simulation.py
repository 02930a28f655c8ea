"""Made-up people on whom two versions are compared, by the code that compares them in operation.

Of each person a version finds something unusual at its own times, more often of some people than of others, and some
things both find at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from resonance_auto_retrainer.trials.arms import Alerted, Arms
from resonance_auto_retrainer.trials.decision import Act, decide
from resonance_auto_retrainer.trials.paired import EVEN, Paired
from resonance_auto_retrainer.trials.seen import Seen
from resonance_auto_retrainer.trials.stage import Stage
from resonance_auto_retrainer.trials.terms import STAGES, TrialTerms

Floats = NDArray[np.float64]

USUAL: Final = np.array([0.5])
RARE: Final = np.array([1e-4])
SPREAD: Final = 0.5
"""Shape of the gamma distribution of how often something is found of a person: 0.5 is very uneven."""
TOGETHER: Final = 0.5
"""Share of what the older version finds that both find at the same time."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Whom versions are compared on.

    Attributes:
        people: How many.
        found: Share of the people, about, of whom the older version finds something unusual in a stage.
        alerted: Share of the people, about, who are alerted in A/B.
    """

    people: int
    found: float = 0.15
    alerted: float = 0.05


@dataclass(frozen=True, slots=True)
class Ended:
    """How a stage ended.

    Attributes:
        taken_back: Whether the version was.
        early: Whether A/B ended before its time because no harm was shown.
        events: People of whom something was found until then.
        naive: Whether a test for a fixed number of people, looked at after each, would have taken it back.
    """

    taken_back: bool
    early: bool
    events: int
    naive: bool


def stage_of(stage: Stage, crowd: Crowd, ratio: float, terms: TrialTerms, random: np.random.Generator) -> Ended:
    """Goes through a stage of a version that finds `ratio` times as much as the one it is compared with."""
    return _arms(crowd, ratio, terms, random) if stage is Stage.AB else _paired(stage, crowd, ratio, terms, random)


def trial(crowd: Crowd, ratio: float, terms: TrialTerms, random: np.random.Generator) -> list[Ended]:
    """Goes through all stages, until the version is taken back."""
    ended: list[Ended] = []
    for stage in (Stage.SHADOW, Stage.AB, Stage.BAKE):
        ended.append(stage_of(stage, crowd, ratio, terms, random))
        if ended[-1].taken_back:
            break
    return ended


def _paired(stage: Stage, crowd: Crowd, ratio: float, terms: TrialTerms, random: np.random.Generator) -> Ended:
    often = crowd.found * random.gamma(SPREAD, 1.0 / SPREAD, crowd.people)
    alone = max(ratio - TOGETHER, 0.0) * often, (1.0 - TOGETHER) * often
    times = np.stack([_times(rate, random) for rate in (*alone, TOGETHER * often)])
    events = sorted((float(t), int(kind), int(user)) for (kind, user), t in np.ndenumerate(times) if t < 1.0)
    comparison = Paired()
    users = [str(user) for user in range(crowd.people)]
    usual = np.full(crowd.people, 0.5)
    comparison.add("live", users, [0] * crowd.people, usual, usual)
    naive = False
    for n, (_, kind, user) in enumerate(events, 1):
        new, old = (RARE if kind in (0, 2) else USUAL), (RARE if kind in (1, 2) else USUAL)
        comparison.add("live", [str(user)], [n], *((old, new) if stage is Stage.SHADOW else (new, old)))
        seen = comparison.seen(stage is Stage.SHADOW, terms.ratio)
        first = comparison.first[1 if stage is Stage.SHADOW else 0]
        naive = naive or _naive(first, sum(comparison.first), EVEN, terms)
        if decide(stage, seen, 0, terms).act is Act.TAKE_BACK:
            return Ended(True, False, max(seen.found_new, seen.found_old), naive)
    return Ended(False, False, len({user for _, _, user in events}), naive)


def _arms(crowd: Crowd, ratio: float, terms: TrialTerms, random: np.random.Generator) -> Ended:
    often = crowd.alerted * random.gamma(SPREAD, 1.0 / SPREAD, crowd.people)
    dealt = random.random(crowd.people) < terms.share
    times = _times(np.where(dealt, ratio, 1.0) * often, random)
    arms = Arms()
    arms.add("live", [str(user) for user in range(crowd.people)], [0] * crowd.people, dealt.tolist())
    told: list[tuple[str, Alerted]] = []
    naive, least = False, terms.min_us / terms.max_us
    for user in np.argsort(times).tolist():
        if times[user] >= 1.0:
            break
        told.append((str(user), Alerted(str(user), "live", "new" if dealt[user] else "old", 1)))
        seen = arms.seen(told, {}, ("old", "new"), terms.share, terms.ratio)
        naive = naive or _naive(seen.found_new, seen.found_new + seen.found_old, terms.share, terms)
        act = decide(Stage.AB, _enough(seen), round(float(times[user]) * terms.max_us), terms).act
        if act is not Act.GO_ON:
            return Ended(act is Act.TAKE_BACK, act is Act.ADVANCE and bool(times[user] >= least), len(told), naive)
    return Ended(False, False, len(told), naive)


def _enough(seen: Seen) -> Seen:
    """People were seen from the first moment on; how many vectors is of no interest here."""
    return Seen(**{name: getattr(seen, name) for name in Seen.__slots__} | {"vectors": 1_000_000})


def _times(rate: Floats, random: np.random.Generator) -> Floats:
    """When something is found for the first time, in stages; infinite where never."""
    with np.errstate(divide="ignore"):
        found: Floats = random.exponential(1.0, len(rate)) / rate
    return found


def _naive(yes: int, trials: int, share: float, terms: TrialTerms) -> bool:
    """Whether a one-sided binomial test would call it too many now."""
    return bool(trials) and float(binom.sf(yes - 1, trials, share)) <= terms.alpha / STAGES
