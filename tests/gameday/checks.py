"""What must be so after a course: nothing lost, nothing doubled, everything well again in time. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resonance_contracts.features import INDEX
from tests.chaos.checks import check
from tests.chaos.detection import (
    kept_as_undisturbed,
    model_is_taken_over_once,
    said_again_the_same,
    said_as_undisturbed,
)
from tests.chaos.evidence import Evidence
from tests.chaos.expected import LIVE
from tests.chaos.outcome import Outcome
from tests.chaos.timing import within_window
from tests.gameday.ledger import check_ledger
from tests.gameday.planting import LARGE
from tests.gameday.play import WELL_S, Day
from tests.gameday.seen import Saw

# Users all of whose vectors are computed by brute force.
SAMPLE: Final = 20


def check_day(day: Day, saws: Sequence[Saw]) -> list[Outcome]:
    """All checks of a course."""
    assert day.evidence is not None and day.detection is not None
    planted = planted_counted(day, day.evidence)
    _set_apart(day, day.evidence)
    return [
        *check(day.evidence, day.plan.seed, SAMPLE),
        planted,
        model_is_taken_over_once(day.detection),
        said_as_undisturbed(day.detection),
        said_again_the_same(day.detection),
        kept_as_undisturbed(day.detection),
        *check_ledger(day.ledger, day.keys, day.screen.opened & day.screen.told),
        well_again(saws),
        only_killed_start_again(day),
        all_played(day),
        within_window(day.end_s - day.begin_s),
    ]


def planted_counted(day: Day, evidence: Evidence) -> Outcome:
    """Each planted message that was acknowledged is stored, and its user's last vector counts what is stored."""
    faults, lives = [], evidence.lives()
    stored = {
        event.user: event
        for events in evidence.activity.first.values()
        for event in events.values()
        if event.size > LARGE
    }
    for key, user in day.keys.items():
        life, vectors = lives.get((LIVE, key)), evidence.vectors.by_user.get((LIVE, key))
        if key not in stored or life is None:
            faults.append(f"the message of {user} was acknowledged and is not stored")
        elif not vectors or not life.due:
            faults.append(f"{user} has no vector")
        elif (counted := vectors[-1].values[INDEX["requests_per_user"]]) != life.due[-1]:
            faults.append(f"{user}: {life.due[-1]} events, its last vector counts {counted:.0f}")
    unanswered = [one.user for one in day.planted if one.stored_s is None]
    faults += [f"the message of {user} was never acknowledged" for user in unanswered]
    what = "each planted message is stored, and counted exactly once in the last vector of its user"
    return Outcome(what, f"{len(day.keys):,} users", faults)


def well_again(saws: Sequence[Saw]) -> Outcome:
    """After each fault everything was well again in time."""
    faults = [f"{saw.title}: {saw.unwell}" for saw in saws if saw.well_s is None]
    longest = max((saw.well_s for saw in saws if saw.well_s is not None), default=0.0)
    return Outcome(f"{WELL_S:.0f} s after a fault is over everything is well", f"at most {longest:.1f} s", faults)


def only_killed_start_again(day: Day) -> Outcome:
    """No service ended by itself, and each that was ended is there again."""
    faults = []
    for played in day.played:
        again, ended = set(played.restarts), set(played.fault.ends)
        faults += [f"{played.fault.title}: {name} ended, too" for name in sorted(again - ended)]
        faults += [f"{played.fault.title}: {name} was not started again" for name in sorted(ended - again)]
    count = sum(len(played.restarts) for played in day.played)
    return Outcome("the engine starts again what was killed, and nothing else", f"{count} times", faults)


def all_played(day: Day) -> Outcome:
    """There was time for every fault, under traffic."""
    faults = [f"there was no time left for {fault.name}" for fault in day.missed]
    return Outcome("every fault came while frames were sent", f"{len(day.played)} faults", faults)


def _set_apart(day: Day, evidence: Evidence) -> None:
    """Takes what the planted users sent out of what the plan's users did: it has a check of its own."""
    for source, events in list(evidence.activity.first.items()):
        if next(iter(events.values())).user in day.keys:
            del evidence.activity.first[source]
