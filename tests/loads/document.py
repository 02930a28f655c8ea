"""What the page of the load test says before its figures."""

from __future__ import annotations

from typing import Final

SCENARIOS: Final = """# Load

Written by `make load-test` on one machine with 2 cores, which runs everything: the whole of `docker-compose.ml.yml`,
and whoever loads it.

## The load test

[`artillery-xai-test.yml`](../../tests/load-testing/artillery-xai-test.yml) by Artillery 2.0.21: 8 virtual users a
second for two minutes, after a rise of 40 s, each of which plays one of five scenarios by weight. Words are written
by a provider on this machine that answers as OpenAI does, after a second; nobody outside is asked. The last scenario
is a new user who sends a hundred messages at once: its time runs from the last of them until the incident is at an
operator's socket, and then it is asked why. What must hold are the service levels; an answer that is wrong counts as
one too late.
"""
SWEEP: Final = """## Rates that rise

More load is more people: each sends three messages in four seconds in the mean, in bursts and pauses, stays for two
minutes, and never comes back; a model that was learned of them is in force. Each rate is held for 16 s once all are
there. "Frame to score" goes from when the gateway has read the newest frame in a vector until the predictor says what
it thinks of it (every vector of one partition in eight). A vector of somebody who writes slowly is complete 250 ms
after its first frame: that is part of it. A rate holds where 99 of 100 take less than 0.5 s. The knee is the last
rate that holds before one that does not. "Held back" is what clients had to say and could not, since 512 frames of
theirs were not stored yet.
"""
SHED: Final = """### What is left out first

One in two hundred or so misbehaves at any time: floods are of high severity, storms of errors of medium. Messages are
never left out: what was acknowledged waits on the topics, whoever sent it. Of the work on anomalies, under a flood,
that on low and medium ones is put last and done in brief ([`RESONANCE_BRIEF_AFTER_S`](../../services/xai/README.md)),
and words that no provider has in time are our own writer's.
"""
COST: Final = """### What it costs

Cores, and the most memory, of each container while the rate was held.
"""
