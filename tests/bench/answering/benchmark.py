"""The benchmark `predict-rest`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from resonance_local.stack import Stack
from tests.bench import cores, rounds
from tests.bench.answering import mlserver
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.usage import Meter
from tests.support.ordinary_model import features_of, ordinary_model, ordinary_vectors
from tests.support.predictor_process import predictor

ROUNDS: Final = 3
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
AT_500: Final = " at 500"

FIGURES: Final[Sequence[Figure]] = (
    Figure("requests_per_second", "1/s", "POST /v2/models/anomaly_detection/infer", bar=Bar(3, Of.RATIO)),
    Figure("p99_ms_at_500", "ms", "99 of 100 of them, at 500 requests/s", Better.LOWER, Bar(2, Of.OURS)),
    Figure("p50_ms_at_500", "ms", "the same, half of all", Better.LOWER),
    Figure("predict_per_second", "1/s", "POST /predict: rules and model, by name of feature", bar=Bar(3, Of.RATIO)),
    Figure("predict_p99_ms_at_500", "ms", "99 of 100 of them, at 500 requests/s", Better.LOWER, Bar(2, Of.OURS)),
    Figure("cpu_us_per_request", "µs", "processor time of the server for an infer, 8 connections", Better.LOWER),
    Figure("predict_cpu_us_per_request", "µs", "the same for POST /predict", Better.LOWER),
)


@dataclass(frozen=True, slots=True)
class _Side:
    """Something that is asked.

    Attributes:
        bodies: File with a body a line.
        pid: The process that answers.
    """

    port: int
    path: str
    bodies: Path
    pid: int


def run(surroundings: Surroundings) -> Measured:
    """Measures ours, and MLServer where it can be had."""
    seconds, turns = (TRIAL_S, 1) if surroundings.trial else (SECONDS, ROUNDS)
    peers = mlserver.installed(surroundings.peers, surroundings.tell)
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as running:
        folder = Path(temporary)
        sides = _ours(folder, running)
        if peers is not None:
            port, pid = running.enter_context(mlserver.mlserver(peers, folder))
            sides[PEER] = _Side(port, f"/v2/models/{mlserver.MODEL}/infer", _peer_bodies(folder), pid)
        closed = {name: partial(_asked, side, seconds, CONNECTIONS, 0.0) for name, side in sides.items()}
        steady = {
            f"{name}{AT_500}": partial(_asked, side, seconds, OPEN_CONNECTIONS, RATE) for name, side in sides.items()
        }
        runs = rounds.in_turn(turns, {**closed, **steady}, surroundings.tell)
    versions = {} if peers is None else {"mlserver": peers.version("mlserver")}
    peer = f"MLServer {versions['mlserver']}, a one-class SVM of scikit-learn" if versions else ""
    return Measured(_values(runs), peer, versions, {"runs": runs})


def _ours(folder: Path, running: ExitStack) -> dict[str, _Side]:
    stack = Stack(lambda _: None, services=())
    running.callback(stack.stop)
    with cores.on(cores.others()):
        stack.start()
        model = ordinary_model(VECTORS)
    with cores.on(cores.measured()):
        process = running.enter_context(predictor(stack.environment, model, folder))
    vectors = ordinary_vectors(BODIES, 2)
    infer = [_inference("vectors", row.tolist()) for row in vectors]
    predict = [{"features": features_of(row)} for row in vectors]
    path = "/v2/models/anomaly_detection/infer"
    return {
        INFER: _Side(process.port, path, _written(folder / "infer.jsonl", infer), process.pid),
        PREDICT: _Side(process.port, "/predict", _written(folder / "predict.jsonl", predict), process.pid),
    }


def _peer_bodies(folder: Path) -> Path:
    rows = ordinary_vectors(BODIES, 2)[:, : mlserver.WIDTH - 1].tolist()
    return _written(folder / "mlserver.jsonl", [_inference(mlserver.INPUT, [*row, 0.5]) for row in rows])


def _inference(name: str, row: Sequence[float]) -> dict[str, Any]:
    return {"inputs": [{"name": name, "shape": [1, len(row)], "datatype": "FP32", "data": row}]}


def _written(path: Path, bodies: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(body)}\n" for body in bodies), encoding="utf-8")
    return path


def _asked(side: _Side, seconds: float, connections: int, rate: float) -> dict[str, Any]:
    command = [
        sys.executable, "-m", "tests.bench.answering.load", "--port", str(side.port), "--path", side.path,
        "--bodies", str(side.bodies), "--connections", str(connections), "--seconds", str(seconds), "--rate", str(rate),
    ]  # fmt: skip
    meter = Meter(side.pid)
    meter.look()
    with cores.on(cores.others()):
        said = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True, timeout=seconds + 60)
    if said.returncode != 0:
        raise Unmeasured(f"The program that asks {side.path} ended with status {said.returncode}.")
    seen: dict[str, Any] = json.loads(said.stdout)
    return {**seen, "cpu_us": meter.total() / seen["answers"] * 1e6}


def _values(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Value]:
    def middle(side: str, what: str) -> float | None:
        return rounds.middle([one[what] for one in runs[side]]) if side in runs else None

    def beside(side: str, what: str, at: str = "") -> Value:
        ours = middle(f"{side}{at}", what)
        assert ours is not None, "ours always runs"
        return Value(ours, middle(f"{PEER}{at}", what))

    return {
        "requests_per_second": beside(INFER, "per_second"),
        "p99_ms_at_500": beside(INFER, "p99_ms", AT_500),
        "p50_ms_at_500": beside(INFER, "p50_ms", AT_500),
        "predict_per_second": beside(PREDICT, "per_second"),
        "predict_p99_ms_at_500": beside(PREDICT, "p99_ms", AT_500),
        "cpu_us_per_request": beside(INFER, "cpu_us"),
        "predict_cpu_us_per_request": beside(PREDICT, "cpu_us"),
    }


PREDICT_REST: Final = Benchmark(
    "predict-rest",
    "One vector a request, as JSON over HTTP: 8 connections that ask again when they were answered, and 500 questions "
    "a second that come at random moments (Poisson) whatever was answered, whose times count from when they were due. "
    "Ours is the service as it is run, on an embedded broker through which nothing flows meanwhile, with a model that "
    "the auto-retrainer's code made of 20,000 vectors; the peer answers the same kind of question with one model of "
    "scikit-learn. The server has one core for itself, the clients another; POST /predict is held against the peer's "
    "infer.",
    FIGURES,
    ("resonance-predictor", "aiohttp", "uvloop", "msgspec", "onnxruntime", "numpy"),
    run,
)
