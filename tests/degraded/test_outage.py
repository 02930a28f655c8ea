"""Providers die while alerts flow: every alert has words in time, says whose and why, and all is well again after."""

from __future__ import annotations

from typing import Final

import pytest

from tests.degraded.course import Course, run
from tests.degraded.judging import judged
from tests.degraded.mortal import Death
from tests.degraded.table import sentences, table
from tests.support.addresses import external

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(external() is None, reason="needs the real Kafka and MinIO that `make test-kafka` starts"),
]

DEADLINE_S: Final = 4.0
"""RESONANCE_LLM_DEADLINE_S where it is not set."""
SLACK_S: Final = 1.0
"""Of a busy machine, and of the way over two topics."""
BREAKER: Final = 5
CONCURRENCY: Final = 8
THE_KILL: Final = 2
"""Number of the phase in which the orchestrator is killed: who is not there is not in time."""


@pytest.mark.parametrize(
    "course",
    [Course(Death.OVERLOADED, Death.STALLED), Course(Death.STALLED, Death.REFUSED, number=1)],
    ids=lambda course: f"{course.first.name}-{course.second.name}".lower(),
)
async def test_alerts_keep_coming_marked_while_providers_are_dead_and_recover(course: Course) -> None:
    addresses = external()
    assert addresses is not None
    ran = await run(course, addresses, print)
    found = judged(ran)
    print("\n".join((*table(found), *sentences(ran, found))))
    assert found.incidents > 100
    assert found.missing == found.unasked == found.different == set()
    assert found.mismarked == []

    for number, row in enumerate(found.rows):
        assert row.incidents >= 10, "alerts keep coming"
        if number != THE_KILL:
            assert max(row.facts_s) < SLACK_S, "what is known at once waits for no provider"
            assert max(row.explained_s) < _longest_s(course) + SLACK_S
    well, both_dead, recovered = found.rows[0], found.rows[3], found.rows[-1]
    assert well.words["openai"] >= well.incidents - CONCURRENCY, "but for those under way when it died"
    assert both_dead.words["offline"] and recovered.words["openai"]

    # The breaker opens: whoever is dead is asked by those under way until then, and by a probe now and then.
    asked = found.rows[1].requests
    assert asked["openai"] <= BREAKER + CONCURRENCY + 2 < asked["anthropic"]
    assert len(found.paid_twice) <= CONCURRENCY, "words that were kept are not paid again"
    assert found.changed_again == set() and ran.asked_again == 0


def _longest_s(course: Course) -> float:
    """Until the breaker opens, an alert may wait for those before it on its partition, which have a deadline too."""
    return DEADLINE_S * (2 if Death.STALLED in (course.first, course.second) else 1)
