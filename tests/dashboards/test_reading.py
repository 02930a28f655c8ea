"""What is read from dashboards, Prometheus and services, and what is called wrong with it."""

from __future__ import annotations

import pytest

from resonance_contracts.topics import Service
from resonance_runtime.declaring import Declared, Label, one_of
from tests.dashboards.asking import _series
from tests.dashboards.matrix import Exposed, Matrix, faults_of
from tests.dashboards.panels import _filled, boards, named

DECLARED = Declared(
    "seen_total",
    "counter",
    "Seen.",
    (one_of("how", "well", "badly"), Label("by", "people", 2)),
    frozenset({Service.XAI}),
)


def exposed(**values: set[str]) -> Exposed:
    return Exposed("Seen.", "counter", 3, {name: frozenset(some) for name, some in values.items()})


def test_a_legend_is_written_with_the_labels_of_its_series() -> None:
    assert named("{{group}} · {{ topic }}: all", {"group": "xai", "topic": "t"}) == "xai · t: all"
    assert named("{{gone}}", {}) == ""


def test_queries_are_asked_with_what_grafana_fills_in() -> None:
    assert _filled("rate(a_total[$__rate_interval])") == "rate(a_total[1m])"
    with pytest.raises(ValueError, match="a variable of this query"):
        _filled("a{job=$job}")
    assert all("$" not in query.expression for some in boards().values() for panel in some for query in panel.queries)


def test_of_a_series_what_is_no_number_is_left_out() -> None:
    found = _series("{{a}}", {"metric": {"a": "b"}, "values": [[1, "NaN"], [2, "3"], [3, "+Inf"], [4, "0"]]})
    assert (found.name, found.times, found.values, found.newest) == ("b", [2.0, 4.0], [3.0, 0.0], 0.0)


def test_a_metric_that_is_as_declared_has_no_fault() -> None:
    assert faults_of(DECLARED, exposed(how={"well"}, by={"a", "b"})) == []


@pytest.mark.parametrize(
    ("found", "fault"),
    [
        (exposed(how={"well", "so"}), "label how is"),
        (exposed(by={"a", "b", "c"}), "has 3 values, more than 2"),
        (exposed(user={"a"}), "are not declared"),
        (Exposed("Other.", "counter", 1, {}), "its help is another"),
        (Exposed("Seen.", "gauge", 1, {}), "is a gauge, not a counter"),
    ],
)
def test_a_metric_that_is_otherwise_is_told(found: Exposed, fault: str) -> None:
    assert len(faults_of(DECLARED, found)) == 1
    assert fault in faults_of(DECLARED, found)[0]


def test_what_is_missing_and_what_nobody_declared_is_told() -> None:
    faults = Matrix({Service.XAI: {"stray": exposed()}}).faults()
    assert "xai exposes stray, which it does not declare." in faults
    assert "xai does not expose xai_explanations." in faults
    assert not any("resonance_gateway_frames" in fault for fault in faults)
