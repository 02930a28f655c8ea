"""tritonclient and MLServer's client against the predictor. Run by `make inference-test`, which installs them."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest

from resonance_local.stack import Stack
from resonance_modeling.artifact import Artifact
from resonance_modeling.scorer import EnsembleScorer
from tests.bench.answering.mlserver import REQUIREMENTS
from tests.bench.peers import prepare
from tests.support.kinds_of_people import behaviour_model
from tests.support.ordinary_model import ordinary_model, ordinary_vectors
from tests.support.predictor_process import predictor
from tests.support.promoting import promote

HERE: Final = Path(__file__).parent
CLIENT_S: Final = 120

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.skipif(
        "RESONANCE_INFERENCE_TEST" not in os.environ, reason="needs packages from PyPI: `make inference-test`"
    ),
]


@pytest.fixture(scope="module")
def python() -> Path:
    """Python of an environment with the clients."""
    said: list[str] = []
    peers = prepare(HERE, said.append, "mlserver", REQUIREMENTS)
    if peers is None:
        pytest.skip(f"The clients cannot be had here. {said[-1]}")
    return peers.python


@pytest.fixture(scope="module")
def model() -> Artifact:
    return ordinary_model()


@pytest.fixture(scope="module")
def behaviour() -> Artifact:
    return behaviour_model()


@pytest.fixture(scope="module")
def port(parts: Stack, model: Artifact, behaviour: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a predictor with two models in force."""
    environment = {**parts.environment, **parts.signing}
    asyncio.run(promote(behaviour, environment))
    with predictor(environment, model, tmp_path_factory.mktemp("predictor")) as process:
        yield process.port


def test_clients_get_what_the_model_says(python: Path, port: int, model: Artifact, behaviour: Artifact) -> None:
    rows = ordinary_vectors(5, 11)
    kinds = behaviour.manifest.clusters or ()
    given = {"vectors": rows.tolist(), "users": [kind.center for kind in kinds]}
    done = subprocess.run(
        [str(python), "asking.py", str(port)],
        cwd=HERE, input=json.dumps(given), capture_output=True, text=True, timeout=CLIENT_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    scorer = EnsembleScorer(model)
    expected = scorer.tail_probability(scorer.score(rows))
    for tails in (*found["triton"], found["mlserver"]):
        np.testing.assert_allclose(tails, expected, rtol=0, atol=1e-6)
    names = [kind.names["en"] for kind in kinds]
    assert len(names) == 3 and found["kinds"] == {"triton": names, "mlserver": names}
    assert (found["live"], found["ready"], found["model_ready"], found["unknown_ready"]) == (True, True, True, False)
    assert (found["version"], found["extensions"]) == (model.manifest.model_version, ["binary_tensor_data"])
    assert found["wrong"] == ["400", "Expected vectors of shape [-1, 13], -1 being any, got [1, 3]."]
    assert found["unknown"][0] == "404" and "is not loaded" in found["unknown"][1]
    assert found["repository"][0] == "404"


@pytest.mark.parametrize("binary", [False, True])
def test_mlserver_infer_asks_in_batches(python: Path, port: int, model: Artifact, tmp_path: Path, binary: bool) -> None:
    rows = ordinary_vectors(5, 12)
    requests = [
        {"id": str(i), "inputs": [{"name": "vectors", "shape": [1, 13], "datatype": "FP64", "data": row.tolist()}]}
        for i, row in enumerate(rows)
    ]
    (tmp_path / "in.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in requests), encoding="utf-8")
    command = [str(python.parent / "mlserver"), "infer", "-u", f"127.0.0.1:{port}", "-m", "anomaly_detection"]
    command += ["-i", "in.jsonl", "-o", "out.jsonl", "-s", "2", *(["--binary-data"] if binary else [])]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=CLIENT_S)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    found = {answer["id"]: answer["outputs"][1]["data"] for answer in answers}
    scorer = EnsembleScorer(model)
    expected = scorer.tail_probability(scorer.score(rows))
    np.testing.assert_allclose([found[str(i)][0] for i in range(len(rows))], expected, rtol=0, atol=1e-9)
