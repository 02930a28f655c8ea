"""The inference protocol without HTTP: requests to arrays, arrays to answers."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_contracts.features import WIDTH
from resonance_predictor.errors import BadInput, NoVersion, UnknownModel
from resonance_predictor.inference.anomalies import AnomalyDetection
from resonance_predictor.inference.answer import ask
from resonance_predictor.inference.catalogue import Catalogue, Shelf
from resonance_predictor.inference.request import parse
from resonance_predictor.inference.servable import Tensor
from tests.support.ordinary_model import ordinary_vectors

ROW = [1.0] * WIDTH


class Everything:
    """A model with an input of each kind and an output of each kind."""

    name = "everything"
    version = "7"
    inputs = (
        Tensor("floats", "FP64", (-1, 2, 2)),
        Tensor("numbers", "UINT8", (-1,)),
        Tensor("flags", "BOOL", (3,)),
    )
    outputs = (Tensor("words", "BYTES", (-1,)), Tensor("counts", "INT64", (-1, 2)), Tensor("any", "BOOL", (1,)))

    def infer(self, inputs):
        numbers = inputs["numbers"]
        return {
            "words": np.array([f"№{n}" for n in numbers], dtype=object),
            "counts": np.stack([numbers, numbers * 2], axis=1).astype(np.int64),
            "any": np.array([inputs["flags"].any()]),
        }


FLOATS = {"name": "floats", "shape": [1, 2, 2], "datatype": "FP64", "data": [[[1, 2], [3, 4.5]]]}
NUMBERS = {"name": "numbers", "shape": [1], "datatype": "UINT8", "data": [200]}
FLAGS = {"name": "flags", "shape": [3], "datatype": "BOOL", "data": [False, True, False]}


@pytest.fixture
def model(ensemble):
    return AnomalyDetection(ensemble)


def vectors(**changes):
    tensor = {"name": "vectors", "shape": [1, WIDTH], "datatype": "FP32", "data": ROW} | changes
    return {name: value for name, value in tensor.items() if value is not None}


def asked(*inputs, **others) -> bytes:
    return json.dumps({"inputs": inputs, **others}).encode()


def answered(servable, body: bytes, header_length: str | None = None):
    return json.loads(ask(servable, body, header_length).body)


def test_an_answer_has_what_the_protocol_wants(model, ensemble):
    values = ordinary_vectors(2, 3)
    flat = vectors(shape=[2, WIDTH], datatype="FP64", data=values.ravel().tolist())
    found = answered(model, asked(flat, id="42"))
    scores = ensemble.scores(values)
    assert found == {
        "model_name": "anomaly_detection",
        "model_version": ensemble.model.version,
        "id": "42",
        "outputs": [
            {"name": "score", "shape": [2], "datatype": "FP64", "data": scores.score.tolist()},
            {
                "name": "tail_probability",
                "shape": [2],
                "datatype": "FP64",
                "data": scores.tail_probability.tolist(),
            },
            {"name": "confidence", "shape": [2], "datatype": "FP64", "data": scores.confidence.tolist()},
            {"name": "members", "shape": [2, 5], "datatype": "FP64", "data": scores.members[:, :5].ravel().tolist()},
        ],
    }
    nested = vectors(shape=[2, WIDTH], datatype="FP32", data=values.tolist())
    without_id = answered(model, asked(nested, id=None, parameters=None, outputs=None))
    assert "id" not in without_id
    for single, double in zip(without_id["outputs"], found["outputs"], strict=True):
        assert single["data"] == pytest.approx(double["data"], rel=1e-5)


def test_outputs_are_selected_in_the_order_that_is_asked_for(model):
    names = ["tail_probability", "score"]
    for wanted in (names, names[::-1], names[:1]):
        found = answered(model, asked(vectors(), outputs=[{"name": name} for name in wanted]))
        assert [output["name"] for output in found["outputs"]] == wanted
    assert len(answered(model, asked(vectors(), outputs=[]))["outputs"]) == 4


def test_binary_tensors_go_both_ways(model, ensemble):
    values = ordinary_vectors(3, 4).astype("<f4")
    binary = vectors(shape=[3, WIDTH], data=None, parameters={"binary_data_size": values.nbytes})
    head = asked(binary, parameters={"binary_data_output": True}, outputs=[
        {"name": "tail_probability"}, {"name": "score", "parameters": {"binary_data": False}},
    ])  # fmt: skip
    found = ask(model, head + values.tobytes(), str(len(head)))
    said = json.loads(found.body[: found.header_length])
    tails, scores = said["outputs"]
    assert tails == {
        "name": "tail_probability", "shape": [3], "datatype": "FP64", "parameters": {"binary_data_size": 24}
    }  # fmt: skip
    expected = ensemble.scores(values)
    assert scores["data"] == expected.score.tolist()
    assert found.body[found.header_length :] == expected.tail_probability.tobytes()


def test_every_datatype_is_read_and_written():
    found = answered(Everything(), asked(FLOATS, NUMBERS, FLAGS))
    assert [output["data"] for output in found["outputs"]] == [["№200"], [200, 144], [True]]
    assert [output["shape"] for output in found["outputs"]] == [[1], [1, 2], [1]]
    parts = {"floats": np.arange(4.0).tobytes(), "numbers": b"\x05", "flags": b"\0\1\0"}
    inputs = [
        {name: value for name, value in tensor.items() if name != "data"}
        | {"parameters": {"binary_data_size": len(parts[tensor["name"]])}}
        for tensor in (FLOATS, NUMBERS, FLAGS)
    ]
    head = asked(*inputs, parameters={"binary_data_output": True})
    binary = ask(Everything(), head + b"".join(parts.values()), str(len(head)))
    word = "№5".encode()
    assert binary.body[binary.header_length :] == struct.pack("<I", len(word)) + word + struct.pack("<qq?", 5, 10, True)


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    stretch=st.sampled_from([1.0, 10.0, 1e6, 1e30, 1e300]),
    datatype=st.sampled_from(["FP32", "FP64"]),
    binary=st.booleans(),
)
def test_a_batch_says_what_its_vectors_say_alone(ensemble, seed, sizes, stretch, datatype, binary):
    model = AnomalyDetection(ensemble)
    dtype = {"FP32": "<f4", "FP64": "<f8"}[datatype]
    largest = float(np.finfo(dtype).max)
    values = np.clip(ordinary_vectors(sum(sizes), seed) * stretch, -largest, largest).astype(dtype)

    def said(rows) -> list[float]:
        if not binary:
            data = rows.astype(np.float64).ravel().tolist()
            body = asked(vectors(shape=list(rows.shape), datatype=datatype, data=data))
            return answered(model, body)["outputs"][1]["data"]
        parameters = {"binary_data_size": rows.nbytes}
        head = asked(vectors(shape=list(rows.shape), datatype=datatype, data=None, parameters=parameters))
        return answered(model, head + rows.tobytes(), str(len(head)))["outputs"][1]["data"]

    alone = [tail for row in values for tail in said(row[np.newaxis])]
    in_parts = [tail for part in np.split(values, np.cumsum(sizes)[:-1]) for tail in said(part)]
    np.testing.assert_allclose(in_parts, alone, rtol=0, atol=1e-6)
    np.testing.assert_allclose(said(values), alone, rtol=0, atol=1e-6)


def test_no_rows_have_no_scores(model):
    assert answered(model, asked(vectors(shape=[0, WIDTH], data=[])))["outputs"][0]["data"] == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not an inference request"),
        (b"{", "not an inference request"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"inputs": [{"name": "\xff"}]}', "not an inference request"),
        (b'{"inputs": ' + b"[" * 100_000, "not an inference request"),
        (b'{"inputs": [{"name": "vectors", "x": ' + b"[" * 100_000, "not an inference request"),
        (b"{}", "missing required field `inputs`"),
        (asked(), "anomaly_detection takes vectors (FP32 [-1, 13]); vectors is missing"),
        (asked({"name": "vectors"}), "missing required field `shape`"),
        (asked(vectors(name="x" * 1000)), f"no '{'x' * 100}' among its inputs: they are vectors (FP32 [-1, 13])"),
        (asked(vectors(), vectors()), "vectors is twice among the inputs"),
        (asked(vectors(datatype="INT64")), "Expected vectors to be FP32 or FP64, got 'INT64'"),
        (asked(vectors(datatype="FP128")), "got 'FP128'"),
        (asked(vectors(shape=[WIDTH])), "Expected vectors of shape [-1, 13], -1 being any, got [13]"),
        (asked(vectors(shape=[1, 14])), "got [1, 14]"),
        (asked(vectors(shape=[-1, WIDTH])), "`int` >= 0"),
        (asked(vectors(shape=[2, WIDTH])), "have 13 elements, but its shape [2, 13] has 26"),
        (asked(vectors(shape=[10**15, WIDTH])), "have 13 elements"),
        (asked(vectors(shape=[10**4200, WIDTH])), "at `$.inputs[0].shape[0]`"),
        (asked(vectors(data=[*ROW[1:], "1"])), "Expected `float`, got `str` - at `$[12]`"),
        (asked(vectors(data=[*ROW[1:], True])), "Expected `float`, got `bool`"),
        (asked(vectors(data=[*ROW[1:], None])), "Expected `float`, got `null`"),
        (asked(vectors(data=3)), "Expected `array`, got `int`"),
        (asked(vectors(data=None)), "neither data nor a binary_data_size"),
        (asked(vectors(shape=[2, WIDTH], data=[ROW, ROW[1:]])), "not FP32 elements, flat or nested"),
        (asked(vectors(shape=[1, WIDTH], data=[[1]] * WIDTH)), "nested as [13, 1], but its shape is [1, 13]"),
        (asked(vectors(data=[[ROW]])), "Expected `float`, got `array`"),
        (asked(vectors(data=[*ROW[1:], 1e39])), "must be finite in float32, but that at [0, 12] is not"),
        (b'{"inputs": [{"name": "vectors", "shape": [1, 13], "datatype": "FP32", "data": [NaN]}]}', "not an inference"),
        (asked(vectors(), outputs=[{"name": "risk"}]), "no 'risk' among its outputs: they are score (FP64 [-1]), tail"),
        (asked(vectors(), outputs=[{"name": "score"}] * 2), "score is twice among the outputs"),
        (asked(vectors(), parameters={"binary_data_output": "yes"}), "binary_data_output to be true or false"),
        (asked(vectors(parameters={"shared_memory_region": "r"})), "shared memory is not supported"),
        (asked(vectors(), parameters={"sequence_id": 5}), "leave sequence_id out"),
        (asked(vectors(), outputs=[{"name": "score", "parameters": {"classification": 2}}]), "classification is not"),
        (asked(vectors(data=None, parameters={"binary_data_size": 52})), "but 0 bytes are left"),
    ],
)
def test_a_wrong_request_is_refused_with_a_sentence(model, body, says):
    with pytest.raises(BadInput) as raised:
        parse(body, None, model)
    assert says in str(raised.value)
    assert str(raised.value).endswith(".")
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("size", "binary", "cut", "says"),
    [
        (52, b"\0" * 52, "0", "lies between 1 and"),
        (52, b"\0" * 52, "-3", "lies between 1 and"),
        (52, b"\0" * 52, "9" * 5000, "lies between 1 and"),
        (52, b"\0" * 52, "²", "lies between 1 and"),
        (52, b"\0" * 52, None, "not an inference request"),
        (52, b"\0" * 51, "head", "but 51 bytes are left"),
        (52, b"\0" * 60, "head", "8 bytes are left in the body after the last input"),
        (51, b"\0" * 51, "head", "13 elements of FP32 have 52 bytes"),
        (True, b"\0" * 52, "head", "binary_data_size of True"),
        (-1, b"\0" * 52, "head", "binary_data_size of -1"),
        (52, np.full(WIDTH, np.nan, "<f4").tobytes(), "head", "must be finite in float32, but that at [0, 0] is not"),
        (52, np.full(WIDTH, np.inf, "<f4").tobytes(), "head", "must be finite"),
    ],
)
def test_wrong_binary_data_are_refused_with_a_sentence(model, size, binary, cut, says):
    head = asked(vectors(data=None, parameters={"binary_data_size": size}))
    with pytest.raises(BadInput) as raised:
        parse(head + binary, str(len(head)) if cut == "head" else cut, model)
    assert says in str(raised.value)
    assert len(str(raised.value)) < 400


@pytest.mark.parametrize(
    ("tensor", "says"),
    [
        (NUMBERS | {"data": [256]}, "not UINT8 elements"),
        (NUMBERS | {"data": [1.5]}, "not UINT8 elements"),
        (NUMBERS | {"shape": [2], "data": [1, 2]}, "their first dimensions differ: {'floats': 1, 'numbers': 2}"),
        (FLAGS | {"data": [0, 1, 0]}, "not BOOL elements"),
        (FLAGS | {"datatype": "FP32"}, "Expected flags to be BOOL"),
    ],
)
def test_elements_are_those_of_the_datatype(tensor, says):
    others = [one for one in (FLOATS, NUMBERS, FLAGS) if one["name"] != tensor["name"]]
    with pytest.raises(BadInput) as raised:
        parse(asked(*others, tensor), None, Everything())
    assert says in str(raised.value)


def test_a_catalogue_finds_the_champion_and_what_is_loaded(model):
    champion: list[AnomalyDetection] = []
    catalogue = Catalogue({"anomaly_detection": Shelf(lambda: next(iter(champion), None), lambda: [model])})
    with pytest.raises(NoVersion, match="was promoted yet"):
        catalogue.find("anomaly_detection")
    assert catalogue.find("anomaly_detection", model.version) is model
    assert len(catalogue.missing()) == 1
    champion.append(model)
    assert catalogue.find("anomaly_detection") is model
    assert catalogue.versions("anomaly_detection") == [model.version]
    assert catalogue.missing() == []
    with pytest.raises(UnknownModel, match=f"'7' of anomaly_detection is not loaded; loaded: {model.version}"):
        catalogue.find("anomaly_detection", "7")
    with pytest.raises(UnknownModel, match="no model 'weather': there is anomaly_detection"):
        catalogue.find("weather")
