"""Manifests and versions: a function of the content, of all of it that matters, and of nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256

import pytest
from pydantic import ValidationError

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, WIDTH
from resonance_modeling.artifact import (
    ANOMALY_DETECTION,
    LARGEST_MANIFEST,
    SNAPSHOT_FILE,
    Artifact,
    Manifest,
    Member,
    Population,
    Reference,
    Signature,
    StoredFile,
    Tensor,
)
from resonance_modeling.calibration import Calibration
from resonance_modeling.clusters import Cluster
from resonance_modeling.errors import HashMismatch, InvalidArtifact, OlderFormat, SignatureMismatch

POPULATION = Population(median=(1.5,) * WIDTH, mean=(2.0,) * WIDTH, spread=(0.25,) * WIDTH)


def test_the_version_is_the_hash_that_its_definition_says(make_manifest: Callable[..., Manifest]) -> None:
    calibration = Calibration(scores=(0.25, 0.5), tails=(1.0, 0.5), excess=0.125)
    knots = '{"excess":0.125,"scores":[0.25,0.5],"tails":[1.0,0.5]}'
    row = ",".join
    written = (
        f'{{"calibration":{knots},"catalogue_version":"{CATALOGUE_VERSION}",'
        f'"feature_names":[{row(json.dumps(n) for n in FEATURE_NAMES)}],"format":2,'
        '"members":[{"name":"stumps","weight":1.0},{"name":"halves","weight":3.0}],'
        f'"model_name":"{ANOMALY_DETECTION}",'
        f'"onnx_sha256":"{sha256(b"onnx").hexdigest()}",'
        f'"population":{{"mean":[{row(["2.0"] * WIDTH)}],"median":[{row(["1.5"] * WIDTH)}],'
        f'"spread":[{row(["0.25"] * WIDTH)}]}}}}'
    )
    manifest = make_manifest(b"onnx", calibration=calibration)
    assert manifest.model_version == sha256(written.encode()).hexdigest()


def test_a_reference_is_in_the_manifest_and_not_in_the_version(make_manifest: Callable[..., Manifest]) -> None:
    without = make_manifest(b"onnx")
    reference = Reference(stream="live", block_us=3_600_000_000, blocks="packed")
    manifest = without.model_copy(update={"reference": reference})
    again = Manifest.from_bytes(manifest.to_bytes())
    assert again == manifest
    assert again.model_version == without.model_version
    assert b"reference" not in without.to_bytes()
    assert Manifest.from_bytes(without.to_bytes()).reference is None


@pytest.mark.parametrize(
    "change",
    [
        {"calibration": Calibration.learn([0.5])},
        {"members": (Member(name="stumps", weight=1.0), Member(name="halves", weight=2.0))},
        {"population": POPULATION.model_copy(update={"median": (1.6,) * WIDTH})},
        {"population": POPULATION.model_copy(update={"mean": (1.6,) * WIDTH})},
        {"population": POPULATION.model_copy(update={"spread": (1.6,) * WIDTH})},
        {"catalogue_version": "other"},
        {"feature_names": tuple(reversed(FEATURE_NAMES))},
        {"model_name": "other"},
    ],
)
def test_whatever_a_score_depends_on_changes_the_version(
    make_manifest: Callable[..., Manifest], change: dict[str, object]
) -> None:
    assert make_manifest(b"onnx", **change).model_version != make_manifest(b"onnx").model_version


def test_the_onnx_file_changes_the_version(make_manifest: Callable[..., Manifest]) -> None:
    assert make_manifest(b"a").model_version != make_manifest(b"b").model_version


def test_so_does_the_file_of_sequences(make_manifest: Callable[..., Manifest]) -> None:
    versions = {make_manifest(b"a", sequence).model_version for sequence in (None, b"b", b"c")}
    assert len(versions) == 3


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": {}},
        {"libraries": {}},
        {"opsets": {}},
        {"parameters": {}},
        {"git_revision": "0" * 40},
        {"snapshot": StoredFile.of(SNAPSHOT_FILE, b"vectors")},
    ],
)
def test_nothing_else_does(make_manifest: Callable[..., Manifest], change: dict[str, object]) -> None:
    assert make_manifest(b"onnx", **change).model_version == make_manifest(b"onnx").model_version


def test_reads_back_the_same_to_the_byte(make_manifest: Callable[..., Manifest]) -> None:
    manifest = make_manifest(b"onnx")
    again = Manifest.from_bytes(manifest.to_bytes())
    assert again == manifest
    assert again.to_bytes() == manifest.to_bytes()


def test_a_manifest_from_before_there_were_revisions_and_snapshots_is_read(
    make_manifest: Callable[..., Manifest],
) -> None:
    data = make_manifest(b"onnx").to_bytes()
    older = data.replace(b'"git_revision":"unknown",', b"")
    assert older != data and b"snapshot" not in older
    manifest = Manifest.from_bytes(older)
    assert (manifest.git_revision, manifest.snapshot) == ("unknown", None)


def test_a_snapshot_has_one_name(make_manifest: Callable[..., Manifest]) -> None:
    with pytest.raises(ValidationError, match=r"expected a snapshot named training\.npz"):
        make_manifest(b"onnx", snapshot=StoredFile.of("../training.npz", b""))


def test_refuses_a_manifest_that_was_changed(make_manifest: Callable[..., Manifest]) -> None:
    data = make_manifest(b"onnx").to_bytes().replace(b"1.5", b"1.6", 1)
    with pytest.raises(HashMismatch, match="was changed"):
        Manifest.from_bytes(data)


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff", b"[1]", b'{"format":2}'])
def test_refuses_what_is_no_manifest(data: bytes) -> None:
    with pytest.raises(InvalidArtifact, match="Expected a manifest of format 2"):
        Manifest.from_bytes(data)


def test_a_manifest_of_an_older_format_says_so() -> None:
    with pytest.raises(OlderFormat, match="trains a new model in its place"):
        Manifest.from_bytes(b'{"format":1}')


def test_refuses_a_population_of_another_width(make_manifest: Callable[..., Manifest]) -> None:
    with pytest.raises(ValidationError, match="expected 13 values of population mean, got 1"):
        make_manifest(b"onnx", population=POPULATION.model_copy(update={"mean": (1.0,)}))


def test_refuses_a_file_that_is_not_the_manifests(make_manifest: Callable[..., Manifest]) -> None:
    with pytest.raises(HashMismatch, match="was changed or cut"):
        Artifact(make_manifest(b"onnx"), b"onny")


def test_refuses_a_file_of_sequences_that_is_not_the_manifests(make_manifest: Callable[..., Manifest]) -> None:
    with pytest.raises(HashMismatch, match=r"sequence\.onnx should have .* was changed or cut"):
        Artifact(make_manifest(b"onnx", b"sequence"), b"onnx", b"sequense")


@pytest.mark.parametrize("described, found", [(b"sequence", None), (None, b"sequence")])
def test_refuses_a_file_too_many_or_too_few(
    make_manifest: Callable[..., Manifest], described: bytes | None, found: bytes | None
) -> None:
    with pytest.raises(InvalidArtifact, match=r"describes model\.onnx.*, but the artifact has model\.onnx"):
        Artifact(make_manifest(b"onnx", described), b"onnx", found)


@pytest.mark.parametrize(
    "names", [(), ("other",), ("model.onnx",) * 2, ("sequence.onnx", "model.onnx"), ("model.onnx", "../sequence.onnx")]
)
def test_a_manifest_names_the_files_that_an_artifact_has(
    make_manifest: Callable[..., Manifest], names: tuple[str, ...]
) -> None:
    with pytest.raises(ValidationError, match=r"expected the file model\.onnx"):
        make_manifest(b"onnx", files=tuple(StoredFile.of(name, b"") for name in names))


def test_a_member_that_is_there_twice_is_refused(make_manifest: Callable[..., Manifest]) -> None:
    data = make_manifest(b"onnx").to_bytes()
    twice = data.replace(b'"metrics":{', b'"metrics":{"training_vectors":5.0,')
    assert twice != data
    with pytest.raises(InvalidArtifact, match="'training_vectors' is there twice"):
        Manifest.from_bytes(twice)


def test_a_manifest_is_not_endless() -> None:
    with pytest.raises(InvalidArtifact, match="at most 16777216 bytes"):
        Manifest.from_bytes(b" " * (LARGEST_MANIFEST + 1))


def test_cannot_be_changed(make_manifest: Callable[..., Manifest]) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        make_manifest(b"onnx").model_name = "other"


def test_a_model_of_another_kind_has_a_signature_instead(make_manifest: Callable[..., Manifest]) -> None:
    signature = Signature(inputs=(Tensor(name="x", shape=(-1, 3)),), outputs=(Tensor(name="y", shape=(-1,)),))
    other = {"model_name": "other", "population": None, "members": None, "calibration": None}
    manifest = make_manifest(b"onnx", **other, signature=signature)
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    with pytest.raises(SignatureMismatch, match="scores vectors, but other does not"):
        manifest.scoring()
    wider = Signature(inputs=(Tensor(name="x", shape=(-1, 4)),), outputs=signature.outputs)
    changed = make_manifest(b"onnx", **other, signature=wider)
    assert changed.model_version != manifest.model_version


def test_clusters_are_in_the_version_to_the_last_name(make_manifest: Callable[..., Manifest]) -> None:
    signature = Signature(inputs=(Tensor(name="x", shape=(-1, 3)),), outputs=(Tensor(name="y", shape=(-1,)),))
    other = {"model_name": "other", "population": None, "members": None, "calibration": None, "signature": signature}
    cluster = Cluster(
        names={"en": "ordinary"}, center=(1.0,) * WIDTH, users=7, share=1.0, usual_distance=0.5, far_distance=1.0
    )
    manifest = make_manifest(b"onnx", **other, clusters=(cluster,))
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest
    assert manifest.model_version != make_manifest(b"onnx", **other).model_version
    for change in (
        {"names": {"en": "many messages"}},
        {"center": (2.0,) * WIDTH},
        {"users": 8},
        {"share": 0.5},
        {"far_distance": 2.0},
    ):
        changed = make_manifest(b"onnx", **other, clusters=(cluster.model_copy(update=change),))
        assert changed.model_version != manifest.model_version
    with pytest.raises(ValidationError, match="expected 13 values of center 0, got 1"):
        make_manifest(b"onnx", **other, clusters=(cluster.model_copy(update={"center": (1.0,)}),))
    with pytest.raises(ValidationError, match="clusters with a signature only"):
        make_manifest(b"onnx", clusters=(cluster,))


@pytest.mark.parametrize(
    "parts", [{"calibration": None}, {"population": None}, {"members": None}, {"population": None, "calibration": None}]
)
def test_a_manifest_is_of_one_kind(make_manifest: Callable[..., Manifest], parts: dict[str, None]) -> None:
    with pytest.raises(ValidationError, match="a population, members and a calibration, or a signature"):
        make_manifest(b"onnx", **parts)
