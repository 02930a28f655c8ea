"""What a run gave, as tables and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tests.bench.machine import machine
from tests.dashboards.asking import Answered
from tests.dashboards.matrix import table as matrix_table
from tests.dashboards.panels import Panel
from tests.dashboards.run import Found
from tests.support.markdown import table

MOST_NAMED: Final = 4
HEAD: Final = """# Dashboards

Five dashboards, in Grafana's folder Resonance; their code is in [`grafana/panels`](../../grafana/panels).
`make dashboards-check` starts the whole of `docker-compose.ml.yml`, sends load of every kind through the published
ports, asks a real Prometheus every query of every panel, and fails where one has no data. The load: people on WebSocket
connections, among them floods, wrong frames and one who is critical; the simulator with its planted incidents; every
question of the REST interface, good ones and wrong ones; trainings, roll backs, verdicts, actions, a record that nobody
can read; and two providers of words, in a container beside, that fail now and then. The plots below are what Prometheus
answered, so they are what the dashboards show.

| dashboard | question |
|---|---|
| Combined AI/ML | Are the service levels kept, and do alerts and actions help? Begin here. |
| Pipeline | Do frames become alerts in time, and if not, where are they held up? |
| Models | Are the models right, are they fresh, is a new one on trial? |
| XAI Performance | Are anomalies explained in time, from which features, and rightly? |
| OpenAI Intelligence | Do language models answer in time, what do they cost, are they right? |

A red line is a service level. What a panel means, and what to do about it, stands below each plot here, and behind the
"i" of the panel in Grafana. What never happened is at 0, not missing: counters of known labels are there at once.
The names of all metrics, and where each is seen, are in [metrics](../reference/metrics.md).
"""


def lines(found: Found) -> Iterator[str]:
    """Everything, for a terminal."""
    yield from ("", *_panels(found), "", *matrix_table(found.matrix), "", *_sums(found))


def page(found: Found) -> str:
    """The page of the documents."""
    where = machine()
    parts = [HEAD]
    for name, panels in found.boards.items():
        parts += [f"## {panels[0][0].board}", "", f"![{panels[0][0].board}](dashboards/{name}.png)", ""]
    parts += ["## What was measured", "", *_sums(found), "", *_panels(found), ""]
    parts += ["## Series of each metric, by service", ""]
    parts += ["Buckets count. Under the load above; each label has a bound, and none was passed.", ""]
    parts += [*matrix_table(found.matrix), "", f"{where['processor']}, {where['cores']} cores, {where['system']}."]
    return "\n".join(parts) + "\n"


def _panels(found: Found) -> Iterator[str]:
    rows = [("dashboard", "panel", "series", "newest values")]
    for panels in found.boards.values():
        rows += [(panel.board, panel.title, str(_count(answers)), _newest(panel, answers)) for panel, answers in panels]
    yield from table(rows)


def _count(answers: Sequence[Answered]) -> int:
    return sum(len(answered.series) for answered in answers)


def _newest(panel: Panel, answers: Sequence[Answered]) -> str:
    series = [one for answered in answers for one in answered.series]
    named = ", ".join(f"{one.name or panel.title} {one.newest:.3g}" for one in series[:MOST_NAMED])
    more = len(series) - MOST_NAMED
    said = f"{named}, {more} more" if more > 0 else named or "**no data**"
    return said.replace("|", "\\|")


def _sums(found: Found) -> Iterator[str]:
    queries = sum(len(panel.queries) for panels in found.boards.values() for panel, _ in panels)
    panels = sum(map(len, found.boards.values()))
    statuses = ", ".join(f"{count} × {status or 'none'}" for status, count in sorted(found.statuses.items()))
    yield f"- {len(found.boards)} dashboards, {panels} panels, {queries} queries; {len(found.empty)} without data."
    yield f"- Load for {found.ended_s - found.began_s:.0f} s; answers over REST by status: {statuses}."
    yield f"- Faults of metrics: {len(found.matrix.faults())}."
