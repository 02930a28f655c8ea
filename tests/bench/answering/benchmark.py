"""The benchmark `predict-rest`."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from resonance_local.stack import Stack
from tests.bench import cores, rounds
from tests.bench.answering import mlserver
from tests.bench.answering.bare import PATH, bare
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.usage import Meter, busy_s
from tests.support.ordinary_model import features_of, ordinary_model, ordinary_vectors
from tests.support.predictor_process import predictor

ROUNDS: Final = 5
SECONDS: Final = 8.0
TRIAL_S: Final = 1.0
CONNECTIONS: Final = 8
RATE: Final = 500.0
# Connections of those who do not wait for each other.
OPEN_CONNECTIONS: Final = 32
BODIES: Final = 64
VECTORS: Final = 20_000

INFER: Final = "infer"
PREDICT: Final = "predict"
PEER: Final = "MLServer"
BARE: Final = "bare aiohttp"
AT_500: Final = " at 500"

FIGURES: Final[Sequence[Figure]] = (
    Figure("requests_per_second", "1/s", "POST /v2/models/anomaly_detection/infer", bar=Bar(3, Of.RATIO)),
    Figure("p99_ms_at_500", "ms", "99 of 100 of them, at 500 requests/s", Better.LOWER, Bar(2, Of.OURS)),
    Figure("p50_ms_at_500", "ms", "the same, half of all", Better.LOWER),
    Figure("predict_per_second", "1/s", "POST /predict: rules and model, by name of feature", bar=Bar(3, Of.RATIO)),
    Figure("predict_p99_ms_at_500", "ms", "99 of 100 of them, at 500 requests/s", Better.LOWER, Bar(2, Of.OURS)),
    Figure("cpu_us_per_request", "µs", "processor time of the server for an infer, 8 connections", Better.LOWER),
    Figure("predict_cpu_us_per_request", "µs", "the same for POST /predict", Better.LOWER),
    Figure("bare_per_second", "1/s", "bare aiohttp that answers a constant, same load"),
    Figure("bare_p99_ms_at_500", "ms", "the same, 99 of 100, at 500 requests/s: the floor", Better.LOWER),
    Figure("bare_p50_ms_at_500", "ms", "the same, half of all", Better.LOWER),
)


@dataclass(frozen=True, slots=True)
class _Side:
    """Something that is asked.

    Attributes:
        pid: The process that answers.
        bodies: File with a body a line.
    """

    port: int
    pid: int
    path: str
    bodies: Path


def run(surroundings: Surroundings) -> Measured:
    """Measures ours, and MLServer where it can be had."""
    seconds, turns = (TRIAL_S, 1) if surroundings.trial else (SECONDS, ROUNDS)
    peers = mlserver.installed(surroundings.peers, surroundings.tell)
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as running:
        folder = Path(temporary)
        sides = _ours(folder, running)
        sides[BARE] = _Side(*running.enter_context(bare(_an_answer(sides[INFER]))), PATH, sides[INFER].bodies)
        if peers is not None:
            port, pid = running.enter_context(mlserver.mlserver(peers, folder))
            sides[PEER] = _Side(port, pid, f"/v2/models/{mlserver.MODEL}/infer", _peer_bodies(folder))
        closed = {name: partial(_asked, side, seconds, CONNECTIONS, 0.0) for name, side in sides.items()}
        steady = {
            f"{name}{AT_500}": partial(_asked, side, seconds, OPEN_CONNECTIONS, RATE) for name, side in sides.items()
        }
        runs = rounds.in_turn(turns, {**closed, **steady}, surroundings.tell)
    versions = {} if peers is None else {"mlserver": peers.version("mlserver")}
    peer = f"MLServer {versions['mlserver']}, a one-class SVM of scikit-learn" if versions else ""
    return Measured(_values(runs), peer, versions, {"runs": runs, "tables": [_tails(runs)]})


def _ours(folder: Path, running: ExitStack) -> dict[str, _Side]:
    stack = Stack(lambda _: None, services=())
    running.callback(stack.stop)
    with cores.on(cores.others()):
        stack.start()
        model = ordinary_model(VECTORS)
    with cores.on(cores.measured()), cores.first():
        process = running.enter_context(predictor({**stack.environment, **stack.signing}, model, folder))
    vectors = ordinary_vectors(BODIES, 2)
    infer = [_inference("vectors", row.tolist()) for row in vectors]
    predict = [{"features": features_of(row)} for row in vectors]
    path = "/v2/models/anomaly_detection/infer"
    return {
        INFER: _Side(process.port, process.pid, path, _written(folder / "infer.jsonl", infer)),
        PREDICT: _Side(process.port, process.pid, "/predict", _written(folder / "predict.jsonl", predict)),
    }


def _peer_bodies(folder: Path) -> Path:
    rows = ordinary_vectors(BODIES, 2)[:, : mlserver.WIDTH - 1].tolist()
    return _written(folder / "mlserver.jsonl", [_inference(mlserver.INPUT, [*row, 0.5]) for row in rows])


def _inference(name: str, row: Sequence[float]) -> dict[str, Any]:
    return {"inputs": [{"name": name, "shape": [1, len(row)], "datatype": "FP32", "data": row}]}


def _written(path: Path, bodies: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(body)}\n" for body in bodies), encoding="utf-8")
    return path


def _an_answer(side: _Side) -> bytes:
    body = side.bodies.read_bytes().split(b"\n", 1)[0]
    with urllib.request.urlopen(f"http://127.0.0.1:{side.port}{side.path}", body, timeout=5) as answer:
        given: bytes = answer.read()
    return given


def _asked(side: _Side, seconds: float, connections: int, rate: float) -> dict[str, Any]:
    command = [
        sys.executable, "-m", "tests.bench.answering.load", "--port", str(side.port), "--path", side.path,
        "--bodies", str(side.bodies), "--connections", str(connections), "--seconds", str(seconds), "--rate", str(rate),
    ]  # fmt: skip
    meter = Meter(side.pid)
    meter.look()
    began, busy, clients = time.perf_counter(), busy_s(), _children_s()
    with cores.on(cores.others()), cores.first() as first:
        said = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, timeout=seconds + 60)
    if said.returncode != 0:
        raise Unmeasured(f"The program that asks {side.path} ended with status {said.returncode}.")
    seen: dict[str, Any] = json.loads(said.stdout)
    served = meter.total()
    others = (busy_s() - busy - served - (_children_s() - clients)) / (time.perf_counter() - began)
    return {
        **seen,
        "cpu_us": served / seen["answers"] * 1e6,
        "others_cores": round(max(others, 0.0), 2),
        "first": first,
    }


def _children_s() -> float:
    """Processor time of the programs that asked."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tails(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Every p99 at the steady rate, and beside it what may have made it."""
    steady = {name: seen for name, seen in runs.items() if name.endswith(AT_500)}
    numbers = range(1, len(steady[f"{BARE}{AT_500}"]) + 1)
    return {
        "head": ["p99, ms (cores that other programs had)", *(f"round {number}" for number in numbers)],
        "rows": [
            [f"{name} requests/s", *(f"{one['p99_ms']:.2f} ({one['others_cores']:.2f})" for one in seen)]
            for name, seen in steady.items()
        ],
    }


