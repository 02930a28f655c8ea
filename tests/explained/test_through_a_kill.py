"""Every anomaly has one explanation, soon, though xai is killed and started again meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from resonance_client.simulation.plan import Scenario
from tests.bench.explained.course import Course, run
from tests.bench.explaining.scene import played
from tests.support.addresses import external

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(external() is None, reason="needs the real Kafka and MinIO that `make test-kafka` starts"),
]

COURSE: Final = Course(rate=60.0, seconds=15.0, kill_at_s=6.0)
SHORT: Final = Scenario(learning_hours=1.5, incident_hours=Scenario.SHORTEST_INCIDENT_HOURS)
SESSION_S: Final = 6.0
"""Before the session of the killed one is over nobody else would be given its partitions."""


def test_every_anomaly_has_one_explanation_though_xai_is_killed(tmp_path: Path) -> None:
    environment = external()
    assert environment is not None
    scene = played(SHORT)
    ran = run(COURSE, environment, scene.artifact, [one.anomaly for one in scene.found], tmp_path)
    judged = ran.judged
    print(judged)
    assert judged.whole.anomalies == COURSE.rate * COURSE.seconds
    assert judged.missing == judged.unasked == ()
    assert judged.different == (), "what is explained again says the same, to the byte"
    assert judged.failed == 0
    assert judged.phases["through it"].anomalies > 0, "it was killed while anomalies came"
    assert judged.gap_s < SESSION_S, "who died comes back to its partitions at once"
