"""How long things took: recovery from each fault, judged against its bound. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final

from tests.chaos.conversation import Cut
from tests.chaos.faults import Step
from tests.chaos.outcome import Outcome
from tests.chaos.plan import LONGEST_S
from tests.chaos.watch import Watch

# Within this after a fault is over, partitions give new output again, and nobody is behind any more, seconds.
OUTPUT_S: Final = 30.0
CAUGHT_UP_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Recovery:
    """How a step went; times in seconds, None where there was nothing to recover.

    Attributes:
        title: What was done.
        at_s: When, since the first frame.
        lasted_s: How long it was left so.
        output_s: From the fault until every partition of the victim gave new vectors, or of a predictor predictions.
        silent_s: Longest time without any of one partition.
        caught_up_s: From the fault until the last late one.
        clients_s: Longest time that a client was without a connection.
        cut: How many clients lost theirs.
    """

    title: str
    at_s: float
    lasted_s: float
    output_s: float | None
    silent_s: float
    caught_up_s: float | None
    clients_s: float | None
    cut: int


def recoveries(
    steps: Sequence[Step], vectors: Watch, predictions: Watch, cuts: Sequence[Cut], begin: float, end: float
) -> list[Recovery]:
    """How each step went: by predictions where it was done to a predictor, else by vectors.

    What is late or lost before the next step is put down to this one.
    """
    done = [step for step in steps if step.at]
    nexts = [step.at for step in done[1:]] + [end]
    return [
        _recovery(step, until, predictions if step.strikes_predictor else vectors, cuts, begin)
        for step, until in zip(done, nexts, strict=True)
    ]


def bounded(found: Sequence[Recovery], steps: Sequence[Step]) -> Outcome:
    """Whether everything recovered soon enough."""
    faults = [f"{step.title}: not everything was ready again" for step in steps[-1:] if step.ready_s is None]
    for recovery in found:
        if (recovery.output_s or 0.0) > recovery.lasted_s + OUTPUT_S:
            faults.append(f"{recovery.title}: new output came {recovery.output_s:.1f} s after it")
        if (recovery.caught_up_s or 0.0) > recovery.lasted_s + CAUGHT_UP_S:
            faults.append(f"{recovery.title}: output was late until {recovery.caught_up_s:.1f} s after it")
    output = max((r.output_s - r.lasted_s for r in found if r.output_s is not None), default=0.0)
    late = max((r.caught_up_s - r.lasted_s for r in found if r.caught_up_s is not None), default=0.0)
    return Outcome(
        f"{OUTPUT_S:.0f} s after a fault is over there is new output, after {CAUGHT_UP_S:.0f} s nobody is behind",
        f"at most {max(0.0, output):.1f} s and {max(0.0, late):.1f} s",
        faults,
    )


def under_load(steps: Sequence[Step], sent_until: float) -> Outcome:
    """Whether every fault came while events were sent: a fault of an idle system shows nothing."""
    late = [step for step in steps if step.at > sent_until]
    faults = [f"{step.title} came {step.at - sent_until:.0f} s after the last event" for step in late]
    faults += [f"{step.title} did not come" for step in steps if not step.at]
    return Outcome("every fault came while events were sent", f"{len(steps)} faults", faults)


def within_window(seconds: float) -> Outcome:
    """Whether the longest window of the counts still holds the first event when the last one came."""
    faults = [] if seconds <= LONGEST_S else ["it took longer: send fewer events, or on a machine with more time"]
    return Outcome(f"all was sent within {LONGEST_S:.0f} s", f"{seconds:.0f} s", faults)


def _recovery(step: Step, until: float, watch: Watch, cuts: Sequence[Cut], begin: float) -> Recovery:
    mine = [p for p in range(watch.partitions) if watch.owner(p, step.at) in step.victims]
    again = [watch.first_after(p, step.at) for p in mine]
    late = watch.late_until(step.at, until)
    lost = [cut for cut in cuts if step.at <= cut.at < until]
    return Recovery(
        step.title,
        step.at - begin,
        step.over_at - step.at,
        max((inf if a is None else a - step.at for a in again), default=None),
        watch.silence_s(step.at, until),
        None if late is None else late - step.at,
        max((cut.again - cut.at for cut in lost), default=None),
        len(lost),
    )
