"""`resonance-xai` as a program of its own: a public model, no broker, no store."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier

from resonance_xai.standalone import name_of

CANCER = load_breast_cancer()
NAMES = [name.replace(" ", "_") for name in CANCER.feature_names]
FOREST = RandomForestClassifier(50, random_state=0).fit(CANCER.data, CANCER.target)
START_S = 60.0


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    model = to_onnx(FOREST, CANCER.data[:1].astype(np.float32), target_opset={"": 17, "ai.onnx.ml": 3})
    (folder / "Breast cancer.onnx").write_bytes(model.SerializeToString())
    np.savetxt(folder / "rows.csv", CANCER.data, delimiter=",", header=",".join(NAMES), comments="")
    return folder


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "resonance_xai", "standalone", "--model", str(folder / "Breast cancer.onnx")]
    return subprocess.Popen(
        [*command, "--port", "0", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


@pytest.fixture(scope="module")
def address(files: Path) -> Iterator[str]:
    process = started(files, "--reference", str(files / "rows.csv"), "--classes", "malignant,benign")
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("Explains breast_cancer at http://"), process.stderr and process.stderr.read()
    yield line.split(" at ")[1].strip().removesuffix("/explain")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stdout.close()
    if process.stderr is not None:
        process.stderr.close()


def get(url: str, question: dict[str, Any] | None = None) -> tuple[int, bytes]:
    body = None if question is None else json.dumps(question).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=60) as response:  # noqa: S310
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_a_public_model_is_explained_with_no_broker(address: str) -> None:
    row = CANCER.data[0]
    question = {
        "features": dict(zip(NAMES, row.tolist(), strict=True)),
        "methods": ["shap", "lime", "counterfactual", "plots", "tree"],
        "deadline_ms": 60_000,
    }
    status, body = get(f"{address}/explain", question)
    found = json.loads(body)
    assert status == 200, found
    said = float(FOREST.predict_proba(row[None])[0, 0])
    assert (found["model_name"], found["output"], found["unit"]) == ("breast_cancer", "malignant", "probability")
    assert found["value"] == pytest.approx(said, abs=1e-5)
    assert found["base_value"] + sum(found["shap_values"].values()) == pytest.approx(said, abs=1e-5)
    assert found["method"] == "shapley-sampling"
    assert 0 < found["error_bound"] < 0.02
    assert found["lime"]["stability"]["repeats"] == 5
    assert found["tree"]["fidelity_r2"] > 0.7
    assert found["plots"]
    assert "The model gives malignant a probability of" in found["natural_explanation"]
    for one in found["counterfactual"]["suggestions"]:
        changed = row.copy()
        for change in one["changes"]:
            changed[NAMES.index(change["feature"])] = change["to"]
        # float32 of the file may send a row at a threshold the other way than scikit-learn's float64.
        assert FOREST.predict_proba(changed[None].astype(np.float32))[0, 0] == pytest.approx(one["value"], abs=0.021)
        assert one["value"] < 0.5


def test_few_differences_are_enumerated(address: str) -> None:
    middle = np.median(CANCER.data, axis=0)
    worst = {"worst_area": 2019.0, "worst_concave_points": 0.2654, "mean_texture": 30.0}
    question = {"features": dict(zip(NAMES, middle.tolist(), strict=True)) | worst, "methods": ["shap"]}
    found = json.loads(get(f"{address}/explain", question)[1])
    assert found["method"] == "shapley-enumeration"
    assert {name for name, value in found["shap_values"].items() if value} <= set(worst)


def test_probes_trees_and_plots_are_served(address: str) -> None:
    for path in ("/livez", "/readyz", "/metrics", "/explain", "/explain/tree/breast_cancer?format=svg",
                 "/explain/plots/breast_cancer/beeswarm.png?output=malignant"):  # fmt: skip
        assert get(f"{address}{path}")[0] == 200, path
    assert b"xai_question_duration_seconds" in get(f"{address}/metrics")[1]
    status, body = get(f"{address}/explain/tree/wine")
    assert (status, json.loads(body)["detail"]) == (404, "There is no model 'wine'; expected 'breast_cancer'.")


@pytest.mark.long
def test_it_starts_within_a_minute_and_without_reference_rows_the_own_normal_is_compared_with(files: Path) -> None:
    began = time.monotonic()
    process = started(files, "--features", ",".join(NAMES))
    assert process.stdout is not None
    address = process.stdout.readline().split(" at ")[1].strip()
    assert time.monotonic() - began < START_S
    features = dict(zip(NAMES, CANCER.data[0].tolist(), strict=True))
    normal = dict(zip(NAMES, CANCER.data[20].tolist(), strict=True))
    status, body = get(address, {"features": features})
    assert (status, "start with --reference FILE" in json.loads(body)["detail"]) == (422, True)
    found = json.loads(get(address, {"features": features, "reference": "own", "normal": normal})[1])
    assert found["base_value"] + sum(found["shap_values"].values()) == pytest.approx(found["value"], abs=1e-6)
    assert "lime" not in found
    process.terminate()
    process.communicate(timeout=20)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--reference", "none.csv"], "'none.csv' cannot be read: No such file"),
        (["--features", "a,b"], "takes 30 columns, but there are 2 names"),
        (["--classes", "a,b,c"], "has 2 outputs, but there are 3 names of classes"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_one_sentence(files: Path, arguments: list[str], reason: str) -> None:
    process = started(files, *arguments)
    _, said = process.communicate(timeout=START_S)
    assert process.returncode == 2
    assert said.startswith("resonance-xai did not start. ")
    assert reason in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("file", "name"),
    [("Breast cancer.onnx", "breast_cancer"), ("2024-model.onnx", "model_2024_model"), ("-.onnx", "model")],
)
def test_a_model_is_named_after_its_file(file: str, name: str) -> None:
    assert name_of(Path(file)) == name
