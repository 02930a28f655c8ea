"""Any log at all: whatever is written in whatever order, all readers agree, and quotas hold."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import POLICY, Action, State
from resonance_llm_orchestrator.actions.book import Book
from resonance_llm_orchestrator.actions.errors import NotAllowed
from resonance_llm_orchestrator.actions.planning import planned
from tests.support.acting import Clock, alert
from tests.support.acting_policy import policy

TAKES: dict[str, Any] = {
    "approve": lambda a, now: steps.approved(a, "u_olga", "", now),
    "by policy": lambda a, now: steps.approved(a, POLICY, "", now),
    "reject": lambda a, now: steps.rejected(a, "u_olga", "", now),
    "expire": lambda a, now: steps.expired(a, "Late.", now),
    "claim": lambda a, now: steps.claimed(a, "me", 1_000_000, now),
    "prepare": lambda a, now: steps.prepared(a, {"before": 1}, now),
    "succeed": lambda a, now: steps.succeeded(a, "Done.", now),
    "fail": lambda a, now: steps.failed(a, "No.", now),
    "undo": lambda a, now: steps.undo_asked(a, "u_olga", "", now),
    "undone": lambda a, now: steps.undone(a, "Back.", now),
    "still": lambda a, now: steps.still_there(a, "No.", now),
}


def proposals(count: int, per_hour: int, active: int, share: float) -> list[Action]:
    terms = {"automatic": True, "automatic_per_hour": per_hour, "automatic_share": share}
    found = []
    for i in range(count):
        (subject,) = planned(alert(alert_id=f"al_{i}", user_key=f"u_{i}"), policy(**terms), active, Clock().us)
        found.append(steps.proposed(subject))
    return found


@settings(max_examples=150)
@given(data=st.data(), per_hour=st.integers(0, 3), active=st.integers(0, 400))
def test_whatever_is_written_in_whatever_order_all_readers_agree_and_quotas_hold(
    data: st.DataObject, per_hour: int, active: int
) -> None:
    starts, now = proposals(4, per_hour, active, 0.01), Clock().us
    written = list(starts)
    seen: list[Action] = []
    for _ in range(data.draw(st.integers(1, 40))):
        now += data.draw(st.sampled_from([0, 1, 30_000_000, 900_000_000]))
        base = data.draw(st.sampled_from(starts + seen))
        name = data.draw(st.sampled_from(["propose", *["by policy"] * 6, *TAKES]))
        try:
            step = base if name == "propose" else TAKES[name](base, now)
        except NotAllowed:
            continue
        seen.append(step)
        written += [replace(step, step_id=str(len(written)))] * data.draw(st.integers(1, 2))
    books = Book(), Book()
    counted = [step for step in written if books[0].take(step)]
    for step in written:
        books[1].take(step)
    assert list(books[0]) == list(books[1])
    of: dict[str, list[Action]] = {}
    for step in counted:
        of.setdefault(step.id, []).append(step)
    for trail in of.values():
        assert [step.revision for step in trail] == list(range(1, len(trail) + 1))
        assert all(b.state in steps.FOLLOWS[a.state] for a, b in pairwise(trail))
        assert trail[-1].state is not State.SUCCEEDED or any(step.state is State.APPROVED for step in trail)
    automatic = [s.changed_us for s in counted if s.state is State.APPROVED and s.decided_by == POLICY]
    assert all(sum(at - 3_600_000_000 < one <= at for one in automatic) <= per_hour for at in automatic)
    assert not automatic or active >= 100
