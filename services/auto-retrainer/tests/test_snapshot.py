"""Training sets as bytes: the same set gives the same, what is read is checked, and the same model is learned again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from resonance_auto_retrainer.arrays import FACTS, read_arrays, write_arrays
from resonance_auto_retrainer.errors import BadSnapshot, UnknownModel
from resonance_auto_retrainer.learning import learn_again
from resonance_auto_retrainer.made import Made
from resonance_auto_retrainer.reproduce import reproduce
from resonance_auto_retrainer.snapshot import Snapshot
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.verdicts import Verdict
from resonance_auto_retrainer.window import TrainingSet, Vectors, VectorWindow
from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_modeling.load_log import Load
from resonance_modeling.registry import Registry
from resonance_modeling.testing import MemoryObjectStore
from resonance_modeling.training_sets import stored_vectors

pytestmark = pytest.mark.long

Make = Callable[..., Vectors]
OFFSETS = {"resonance.features.computed.v1/0": 7}


@pytest.fixture
def data(make_vectors: Make) -> TrainingSet:
    window = VectorWindow(1_000, WIDTH)
    window.add(make_vectors(600, users=12))
    window.flag([(0, "live-000000")])
    return window.training_set()


def same(one: Any, other: Any) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return into.getvalue()


def test_services_that_know_nothing_of_windows_read_its_vectors(data: TrainingSet) -> None:
    np.testing.assert_array_equal(stored_vectors(Snapshot(data, OFFSETS).to_bytes(), len(data.values)), data.values)


def test_what_is_read_is_what_was_written_and_the_same_set_gives_the_same_bytes(data: TrainingSet) -> None:
    stored = Snapshot(data, OFFSETS).to_bytes()
    read = Snapshot.from_bytes(stored, "vectors")
    assert isinstance(read.data, TrainingSet) and same(read.data, data)
    assert read.offsets == OFFSETS
    assert read.data.flagged == 1
    assert Snapshot(data, OFFSETS).to_bytes() == stored


def test_verdicts_are_in_it_so_the_same_version_is_learned_again(make_vectors: Make) -> None:
    window = VectorWindow(1_000, WIDTH)
    window.add(make_vectors(600, users=12))
    window.flag([(0, "live-000000")], ["a"])
    window.judge(Verdict("a", "u_0", "live", 0, 0, true=False, withdrawn=False, rank=(1, 1)))
    window.judge(Verdict("b", "u_1", "live", 10**8, 2 * 10**8, true=True, withdrawn=False, rank=(1, 1)))
    data = window.training_set()
    assert data.called.sum() == 1 and data.weights.max() > 1 and data.called_real > 0
    made = train(data, OFFSETS)
    again = learn_again(ANOMALY_DETECTION, Snapshot(data, OFFSETS).to_bytes(), made.manifest.parameters)
    assert again.manifest.model_version == made.manifest.model_version
    assert again.manifest.data_window == made.manifest.data_window


def test_the_order_in_which_vectors_were_told_changes_nothing(make_vectors: Make) -> None:
    stored = []
    for backwards in (False, True):
        window = VectorWindow(1_000, WIDTH)
        parts = [make_vectors(300, users=9), make_vectors(300, users=9, stream="replay:x")]
        for part in reversed(parts) if backwards else parts:
            window.add(part)
        stored.append(Snapshot(window.training_set(), OFFSETS).to_bytes())
    assert stored[0] == stored[1]


def test_nobody_can_be_found_in_it(make_vectors: Make) -> None:
    stored = []
    for names in ("u", "other"):
        vectors, window = make_vectors(300, users=9), VectorWindow(1_000, WIDTH)
        users = [user.replace("u_", f"{names}_") for user in vectors.users]
        window.add(Vectors(vectors.stream, vectors.ids, users, vectors.end_us, vectors.values))
        stored.append(Snapshot(window.training_set(), OFFSETS).to_bytes())
    assert stored[0] == stored[1]


def test_the_load_is_read_as_it_was_written() -> None:
    load = Load("live", 29_000_000, np.random.default_rng(1).poisson(50.0, (400, 2)) / 3.0, 1000, 50)
    read = Snapshot.from_bytes(Snapshot(load, OFFSETS).to_bytes(), "load").data
    assert isinstance(read, Load) and same(read, load)


def test_numbers_that_32_bits_hold_take_32_and_no_digit_is_lost() -> None:
    values = np.random.default_rng(2).normal(size=(100, WIDTH))
    values[:, 0] = np.rint(values[:, 0] * 100)
    numbers = np.arange(100)
    exact = TrainingSet(
        values,
        numbers.astype(np.uint64),
        numbers,
        0,
        1,
        ("live",),
        0,
        np.zeros(len(values), dtype=np.bool_),
        np.ones(len(values), dtype=np.int64),
    )
    stored = Snapshot(exact, {}).to_bytes()
    read = Snapshot.from_bytes(stored, "vectors").data
    assert isinstance(read, TrainingSet) and np.array_equal(read.values, values)
    arrays, _ = read_arrays(stored, (*FEATURE_NAMES, "user", "sitting", "called", "weight"))
    assert [arrays[name].dtype.str for name in FEATURE_NAMES[:2]] == ["<f4", "<f8"]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = write_arrays({"a": np.zeros(2_000_000)}, b"{}")
    assert len(bomb) < 100_000
    with pytest.raises(BadSnapshot, match="at most 1000000 bytes in the archive, but it says it holds 16000"):
        read_arrays(bomb, ["a"], most_bytes=1_000_000)


def test_an_array_that_says_it_is_larger_than_it_is_takes_no_memory() -> None:
    parts = members(write_arrays({"a": np.zeros(10)}, b"{}"))
    parts["a.npy"] = parts["a.npy"].replace(b"(10,), }        ", b"(10000000000000,)}")[: len(parts["a.npy"])]
    with pytest.raises(BadSnapshot, match=r"shape \(10000000000000,\) as a, but it has another size"):
        read_arrays(packed(parts), ["a"])


def test_objects_are_never_unpickled() -> None:
    member = io.BytesIO()
    np.lib.format.write_array(member, np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(BadSnapshot, match="as a, but got"):
        read_arrays(packed({FACTS: b"{}", "a.npy": member.getvalue()}), ["a"])


@pytest.mark.parametrize("data", [b"", b"PK", b"not an archive", bytes(1_000)])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(BadSnapshot, match="it cannot be read"):
        Snapshot.from_bytes(data, "vectors")


def test_an_archive_that_was_cut_or_changed_is_refused(data: TrainingSet) -> None:
    stored = Snapshot(data, OFFSETS).to_bytes()
    changed = bytearray(stored)
    changed[len(stored) // 2] ^= 0xFF
    for wrong in (stored[: len(stored) // 2], bytes(changed)):
        with pytest.raises(BadSnapshot):
            Snapshot.from_bytes(wrong, "vectors")


def test_parts_too_many_or_too_few_are_refused(data: TrainingSet) -> None:
    parts = members(Snapshot(data, OFFSETS).to_bytes())
    with pytest.raises(BadSnapshot, match=r"missing or too many: \['more.npy'\]"):
        Snapshot.from_bytes(packed(parts | {"more.npy": b""}), "vectors")
    with pytest.raises(BadSnapshot, match=r"missing or too many: \['user.npy'\]"):
        Snapshot.from_bytes(packed({k: v for k, v in parts.items() if k != "user.npy"}), "vectors")


def columns(rows: int, **others: Any) -> dict[str, Any]:
    return {name: np.zeros(rows) for name in FEATURE_NAMES} | {
        "user": np.zeros(rows, np.uint32), "sitting": np.zeros(rows, np.uint32),
        "called": np.zeros(rows, np.uint32), "weight": np.ones(rows, np.uint32), **others,
    }  # fmt: skip


GOOD = b'{"catalogue_version":"2","first":0,"format":1,"last":1,"of":"vectors","offsets":{},"streams":["live"]}'


@pytest.mark.parametrize(
    ("arrays", "facts", "reason"),
    [
        (columns(0), GOOD, "at least one row"),
        (columns(3, user=np.zeros(2, np.uint32)), GOOD, "columns of one length"),
        (columns(3, user=np.zeros((3, 1), np.uint32)), GOOD, "columns of one length"),
        (columns(3, error_rate=np.array([0.0, np.nan, 0.0])), GOOD, "error_rate has one that is not"),
        (columns(3, user=np.full(3, 3, np.uint32)), GOOD, "numbers below 3 as user"),
        (columns(3, sitting=np.zeros(3)), GOOD, "numbers below 3 as sitting"),
        (columns(3, called=np.full(3, 2, np.uint32)), GOOD, "0 or 1 as called"),
        (columns(3, weight=np.zeros(3, np.uint32)), GOOD, "1 to 5 as weight"),
        (columns(3, error_rate=np.zeros(3, np.float16)), GOOD, "as error_rate, but got <f2"),
        (columns(3), b"{}", "the facts of a training set, but of"),
        (columns(3), b"nothing", "the facts of a training set"),
        (columns(3), GOOD.replace(b'"2"', b'"1"'), "feature catalogue '2', but this one is of vectors of '1'"),
        (columns(3), GOOD.replace(b'"vectors"', b'"load"'), "of vectors .*, but this one is of load"),
    ],
)  # fmt: skip
def test_what_is_no_training_set_is_refused_with_a_sentence(arrays: dict[str, Any], facts: bytes, reason: str) -> None:
    assert Snapshot.from_bytes(write_arrays(columns(3), GOOD), "vectors")
    with pytest.raises(BadSnapshot, match=reason):
        Snapshot.from_bytes(write_arrays(arrays, facts), "vectors")


async def test_the_same_version_is_learned_from_a_snapshot_and_another_from_another(make_vectors: Make) -> None:
    window = VectorWindow(2_000, WIDTH)
    window.add(make_vectors(1_500, users=12))
    data = window.training_set()
    made = Made.of(train(data, OFFSETS), data, OFFSETS)
    version = made.artifact.manifest.model_version
    assert (
        learn_again(ANOMALY_DETECTION, made.snapshot, made.artifact.manifest.parameters).manifest.model_version
        == version
    )
    registry = Registry(MemoryObjectStore())
    await registry.put_artifact(made.artifact, made.snapshot)
    assert await reproduce(registry, ANOMALY_DETECTION, version) == (
        True,
        "The same version came out, from 1500 vectors.",
    )
    window.add(make_vectors(100, users=12, start=1_500))
    other = Made.of(made.artifact, window.training_set(), OFFSETS)
    registry = Registry(MemoryObjectStore())
    await registry.put_artifact(other.artifact, other.snapshot)
    same_came, said = await reproduce(registry, ANOMALY_DETECTION, version)
    assert not same_came and "came out. It was learned with the same libraries" in said
    with pytest.raises(UnknownModel, match="no model 'weather'"):
        learn_again("weather", made.snapshot, {})
