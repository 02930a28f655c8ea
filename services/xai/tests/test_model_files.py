"""Model files and reference files from elsewhere."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import GradientBoostingRegressor, IsolationForest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from resonance_xai.asked.errors import UnusableModel, UnusableTable, WrongQuestion
from resonance_xai.asked.subject import Unit
from resonance_xai.asked.table_file import read_table
from resonance_xai.asked.tabular import tabular

Floats = NDArray[np.float64]

WINE, DIABETES = load_wine(), load_diabetes(scaled=False)
CLASSIFIER = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(WINE.data, WINE.target)
OPSETS = {"": 17, "ai.onnx.ml": 3}


def exported(model: Any, rows: Floats, dtype: Any = np.float32, **options: Any) -> bytes:
    found = to_onnx(model, rows[:1].astype(dtype), target_opset=OPSETS, **options)
    return bytes(found.SerializeToString())


@pytest.mark.parametrize("zipped", [True, False])
def test_a_classifier_is_explained_by_the_probability_of_what_it_says(zipped: bool) -> None:
    data = exported(CLASSIFIER, WINE.data, options=None if zipped else {"zipmap": False})
    model = tabular("wine", data, WINE.data, WINE.feature_names, classes=list(WINE.target_names))
    said = CLASSIFIER.predict_proba(WINE.data)
    for row in (0, 70, 150):
        subject = model.subject(WINE.data[row], None)
        assert subject.unit is Unit.PROBABILITY
        assert subject.output == WINE.target_names[said[row].argmax()]
        np.testing.assert_allclose(subject.score(WINE.data), said[:, said[row].argmax()], atol=1e-5)
    other = model.subject(WINE.data[0], "class_2")
    np.testing.assert_allclose(other.score(WINE.data), said[:, 2], atol=1e-5)
    with pytest.raises(WrongQuestion, match="no class 'class_9'; expected one of class_0, class_1, class_2"):
        model.subject(WINE.data[0], "class_9")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_regressor_is_explained_by_its_number(dtype: Any) -> None:
    kind = GradientBoostingRegressor(n_estimators=20, random_state=0) if dtype is np.float32 else LinearRegression()
    regressor = kind.fit(DIABETES.data, DIABETES.target)
    model = tabular("diabetes", exported(regressor, DIABETES.data, dtype), DIABETES.data)
    subject = model.subject(DIABETES.data[0], None)
    assert (subject.unit, subject.missed) == (Unit.SCORE, None)
    np.testing.assert_allclose(subject.score(DIABETES.data), regressor.predict(DIABETES.data), rtol=1e-4)


def test_a_detector_is_explained_by_its_score() -> None:
    detector = IsolationForest(n_estimators=20, random_state=0).fit(WINE.data)
    model = tabular("wine", exported(detector, WINE.data), WINE.data)
    subject = model.subject(WINE.data[0], None)
    assert subject.unit is Unit.SCORE
    np.testing.assert_allclose(subject.score(WINE.data), detector.decision_function(WINE.data), atol=1e-4)


def test_columns_are_as_the_reference_rows_show_them() -> None:
    model = tabular("wine", exported(CLASSIFIER, WINE.data), WINE.data, WINE.feature_names, immutable=["proline"])
    columns = {column.name: column for column in model.columns}
    assert columns["proline"].whole
    assert columns["proline"].change == "no"
    assert not columns["alcohol"].whole
    assert (columns["alcohol"].lower, columns["alcohol"].upper) == (11.03, 14.83)


def graph(inputs: list[Any], nodes: list[Any], outputs: list[Any]) -> bytes:
    opsets = [helper.make_opsetid("", 17)]
    model = helper.make_model(helper.make_graph(nodes, "g", inputs, outputs), ir_version=8, opset_imports=opsets)
    return bytes(model.SerializeToString())


def value(name: str, type_: int = TensorProto.FLOAT, shape: Any = ("n", 2)) -> Any:
    return helper.make_tensor_value_info(name, type_, shape)


BAD_MODELS = {
    "not ONNX": (b"\x00not a model", "Expected an ONNX file"),
    "two inputs": (
        graph([value("a"), value("b")], [helper.make_node("Add", ["a", "b"], ["y"])], [value("y")]),
        "one input of shape .rows, columns., but it has 2: a, b",
    ),
    "text": (
        graph([value("a", TensorProto.STRING)], [helper.make_node("Identity", ["a"], ["y"])],
              [value("y", TensorProto.STRING)]),
        "Expected an input of float or double",
    ),
    "a picture": (
        graph([value("a", shape=("n", 3, 8, 8))], [helper.make_node("Identity", ["a"], ["y"])],
              [value("y", shape=("n", 3, 8, 8))]),
        "Expected an input of float or double of shape",
    ),
    "two outputs": (
        graph([value("a")], [helper.make_node("Identity", ["a"], ["y"]), helper.make_node("Neg", ["a"], ["z"])],
              [value("y"), value("z")]),
        "one output of float or double",
    ),
    "one number for all": (
        graph([value("a")], [helper.make_node("ReduceSum", ["a"], ["y"], keepdims=0)], [value("y", shape=())]),
        "Expected one answer for each of",
    ),
    "an own operator": (
        graph([value("a")], [helper.make_node("Odd", ["a"], ["y"], domain="com.example")], [value("y")]),
        "com.example",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_MODELS)
def test_a_file_that_cannot_be_explained_is_refused_with_the_reason(case: str) -> None:
    data, reason = BAD_MODELS[case]
    with pytest.raises(UnusableModel, match=reason):
        tabular("model", data, np.ones((3, 2)))


BAD_TABLES: dict[str, tuple[dict[str, Any], str]] = {
    "other columns": ({"ordinary": np.ones((3, 4))}, "takes 13 columns, but the reference rows have 4"),
    "other names": ({"names": ["a", "b"]}, "takes 13 columns, but there are 2 names"),
    "a name twice": ({"names": ["a"] * 13}, "a name of its own"),
    "an immutable nobody knows": ({"immutable": ["age"]}, "no column 'age'"),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_rows_and_names_that_are_not_the_models_are_refused(case: str) -> None:
    arguments, reason = BAD_TABLES[case]
    with pytest.raises(UnusableTable, match=reason):
        tabular("wine", exported(CLASSIFIER, WINE.data), **arguments)


ROWS = np.array([[1.0, 2.5], [3.0, -4.0]])


def _parquet() -> bytes:
    file = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"a": ROWS[:, 0], "b": ROWS[:, 1]}), file)
    return file.getvalue()


def _npy(rows: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, rows)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "names"),
    [
        ("rows.csv", b"a, b\n1,2.5\n3,-4\n", ("a", "b")),
        ("rows.csv", b"1,2.5\n3,-4e0\n", ()),
        ("ROWS.CSV", b"\xef\xbb\xbfa,b\r\n1,2.5\r\n\r\n3,-4\r\n", ("a", "b")),
        ("rows.npy", _npy(ROWS), ()),
        ("rows.parquet", _parquet(), ("a", "b")),
    ],
)
def test_reference_rows_are_read(tmp_path: Path, name: str, content: bytes, names: tuple[str, ...]) -> None:
    (tmp_path / name).write_bytes(content)
    table = read_table(tmp_path / name)
    assert table.rows is not None
    np.testing.assert_array_equal(table.rows, ROWS)
    assert table.names == names


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("rows.xlsx", b"", "ends in .csv, .npy, .parquet"),
        ("rows.csv", b"", "Expected rows of numbers"),
        ("rows.csv", b"a,b\n1,2\n3\n", "Line 3 has 1 values, expected 2"),
        ("rows.csv", b"a,b\n1,2\n3,red\n", "line 3 has 'red'"),
        ("rows.csv", b"a,b\n1,nan\n", "row 1, column 2 of 'rows.csv' is nan"),
        ("rows.csv", b"\xff\xfe\x00", "UTF-8"),
        ("rows.npy", b"not numpy", ".npy"),
        ("rows.npy", _npy(np.array([1.0, 2.0])), "rows of numbers"),
        ("rows.npy", _npy(np.array([["a"]])), "numbers"),
        ("rows.parquet", b"PAR1 no", "Parquet"),
    ],
)
def test_a_file_without_rows_is_refused_with_the_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableTable, match=reason):
        read_table(tmp_path / name)


def test_pickled_rows_are_never_loaded(tmp_path: Path) -> None:
    file = io.BytesIO()
    np.save(file, np.array([object()], dtype=object), allow_pickle=True)
    (tmp_path / "rows.npy").write_bytes(file.getvalue())
    with pytest.raises(UnusableTable):
        read_table(tmp_path / "rows.npy")


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnusableTable, match="cannot be read: No such file"):
        read_table(tmp_path / "none.csv")