def _values(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Value]:
    def middle(side: str, what: str) -> float:
        return rounds.middle([one[what] for one in runs[side]])

    def beside(side: str, what: str, at: str = "") -> Value:
        return Value(middle(f"{side}{at}", what), middle(f"{PEER}{at}", what) if PEER in runs else None)

    def alone(what: str, at: str = "") -> Value:
        return Value(middle(f"{BARE}{at}", what))

    return {
        "requests_per_second": beside(INFER, "per_second"),
        "p99_ms_at_500": beside(INFER, "p99_ms", AT_500),
        "p50_ms_at_500": beside(INFER, "p50_ms", AT_500),
        "predict_per_second": beside(PREDICT, "per_second"),
        "predict_p99_ms_at_500": beside(PREDICT, "p99_ms", AT_500),
        "cpu_us_per_request": beside(INFER, "cpu_us"),
        "predict_cpu_us_per_request": beside(PREDICT, "cpu_us"),
        "bare_per_second": alone("per_second"),
        "bare_p99_ms_at_500": alone("p99_ms", AT_500),
        "bare_p50_ms_at_500": alone("p50_ms", AT_500),
    }


PREDICT_REST: Final = Benchmark(
    "predict-rest",
    "One vector a request, as JSON over HTTP: 8 connections that ask again when they were answered, and 500 questions "
    "a second that come at random moments (Poisson) whatever was answered, whose times count from when they were due. "
    "Ours is the service as it is run, on an embedded broker through which nothing flows meanwhile, with a model that "
    "the auto-retrainer's code made of 20,000 vectors; the peer answers the same kind of question with one model of "
    "scikit-learn. The server has one core for itself, the clients another; POST /predict is held against the peer's "
    "infer. Servers and clients go before other programs (SCHED_FIFO, where that is allowed). What else runs on the "
    "machine makes tails of milliseconds nevertheless, so a bare aiohttp handler that answers a constant of the same "
    "length is asked in the same way, on the same core: what it takes is no time of ours.",
    FIGURES,
    ("resonance-predictor", "aiohttp", "uvloop", "msgspec", "onnxruntime", "numpy"),
    run,
)
