"""Rates that rise step by step until the pipeline gives, some time beyond that, and the way back."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from tests.bench.usage import Meter
from tests.compose.stack import Stack
from tests.crowd.people import Crowd
from tests.crowd.process import Account, CrowdProcess
from tests.loads.onlooker import Onlooker, looking
from tests.soak.sampling import containers, usage

PACE: Final = 0.75
"""Messages a second of one who is online: more load is more people. The liveliest stay below a flood by the rules."""
CROWD: Final = Crowd(users=200_000, online=400, rate=400 * PACE, session_s=120.0, misbehave_s=4.0, prefix="sweep")
RATES: Final = (100, 200, 300, 400, 600, 900, 1_350, 2_000)
HOLD_S: Final = 16.0
LEARN_S: Final = 240.0
WITHIN_S: Final = 0.5
"""From a frame to what is said of it (I7), in 99 of 100 cases."""
GIVEN_UP_S: Final = 5.0
"""A step where half take longer is far enough beyond."""
RECOVER_S: Final = 120.0
MEASURED: Final = (
    "gateway", "feature-extractor", "predictor", "xai", "llm-orchestrator", "auto-retrainer", "kafka", "redis"
)  # fmt: skip
_OPEN_S: Final = 45.0
_LOOK_S: Final = 1.0
_LABELS: Final = re.compile(r'(\w+)="([^"]*)"')
_COUNTED: Final = {
    "PREDICTOR_PORT": ("resonance_consumer_lag_records",),
    "FEATURE_EXTRACTOR_PORT": ("resonance_consumer_lag_records",),
    "XAI_PORT": ("xai_skipped_total", "xai_explanations_total"),
    "LLM_ORCHESTRATOR_PORT": ("resonance_llm_wordings_total",),
    "GATEWAY_PORT": ("resonance_gateway_events_unsent", "resonance_gateway_events_dropped_total"),
}


@dataclass(slots=True)
class Step:
    """One rate, held for a while.

    Attributes:
        rate: Messages a second that were to be sent.
        began_s, ended_s: Seconds since the epoch; when all were online, and when the next step began.
        before, after: The crowd's reports then.
        counted: What the services counted meanwhile, by metric and labels.
        cores: Processor time by container, cores; "crowd" among them.
        resident_bytes: Memory by container, at its highest.
        lag: Records that waited for the extractor and the predictor, at the highest.
        complete: Whether all came who were to be online.
    """

    rate: float
    began_s: float = 0.0
    ended_s: float = 0.0
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    counted: dict[str, float] = field(default_factory=dict)
    cores: dict[str, float] = field(default_factory=dict)
    resident_bytes: dict[str, int] = field(default_factory=dict)
    lag: float = 0.0
    complete: bool = True

    def a_second(self, what: str) -> float:
        """Of what the crowd counts, a second."""
        return float(self.after[what] - self.before[what]) / (self.after["at_s"] - self.before["at_s"])

    def refused(self) -> Mapping[str, int]:
        """Frames that were answered with an error meanwhile, by code."""
        before, after = self.before["refused"], self.after["refused"]
        return {code: n - before.get(code, 0) for code, n in after.items() if n > before.get(code, 0)}

    def total(self, metric: str, label: str = "") -> float:
        """What a metric grew by meanwhile, all series together that have a label."""
        return sum(n for what, n in self.counted.items() if what.startswith(metric) and label in what)

    def most(self, metric: str) -> float:
        """What the series of a metric that grew most grew by."""
        return max((n for what, n in self.counted.items() if what.startswith(metric)), default=0.0)


@dataclass(slots=True)
class Swept:
    """What came of it.

    Attributes:
        steps: The rates that rose, in order.
        back: The rate after the fall.
        onlooker: What was seen on the topics.
        accounts: All connections.
        fell_s: When the load fell, seconds since the epoch.
    """

    steps: list[Step] = field(default_factory=list)
    back: Step | None = None
    onlooker: Onlooker = field(default_factory=Onlooker)
    accounts: Sequence[Account] = ()
    fell_s: float = 0.0

    def knee(self) -> Step | None:
        """The last step before the first that does not hold the service level."""
        held = None
        for step in self.steps:
            if not self.holds(step):
                return held
            held = step
        return held

    def holds(self, step: Step) -> bool:
        """Whether 99 of 100 frames of a step were told of in time."""
        took = self.onlooker.scores.between(step.began_s, step.ended_s)
        return len(took) > 0 and float(np.percentile(took, 99)) <= WITHIN_S

    def recovered_s(self) -> float | None:
        """After the fall, until 99 of 100 frames of each second from then on were told of in time; None: not at all."""
        if self.back is None or not len(self.onlooker.scores.between(self.fell_s, self.back.ended_s)):
            return None
        last = 0
        for second in range(int(self.back.ended_s - self.fell_s) - 2):
            took = self.onlooker.scores.between(self.fell_s + second, self.fell_s + second + 1)
            if len(took) and float(np.percentile(took, 99)) > WITHIN_S:
                last = second + 1
        return float(last) if last < int(self.back.ended_s - self.fell_s) - 4 else None


def learn(stack: Stack, tell: Callable[[str], None]) -> None:
    """Lets a crowd live until a model of it is in force.

    Raises:
        AssertionError: None came about.
    """
    tell("A model is learned of the crowd.")
    crowd_before = replace(CROWD, prefix="learned", misbehave_s=0.0)
    with CrowdProcess(crowd_before, stack.ports["GATEWAY_PORT"], stack.jwt_secret) as crowd:
        deadline = time.monotonic() + LEARN_S
        while "model" in stack.get("PREDICTOR_PORT", "/health")["degraded"]:
            assert time.monotonic() < deadline, "no model came about"
            time.sleep(1.0)
        crowd.end()
    tell("A model is in force.")


def sweep(stack: Stack, tell: Callable[[str], None]) -> Swept:
    """Lets a crowd grow, and shrink again."""
    swept = Swept()
    with (
        looking(f"127.0.0.1:{stack.ports['KAFKA_PORT']}") as swept.onlooker,
        CrowdProcess(CROWD, stack.ports["GATEWAY_PORT"], stack.jwt_secret) as crowd,
    ):
        crowd.until_full(60)
        for rate in RATES:
            swept.steps.append(_step(stack, crowd, rate, HOLD_S))
            tell(_said(swept, swept.steps[-1]))
            took = swept.onlooker.scores.between(swept.steps[-1].began_s, time.time())
            if not len(took) or np.median(took) > GIVEN_UP_S:
                break
        knee = swept.knee()
        swept.fell_s = time.time()
        swept.back = _step(stack, crowd, (knee.rate if knee else RATES[0]) / 2, HOLD_S, fall=True)
        _until_calm(swept, tell)
        crowd.end()
        swept.accounts = crowd.accounts()
    return swept


def _step(stack: Stack, crowd: CrowdProcess, rate: float, hold_s: float, *, fall: bool = False) -> Step:
    step = Step(rate)
    crowd.hold(round(rate / PACE))
    try:
        time.sleep(0 if fall else 1.5)
        crowd.until_full(_OPEN_S)
    except TimeoutError:
        step.complete = False
    running = {name: one for name, one in containers(stack).items() if name in MEASURED}
    meters = {name: Meter(one.pid) for name, one in running.items()} | {"crowd": Meter(crowd.pid)}
    for meter in meters.values():
        meter.look()
    step.began_s, step.before, counted = time.time(), crowd.report(), _counts(stack)
    while time.time() - step.began_s < hold_s:
        time.sleep(_LOOK_S)
        for name, one in running.items():
            step.resident_bytes[name] = max(step.resident_bytes.get(name, 0), usage(one).resident_bytes)
        step.lag = max(step.lag, sum(n for what, n in _counts(stack).items() if "lag_records" in what))
    step.ended_s, step.after = time.time(), crowd.report()
    step.cores = {name: meter.total() / (step.ended_s - step.began_s) for name, meter in meters.items()}
    step.counted = {what: n - counted.get(what, 0.0) for what, n in _counts(stack).items()}
    return step


def _until_calm(swept: Swept, tell: Callable[[str], None]) -> None:
    assert swept.back is not None, "the load fell"
    deadline = time.time() + RECOVER_S
    while swept.recovered_s() is None and time.time() < deadline:
        time.sleep(1.0)
        swept.back.ended_s = time.time()
    tell(f"After the fall: {swept.recovered_s()} s.")


def _counts(stack: Stack) -> dict[str, float]:
    """What services count, by metric and the values of its labels; those that do not answer are left out."""
    found: dict[str, float] = {}
    for port, names in _COUNTED.items():
        try:
            with urllib.request.urlopen(stack.url(port) + "/metrics", timeout=2) as answer:  # noqa: S310 - loopback
                lines = answer.read().decode().splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(names):
                series, _, value = line.rpartition(" ")
                labels = [f"{k}={v}" for k, v in _LABELS.findall(series) if k not in ("partition", "topic")]
                what = " ".join([series.split("{")[0], *labels])
                found[what] = found.get(what, 0.0) + float(value)
    return found


def _said(swept: Swept, step: Step) -> str:
    took = swept.onlooker.scores.between(step.began_s, step.ended_s)
    p50, p99 = np.percentile(took, [50, 99]) if len(took) else (float("nan"), float("nan"))
    return (
        f"{step.rate:,.0f}/s: sent {step.a_second('sent'):,.0f}, stored {step.a_second('acked'):,.0f}, "
        f"p50 {p50:.3f} s, p99 {p99:.3f} s of {len(took):,}, lag {step.lag:,.0f}, refused {dict(step.refused())}, "
        f"late {step.after['late_s']:.2f} s, cores { {n: round(c, 2) for n, c in step.cores.items()} }"
    )
