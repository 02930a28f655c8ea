"""From heartbeats to what is up, degraded and down."""

from __future__ import annotations

import pytest

from resonance_contracts.pb.resonance.v1 import operations_pb2 as pb
from resonance_contracts.topics import Service
from resonance_gateway.news.status import Reports, State, overall

NOW = 1_700_000_000_000_000
SECOND = 1_000_000


def report(service=Service.XAI, state=pb.SERVICE_STATE_READY, ago_s=1, instance="i1", reasons=(), **details):
    return pb.ServiceReport(
        service=service,
        instance=instance,
        version="0.1.0",
        state=state,
        reasons=reasons,
        details=details,
        reported_us=NOW - round(ago_s * SECOND),
    )


def status_of(*reports, service=Service.XAI):
    known = Reports()
    for one in reports:
        known.take(one)
    return next(s for s in known.services(NOW) if s.service == service)


@pytest.mark.parametrize(
    ("reports", "state", "reason"),
    [
        ([], State.DOWN, "has not reported yet"),
        ([report()], State.UP, None),
        ([report(ago_s=9.9)], State.UP, None),
        ([report(ago_s=10.1)], State.DOWN, "has not reported for 10 s"),
        ([report(state=pb.SERVICE_STATE_STOPPING)], State.DOWN, "is stopping"),
        ([report(state=pb.SERVICE_STATE_STARTING, reasons=["No broker."])], State.DOWN, "No broker."),
        ([report(state=pb.SERVICE_STATE_DEGRADED, reasons=["No model yet."])], State.DEGRADED, "No model yet."),
        ([report(), report(state=pb.SERVICE_STATE_STARTING, instance="i2", reasons=["x."])], State.DEGRADED, "x."),
        ([report(), report(ago_s=60, instance="i2")], State.UP, None),
        ([report(), report(state=pb.SERVICE_STATE_STOPPING, instance="i2")], State.UP, None),
    ],
)
def test_state_and_reason(reports, state, reason):
    status = status_of(*reports)

    assert status.state is state
    assert (reason is None and status.reasons == ()) or reason in " ".join(status.reasons)


def test_an_older_report_does_not_replace_a_newer_one():
    status = status_of(report(model="m2"), report(ago_s=5, state=pb.SERVICE_STATE_DEGRADED, model="m1"))

    assert (status.state, status.details) == (State.UP, {"model": "m2"})


def test_an_instance_that_is_long_gone_is_forgotten():
    known = Reports()
    known.take(report(ago_s=3600))

    assert next(s for s in known.services(NOW) if s.service == Service.XAI).reasons == (
        "The xai has not reported yet.",
    )


def test_all_six_are_named_and_the_whole_is_summed_up():
    known = Reports()
    assert [s.service for s in known.services(NOW)] == list(Service)
    assert overall(known.services(NOW))[0] is State.DOWN

    for service in Service:
        known.take(report(service))
    assert overall(known.services(NOW)) == (State.UP, "All six services are up.")

    known.take(report(Service.PREDICTOR, pb.SERVICE_STATE_DEGRADED, ago_s=0, reasons=["No model."]))
    known.take(report(Service.XAI, pb.SERVICE_STATE_STOPPING, ago_s=0))
    state, sentence = overall(known.services(NOW))
    assert state is State.DEGRADED
    assert sentence == "Not everything is well; down: xai; degraded: predictor."
